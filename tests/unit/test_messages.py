"""Which moves of a job are told of, and that the row keeps what is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.clients.job_rows import from_columns, to_columns
from shared.domain import messages
from shared.domain.job import Job, Reason
from shared.domain.messages import KEPT, all_messages, with_news
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.states import JobState
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, fine_tune, job_in, photo


def kinds(job: Job) -> list[str]:
    return [one.kind for one in job.messages]


def told(*steps: Job) -> Job:
    """The last of ``steps``, each saved on top of the one before it."""
    before: Job | None = None
    for step in steps:
        carried = replace(step, messages=before.messages if before else ())
        before = with_news(before, carried)
    assert before is not None
    return before


def test_a_training_is_told_of_when_it_is_queued_begins_and_ends() -> None:
    opened = collecting(photo())
    queued = opened.closed(ClosedBy.QUIET, NOW)
    sent = queued.attempting(NOW + 1, expires_at=NOW + MINUTE_MS)
    training = sent.submitted(fine_tune("RUNNING"), NOW + 2)
    done = training.succeeded(fine_tune("SUCCEEDED", finetuned_output="model"), NOW + 3)
    job = told(opened, queued, sent, training, done)
    assert kinds(job) == [messages.QUEUED, messages.STARTED, messages.SUCCEEDED]
    assert [one.at for one in job.messages] == [NOW, NOW + 2, NOW + 3]
    assert [one.number for one in job.messages] == [1, 2, 3]
    assert job.messages[-1].data["finetuned_output"] == "model"
    assert len({one.message_id for one in job.messages}) == 3


def test_the_same_move_makes_the_same_message_whoever_saves_it() -> None:
    before, after = job_in(JobState.TRAINING), job_in(JobState.TRAINING)
    ended = after.ended(JobState.FAILED, Reason("some_code", "words"), NOW + 5)
    assert with_news(before, ended).messages == with_news(before, ended).messages


def test_a_save_without_a_move_tells_nothing() -> None:
    queued = told(collecting(photo()), job_in(JobState.QUEUED))
    assert with_news(queued, replace(queued, due_at=5)).messages == queued.messages


def test_nothing_is_told_of_whoever_is_being_erased() -> None:
    before = job_in(JobState.TRAINING)
    ended = before.ended(JobState.CANCELED, Reason("erased", "words"), NOW + 5)
    assert with_news(before, ended).messages
    assert not with_news(before, replace(ended, erasing_since=NOW)).messages


def test_a_submit_that_is_refused_is_no_news_and_a_training_that_is_made_again_is() -> None:
    sent, why = job_in(JobState.SUBMITTING), Reason("busy", "words")
    assert not with_news(sent, sent.requeued(why, NOW + 1)).messages
    training = job_in(JobState.TRAINING)
    again = with_news(training, training.retrying(fine_tune("FAILED"), why, NOW + 1))
    assert kinds(again) == [messages.QUEUED]
    assert again.messages[0].data["reason"] == ["busy", "words"]


def test_a_set_that_closes_again_is_told_of_again() -> None:
    queued = told(collecting(photo()), job_in(JobState.QUEUED))
    reopened = with_news(queued, queued.with_photo(photo("b.jpg"), RULES, NOW + 1))
    again = with_news(reopened, reopened.closed(ClosedBy.QUIET, NOW + 2))
    assert kinds(again) == [messages.QUEUED, messages.QUEUED]
    # Also when one save does both.
    at_once = with_news(queued, reopened.closed(ClosedBy.QUIET, NOW + 2))
    assert kinds(at_once) == [messages.QUEUED, messages.QUEUED]


def test_times_that_are_set_right_are_no_move() -> None:
    queued = told(collecting(photo()), job_in(JobState.QUEUED))
    earlier = tuple(move._replace(at=move.at - 5) for move in queued.moves)
    assert with_news(queued, replace(queued, moves=earlier)).messages == queued.messages


def test_a_rejection_counts_the_verdicts_of_what_has_come() -> None:
    refused = collecting(
        photo("a.jpg", Verdict.NO_FACE), photo("b.jpg", Verdict.NO_FACE), photo("c.jpg", Verdict.UNFIT)
    )
    job = with_news(refused, refused.rejected(NOW))
    assert kinds(job) == [messages.REJECTED]
    assert job.messages[0].data["verdicts"] == {"no_face": 2, "unfit": 1}
    assert job.messages[0].data["reason"][0] == "no_usable_photo"


def test_the_end_is_told_of_although_older_code_has_made_the_move() -> None:
    ended = job_in(JobState.TRAINING).ended(JobState.FAILED, Reason("code", "words"), NOW + 1)
    assert kinds(with_news(ended, ended.with_delivery(NOW + 2))) == [messages.FAILED]
    # And although nobody saves the row any more.
    followed = told(collecting(photo()), job_in(JobState.QUEUED))
    over = replace(ended.with_delivery(NOW + 2), messages=followed.messages)
    assert [one.kind for one in all_messages(over)] == [messages.QUEUED, messages.FAILED]
    assert all_messages(over) == all_messages(over)


def test_what_had_ended_before_anybody_wanted_to_be_told_is_not_told() -> None:
    delivered = job_in(JobState.TRAINING).ended(JobState.FAILED, Reason("c", "w"), NOW).with_delivery(NOW)
    assert not with_news(delivered, replace(delivered, model_released_at=NOW)).messages
    assert not all_messages(delivered)
    restored = replace(delivered, moves=())
    assert not with_news(None, restored).messages


def test_a_row_keeps_the_latest_messages_and_their_numbers() -> None:
    job = told(collecting(photo()), job_in(JobState.QUEUED))
    for number in range(2 * KEPT):
        opened = with_news(job, job.collecting(job.photo_set, RULES, NOW + 2 * number + 1))
        job = with_news(opened, opened.closed(ClosedBy.QUIET, NOW + 2 * number + 2))
    assert len(job.messages) == KEPT
    assert [one.number for one in job.messages] == list(range(KEPT + 2, 2 * KEPT + 2))


def test_messages_stand_in_the_row_and_come_back() -> None:
    job = told(collecting(photo()), job_in(JobState.QUEUED))
    columns = to_columns(job)
    assert json.loads(columns["messages"])[0]["kind"] == messages.QUEUED
    assert from_columns({**columns, "version": 1, "revision": 1}).messages == job.messages
    assert "messages" not in to_columns(job_in(JobState.QUEUED))


@pytest.mark.parametrize("stored", ['[{"kind": 5}]', "{}", '[{"message_id": "a", "data": []}]', "[5]"])
def test_a_row_with_messages_that_cannot_be_read_is_left_alone(stored: str) -> None:
    from shared.errors import Permanent

    columns = to_columns(job_in(JobState.QUEUED))
    with pytest.raises(Permanent):
        from_columns({**columns, "version": 1, "revision": 1, "messages": stored})
