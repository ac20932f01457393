"""Caps and ``TRAININGS`` in a whole deployment: nothing is paid beyond, and the queue goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.object_keys import job_id
from shared.domain.reasons import Language
from shared.domain.rules import Rules, Trainings
from shared.domain.states import JobState
from shared.http_api.blocked import blocked_by, what_blocks
from shared.http_api.forecast import Outlook
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.workflow.support import tick

FAST = Behaviour(training_seconds=30.0, pending_seconds=0.0, fetch="start", kept_fine_tunes=10_000)
MANY = Behaviour(
    training_seconds=302.0,
    fetch="start",
    kept_fine_tunes=10_000,
    concurrent_fine_tunes=100,
    submits_per_second=1_000,
    detections_per_second=1_000,
)
BEFORE_MIDNIGHT = 1_767_283_200_000 - 20 * 60_000
"""2026-01-01 23:40 in Beijing."""


@contextmanager
def deployed(rules: Rules, *, behaviour: Behaviour = FAST, seed: int = 1) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(seed, NoFaults(), rules=rules, behaviour=behaviour, start=BEFORE_MIDNIGHT)
    with simulated(cloud):
        yield cloud
    cloud.invariants.check_ledger()
    cloud.close()


def send(cloud: SimulatedCloud, *people: str) -> None:
    for person in people:
        cloud.upload(person, "a.jpg", f"FACE {person}".encode())


def states(cloud: SimulatedCloud) -> list[str]:
    return sorted(job.state.value for job in cloud.jobs())


def block(cloud: SimulatedCloud, job: Job) -> tuple[str, str | None]:
    outlook = Outlook(cloud.slot(), cloud.health(), cloud.rules, cloud.kernel.now)
    told = blocked_by(what_blocks(job, outlook), cloud.kernel.now, Language.ENGLISH)
    assert told is not None
    assert told["message"]
    assert told["remedy"]
    return told["code"], told["next_try_at"]


def waiting(cloud: SimulatedCloud) -> list[Job]:
    return [job for job in cloud.jobs() if job.state is JobState.QUEUED]


@pytest.mark.parametrize(
    ("seed", "cap"), [(1, "max_fen_per_day"), (2, "max_fen_per_month"), (3, "max_fen_in_all")]
)
def test_of_32_submits_at_once_as_many_are_paid_for_as_fit_under_the_cap(seed: int, cap: str) -> None:
    rules = Rules(quiet_ms=20_000, concurrent_trainings=32, kept_fine_tunes=10_000, close_at=0)
    people = [f"person {number}" for number in range(32)]
    with deployed(rules, behaviour=MANY, seed=seed) as cloud:
        cloud.change_rules(trainings=Trainings.OFF)
        send(cloud, *people)
        tick(cloud, 3)
        assert states(cloud) == ["QUEUED"] * 32
        cloud.change_rules(trainings=Trainings.ON, **{cap: 5 * 250 + 249})
        for _ in range(32):
            cloud.invoke_reconcile()
        cloud.advance(60_000)
        tick(cloud, 2)
        assert len(cloud.studio.ledger()) == 5
        reserved = cloud.slot().spending
        assert reserved is not None
        assert reserved.reserved_fen == 5 * 250
        cloud.change_rules(**{cap: 0})
        tick(cloud, 20)
        assert states(cloud) == ["SUCCEEDED"] * 32
        spending = cloud.slot().spending
        assert spending is not None
        assert (spending.fen, spending.trainings, spending.reserved) == (32 * 250, 32, {})


def test_of_32_trainings_of_one_person_as_many_are_paid_for_as_the_persons_cap_allows() -> None:
    rules = Rules(
        quiet_ms=20_000,
        concurrent_trainings=32,
        kept_fine_tunes=10_000,
        max_fen_per_person=750,
        max_trainings_per_person_per_day=0,
    )
    with deployed(rules, behaviour=MANY) as cloud:
        for number in range(8):
            cloud.upload("keen", f"{number}.jpg", b"FACE %d" % number)
            cloud.upload("keen", "_READY", b"%d" % number)
            tick(cloud, 2)
        send(cloud, "other")
        tick(cloud, 10)
        keen = [job for job in cloud.jobs() if job.person_id == "keen"]
        assert [job.state for job in keen][:3] == [JobState.SUCCEEDED] * 3
        assert block(cloud, keen[3])[0] == "person_cap"
        assert states(cloud).count("SUCCEEDED") == 4, "the other person's training is the fourth"
        cloud.change_rules(max_fen_per_person=0)
        tick(cloud, 12)
        assert set(states(cloud)) == {"SUCCEEDED"}


def test_at_the_cap_of_a_day_the_queue_waits_until_midnight_in_beijing_and_goes_on_by_itself() -> None:
    with deployed(Rules(quiet_ms=20_000, max_fen_per_day=250)) as cloud:
        send(cloud, "anna", "bob")
        tick(cloud, 8)
        assert states(cloud) == ["QUEUED", "SUCCEEDED"]
        assert block(cloud, *waiting(cloud)) == ("day_cap", "2026-01-01T16:00:00.000Z")
        tick(cloud, 16)
        assert states(cloud) == ["SUCCEEDED", "SUCCEEDED"]
        spending = cloud.slot().spending
        assert spending is not None
        assert spending.days == {"2026-01-01": 250, "2026-01-02": 250}


def test_a_cap_that_is_raised_counts_at_the_next_tick() -> None:
    with deployed(Rules(quiet_ms=20_000, max_fen_in_all=250)) as cloud:
        send(cloud, "anna", "bob")
        tick(cloud, 8)
        assert block(cloud, *waiting(cloud)) == ("total_cap", None)
        cloud.change_rules(max_fen_in_all=500)
        tick(cloud, 1)
        assert waiting(cloud) == []


def test_a_failed_training_that_is_not_billed_makes_room_under_the_cap() -> None:
    with deployed(Rules(quiet_ms=20_000, max_fen_in_all=250)) as cloud:
        cloud.studio.fail_next("InvalidFile.NoHuman", "simulated", times=1)
        send(cloud, "anna", "bob")
        tick(cloud, 10)
        assert states(cloud) == ["FAILED", "SUCCEEDED"]


def test_with_trainings_off_everything_is_done_but_the_paid_call() -> None:
    with deployed(Rules(quiet_ms=20_000, close_at=1, trainings=Trainings.OFF)) as cloud:
        send(cloud, "anna")
        cloud.ask("probe")
        tick(cloud, 5)
        (job,) = cloud.jobs()
        assert job.state is JobState.QUEUED
        assert block(cloud, job) == ("trainings_off", None)
        called = {call.operation for call in cloud.gate.trace}
        assert "DetectFaces" in called
        assert "CreateFineTune" not in called
        cloud.change_rules(trainings=Trainings.ON)
        tick(cloud, 3)
        assert states(cloud) == ["SUCCEEDED"]


def test_sets_that_wait_for_approval_hold_nobody_back_and_are_trained_once_approved() -> None:
    with deployed(Rules(quiet_ms=20_000, trainings=Trainings.APPROVE)) as cloud:
        send(cloud, "anna", "bob", "cyd")
        tick(cloud, 3)
        assert {block(cloud, job) for job in cloud.jobs()} == {("not_approved", None)}
        cloud.ask("approve", job_id("cyd", 1))
        tick(cloud, 3)
        assert {job.person_id: job.state.value for job in cloud.jobs()} == {
            "anna": "QUEUED",
            "bob": "QUEUED",
            "cyd": "SUCCEEDED",
        }
        cloud.upload("anna", "b.jpg", b"FACE another")
        cloud.ask("approve", job_id("anna", 1))
        tick(cloud, 5)
        assert block(cloud, waiting(cloud)[0])[0] == "not_approved", "the set has other photos now"
        cloud.change_rules(trainings=Trainings.ON)
        tick(cloud, 6)
        assert states(cloud) == ["SUCCEEDED"] * 3


def test_sets_that_were_queued_before_wait_for_approval_as_well() -> None:
    with deployed(Rules(quiet_ms=20_000, trainings=Trainings.OFF)) as cloud:
        send(cloud, *"abcdefgh")
        tick(cloud, 3)
        cloud.change_rules(trainings=Trainings.APPROVE)
        cloud.ask("approve", job_id("h", 1))
        tick(cloud, 4)
        assert states(cloud) == ["QUEUED"] * 7 + ["SUCCEEDED"]
