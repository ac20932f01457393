"""A run stays for a training that is about to end: the slot hardly idles, and no run stays long in vain."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.clients.dashscope import DashScope
from shared.domain.fine_tunes import FineTune
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import At, Fault, NoFaults
from tests.simulation.kernel import RunClock
from tests.workflow.support import tick

SECOND = 1000


def new_cloud(
    seconds: float = 302.0, *, linger_ms: int = 200_000, faults: At | None = None, capacity: int = 1
) -> SimulatedCloud:
    return SimulatedCloud(
        1,
        faults or NoFaults(),
        rules=Rules(
            quiet_ms=20_000,
            kept_fine_tunes=1000,
            sweep_rest_ms=86_400_000,
            linger_ms=linger_ms,
            concurrent_trainings=capacity,
        ),
        behaviour=Behaviour(
            training_seconds=seconds,
            fetch="start",
            second_fine_tune="queue",
            kept_fine_tunes=1000,
            concurrent_fine_tunes=capacity,
        ),
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
    ledger = sorted(cloud.studio.ledger(), key=lambda entry: entry.created_at)
    gaps = []
    for before, after in itertools.pairwise(ledger):
        assert before.ended_at is not None
        gaps.append(after.created_at - before.ended_at)
    return gaps


def polls(cloud: SimulatedCloud) -> int:
    return sum(call.operation == "GetFineTune" for call in cloud.gate.trace)


def test_the_next_training_begins_seconds_after_the_last_has_ended(cloud: SimulatedCloud) -> None:
    upload(cloud, 6)
    tick(cloud, 36)
    assert [job.state for job in cloud.jobs()] == [JobState.SUCCEEDED] * 6
    # After a single training, and once there are two to learn from.
    assert max(idle_seconds(cloud)[1:]) <= 6
    assert max(idle_seconds(cloud)[2:]) <= 4
    assert polls(cloud) <= 30 * 6


def test_without_lingering_the_slot_idles_until_the_next_tick() -> None:
    cloud = new_cloud(linger_ms=0)
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
    assert cloud.is_at_rest()


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_training_that_does_not_end_costs_its_budget_and_no_more(
    capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    sleep = RunClock.sleep

    def counting(clock: RunClock, wait: int) -> None:
        waits.append(wait)
        sleep(clock, wait)

    monkeypatch.setattr(RunClock, "sleep", counting)
    cloud = new_cloud(seconds=20_000.0, linger_ms=90_000, capacity=capacity)
    with simulated(cloud):
        upload(cloud, capacity)
        tick(cloud, 30)
    cloud.close()
    assert 30 * SECOND <= sum(waits) <= 90 * SECOND * capacity


def test_one_training_that_takes_three_times_as_long_as_all_others_costs_no_storm_of_polls() -> None:
    cloud = new_cloud()
    with simulated(cloud):
        upload(cloud, 8)
        tick(cloud, 30)
        before = polls(cloud)
        cloud.behaviour.training_seconds = 900.0
        tick(cloud, 5)
        cloud.behaviour.training_seconds = 302.0
        tick(cloud, 30)
        assert cloud.is_at_rest()
        took = [(entry.ended_at or 0) - entry.created_at for entry in cloud.studio.ledger()]
        assert 900 <= max(took) <= 905
        assert polls(cloud) - before <= 200
    cloud.close()


def test_with_a_capacity_of_two_both_trainings_are_polled_and_followed_while_a_run_stays() -> None:
    cloud = new_cloud(capacity=2)
    with simulated(cloud):
        for number in range(12):
            cloud.upload(f"person {number}", "1.jpg", b"FACE %d" % number)
            cloud.advance(7 * SECOND)
        tick(cloud, 45)
        assert cloud.is_at_rest()
        jobs = {job.fine_tune_id: job for job in cloud.jobs()}
        ends = sorted((entry.created_at, entry.ended_at, entry.job_id) for entry in cloud.studio.ledger())
        taught = ends[2:]
        seen = [jobs[name].changed_at / 1000 - (ended or 0) for _, ended, name in taught]
        assert max(seen) <= 10
    cloud.close()


@pytest.mark.parametrize("capacity", [1, 2])
def test_no_fine_tune_is_asked_about_twice_in_two_seconds_by_whichever_runs(
    capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = new_cloud(capacity=capacity)
    looks: dict[str, list[int]] = defaultdict(list)
    ask = DashScope.fine_tune

    def asking(dashscope: DashScope, fine_tune_id: str) -> FineTune:
        looks[fine_tune_id].append(cloud.kernel.now)
        return ask(dashscope, fine_tune_id)

    monkeypatch.setattr(DashScope, "fine_tune", asking)
    with simulated(cloud):
        for number in range(5):
            cloud.upload(f"person {number}", "1.jpg", b"FACE %d" % number)
            cloud.advance(7 * SECOND)
        tick(cloud, 12)
        # A sweep of the bucket, and what else brings news, makes another round in the same run.
        cloud.upload("late", "1.jpg", b"FACE late")
        tick(cloud, 30)
        assert cloud.is_at_rest()
    cloud.close()
    assert len(looks) == 6
    spacings = [after - before for each in looks.values() for before, after in itertools.pairwise(each)]
    assert 2 * SECOND <= min(spacings) < 3 * SECOND
    # Beside another, a training is not looked at whenever the other one is.
    assert sum(map(len, looks.values())) / len(looks) <= 45


def test_a_run_that_stays_is_gone_before_the_next_tick(cloud: SimulatedCloud) -> None:
    upload(cloud, 3)
    for _ in range(20):
        cloud.invoke_reconcile()
        cloud.advance(TICK_MS - 1)
        assert not cloud.kernel.runs
        cloud.advance(1)


def test_a_run_that_dies_while_it_stays_is_followed_by_the_next_tick(cloud: SimulatedCloud) -> None:
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
