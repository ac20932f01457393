"""Helpers of the workflow's tests."""

from __future__ import annotations

from shared.domain.job import Job
from tests.simulation.cloud import TICK_MS, SimulatedCloud


def tick(cloud: SimulatedCloud, times: int) -> list[Job]:
    """Let so many ticks pass; returns every job as it is then."""
    for _ in range(times):
        cloud.invoke_reconcile()
        cloud.advance(TICK_MS)
    return cloud.jobs()
