"""Every change in the life of a job, one at a time, and the moves that are legal in each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.job import (
    COLLECTING_LANE,
    DELIVERY_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    Job,
    Reason,
    open_job,
)
from shared.domain.object_keys import job_id, person_key
from shared.domain.states import IllegalMove, JobState
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, fine_tune, job_in, photo

S = JobState
WHY = Reason("code", "message")


# -- its identity ------------------------------------------------------------------------------------


def test_a_job_is_known_by_its_person_and_revision() -> None:
    job = open_job("李雷", 3, NOW)
    assert job.job_id == job_id("李雷", 3)
    assert job.person_key == person_key("李雷")


@pytest.mark.parametrize(
    ("state", "delivered", "lane"),
    [
        (S.COLLECTING, False, COLLECTING_LANE),
        (S.REJECTED, False, None),
        (S.QUEUED, False, QUEUE_LANE),
        (S.SUBMITTING, False, RUNNING_LANE),
        (S.TRAINING, False, RUNNING_LANE),
        (S.SUCCEEDED, False, DELIVERY_LANE),
        (S.FAILED, False, DELIVERY_LANE),
        (S.CANCELED, False, DELIVERY_LANE),
        (S.SUCCEEDED, True, None),
        (S.FAILED, True, None),
        (S.CANCELED, True, None),
    ],
)
def test_a_job_has_a_lane_exactly_while_there_is_work_in_hand(
    state: JobState, delivered: bool, lane: int | None
) -> None:
    assert job_in(state, delivered=delivered).lane == lane


# -- the submit and the outcome -------------------------------------------------------------------


def test_an_attempt_is_counted_and_says_when_its_run_is_dead() -> None:
    job = job_in(S.QUEUED, reason=WHY).attempting(NOW + 1, expires_at=NOW + 60, file_ids=("f1",))
    assert (job.state, job.attempt, job.attempt_expires_at) == (S.SUBMITTING, 1, NOW + 60)
    assert (job.submitted_at, job.file_ids, job.reason) == (NOW + 1, ("f1",), None)


def test_an_attempt_that_was_sent_without_an_answer_has_no_sender_any_more() -> None:
    job = job_in(S.SUBMITTING, attempt_expires_at=NOW + 60_000)
    sent = job.sent(NOW + 5)
    assert sent == replace(job, attempt_expires_at=NOW + 5, changed_at=NOW + 5)


def test_a_requeued_job_goes_back_to_its_old_place() -> None:
    job = job_in(S.QUEUED, closed_at=NOW - 500, due_at=NOW - 500)
    back = job.attempting(NOW, expires_at=NOW).requeued(WHY, NOW + 1)
    assert (back.state, back.due_at, back.reason) == (S.QUEUED, NOW - 500, WHY)
    assert (back.attempt, back.failures) == (1, 0)


@pytest.mark.parametrize(("failures", "expected"), [(0, 2), (1, 3)])
def test_only_failures_of_the_jobs_own_are_counted(failures: int, expected: int) -> None:
    job = job_in(S.SUBMITTING, failures=2).requeued(WHY, NOW, failures=failures)
    assert job.failures == expected


def test_a_submitted_job_owns_its_fine_tune() -> None:
    job = job_in(S.SUBMITTING).submitted(fine_tune("QUEUING", "ft-1"), NOW)
    assert (job.state, job.fine_tune_id, job.fine_tune_status) == (S.TRAINING, "ft-1", "QUEUING")


def test_a_success_keeps_the_models_name_the_bill_and_dashscopes_end_time() -> None:
    done = fine_tune("SUCCEEDED", finetuned_output="facechain-x", usage=1, ended_at=NOW + 300)
    job = job_in(S.TRAINING, usage=1, reason=WHY).succeeded(done, NOW + 400)
    assert (job.state, job.finetuned_output, job.usage) == (S.SUCCEEDED, "facechain-x", 2)
    assert (job.ended_at, job.changed_at, job.reason) == (NOW + 300, NOW + 400, None)


def test_without_an_end_time_of_dashscopes_ours_is_taken() -> None:
    assert job_in(S.TRAINING).succeeded(fine_tune("SUCCEEDED"), NOW + 9).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9, fine_tune("FAILED")).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9).ended_at == NOW + 9


def test_a_retried_job_remembers_the_failed_fine_tune_as_its_own() -> None:
    job = job_in(S.TRAINING, fine_tune_id="ft-1", closed_at=NOW - 9)
    again = job.retrying(fine_tune("FAILED", "ft-1", usage=1), WHY, NOW)
    assert (again.state, again.due_at, again.failures) == (S.QUEUED, NOW - 9, 1)
    assert (again.fine_tune_id, again.earlier_fine_tunes, again.usage) == ("", ("ft-1",), 1)
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
    assert delivered == replace(job, delivered=True, changed_at=NOW + 5)
    assert delivered.lane is None


MOVES: dict[str, tuple[Callable[[Job], Job], set[JobState]]] = {
    # The change, and the states from which the table of moves allows it.
    "with_photo": (lambda job: job.with_photo(photo("x"), RULES, NOW), {S.COLLECTING, S.REJECTED}),
    "rejected": (lambda job: job.rejected(NOW), {S.COLLECTING, S.REJECTED}),
    "attempting": (lambda job: job.attempting(NOW, expires_at=NOW), {S.QUEUED, S.SUBMITTING}),
    "sent": (lambda job: job.sent(NOW), {S.QUEUED, S.SUBMITTING}),
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
        {S.SUBMITTING, S.TRAINING, S.FAILED},
    ),
    "with_delivery": (lambda job: job.with_delivery(NOW), {S.SUCCEEDED, S.FAILED, S.CANCELED}),
    "ended canceled": (
        lambda job: job.ended(S.CANCELED, WHY, NOW),
        {S.TRAINING, S.CANCELED},
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
    job = job_in(S.SUBMITTING).requeued(WHY, NOW, failures=1)
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
    [(None, NOW), (NOW, NOW), (NOW - 999, NOW), (NOW - 1000, NOW - 1000), (NOW + 5000, NOW)],
)
def test_a_fine_tune_that_an_earlier_attempt_made_was_submitted_then(created: int | None, shown: int) -> None:
    owned = job_in(S.SUBMITTING).submitted(fine_tune("SUCCEEDED", created_at=created), NOW + 70_000)
    assert owned.submitted_at == shown
