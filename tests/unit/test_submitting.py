"""The submit protocol where one answer or one race decides: the slot, the account, the day's share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job, Reason
from shared.domain.rules import Rules
from shared.domain.slot import LATEST_POST_MS, SUBMIT_SPACING_MS, Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, OutcomeUnknown, Permanent, RetryLater, Trouble
from shared.workflow.snapshots import FRESH_MS
from shared.workflow.submitting import ASKED_AGAIN_MS, TIME_FOR_A_SUBMIT_MS, submit
from shared.workflow.training import poll, release_unused
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, fine_tune, job_in, trouble

S = JobState
TWO = Rules(concurrent_trainings=2)
OVERDUE = AccountTrouble(
    "Arrearage",
    "make sure your account is in good standing",
    delay_seconds=120,
    kind=Kind.ACCOUNT,
    api=Api.TRAINING,
)
BUSY = RetryLater("Throttling", "slow down", delay_seconds=20, api=Api.TRAINING)
LOST = OutcomeUnknown("no_answer", "…", delay_seconds=30, api=Api.TRAINING)


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
    memory.save_slot(stale, stale.released(job.job_id))
    with pytest.raises(Conflict):
        submit(memory.world(), memory[job], stale)
    assert memory.created == []
    assert memory[job].state is S.QUEUED


def test_a_job_whose_row_cannot_be_written_gives_the_slot_back_and_lets_others_go_first() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job)
    memory.troubles["save"] = RetryLater("OTSNoPermissionAccess", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        submit(memory.world(), memory[job], memory.slot())
    assert (memory.held.holders, memory.held.refused_jobs) == ((), (job.job_id,))
    assert memory.created == []


def test_a_job_whose_row_was_written_although_nobody_heard_of_it_keeps_the_slot() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job)
    seen = memory[job]

    def written_all_the_same(_: Job) -> None:
        memory.before_save = lambda _: None
        memory.save(seen, seen)
        memory.troubles["save"] = RetryLater("no_answer", "…", delay_seconds=1)

    memory.before_save = written_all_the_same
    with pytest.raises(RetryLater):
        submit(memory.world(), seen, memory.slot())
    assert memory.held.holders == (job.job_id,)
    assert memory.created == []


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
    memory.save_takes_ms = LATEST_POST_MS + 1
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


@pytest.mark.parametrize(
    ("problem", "halted_ms"),
    [
        (OVERDUE, 120_000),
        (RetryLater("list_incomplete", "…", delay_seconds=10, api=Api.TRAINING), 20_000),
        (LOST, 30_000),
    ],
    ids=lambda value: value.code if isinstance(value, Trouble) else "",
)
def test_trouble_that_shows_in_the_list_halts_the_queue_and_is_no_try_of_the_job(
    problem: Trouble, halted_ms: int
) -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=("other-1",)))
    before = memory[job]
    memory.troubles["fine_tunes"] = problem
    with pytest.raises(RetryLater) as raised:
        submit(memory.world(TWO), memory[job], memory.slot())
    assert raised.value.code == "queue_halted"
    assert memory.held.trouble == Reason(problem.code, problem.message)
    assert (memory.held.halted_until, memory.held.refusals) == (NOW + halted_ms, 1)
    assert memory.held.holders == ("other-1",)
    assert memory.created == []
    assert memory[job] == before


def test_a_full_account_halts_the_queue_and_remembers_how_many_there_are() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    memory.listed += [fine_tune("FAILED", "ft-failed"), fine_tune("CANCELED", "ft-canceled")]
    with pytest.raises(RetryLater, match="queue_halted"):
        submit(memory.world(), memory[job], memory.slot())
    assert (memory.held.kept, memory.held.holders, memory.held.refusals) == (20, (), 1)
    assert memory.held.trouble is not None
    assert memory.held.trouble.code == "fine_tunes_full"
    assert memory.held.halted_until == NOW + 120_000


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_queue_that_was_halted_meanwhile_sends_nothing(capacity: int) -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(halted_until=NOW + 1))
    with pytest.raises(Conflict):
        submit(memory.world(Rules(concurrent_trainings=capacity)), memory[job], memory.slot())
    assert memory.created == []


def test_a_run_near_its_end_begins_no_submit() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    world = memory.world()
    memory.time += LIFE_MS - TIME_FOR_A_SUBMIT_MS
    with pytest.raises(RetryLater, match="no_time"):
        submit(world, memory[job], memory.slot())
    assert (memory.created, memory.held.holders) == ([], ())


# -- one person's share of a day ------------------------------------------------------------------


def test_a_person_who_has_had_as_many_trainings_as_a_day_allows_waits_and_holds_nobody_up() -> None:
    memory = Memory(job := job_in(S.QUEUED, trainings_at=(NOW - 3, NOW - 2, NOW - 1)))
    postponed = submit(memory.world(), memory[job], memory.slot())
    assert (postponed.state, postponed.due_at) == (S.QUEUED, NOW + ASKED_AGAIN_MS)
    assert postponed.retry is not None
    assert (postponed.retry.cause.code, postponed.retry.cause.kind) == ("daily_limit", Kind.PERSON)
    assert (memory.created, memory.held) == ([], replace(Slot(), version=1))


@pytest.mark.parametrize(
    ("trainings_at", "allowed"),
    [
        ((NOW - 2, NOW - 1), 3),
        # The day before, in Beijing: NOW is 08:00 there.
        ((NOW - 8 * 60 * MINUTE_MS - 1,) * 3, 3),
        ((NOW - 1,) * 100, 0),
    ],
)
def test_trainings_of_another_day_or_without_a_limit_keep_nobody_waiting(
    trainings_at: tuple[int, ...], allowed: int
) -> None:
    memory = Memory(job := job_in(S.QUEUED, trainings_at=trainings_at))
    rules = Rules(max_trainings_per_person_per_day=allowed)
    assert submit(memory.world(rules), memory[job], memory.slot()).state is S.TRAINING


# -- what the job remembers -----------------------------------------------------------------------


def test_an_attempt_remembers_the_key_that_it_was_sent_with_and_a_fine_tune_its_account() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.answer = fine_tune("PENDING", "ft-new", account="workspace-1")
    submitted = submit(memory.world(), memory[job], memory.slot())
    assert (submitted.key_id, submitted.account) == ("key", "workspace-1")
    assert memory.held.account == "workspace-1"


def test_an_accepted_submit_ends_the_tries_before_it() -> None:
    held = trouble(Kind.UNKNOWN, Api.TRAINING, tries=2)
    memory = Memory(job := job_in(S.QUEUED, retry=held, due_at=held.next_try_at))
    assert submit(memory.world(), memory[job], memory.slot()).retry is None


def test_a_job_whose_files_are_all_lost_ends_and_takes_no_slot() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.lost = {*job.files, "people/li/a.jpg"}
    memory.time += FRESH_MS
    assert submit(memory.world(), memory[job], memory.slot()).state is S.FAILED
    assert (memory.held.holders, memory.created) == ((), [])


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
    "refusal",
    [BUSY, OVERDUE, Permanent("InvalidFile.NoHuman", "…", kind=Kind.PICTURE, api=Api.TRAINING)],
    ids=["busy", "account", "photos"],
)
def test_a_refused_post_takes_the_fine_tune_out_of_the_count_and_fails_nobody(refusal: Trouble) -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    memory.answer = refusal
    after = submit(memory.world(), memory[job], memory.slot())
    assert (after.state, after.attempt, after.counted_attempts) == (S.QUEUED, 1, 0)
    assert (memory.held.kept, memory.held.holders) == (2, ())


def test_a_lost_answer_leaves_the_jobs_fine_tune_in_the_count() -> None:
    memory = with_two_kept(job := job_in(S.QUEUED))
    memory.answer = LOST
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
        release_unused(memory.world(), job.job_id)
    assert memory.held.kept == kept
