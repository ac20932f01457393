"""What administrators ask for about messages, and what is shown of them."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from local.packaging import ROOT
from shared.domain.control_rows import Document
from shared.domain.job import Job
from shared.domain.messages import with_news
from shared.domain.photo_set import ClosedBy
from shared.domain.states import JobState
from shared.http_api.published import NAMES, published
from tests.unit.http_api.support import ADMIN_TOKEN, Api, assert_problem, document
from tests.unit.support import NOW, collecting, job_in, photo

FOLDER = ROOT / "docs" / "schemas"


def queued() -> Job:
    opened = collecting(photo())
    return with_news(opened, opened.closed(ClosedBy.QUIET, NOW))


def test_a_test_is_left_to_the_next_run() -> None:
    api = Api()
    accepted = document(api.call("/webhooks/test", method="POST", token=ADMIN_TOKEN))
    assert api.requests.rows[accepted["request_id"]].kind == "try_receivers"
    assert_problem(api.call("/webhooks/test", method="POST"), 403, "admin_only")


def test_a_message_that_its_job_keeps_is_sent_once_more() -> None:
    job = queued()
    api = Api(job)
    name = job.messages[0].message_id
    accepted = document(api.call(f"/webhooks/deliveries/{name}/redeliver", method="POST", token=ADMIN_TOKEN))
    request = api.requests.rows[accepted["request_id"]]
    assert (request.kind, request.subject) == ("redeliver", name)


@pytest.mark.parametrize("name", ["msg_1", "msg_test_1", "x", "msg_0123456789abcdef0123-1_1_1", "%2e%2e"])
def test_a_message_that_nobody_keeps_is_unknown(name: str) -> None:
    api = Api(queued())
    answer = api.call(f"/webhooks/deliveries/{name}/redeliver", method="POST", token=ADMIN_TOKEN)
    assert_problem(answer, 404, "unknown_message")


def test_deliveries_are_shown_newest_first_with_the_people_of_their_jobs() -> None:
    job = job_in(JobState.QUEUED, "李雷")
    api = Api(job)
    tries = [
        {
            "message_id": f"msg_{number}",
            "kind": "training.queued",
            "job_id": job.job_id,
            "receiver": "webhook",
        }
        for number in (1, 2)
    ]
    api.documents["messages"] = Document(value={"tries": tries})
    told = document(api.call("/webhooks/deliveries"))
    assert [one["message_id"] for one in told["deliveries"]] == ["msg_2", "msg_1"]
    assert {one["person_id"] for one in told["deliveries"]} == {"李雷"}


@pytest.mark.parametrize(
    "value", [{"tries": 5}, {"tries": [5, {}], "disabled": {"webhook": 1}}, {"disabled": []}]
)
def test_a_row_that_makes_no_sense_is_no_error(value: dict[str, object]) -> None:
    api = Api()
    api.documents["messages"] = Document(value=value)
    assert api.call("/webhooks/deliveries").status == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_published_by_the_api_and_in_the_documentation(name: str) -> None:
    told = Api().call(f"/schemas/{name}", token=None)
    assert told.status == 200
    assert told.body == (FOLDER / name).read_text("utf-8") == published(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(told.body))


def test_there_is_no_other_schema() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(NAMES)
    assert_problem(Api().call("/schemas/nothing.json"), 404, "unknown_schema")


def test_a_schema_takes_fields_that_are_added_later_and_no_others_values() -> None:
    from shared.clients.message_documents import message_document

    schema = json.loads(published("message-1.json"))
    job = queued()
    told = json.loads(json.dumps(message_document(job.messages[0], job)))
    jsonschema.validate({**told, "more": 1, "data": {**told["data"], "more": 1}}, schema)
    for wrong in ({**told, "data": {}}, {**told, "type": "x"}, {**told, "timestamp": "today"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert replace(job, messages=()) != job
