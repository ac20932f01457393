"""A run stays for a training that is about to end: the slot hardly idles, and nobody stays long in vain."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from local.dashscope.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK, SimulatedCloud, simulated
from tests.simulation.faults import At, Fault, NoFaults
from tests.workflow.support import tick

SECOND = 1000


def new_cloud(seconds: float = 302.0, *, linger: int = 200_000, faults: At | None = None) -> SimulatedCloud:
    return SimulatedCloud(
        1,
        faults or NoFaults(),
        rules=Rules(quiet=20_000, kept_fine_tunes=1000, sweep_rest=86_400_000, linger=linger),
        behaviour=Behaviour(training_seconds=seconds, fetch="start", second_job="queue", kept_jobs=1000),
    )


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    cloud = new_cloud()
    with simulated(cloud):
        yield cloud
    cloud.close()


def upload(cloud: SimulatedCloud, count: int) -> None:
    for number in range(count):
        cloud.upload(f"person {number}", "1.jpg", b"FACE %d" % number)


def idle_seconds(cloud: SimulatedCloud) -> list[float]:
    """How long the slot idled before each training but the first."""
    ledger = sorted(cloud.studio.ledger(), key=lambda entry: entry.created)
    return [after.created - before.ended for before, after in itertools.pairwise(ledger)]


def looks(cloud: SimulatedCloud) -> int:
    return sum(call.operation == "GetFineTune" for call in cloud.gate.trace)


def test_the_next_training_begins_seconds_after_the_last_has_ended(cloud: SimulatedCloud) -> None:
    upload(cloud, 6)
    tick(cloud, 36)
    assert [job.state for job in cloud.jobs()] == [JobState.SUCCEEDED] * 6
    assert max(idle_seconds(cloud)[1:]) <= 6
    assert looks(cloud) <= 20 * 6


def test_without_lingering_the_slot_idles_until_the_next_tick() -> None:
    cloud = new_cloud(linger=0)
    with simulated(cloud):
        upload(cloud, 3)
        tick(cloud, 24)
        assert min(idle_seconds(cloud)) > 30
        assert not [call for call in cloud.gate.trace if call.operation == "PutRow lingering"]
    cloud.close()


def test_of_two_runs_one_stays_and_the_other_leaves(cloud: SimulatedCloud) -> None:
    upload(cloud, 1)
    tick(cloud, 5)
    cloud.invoke_reconcile()
    cloud.invoke_reconcile()
    cloud.advance(20 * SECOND)
    assert len(cloud.kernel.runs) == 1
    cloud.advance(40 * SECOND)
    cloud.invoke_reconcile()
    tick(cloud, 4)
    assert cloud.is_settled()


def test_a_training_that_does_not_end_costs_its_budget_and_no_more() -> None:
    cloud = new_cloud(seconds=20_000.0, linger=90_000)
    stayed = 0
    with simulated(cloud):
        upload(cloud, 1)
        for _ in range(30):
            cloud.invoke_reconcile()
            for _ in range(60):
                cloud.advance(SECOND)
                stayed += len(cloud.kernel.runs)
    cloud.close()
    assert 30 <= stayed <= 90


def test_a_run_that_stays_is_gone_before_the_next_tick(cloud: SimulatedCloud) -> None:
    upload(cloud, 3)
    for _ in range(20):
        cloud.invoke_reconcile()
        cloud.advance(TICK - 1)
        assert not cloud.kernel.runs
        cloud.advance(1)


def test_who_dies_while_staying_is_followed_by_the_next_tick(cloud: SimulatedCloud) -> None:
    upload(cloud, 2)
    tick(cloud, 5)
    cloud.invoke_reconcile()
    cloud.advance(20 * SECOND)
    (run,) = cloud.kernel.runs
    run.dead = True
    cloud.advance(40 * SECOND)
    tick(cloud, 12)
    assert [job.state for job in cloud.jobs()] == [JobState.SUCCEEDED] * 2
    assert len(cloud.studio.ledger()) == 2


def test_trouble_while_staying_ends_the_stay_and_nothing_else() -> None:
    undisturbed = new_cloud()
    with simulated(undisturbed):
        upload(undisturbed, 1)
        tick(undisturbed, 9)
    undisturbed.close()
    asked = [call.index for call in undisturbed.gate.trace if call.operation == "GetFineTune"]
    cloud = new_cloud(faults=At(dict.fromkeys(asked[-3:], Fault.UNREACHABLE)))
    with simulated(cloud):
        upload(cloud, 1)
        tick(cloud, 12)
        assert [job.state for job in cloud.jobs()] == [JobState.SUCCEEDED]
    cloud.close()
