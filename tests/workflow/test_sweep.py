"""Uploads whose event never came are found, whatever stood in the way; old ones are not looked up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.sweeping import CERTAINTY_MS
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import Fault, NoFaults


class Failing(NoFaults):
    """Every call of one kind goes wrong for as long as it is named."""

    operation = ""

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        return Fault.UNREACHABLE if operation == self.operation else None


@pytest.fixture
def faults() -> Failing:
    return Failing()


@pytest.fixture
def cloud(faults: Failing) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(
        1, faults, rules=Rules(quiet_ms=60_000, sweep_rest_ms=50_000, kept_fine_tunes=1000)
    )
    with simulated(cloud):
        yield cloud
    cloud.close()


def tick(cloud: SimulatedCloud, times: int) -> Counter[str]:
    start = len(cloud.gate.trace)
    for _ in range(times):
        cloud.invoke_reconcile()
        cloud.advance(TICK_MS)
    return Counter(call.operation for call in cloud.gate.trace[start:])


def states(cloud: SimulatedCloud) -> list[JobState]:
    return [job.state for job in cloud.jobs()]


def test_a_photo_whose_event_was_lost_is_trained_all_the_same(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1", deliveries=())
    tick(cloud, 12)
    assert states(cloud) == [JobState.SUCCEEDED]


def test_a_photo_that_could_not_be_recorded_for_long_is_still_found(
    cloud: SimulatedCloud, faults: Failing
) -> None:
    """Longer than a round settles: what it failed to record must not count as recorded."""
    cloud.upload("anna", "1.jpg", b"FACE 1", deliveries=())
    faults.operation = "ListObjects"
    tick(cloud, 3 * CERTAINTY_MS // TICK_MS)
    assert states(cloud) == []
    faults.operation = ""
    # The tick finds out in a folder of our own, within a quarter of an hour.
    tick(cloud, 30)
    assert states(cloud) == [JobState.SUCCEEDED]


def test_a_photo_that_cannot_be_prepared_is_recorded_by_the_sweep_and_waits_beside_the_others(
    cloud: SimulatedCloud, faults: Failing
) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1", deliveries=())
    faults.operation = "PostObject saveas"
    tick(cloud, 3 * CERTAINTY_MS // TICK_MS)
    assert states(cloud) == [JobState.COLLECTING]
    faults.operation = ""
    # The tick finds out by our own picture, within a quarter of an hour.
    tick(cloud, 30)
    assert states(cloud) == [JobState.SUCCEEDED]


def test_people_whose_photos_were_found_recorded_are_not_looked_up_again(cloud: SimulatedCloud) -> None:
    for number in range(20):
        cloud.upload(f"person {number}", "1.jpg", b"VIEW %d" % number)
    tick(cloud, 3)
    assert states(cloud) == [JobState.REJECTED] * 20
    assert tick(cloud, 3)["GetRange jobs"] > 20
    cloud.advance(CERTAINTY_MS + TICK_MS)
    tick(cloud, 1)
    later = tick(cloud, 3)
    assert later["ListObjects"] == 3
    assert later["GetRange jobs"] == 0


def test_a_resting_sweep_costs_nothing(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(sweep_rest_ms=600_000)
    tick(cloud, 1)
    calls = tick(cloud, 9)
    heartbeats = calls.pop("PutRow control")
    assert calls == {"BatchGetRow control requests": 9, "GetRange jobs_in_hand": 18}
    # The heart beats in every second or third tick.
    assert heartbeats in (3, 4)
