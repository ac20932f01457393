"""Stories of odd answers, of wrong times, and of an account that is not the same any more."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.states import JobState
from tests.simulation.cloud import OTHER_KEY
from tests.simulation.standing import SILENCE, Answer
from tests.simulation.story import DAY_MS, HOUR_MS, MINUTE_MS, Story, story

SOON_MS = 10 * MINUTE_MS
Document = dict[str, Any]


def fine_tunes_in(document: Document) -> list[Document]:
    """The fine-tunes that an answer describes."""
    output = document.get("output") or {}
    jobs = output.get("jobs")
    return jobs if isinstance(jobs, list) else [output] if "job_id" in output else []


@pytest.mark.parametrize(
    "oddity",
    [
        {"total": "12"},
        {"total": 99},
        {"total": None},
    ],
    ids=repr,
)
def test_a_list_with_an_odd_total_and_foreign_entries_stops_no_submit(oddity: Document) -> None:
    def alter(operation: str, document: Document) -> None:
        if operation == "ListFineTunes":
            document["output"].update(oddity)
            if document["output"]["jobs"]:
                document["output"]["jobs"].append({"model": "foreign", "status": 5})

    with story() as told:
        told.cloud.others.submit()
        told.pass_time(2 * MINUTE_MS)
        told.cloud.alter_answers(alter)
        for person in ("Li", "Wu"):
            told.upload(person, "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Li")
        assert told.is_trained("Wu")
        assert told.paid() == 3


@pytest.mark.parametrize("odd", ["true", 1, [True], None], ids=repr)
def test_an_unreadable_answer_of_the_face_check_is_no_verdict(odd: object) -> None:
    def alter(operation: str, document: Document) -> None:
        if operation == "DetectFaces":
            document["output"]["is_face"] = [odd]

    with story() as told:
        told.cloud.alter_answers(alter)
        told.upload("Li", "1.jpg")
        told.pass_time(SOON_MS)
        assert told.verdicts("Li") == {"1.jpg": "unchecked"}
        told.cloud.alter_answers(None)
        told.pass_time(HOUR_MS)
        assert told.is_trained("Li")


def lose_the_answer_of_the_submit(told: Story) -> None:
    """The POST takes effect, and its answer does not come."""

    def alter(operation: str, document: Document) -> None:
        if operation == "CreateFineTune":
            document.clear()

    told.cloud.alter_answers(alter)


def test_a_submit_whose_fine_tune_does_not_show_its_files_is_neither_adopted_nor_paid_for_again() -> None:
    def alter(operation: str, document: Document) -> None:
        if operation == "CreateFineTune":
            document.clear()
        for fine_tune in fine_tunes_in(document):
            fine_tune["training_file_ids"] = None

    with story() as told:
        told.cloud.alter_answers(alter)
        told.upload("Li", "1.jpg")
        told.pass_time(4 * MINUTE_MS)
        assert told.job("Li").state is JobState.SUBMITTING
        told.pass_time(HOUR_MS)
        assert told.paid() == 1
        reason = told.job("Li").reason
        assert told.job("Li").state is JobState.FAILED
        assert reason is not None
        assert reason.code == "submit_unclear"
        assert told.cloud.studio.ledger()[0].job_id in reason.message


def test_a_fine_tune_that_shows_in_the_list_after_five_minutes_is_paid_for_once() -> None:
    with story(rules={"listing_delay_ms": 10 * MINUTE_MS}, list_lag_seconds=300.0) as told:
        lose_the_answer_of_the_submit(told)
        told.upload("Li", "1.jpg")
        told.pass_time(40 * MINUTE_MS)
        assert told.is_trained("Li")
        assert told.paid() == 1


def test_times_in_another_zone_make_no_training_overdue() -> None:
    def alter(_: str, document: Document) -> None:
        for fine_tune in fine_tunes_in(document):
            for name in ("create_time", "end_time"):
                if fine_tune.get(name):
                    fine_tune[name] = "2025-12-31 " + fine_tune[name][11:]

    with story(training_seconds=900.0) as told:
        told.cloud.alter_answers(alter)
        told.cloud.kernel.believes_times = False
        told.upload("Li", "1.jpg")
        told.pass_time(SOON_MS)
        assert told.job("Li").state is JobState.TRAINING
        told.pass_time(30 * MINUTE_MS)
        assert told.is_trained("Li")
        assert told.job("Li").ended_at > told.job("Li").submitted_at


def test_a_key_of_another_account_makes_a_training_wait_and_say_so() -> None:
    def alter(operation: str, document: Document) -> None:
        if operation == "ListFineTunes":
            document["output"].update(jobs=[], total=0)

    with story(training_seconds=1800.0) as told:
        told.upload("Li", "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        told.cloud.change_key(OTHER_KEY)
        told.cloud.alter_answers(alter)
        told.stand("dashscope.GetFineTune", Answer(404, "NotFound", "Not Found!"))
        told.pass_time(20 * MINUTE_MS)
        job = told.job("Li")
        assert job.state is JobState.TRAINING
        assert job.trouble is not None
        assert job.trouble.cause.code == "other_account"
        told.cloud.change_key()
        told.cloud.alter_answers(None)
        told.calm()
        told.pass_time(HOUR_MS)
        assert told.is_trained("Li")
        assert told.paid() == 1


def test_an_answer_that_is_missing_is_not_resolved_by_the_list_of_another_account() -> None:
    def alter(operation: str, document: Document) -> None:
        if operation == "CreateFineTune":
            document.clear()
        if operation == "ListFineTunes":
            document["output"].update(jobs=[], total=0)

    with story() as told:
        told.cloud.alter_answers(alter)
        told.upload("Li", "1.jpg")
        told.pass_time(4 * MINUTE_MS)
        told.cloud.change_key(OTHER_KEY)
        told.pass_time(HOUR_MS)
        assert told.job("Li").state is JobState.SUBMITTING
        assert told.paid() == 1
        told.cloud.change_key()
        told.cloud.alter_answers(None)
        told.pass_time(SOON_MS)
        assert told.is_trained("Li")
        assert told.paid() == 1


def test_an_instance_whose_clock_is_a_day_ahead_delays_nobody_by_a_day() -> None:
    with story() as told:
        told.cloud.ahead_ms = DAY_MS
        told.upload("Li", "1.jpg")
        told.cloud.advance(5_000)
        told.cloud.ahead_ms = 0
        told.pass_time(30 * MINUTE_MS)
        assert told.is_trained("Li")


def test_a_tick_whose_clock_is_a_day_ahead_leaves_nothing_that_waits_for_a_day() -> None:
    with story() as told:
        told.stand("dashscope.CreateFineTune", SILENCE, lasts_ms=3 * MINUTE_MS)
        told.upload("Li", "1.jpg", "_READY")
        told.cloud.ahead_ms = DAY_MS
        told.pass_time(3 * MINUTE_MS)
        told.cloud.ahead_ms = 0
        told.pass_time(HOUR_MS)
        assert told.is_trained("Li")
        assert told.paid() == 1
