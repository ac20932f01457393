"""Every change in the life of a job, one at a time, and the moves that are legal in each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.job import Job, Reason, open_job
from shared.domain.job_record import REOPENS_FOR_MS
from shared.domain.object_keys import job_id, person_key
from shared.domain.photo_set import NEVER
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.states import IllegalMove, JobState
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import (
    MINUTE_MS,
    NOW,
    RULES,
    cause,
    collecting,
    fine_tune,
    job_in,
    photo,
    trouble,
)

S = JobState
WHY = Reason("code", "message")


# -- its identity ------------------------------------------------------------------------------------


def test_a_job_is_known_by_its_person_and_revision() -> None:
    job = open_job("李雷", 3, NOW)
    assert job.job_id == job_id("李雷", 3)
    assert job.person_key == person_key("李雷")


# -- trouble ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(S))
def test_a_step_that_failed_is_tried_again_after_a_pause_in_the_same_state(state: JobState) -> None:
    job = job_in(state)
    held = job.held_up(cause(), NOW)
    assert held == replace(job, retry=held.retry, due_at=NOW + 10_000)
    assert held.retry is not None
    assert (held.retry.tries, held.retry.next_try_at, held.retry.cause) == (1, NOW + 10_000, cause())
    again = held.held_up(cause(Kind.OBJECT), NOW + 5)
    assert again.retry is not None
    assert (again.retry.tries, again.retry.since) == (2, NOW)


def test_the_next_try_may_be_named() -> None:
    held = job_in(S.QUEUED).held_up(cause(Kind.PERSON, None), NOW, until=NOW + 7)
    assert held.retry is not None
    assert (held.due_at, held.retry.next_try_at) == (NOW + 7, NOW + 7)


@pytest.mark.parametrize("state", list(S))
def test_a_step_that_works_is_cleared_of_its_trouble(state: JobState) -> None:
    job = job_in(state)
    assert job.cleared(RULES, NOW) is job
    cleared = job.held_up(cause(), NOW).cleared(RULES, NOW + 5)
    assert (cleared.retry, cleared.changed_at, cleared.state) == (None, NOW + 5, state)


def test_a_queued_job_that_is_cleared_is_back_at_its_place() -> None:
    queued = job_in(S.QUEUED, closed_first_at=NOW - 50, due_at=NOW - 50)
    assert queued.held_up(cause(), NOW).cleared(RULES, NOW).due_at == NOW - 50


@pytest.mark.parametrize("state", [S.TRAINING, S.SUCCEEDED])
def test_any_other_job_that_is_cleared_stays_where_it_is_in_its_lane(state: JobState) -> None:
    assert job_in(state).held_up(cause(), NOW).cleared(RULES, NOW).due_at == NOW + 10_000


def test_a_set_that_closed_before_and_is_cleared_is_looked_at_by_when_it_closes_again() -> None:
    slow = Rules(quiet_ms=REOPENS_FOR_MS)
    open_set = replace(collecting(photo()), closed_first_at=NOW - 50)
    cleared = open_set.held_up(cause(), NOW).cleared(slow, NOW)
    assert cleared.due_at == NOW - 50 + REOPENS_FOR_MS


def test_a_set_that_is_cleared_is_looked_at_when_it_will_be_complete() -> None:
    open_set = collecting(photo())
    assert open_set.held_up(cause(), NOW).cleared(RULES, NOW).due_at == NOW + RULES.quiet_ms


def test_the_trouble_of_one_step_is_forgotten_at_the_next() -> None:
    assert collecting(photo(verdict=Verdict.NO_FACE)).held_up(cause(), NOW).rejected(NOW).retry is None
    training = job_in(S.TRAINING).held_up(cause(), NOW)
    assert training.still_training(fine_tune("RUNNING"), NOW).retry == training.retry
    assert training.succeeded(fine_tune("SUCCEEDED"), NOW).retry is None
    assert job_in(S.SUBMITTING).held_up(cause(), NOW).submitted(fine_tune(), NOW).retry is None


def test_the_tries_of_a_submit_go_on_through_its_attempts() -> None:
    retry = trouble(tries=2, next_try_at=NOW + MINUTE_MS)
    sending = job_in(S.QUEUED, retry=retry).attempting(NOW, expires_at=NOW)
    # What has become of the attempt is looked for at once.
    assert sending.retry == replace(retry, next_try_at=NOW)
    assert sending.sent(WHY, NOW).retry == sending.retry
    assert job_in(S.QUEUED).attempting(NOW, expires_at=NOW).retry is None


# -- the submit and the outcome -------------------------------------------------------------------


def test_an_attempt_is_counted_and_says_when_its_run_is_dead() -> None:
    job = job_in(S.QUEUED, reason=WHY).attempting(NOW + 1, expires_at=NOW + 60, file_ids=("f1",))
    assert (job.state, job.attempt, job.attempt_expires_at) == (S.SUBMITTING, 1, NOW + 60)
    assert (job.submitted_at, job.file_ids, job.reason) == (NOW + 1, ("f1",), None)


def test_an_attempt_that_was_sent_without_an_answer_has_no_sender_any_more() -> None:
    job = job_in(S.SUBMITTING, attempt_expires_at=NOW + 60_000)
    sent = job.sent(WHY, NOW + 5)
    assert sent == replace(job, attempt_expires_at=NOW + 5, changed_at=NOW + 5, reason=WHY)


def test_an_attempt_says_by_which_key_it_was_sent() -> None:
    assert job_in(S.QUEUED).attempting(NOW, expires_at=NOW, key_id="k").key_id == "k"


CLOSED_BEFORE = job_in(S.QUEUED, closed_at=NOW - 5, closed_first_at=NOW - 500, due_at=NOW - 500)


def test_a_requeued_job_goes_back_to_its_old_place() -> None:
    back = CLOSED_BEFORE.attempting(NOW, expires_at=NOW).requeued(WHY, NOW + 1)
    assert (back.state, back.due_at, back.reason) == (S.QUEUED, NOW - 500, WHY)
    assert (back.attempt, back.failures, back.retry) == (1, 0, None)


@pytest.mark.parametrize(
    ("next_try_at", "at_once", "due_at"),
    [
        (NOW + 5, False, NOW + 5),
        (NOW + 5, True, NOW - 500),
        # The pause is over: nothing keeps it from its place.
        (NOW, False, NOW - 500),
        (NOW - 5, False, NOW - 500),
    ],
)
def test_a_job_whose_submit_was_refused_steps_aside_unless_it_goes_again_at_once(
    next_try_at: int, at_once: bool, due_at: int
) -> None:
    retry = trouble(Kind.UNKNOWN, Api.TRAINING, next_try_at=next_try_at)
    sending = CLOSED_BEFORE.attempting(NOW, expires_at=NOW)
    back = sending.requeued(WHY, NOW, retry=retry, at_once=at_once)
    assert (back.due_at, back.retry, back.place) == (due_at, retry, NOW - 500)


def test_lost_snapshots_are_replaced_before_the_first_attempt_without_a_trace() -> None:
    job = job_in(S.QUEUED, file_ids=("f",))
    found = replace(job.photo_set, photos=(photo(snapshot="submissions/x/new"),))
    after = job.with_files(found, NOW)
    assert (after.files, after.earlier_files, after.file_ids) == (("submissions/x/new",), (), ())
    assert (after.state, after.due_at, after.photo_set) == (S.QUEUED, job.due_at, found)


def test_snapshots_that_an_attempt_was_sent_with_stay_the_jobs_own() -> None:
    job = job_in(S.QUEUED, attempt=1, files=("old", "kept"), earlier_files=("older",))
    photos = (photo("a", snapshot="kept"), photo("b", snapshot="new"), photo("c", Verdict.UNREADABLE))
    after = job.with_files(replace(job.photo_set, photos=photos), NOW)
    assert (after.files, after.earlier_files) == (("kept", "new"), ("older", "old"))


def test_a_submitted_job_owns_its_fine_tune() -> None:
    job = job_in(S.SUBMITTING).submitted(fine_tune("QUEUING", "ft-1"), NOW)
    assert (job.state, job.fine_tune_id, job.fine_tune_status) == (S.TRAINING, "ft-1", "QUEUING")
    assert (job.running_since, job.trainings_at) == (0, (NOW,))
    assert job_in(S.SUBMITTING, running_since=5).submitted(fine_tune(), NOW + 7).due_at == NOW + 7
    assert job_in(S.SUBMITTING, running_since=5).submitted(fine_tune(), NOW).running_since == 0
    assert job_in(S.SUBMITTING).submitted(fine_tune(account="a"), NOW).account == "a"


def test_a_training_runs_from_when_it_was_first_seen_to_and_not_while_it_queues() -> None:
    job = job_in(S.TRAINING)
    for status in ("", "PENDING", "QUEUING"):
        assert job.still_training(fine_tune(status), NOW + 1).running_since == 0
    running = job.still_training(fine_tune("RUNNING"), NOW + 1)
    assert (running.running_since, running.fine_tune_status) == (NOW + 1, "RUNNING")
    assert running.still_training(fine_tune("QUEUING"), NOW + 9).running_since == NOW + 1
    assert job.still_training(fine_tune("SOMETHING_NEW"), NOW + 1).running_since == NOW + 1


DAY_MS = 24 * 3_600_000
BEIJING_MIDNIGHT = NOW - 8 * 3_600_000 + DAY_MS
"""The first midnight in Beijing after NOW, which is 8 o'clock there."""


@pytest.mark.parametrize(
    ("made_at", "now", "count"),
    [
        ((), NOW, 0),
        ((NOW, NOW + 1), NOW + 2, 2),
        ((BEIJING_MIDNIGHT - 1,), BEIJING_MIDNIGHT - 1, 1),
        ((BEIJING_MIDNIGHT - 1,), BEIJING_MIDNIGHT, 0),
        ((BEIJING_MIDNIGHT - 1, BEIJING_MIDNIGHT), BEIJING_MIDNIGHT, 1),
    ],
)
def test_a_persons_trainings_are_counted_by_the_day_in_beijing(
    made_at: tuple[int, ...], now: int, count: int
) -> None:
    assert job_in(S.QUEUED, trainings_at=made_at).trainings_today(now) == count


def test_trainings_of_the_last_day_are_remembered_through_attempts_and_revisions() -> None:
    job = job_in(S.SUBMITTING, trainings_at=(NOW - DAY_MS, NOW - DAY_MS + 1))
    trained = job.submitted(fine_tune(), NOW)
    assert trained.trainings_at == (NOW - DAY_MS + 1, NOW)
    assert trained.next_revision(RULES, NOW + 1).trainings_at == (NOW,)


def test_a_success_keeps_the_models_name_the_bill_and_dashscopes_end_time() -> None:
    done = fine_tune("SUCCEEDED", finetuned_output="facechain-x", usage=1, ended_at=NOW + 300)
    job = job_in(S.TRAINING, usage=1, reason=WHY).succeeded(done, NOW + 400)
    assert (job.state, job.finetuned_output, job.usage) == (S.SUCCEEDED, "facechain-x", 2)
    assert (job.ended_at, job.changed_at, job.reason) == (NOW + 300, NOW + 400, None)


@pytest.mark.parametrize("hours", [-8, 8])
def test_an_end_time_of_another_zone_is_not_believed(hours: int) -> None:
    done = fine_tune("SUCCEEDED", ended_at=NOW + hours * 60 * MINUTE_MS)
    assert job_in(S.TRAINING).succeeded(done, NOW + 9).ended_at == NOW + 9


def test_a_training_never_ends_before_its_submit() -> None:
    early = fine_tune("SUCCEEDED", ended_at=NOW - MINUTE_MS)
    assert job_in(S.TRAINING).succeeded(early, NOW + 9).ended_at == NOW
    assert job_in(S.TRAINING).succeeded(fine_tune("SUCCEEDED"), NOW - 9).ended_at == NOW


@pytest.mark.parametrize(
    ("state", "ended_at", "took_ms"),
    [
        (S.SUCCEEDED, NOW + 5, 5),
        (S.SUCCEEDED, NOW, None),
        (S.SUCCEEDED, NOW - 5, None),
        (S.FAILED, NOW + 5, None),
        (S.TRAINING, 0, None),
    ],
)
def test_only_a_training_that_made_a_model_teaches_how_long_one_takes(
    state: JobState, ended_at: int, took_ms: int | None
) -> None:
    assert job_in(state, submitted_at=NOW, ended_at=ended_at).training_took_ms == took_ms


def test_without_an_end_time_of_dashscopes_ours_is_taken() -> None:
    assert job_in(S.TRAINING).succeeded(fine_tune("SUCCEEDED"), NOW + 9).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9, fine_tune("FAILED")).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9).ended_at == NOW + 9


def test_a_retried_job_remembers_the_failed_fine_tune_as_its_own() -> None:
    job = job_in(S.TRAINING, fine_tune_id="ft-1", closed_at=NOW - 3, closed_first_at=NOW - 9)
    again = job.retrying(fine_tune("FAILED", "ft-1", usage=1), WHY, NOW)
    assert (again.state, again.due_at, again.failures) == (S.QUEUED, NOW - 9, 1)
    assert (again.fine_tune_id, again.earlier_fine_tunes, again.usage) == ("", ("ft-1",), 1)
    assert again.reason == WHY
    # There is no fine-tune at the moment, so there is no status of one.
    assert again.fine_tune_status == ""
    twice = again.attempting(NOW, expires_at=NOW).submitted(fine_tune("RUNNING", "ft-2"), NOW)
    assert twice.retrying(fine_tune("FAILED", "ft-2", usage=1), WHY, NOW).earlier_fine_tunes == (
        "ft-1",
        "ft-2",
    )


def test_an_end_without_a_fine_tune_keeps_the_last_known_status() -> None:
    job = job_in(S.TRAINING, fine_tune_status="RUNNING", usage=1).ended(S.CANCELED, WHY, NOW)
    assert (job.state, job.fine_tune_status, job.usage, job.reason) == (S.CANCELED, "RUNNING", 1, WHY)


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_delivery_takes_an_ended_job_out_of_the_work_in_hand_and_nothing_else(state: JobState) -> None:
    job = job_in(state)
    delivered = job.with_delivery(NOW + 5)
    assert delivered == replace(job, delivered=True, changed_at=NOW + 5, due_at=NEVER)
    assert delivered.lane is None


def test_the_trouble_of_writing_the_result_ends_with_the_result() -> None:
    held = job_in(S.SUCCEEDED).held_up(cause(api=Api.WRITING), NOW)
    written = held.with_result(NOW + 5)
    assert written == replace(held, result_at=NOW + 5, retry=None, changed_at=NOW + 5)


MOVES: dict[str, tuple[Callable[[Job], Job], set[JobState]]] = {
    # The change, and the states from which the table of moves allows it.
    # The queued job has had an attempt: see test_job_photo_set for one that has had none.
    "with_photo": (
        lambda job: replace(job, attempt=1).with_photo(photo("x"), RULES, NOW),
        {S.COLLECTING, S.REJECTED},
    ),
    "with_photo, unusable": (
        lambda job: replace(job, attempt=1).with_photo(photo("x", Verdict.EMPTY), RULES, NOW),
        {S.COLLECTING, S.REJECTED},
    ),
    "collecting": (
        lambda job: replace(job, attempt=1).collecting(job.photo_set, RULES, NOW),
        {S.COLLECTING, S.REJECTED},
    ),
    "rejected": (lambda job: job.rejected(NOW), {S.COLLECTING, S.REJECTED}),
    "given_way": (lambda job: job.given_way(NOW), {S.COLLECTING, S.REJECTED}),
    "with_files": (
        lambda job: job.with_files(job.photo_set, NOW),
        {S.COLLECTING, S.QUEUED, S.SUBMITTING, S.TRAINING},
    ),
    "attempting": (lambda job: job.attempting(NOW, expires_at=NOW), {S.QUEUED, S.SUBMITTING}),
    "sent": (lambda job: job.sent(WHY, NOW), {S.QUEUED, S.SUBMITTING}),
    "submitted": (lambda job: job.submitted(fine_tune(), NOW), {S.SUBMITTING, S.TRAINING}),
    "requeued": (lambda job: job.requeued(WHY, NOW), {S.COLLECTING, S.SUBMITTING, S.TRAINING, S.QUEUED}),
    "still_training": (lambda job: job.still_training(fine_tune(), NOW), {S.SUBMITTING, S.TRAINING}),
    "succeeded": (lambda job: job.succeeded(fine_tune(), NOW), {S.TRAINING, S.SUCCEEDED}),
    "retrying": (
        lambda job: job.retrying(fine_tune(), WHY, NOW),
        {S.COLLECTING, S.SUBMITTING, S.TRAINING, S.QUEUED},
    ),
    "ended failed": (
        lambda job: job.ended(S.FAILED, WHY, NOW),
        {S.QUEUED, S.SUBMITTING, S.TRAINING, S.FAILED},
    ),
    "with_delivery": (lambda job: job.with_delivery(NOW), {S.SUCCEEDED, S.FAILED, S.CANCELED}),
    "ended canceled": (
        lambda job: job.ended(S.CANCELED, WHY, NOW),
        {S.COLLECTING, S.QUEUED, S.TRAINING, S.CANCELED},
    ),
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("name", MOVES)
def test_each_change_is_possible_in_its_states_and_raises_in_all_others(name: str, state: JobState) -> None:
    change, legal = MOVES[name]
    if state in legal:
        change(job_in(state))
    else:
        with pytest.raises(IllegalMove):
            change(job_in(state))


# -- the attempts that MAX_ATTEMPTS counts ---------------------------------------------------------


def test_a_refusal_of_the_whole_account_is_no_counted_attempt() -> None:
    job = job_in(S.QUEUED)
    assert job.counted_attempts == 0
    for refusal in range(1, 6):
        sending = job.attempting(NOW, expires_at=NOW)
        assert (sending.attempt, sending.counted_attempts) == (refusal, 1)
        job = sending.requeued(WHY, NOW)
        assert (job.attempt, job.counted_attempts) == (refusal, 0)


def test_an_attempt_that_failed_for_the_jobs_own_sake_stays_counted() -> None:
    job = job_in(S.TRAINING).retrying(fine_tune("FAILED"), WHY, NOW)
    assert job.counted_attempts == 1
    again = job.attempting(NOW, expires_at=NOW)
    assert again.counted_attempts == 2
    assert again.ended(S.FAILED, WHY, NOW).counted_attempts == 2
    training = again.submitted(fine_tune(), NOW)
    assert training.counted_attempts == 2
    assert training.succeeded(fine_tune("SUCCEEDED"), NOW).counted_attempts == 2


def test_a_training_that_dashscope_failed_is_a_counted_attempt_while_the_job_is_queued_again() -> None:
    again = job_in(S.TRAINING).retrying(fine_tune("FAILED"), WHY, NOW)
    assert (again.attempt, again.counted_attempts) == (1, 1)


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (S.COLLECTING, 0),
        (S.REJECTED, 0),
        (S.QUEUED, 0),
        (S.SUBMITTING, 1),
        (S.TRAINING, 1),
        (S.SUCCEEDED, 1),
        (S.FAILED, 1),
        (S.CANCELED, 1),
    ],
)
def test_the_present_attempt_is_counted_from_the_intent_on(state: JobState, counted: int) -> None:
    assert job_in(state).counted_attempts == counted


def test_a_clock_that_goes_back_does_not_take_the_time_of_change_with_it() -> None:
    job = collecting(photo("a"), now=NOW)
    assert job.with_photo(photo("b"), RULES, NOW - MINUTE_MS).changed_at == NOW


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        (None, NOW),
        (NOW, NOW),
        (NOW - 999, NOW),
        (NOW - 1000, NOW - 1000),
        (NOW + 5000, NOW),
        # Before the set had closed first there was nothing to submit.
        (NOW - 9000, NOW - 9000),
        (NOW - 9001, NOW),
    ],
)
def test_a_fine_tune_that_an_earlier_attempt_made_was_submitted_then(created: int | None, shown: int) -> None:
    job = job_in(S.SUBMITTING, closed_first_at=NOW - 9000, closed_at=NOW - 5000)
    owned = job.submitted(fine_tune("SUCCEEDED", created_at=created), NOW + 70_000)
    assert owned.submitted_at == shown
