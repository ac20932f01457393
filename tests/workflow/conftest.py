"""An account in virtual time, without faults, whose sets close after a quiet minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.domain.rules import Rules
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(
        1, NoFaults(), rules=Rules(quiet_ms=60_000, sweep_rest_ms=50_000, kept_fine_tunes=1000)
    )
    with simulated(cloud):
        yield cloud
    cloud.close()
