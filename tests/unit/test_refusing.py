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
    assert (after.state, after.due_at, after.lane) == (S.QUEUED, job.place, QUEUE_LANE)
    assert tries_of_submit(after) is None, "no try is counted"
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
        # A moment that has not come was written by a clock that ran ahead.
        (TRIES_BESIDE_OTHERS - 1, NOW + 1, S.QUEUED),
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
    ("refusal", "halted_ms", "tries"), [(BUSY, 30_000, 2), (OVERDUE, 120_000, 0)], ids=["busy", "account"]
)
def test_a_busy_or_refused_account_halts_the_queue_and_costs_the_job_neither_place_nor_try(
    refusal: Trouble, halted_ms: int, tries: int
) -> None:
    before = trouble(Kind.UNKNOWN, Api.TRAINING, tries=2)
    memory, job = sent(retry=before)
    memory.held = replace(memory.held, accepted_at=NOW)
    after = refuse(memory, job, refusal)
    own = tries_of_submit(after)
    assert (after.state, own.tries if own else 0, after.due_at) == (S.QUEUED, tries, job.place)
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


# -- what is said of all, and meant for one --------------------------------------------------------


def told(refusal: Trouble, kind: Kind, tries: int = 1, *, ago_ms: int = MINUTE_MS) -> RetryState:
    """How a job was refused a minute ago."""
    before = trouble(kind, Api.TRAINING, tries=tries)
    return replace(before, cause=refusal.cause._replace(kind=kind), tried_at=NOW - ago_ms)


@pytest.mark.parametrize("kind", [Kind.ACCOUNT, Kind.UNKNOWN])
def test_what_is_said_of_all_once_more_after_others_were_accepted_is_the_jobs_own(kind: Kind) -> None:
    memory, job = sent(retry=told(OVERDUE, kind))
    memory.held = replace(memory.held, accepted_at=NOW - 1)
    after = refuse(memory, job, OVERDUE)
    assert (after.lane, memory.held.halted_until, memory.held.refused_jobs) == (ASIDE_LANE, 0, (job.job_id,))
    assert after.retry is not None
    assert (after.retry.cause.kind, after.retry.tries) == (Kind.UNKNOWN, 1 if kind is Kind.ACCOUNT else 2)


def test_a_set_that_is_refused_in_the_words_of_all_beside_others_comes_to_its_end() -> None:
    memory, job = sent(retry=told(OVERDUE, Kind.UNKNOWN, TRIES_BESIDE_OTHERS - 1))
    memory.held = replace(memory.held, accepted_at=NOW - 1)
    assert refuse(memory, job, OVERDUE).state is S.FAILED


@pytest.mark.parametrize("accepted_at", [0, NOW - MINUTE_MS, NOW + 1], ids=["never", "before", "in future"])
def test_what_is_said_of_all_is_believed_while_nobody_else_was_accepted_since(accepted_at: int) -> None:
    memory, job = sent(retry=told(OVERDUE, Kind.ACCOUNT))
    memory.held = replace(memory.held, accepted_at=accepted_at)
    after = refuse(memory, job, OVERDUE)
    assert (after.lane, memory.held.is_halted(NOW)) == (QUEUE_LANE, True)
    assert tries_of_submit(after) is None


def test_the_queue_does_not_wait_for_a_job_that_was_alone_with_the_words_of_all_and_still_is() -> None:
    before = told(OVERDUE, Kind.UNKNOWN, TRIES_BESIDE_OTHERS - 1)
    memory, job = sent(retry=before)
    after = refuse(memory, job, OVERDUE)
    assert (after.lane, memory.held.halted_until) == (ASIDE_LANE, 0)
    assert after.retry == replace(before, tried_at=NOW, next_try_at=NOW + MINUTE_MS), "no try is counted"
    memory, job = sent(retry=replace(before, since=NOW - 100 * LONGEST_HALT_MS))
    after = refuse(memory, job, OVERDUE)
    assert after.retry is not None
    assert after.retry.next_try_at == NOW + LONGEST_HALT_MS


@pytest.mark.parametrize(
    "slot",
    [Slot(refusals=1), Slot(refused_jobs=("other-1",))],
    ids=["the queue waits", "another stepped aside"],
)
def test_words_of_all_are_of_all_again_when_another_job_is_told_them_too(slot: Slot) -> None:
    memory, job = sent(retry=told(OVERDUE, Kind.UNKNOWN, TRIES_BESIDE_OTHERS - 1))
    memory.held = replace(slot, holders=(job.job_id,))
    after = refuse(memory, job, OVERDUE)
    assert (after.lane, memory.held.is_halted(NOW)) == (QUEUE_LANE, True)
    assert tries_of_submit(after) is None


@pytest.mark.parametrize("refusal", OWN, ids=lambda refusal: refusal.code)
def test_a_job_that_was_refused_before_others_were_accepted_does_not_speak_for_them(refusal: Trouble) -> None:
    memory, job = sent(retry=told(refusal, Kind.API))
    memory.held = replace(memory.held, refused_jobs=("other-1",), accepted_at=NOW - 1)
    after = refuse(memory, job, refusal)
    assert (after.lane, memory.held.halted_until) == (ASIDE_LANE, 0)


@pytest.mark.parametrize("refusal", [*OWN, OVERDUE], ids=lambda refusal: refusal.code)
def test_who_was_refused_just_before_everybody_was_is_back_at_the_old_place_without_a_try(
    refusal: Trouble,
) -> None:
    memory, job = sent()
    first = job_in(S.QUEUED, "first", retry=told(refusal, Kind.UNKNOWN, 2), due_at=NOW + MINUTE_MS)
    assert first.lane == ASIDE_LANE
    memory.save(None, first)
    memory.held = replace(memory.held, refused_jobs=(first.job_id,))
    refuse(memory, job, refusal)
    back = memory[first]
    assert (back.lane, back.due_at) == (QUEUE_LANE, first.place)
    assert tries_of_submit(back) is None
    assert back.retry is not None
    assert back.retry.tried_at == NOW - MINUTE_MS


def test_one_who_cannot_be_put_back_now_keeps_nobody_waiting() -> None:
    memory, job = sent()
    first = job_in(S.QUEUED, "first", retry=told(ODD, Kind.UNKNOWN), due_at=NOW + MINUTE_MS)
    memory.save(None, first)
    memory.held = replace(memory.held, refused_jobs=(first.job_id, "gone-1"))
    memory.troubles[f"save {first.job_id}"] = Conflict("somebody else was faster")
    assert refuse(memory, job, ODD).state is S.QUEUED
    assert memory.held.is_halted(NOW)


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
