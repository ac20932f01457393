"""The submit protocol where one answer or one race decides: the slot, the account, the lost answer."""

from __future__ import annotations

import pytest

from shared.domain.job import Job, Reason
from shared.domain.rules import Rules
from shared.domain.slot import SUBMIT_SPACING_MS, Slot
from shared.domain.states import JobState
from shared.errors import (
    AccountTrouble,
    Conflict,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from shared.workflow.submitting import resolve, submit
from shared.workflow.training import poll, release
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, fine_tune, job_in

S = JobState
TWO = Rules(concurrent_trainings=2)
OVERDUE = AccountTrouble("Arrearage", "make sure your account is in good standing", delay_seconds=120)
BUSY = RetryLater("Throttling", "slow down", delay_seconds=20)


# -- the slot -------------------------------------------------------------------------------------


def test_a_holder_that_goes_on_writes_the_slot_so_that_a_pending_release_loses() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    seen_before = memory.slot()
    submitted = submit(memory.world(), memory[job], memory.slot())
    assert submitted.state is S.TRAINING
    assert memory.held.holders == (job.job_id,)
    assert memory.held.taken_at == NOW
    with pytest.raises(Conflict):
        memory.save_slot(seen_before, seen_before.released(job.job_id))


def test_a_holder_whose_slot_was_changed_meanwhile_sends_nothing() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    stale = memory.slot()
    release(memory.world(), job.job_id, None)
    with pytest.raises(Conflict):
        submit(memory.world(), memory[job], stale)
    assert memory.created == []
    assert memory[job].state is S.QUEUED


def test_a_refused_submit_that_another_run_carries_on_with_leaves_it_the_slot() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job)
    memory.answer = BUSY
    first = memory.world()

    def another_run_goes_on_first(after: Slot) -> None:
        if after.halted_until:
            # Between the job's return to the queue and the release of the slot.
            memory.before_save_slot = lambda _: None
            memory.answer = fine_tune("PENDING", "ft-new")
            submit(memory.world(), memory[job], memory.slot())

    memory.before_save_slot = another_run_goes_on_first
    with pytest.raises(Conflict):
        submit(first, memory[job], memory.slot())
    assert memory[job].state is S.TRAINING
    assert memory.held.holders == (job.job_id,)


def test_two_submits_keep_their_distance_even_when_the_second_holds_the_slot_already() -> None:
    job = job_in(S.QUEUED)
    for clocks_differ in (-100, 100, -SUBMIT_SPACING_MS - 100):
        memory = Memory(job, slot=Slot(holders=(job.job_id,), taken_at=NOW + clocks_differ))
        submit(memory.world(), memory[job], memory.slot())
        assert memory.held.taken_at == NOW + SUBMIT_SPACING_MS


def test_a_slot_that_was_taken_long_ago_is_not_waited_for() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(taken_at=NOW - 5 * MINUTE_MS))
    submit(memory.world(), memory[job], memory.slot())
    assert memory.held.taken_at == NOW


def test_a_run_that_was_too_slow_to_send_puts_the_job_back_with_the_slot() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.save_takes_ms = SUBMIT_SPACING_MS + 1
    put_back = submit(memory.world(), memory[job], memory.slot())
    assert put_back.state is S.QUEUED
    assert memory.created == []
    assert memory.held.held_by(job.job_id)
    memory.save_takes_ms = 0
    assert submit(memory.world(), put_back, memory.slot()).state is S.TRAINING


def test_a_refused_submit_releases_the_slot_and_halts_the_queue() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=("other-1",)))
    memory.answer = BUSY
    assert submit(memory.world(TWO), memory[job], memory.slot()).state is S.QUEUED
    assert (memory.held.holders, memory.held.halted_until) == (("other-1",), NOW + 20_000)
    assert memory.held.trouble == Reason("Throttling", "slow down")


# -- trouble of the account -----------------------------------------------------------------------


def test_trouble_of_the_account_that_shows_in_the_list_halts_the_queue_with_its_reason() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=("other-1",)))
    before = memory[job]
    memory.list_trouble = OVERDUE
    with pytest.raises(AccountTrouble):
        submit(memory.world(TWO), memory[job], memory.slot())
    assert memory.held.trouble == Reason(OVERDUE.code, OVERDUE.message)
    assert (memory.held.halted_until, memory.held.refusals) == (NOW + 120_000, 1)
    assert memory.held.holders == ("other-1",)
    assert memory.created == []
    assert memory[job] == before


@pytest.mark.parametrize(
    "trouble",
    [
        RetryLater("list_incomplete", "…", delay_seconds=10),
        OutcomeUnknown("no_answer", "…", delay_seconds=30),
    ],
    ids=lambda trouble: trouble.code,
)
def test_a_list_that_cannot_be_read_this_time_halts_nothing(trouble: Trouble) -> None:
    memory = Memory(job := job_in(S.QUEUED))
    before = memory.slot()
    memory.list_trouble = trouble
    with pytest.raises(type(trouble)):
        submit(memory.world(), memory[job], memory.slot())
    assert memory.held == before
    assert memory.created == []


def test_a_full_account_halts_the_queue_and_remembers_how_many_there_are() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    memory.listed += [fine_tune("FAILED", "ft-failed"), fine_tune("CANCELED", "ft-canceled")]
    with pytest.raises(AccountTrouble) as raised:
        submit(memory.world(), memory[job], memory.slot())
    assert raised.value.code == "fine_tunes_full"
    assert (memory.held.kept, memory.held.holders, memory.held.refusals) == (20, (), 1)
    assert memory.held.trouble == Reason("fine_tunes_full", raised.value.message)
    assert memory.held.halted_until == NOW + 120_000


# -- an attempt whose answer is missing -----------------------------------------------------------


@pytest.mark.parametrize(("waited_ms", "state"), [(59_999, S.SUBMITTING), (60_000, S.QUEUED)])
def test_an_attempt_is_believed_lost_a_minute_after_its_sender_is_dead(
    waited_ms: int, state: JobState
) -> None:
    assert RULES.listing_delay_ms == 60_000
    memory = Memory(job := job_in(S.SUBMITTING, attempt_expires_at=NOW))
    memory.time = NOW + waited_ms
    assert resolve(memory.world(), memory[job]).state is state


def test_an_attempt_that_the_list_shows_is_adopted_without_waiting() -> None:
    memory = Memory(job := job_in(S.SUBMITTING, attempt_expires_at=NOW + LIFE_MS))
    memory.listed = [fine_tune("PENDING", "ft-1", files=(f"https://photos.oss.example/{job.files[0]}",))]
    assert resolve(memory.world(), memory[job]).fine_tune_id == "ft-1"


# -- the fine-tunes that the account keeps --------------------------------------------------------


def with_two_kept(job: Job) -> Memory:
    memory = Memory(job)
    memory.listed = [fine_tune("SUCCEEDED", "ft-a"), fine_tune("RUNNING", "ft-b")]
    memory.listed += [fine_tune("FAILED", "ft-c"), fine_tune("CANCELED", "ft-d")]
    return memory


def test_the_jobs_own_fine_tune_is_counted_from_the_moment_it_takes_the_slot() -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    counts: list[int | None] = []
    memory.before_save_slot = lambda after: counts.append(after.kept)
    assert submit(memory.world(), memory[job], memory.slot()).state is S.TRAINING
    assert counts == [3]
    assert memory.held.kept == 3


@pytest.mark.parametrize(
    ("refusal", "state", "counted"),
    [
        (BUSY, S.QUEUED, 0),
        (OVERDUE, S.QUEUED, 0),
        (RequestTrouble("InvalidFile.DownloadFailed", "…", delay_seconds=20), S.QUEUED, 1),
        (Permanent("InvalidFile.NoHuman", "…"), S.FAILED, 1),
    ],
    ids=["busy", "account", "request", "photos"],
)
def test_a_refused_post_takes_the_fine_tune_out_of_the_count_and_counts_only_the_jobs_own_failure(
    refusal: Trouble, state: JobState, counted: int
) -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    memory.answer = refusal
    after = submit(memory.world(), memory[job], memory.slot())
    assert (after.state, after.attempt, after.counted_attempts) == (state, 1, counted)
    if state is S.FAILED:
        # The tick releases the slot of a job that has ended.
        assert memory.held.kept == 3
        release(memory.world(), job.job_id, after)
    assert (memory.held.kept, memory.held.holders) == (2, ())


def test_a_lost_answer_leaves_the_jobs_fine_tune_in_the_count() -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    memory.answer = OutcomeUnknown("no_answer", "…", delay_seconds=30)
    assert submit(memory.world(), memory[job], memory.slot()).state is S.SUBMITTING
    assert memory.held.kept == 3


@pytest.mark.parametrize(("status", "kept"), [("RUNNING", 3), ("SUCCEEDED", 3), ("FAILED", 2)])
def test_a_fine_tune_that_is_adopted_is_counted_once(status: str, kept: int) -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    files = (f"https://photos.oss.example/{job.files[0]}",)
    memory.listed += [fine_tune(status, "ft-own", files=files, finetuned_output="model")]
    memory.known["ft-own"] = memory.listed[-1]
    adopted = submit(memory.world(), memory[job], memory.slot())
    assert (adopted.state, adopted.fine_tune_id) == (S.TRAINING, "ft-own")
    assert memory.created == []
    ended = poll(memory.world(Rules(max_attempts=1)), adopted)
    if ended.state.is_terminal:
        release(memory.world(), job.job_id, ended)
    assert memory.held.kept == kept
