"""A refused POST: the job is tried again, the queue waits, or the job ends; never on the words alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job, Reason
from shared.domain.lanes import ASIDE_LANE, QUEUE_LANE
from shared.domain.retry_state import RetryState
from shared.domain.slot import LONGEST_HALT_MS, Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, Permanent, RequestTrouble, RetryLater, Trouble
from shared.workflow.refusing import (
    LONGEST_PAUSE_MS,
    SHORTEST_HALT_SECONDS,
    TRIES_BESIDE_OTHERS,
    halt_queue,
    take_refusal,
    tries_of_submit,
)
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, job_in, trouble

S = JobState
ODD = RequestTrouble("SomethingNew", "…", delay_seconds=20, kind=Kind.UNKNOWN, api=Api.TRAINING)
PHOTOS = Permanent("DataInspectionFailed", "…", kind=Kind.PICTURE, api=Api.TRAINING)
BUSY = RetryLater("Throttling", "slow down", delay_seconds=30, api=Api.TRAINING)
OVERDUE = AccountTrouble("Arrearage", "pay", delay_seconds=120, kind=Kind.ACCOUNT, api=Api.TRAINING)
OWN = [ODD, PHOTOS]


def sent(**changes: Any) -> tuple[Memory, Job]:
    """A job whose POST has just been refused, and which holds the slot."""
    job = replace(job_in(S.SUBMITTING, attempt=1), **changes)
    return Memory(job, slot=Slot(holders=(job.job_id,))), job


def refuse(memory: Memory, job: Job, refusal: Trouble) -> Job:
    return take_refusal(memory.world(), memory[job], memory.slot(), refusal)


# -- the refusal of one ---------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", OWN, ids=lambda refusal: refusal.code)
def test_the_first_that_is_refused_steps_aside_and_the_next_shows_whom_it_was_meant_for(
    refusal: Trouble,
) -> None:
    memory, job = sent()
    after = refuse(memory, job, refusal)
    assert (after.state, after.lane) == (S.QUEUED, ASIDE_LANE)
    assert after.retry is not None
    assert (after.retry.tries, after.retry.cause) == (1, refusal.cause)
    assert after.reason == Reason(refusal.code, refusal.message)
    # The queue goes on at once.
    assert (memory.held.holders, memory.held.halted_until) == ((), 0)
    assert memory.held.refused_jobs == (job.job_id,)


@pytest.mark.parametrize("refusal", OWN, ids=lambda refusal: refusal.code)
def test_a_second_job_that_is_refused_speaks_for_all_and_the_queue_waits(refusal: Trouble) -> None:
    before = trouble(Kind.UNKNOWN, Api.TRAINING, tries=1)
    memory, job = sent(retry=before)
    memory.held = replace(memory.held, refused_jobs=("other-1",))
    after = refuse(memory, job, refusal)
    assert (after.state, after.retry, after.due_at, after.lane) == (S.QUEUED, before, job.place, QUEUE_LANE)
    assert memory.held.halted_until == NOW + SHORTEST_HALT_SECONDS * 1000
    assert memory.held.trouble == Reason(refusal.code, refusal.message)
    assert memory.held.holders == ()


def test_the_same_job_again_does_not_speak_for_all() -> None:
    memory, job = sent(retry=trouble(Kind.UNKNOWN, Api.TRAINING, tries=1))
    memory.held = replace(memory.held, refused_jobs=(job.job_id,))
    after = refuse(memory, job, ODD)
    assert after.retry is not None
    assert (after.retry.tries, memory.held.halted_until) == (2, 0)


@pytest.mark.parametrize("refusal", OWN, ids=lambda refusal: refusal.code)
@pytest.mark.parametrize(
    ("tries", "accepted_at", "state"),
    [
        (TRIES_BESIDE_OTHERS - 1, NOW, S.FAILED),
        # Nobody else was accepted since: it may be everybody's trouble.
        (TRIES_BESIDE_OTHERS - 1, NOW - MINUTE_MS, S.QUEUED),
        (100, 0, S.QUEUED),
        # Others were, but it has not been tried often enough.
        (TRIES_BESIDE_OTHERS - 2, NOW, S.QUEUED),
    ],
)
def test_a_set_is_given_up_when_it_is_refused_again_and_again_while_others_are_accepted(
    refusal: Trouble, tries: int, accepted_at: int, state: JobState
) -> None:
    memory, job = sent(retry=trouble(Kind.UNKNOWN, Api.TRAINING, tries=tries))
    memory.held = replace(memory.held, accepted_at=accepted_at)
    after = refuse(memory, job, refusal)
    assert after.state is state
    if state is S.FAILED:
        assert after.reason is not None
        assert after.reason.code == refusal.code
        assert f"in {TRIES_BESIDE_OTHERS} tries, while it took others'" in after.reason.message


@pytest.mark.parametrize(
    "before",
    [
        trouble(Kind.PASSING, Api.READING, tries=5),
        trouble(Kind.PERSON, None, tries=5),
        trouble(Kind.API, Api.TRAINING, tries=5),
    ],
    ids=["a snapshot", "the day's share", "the list"],
)
def test_trouble_of_the_steps_before_is_no_try_of_the_submit(before: RetryState) -> None:
    memory, job = sent(retry=before)
    memory.held = replace(memory.held, accepted_at=NOW)
    assert tries_of_submit(job) is None
    after = refuse(memory, job, ODD)
    assert after.retry is not None
    assert (after.state, after.retry.tries) == (S.QUEUED, 1)


# -- the refusal of all ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "halted_ms"), [(BUSY, 30_000), (OVERDUE, 120_000)], ids=["busy", "account"]
)
def test_a_busy_or_refused_account_halts_the_queue_and_costs_the_job_neither_place_nor_try(
    refusal: Trouble, halted_ms: int
) -> None:
    before = trouble(Kind.UNKNOWN, Api.TRAINING, tries=2)
    memory, job = sent(retry=before)
    memory.held = replace(memory.held, accepted_at=NOW)
    after = refuse(memory, job, refusal)
    assert (after.state, after.retry, after.due_at) == (S.QUEUED, before, job.place)
    assert (memory.held.holders, memory.held.halted_until) == ((), NOW + halted_ms)
    assert memory.held.refused_jobs == ()


@pytest.mark.parametrize(
    ("refusal", "longest_ms"), [(BUSY, LONGEST_PAUSE_MS), (OVERDUE, LONGEST_HALT_MS)], ids=["busy", "account"]
)
def test_the_halts_grow_a_busy_accounts_to_a_minute_and_a_refused_ones_to_an_hour(
    refusal: Trouble, longest_ms: int
) -> None:
    memory = Memory(slot=Slot(refusals=20))
    halt_queue(memory.world(), memory.slot(), refusal)
    assert memory.held.halted_until == NOW + longest_ms


# -- races ----------------------------------------------------------------------------------------


def test_a_refused_job_is_back_in_the_queue_before_the_slot_is_released() -> None:
    memory, job = sent()
    states: list[JobState] = []
    memory.before_save_slot = lambda _: states.append(memory[job].state)
    refuse(memory, job, ODD)
    assert states == [S.QUEUED]


def test_a_slot_that_another_run_changed_is_left_to_the_next_tick() -> None:
    memory, job = sent()
    memory.troubles["save_slot"] = Conflict("the slot has moved on")
    assert refuse(memory, job, ODD).state is S.QUEUED
    assert memory.held.holders == (job.job_id,)
