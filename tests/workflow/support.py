"""What the workflow's tests do alike."""

from __future__ import annotations

from shared.domain.job import Job
from tests.simulation.cloud import TICK, SimulatedCloud


def tick(cloud: SimulatedCloud, times: int) -> list[Job]:
    """Let so many ticks pass; returns every job as it stands then."""
    for _ in range(times):
        cloud.invoke_reconcile()
        cloud.advance(TICK)
    return cloud.jobs()
