"""DashScope fails in every way it has; no set is paid for twice or forgotten, and the reason is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tablestore

from aliyun_local.serving.wire import Fault, Response

from .support import RECONCILE, LocalStudio, eventually


def error(status: int, code: str, message: str) -> Response:
    body = {"code": code, "message": message, "request_id": "7574ee8f"}
    return Response(
        status=status, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode()
    )


BROKEN = error(500, "InternalError", "Internal server error!")
BAD_KEY = error(401, "InvalidApiKey", "Invalid API-key provided.")
THROTTLED = error(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
FOR_EVER = 10**9


def inject(studio: LocalStudio, operation: str, **fault: Any) -> None:
    studio.cloud.fronts["dashscope"].inject(Fault(operation=operation, **fault))


def mend(studio: LocalStudio) -> None:
    studio.cloud.fronts["dashscope"].clear_faults()


def end_the_queues_wait(studio: LocalStudio) -> None:
    """Let the time pass that the queue waits for, which is minutes, by setting the clock on its row."""
    with studio.tables() as client:
        _, row, _ = client.get_row("control", [("name", "slot")], max_version=1)
        columns = {name: value for name, value, *_ in row.attribute_columns}
        value = json.loads(columns["value"]) | {"closed_until": 1}
        # Another run that writes at the same time must win, as everywhere.
        condition = tablestore.Condition(
            tablestore.RowExistenceExpectation.EXPECT_EXIST,
            tablestore.SingleColumnCondition(
                "version", columns["version"], tablestore.ComparatorType.EQUAL, pass_if_missing=False
            ),
        )
        changed = list((columns | {"value": json.dumps(value), "version": columns["version"] + 1}).items())
        client.put_row("control", tablestore.Row([("name", "slot")], changed), condition)


def upload(studio: LocalStudio, person: str, *seeds: int) -> None:
    studio.upload_portraits(person, *seeds)
    studio.mark_ready(person)


def trained_once(studio: LocalStudio, person: str, *, seconds: float = 30.0) -> dict[str, Any]:
    document = studio.wait_until_trained(person, seconds=seconds)
    made = studio.fine_tunes_of(document["current"]["job_id"])
    assert made == [document["current"]["fine_tune_id"]]
    assert document["current"]["trainings_billed"] == 1
    return document


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"answer": BROKEN},
        {"answer": Response(status=502, body=b"<html>Bad Gateway</html>")},
        {"answer": Response(status=200, body=b"")},
        {"answer": Response(status=200, body=b'{"output": {}}')},
    ],
    ids=["connection dropped", "500", "502 of a proxy", "empty answer", "answer without an id"],
)
def test_a_fine_tune_whose_answer_was_lost_is_adopted_and_not_made_again(
    studio: LocalStudio, request: pytest.FixtureRequest, fault: dict[str, Any]
) -> None:
    person = request.node.callspec.id
    calls = studio.called("CreateFineTune")
    inject(studio, "CreateFineTune", after_effect=True, **fault)
    upload(studio, person, 101, 102)
    document = trained_once(studio, person)
    assert document["current"]["attempt"] == 1
    assert studio.called("CreateFineTune") == calls + 1

    # Two runs may find it; one of them owns it, and says so a moment after it has written it down.
    def adopted() -> set[str]:
        return {
            line["fine_tune"]
            for function in studio.cloud.resources.functions
            for line in studio.logged(function, "fine_tune_adopted")
            if line["job"] == document["current"]["job_id"]
        }

    assert eventually(adopted) == {document["current"]["fine_tune_id"]}


def test_while_it_is_unknown_whether_a_fine_tune_was_made_none_is_made_again(
    fresh_studio: LocalStudio,
) -> None:
    inject(fresh_studio, "CreateFineTune", answer=BROKEN)
    upload(fresh_studio, "in doubt", 111)
    fresh_studio.wait_for("in doubt", "SUBMITTING")
    eventually(lambda: fresh_studio.called("ListFineTunes") > 0)
    upload(fresh_studio, "behind", 112)
    fresh_studio.wait_for("behind", "QUEUED")
    fresh_studio.let_ticks_pass(6)
    assert (fresh_studio.state("in doubt"), fresh_studio.state("behind")) == ("SUBMITTING", "QUEUED")
    assert fresh_studio.called("CreateFineTune") == 1
    assert fresh_studio.cloud.studio.ledger() == []


def test_a_fine_tune_that_appears_late_in_the_list_is_not_made_again(fresh_studio: LocalStudio) -> None:
    fresh_studio.cloud.studio.behaviour.list_lag_seconds = 2.0
    inject(fresh_studio, "CreateFineTune", after_effect=True, drop=True)
    upload(fresh_studio, "lagging", 116)
    fresh_studio.wait_for("lagging", "SUBMITTING")
    eventually(lambda: fresh_studio.ledger())
    fresh_studio.let_ticks_pass(3)
    assert fresh_studio.called("CreateFineTune") == 1
    assert len(fresh_studio.cloud.studio.ledger()) == 1


def test_a_throttled_submit_waits_says_why_and_goes_out_by_itself(fresh_studio: LocalStudio) -> None:
    inject(fresh_studio, "CreateFineTune", answer=THROTTLED)
    upload(fresh_studio, "throttled", 121)

    def waiting() -> dict[str, Any] | None:
        document = fresh_studio.person("throttled")
        return document if document and document["queue"] and document["queue"]["waiting_because"] else None

    document = eventually(waiting)
    assert document["queue"]["waiting_because"]["code"] == "Throttling.RateQuota"
    assert document["queue"]["waiting_until"] > document["current"]["closed_at"]
    trained_once(fresh_studio, "throttled", seconds=120)
    assert fresh_studio.called("CreateFineTune") == 2


def test_a_refused_key_makes_the_queue_wait_with_the_reason_until_it_is_mended(
    fresh_studio: LocalStudio,
) -> None:
    inject(fresh_studio, "CreateFineTune", answer=BAD_KEY, times=FOR_EVER)
    upload(fresh_studio, "unlucky", 131)
    upload(fresh_studio, "next in line", 132)

    def both_wait() -> list[dict[str, Any]] | None:
        documents = [fresh_studio.person(person) for person in ("unlucky", "next in line")]
        waiting = [found for found in documents if found and (found["queue"] or {}).get("waiting_because")]
        return waiting if len(waiting) == 2 else None

    waiting = eventually(both_wait)
    assert {document["queue"]["waiting_because"]["code"] for document in waiting} == {"InvalidApiKey"}
    assert sorted(document["queue"]["position"] for document in waiting) == [1, 2]
    fresh_studio.let_ticks_pass(4)
    assert fresh_studio.called("CreateFineTune") == 1
    end_the_queues_wait(fresh_studio)
    eventually(lambda: fresh_studio.called("CreateFineTune") == 2)
    waiting = eventually(both_wait)
    assert fresh_studio.cloud.studio.ledger() == []
    mend(fresh_studio)
    end_the_queues_wait(fresh_studio)
    for person in ("unlucky", "next in line"):
        document = trained_once(fresh_studio, person)
        assert document["current"]["reason"] is None


def test_an_account_whose_store_of_fine_tunes_is_full_waits_with_dashscopes_words(
    fresh_studio: LocalStudio,
) -> None:
    fresh_studio.cloud.studio.behaviour.kept_fine_tunes = 1
    upload(fresh_studio, "fits", 141)
    trained_once(fresh_studio, "fits")
    upload(fresh_studio, "too many", 142)

    def waiting() -> dict[str, Any] | None:
        document = fresh_studio.person("too many")
        return document["queue"]["waiting_because"] if document and document["queue"] else None

    reason = eventually(waiting)
    assert "allowed per user" in reason["message"]
    fresh_studio.cloud.studio.behaviour.kept_fine_tunes = 10
    end_the_queues_wait(fresh_studio)
    trained_once(fresh_studio, "too many")


class TestTrainingsThatFail:
    def test_the_reason_is_shown_and_nothing_is_tried_again(self, studio: LocalStudio) -> None:
        studio.cloud.studio.fail_next("InvalidFile.NoHuman", "The input image has no human body.")
        upload(studio, "no human", 151)
        document = studio.wait_for("no human", "FAILED")
        assert document["current"]["reason"] == {
            "code": "InvalidFile.NoHuman",
            "message": "The input image has no human body.",
        }
        assert document["finetuned_output"] is None
        assert (document["current"]["finetuned_output"], document["current"]["cost_cny"]) == (None, 0)
        assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 1
        assert studio.result("no human")["reason"] == document["current"]["reason"]

    def test_without_a_reason_the_job_fails_with_words_of_our_own(self, studio: LocalStudio) -> None:
        studio.cloud.studio.behaviour.failure_details = False
        try:
            studio.cloud.studio.fail_next("InternalError", "not shown")
            upload(studio, "no reason", 152)
            document = studio.wait_for("no reason", "FAILED")
        finally:
            studio.cloud.studio.behaviour.failure_details = True
        assert document["current"]["reason"]["code"] == "training_failed"
        assert "gave no reason" in document["current"]["reason"]["message"]
        assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 1

    def test_a_failure_of_dashscopes_own_is_tried_once_more(self, studio: LocalStudio) -> None:
        studio.cloud.studio.fail_next("InternalError", "Internal server error!")
        upload(studio, "second try", 153)
        document = studio.wait_until_trained("second try")
        made = studio.fine_tunes_of(document["current"]["job_id"])
        assert len(made) == 2
        assert document["current"]["attempt"] == 2
        billed = [entry for entry in studio.cloud.studio.ledger() if entry.job_id in made]
        assert [entry.status for entry in billed] == ["FAILED", "SUCCEEDED"]
        assert document["current"]["trainings_billed"] == sum(entry.billed_trainings for entry in billed) == 1

    def test_and_not_a_third_time(self, studio: LocalStudio) -> None:
        studio.cloud.studio.fail_next("InternalError", "Internal server error!", times=2)
        upload(studio, "two tries", 154)
        document = studio.wait_for("two tries", "FAILED")
        assert document["current"]["reason"]["code"] == "InternalError"
        assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 2
        upload(studio, "after the failures", 155)
        trained_once(studio, "after the failures")

    def test_one_that_was_cancelled_at_dashscope_is_cancelled_here(self, studio: LocalStudio) -> None:
        studio.cloud.studio.behaviour.training_seconds = 30.0
        studio.cloud.studio.behaviour.canceling_seconds = 0.2
        try:
            upload(studio, "called off", 156)
            document = studio.wait_for("called off", "TRAINING")
            studio.cloud.studio.cancel_fine_tune(document["current"]["fine_tune_id"])
            document = studio.wait_for("called off", "CANCELED")
        finally:
            studio.cloud.studio.behaviour.training_seconds = 0.3
        assert document["current"]["reason"]["code"] == "canceled_at_dashscope"
        upload(studio, "after the cancellation", 157)
        trained_once(studio, "after the cancellation")


def test_a_training_goes_on_although_dashscope_cannot_be_asked_about_it(studio: LocalStudio) -> None:
    inject(studio, "GetFineTune", answer=BROKEN, times=FOR_EVER)
    upload(studio, "unseen", 161)
    studio.wait_for("unseen", "TRAINING")
    studio.let_ticks_pass(4)
    assert studio.state("unseen") == "TRAINING"
    mend(studio)
    inject(studio, "GetFineTune", answer=error(404, "NotFound", "job not found."), times=3)
    inject(studio, "GetFineTune", drop=True, times=2)
    inject(studio, "GetFineTune", answer=BAD_KEY, times=2)
    trained_once(studio, "unseen")


def test_a_status_that_nobody_has_heard_of_means_still_going(studio: LocalStudio) -> None:
    studio.cloud.studio.behaviour.shown_statuses = {"RUNNING": "WARMING_UP"}
    studio.cloud.studio.behaviour.training_seconds = 1.5
    upload(studio, "strange", 166)
    eventually(
        lambda: (
            ((studio.person("strange") or {}).get("current") or {}).get("fine_tune_status") == "WARMING_UP"
        )
    )
    assert studio.state("strange") == "TRAINING"
    trained_once(studio, "strange")


@pytest.mark.parametrize(
    "fault",
    [{"answer": BROKEN}, {"drop": True}, {"answer": BAD_KEY}],
    ids=["500", "dropped", "401"],
)
def test_without_a_face_check_photos_wait_unchecked_and_nothing_is_paid(
    studio: LocalStudio, request: pytest.FixtureRequest, fault: dict[str, Any]
) -> None:
    person = f"unchecked {request.node.callspec.id}"
    calls = studio.called("CreateFineTune")
    inject(studio, "DetectFaces", times=FOR_EVER, **fault)
    upload(studio, person, 171, 172)
    eventually(lambda: len((studio.person(person) or {"current": {"photos": []}})["current"]["photos"]) == 2)
    studio.let_ticks_pass(4)
    document = studio.person(person)
    assert document is not None
    assert document["state"] == "COLLECTING"
    assert [entry["verdict"] for entry in document["current"]["photos"]] == ["unchecked"] * 2
    assert studio.called("CreateFineTune") == calls
    mend(studio)
    # A refused key is asked about again after 90 seconds, or when somebody who has mended it says so.
    studio.probe()
    document = trained_once(studio, person)
    assert [entry["verdict"] for entry in document["current"]["photos"]] == ["usable"] * 2


def test_a_poll_that_is_refused_is_logged_with_the_code_and_ends_nothing(studio: LocalStudio) -> None:
    inject(studio, "GetFineTune", answer=BAD_KEY, times=FOR_EVER)
    upload(studio, "reported", 181)
    studio.wait_for("reported", "TRAINING")
    eventually(lambda: {"InvalidApiKey"} & {line["code"] for line in studio.logged(RECONCILE, "poll_failed")})
    mend(studio)
    trained_once(studio, "reported")
