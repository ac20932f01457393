"""Erasing a person over HTTP: what is asked for, and the certificate."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.domain.erasure import RUNS, TRAINING, Erasure, Remains
from shared.domain.person_hash import hash_of
from shared.domain.states import JobState
from tests.unit.http_api.support import ADMIN_TOKEN, CHINESE, TOKEN, Api, assert_problem, document
from tests.unit.support import NOW, job_in

KEY = {"Idempotency-Key": "8a9e9d6e-0000-4000-8000-000000000001"}


def erased(api: Api, record: Erasure | None = None) -> str:
    """Ask for it; returns the address of the certificate, of an erasure that has come so far."""
    accepted = api.call("/people/li", method="DELETE", token=ADMIN_TOKEN)
    href = str(document(accepted)["href"])
    name = href.rpartition("/")[2]
    if record is not None:
        api.requests.rows[name] = replace(api.requests.rows[name], record=record.as_json())
    return href


def test_a_person_is_asked_to_be_erased_whom_no_row_knows() -> None:
    api = Api()
    response = api.call("/people/Zoe%CC%88", method="DELETE", token=ADMIN_TOKEN, headers=KEY)
    again = api.call("/people/Zoe%CC%88", method="DELETE", token=ADMIN_TOKEN, headers=KEY)
    (request,) = api.requests.rows.values()
    assert (response.status, request.kind, request.subject) == (202, "erase", "Zoë")
    assert response.headers["Location"] == f"/erasures/{request.request_id}" == document(response)["href"]
    assert document(again)["request_id"] == request.request_id, "the same request by its key"


@pytest.mark.parametrize(("token", "status"), [("", 401), (TOKEN, 403)])
def test_whoever_only_reads_erases_nobody_and_sees_no_certificate(token: str, status: int) -> None:
    api = Api()
    href = erased(api)
    assert api.call("/people/li", method="DELETE", token=token).status == status
    assert api.call(href, token=token).status == status


def test_without_a_key_it_is_refused_with_what_to_do() -> None:
    api = Api()
    api.can_erase = False
    response = api.call("/people/li", method="DELETE", token=ADMIN_TOKEN)
    assert_problem(response, 409, "erase_key_missing")
    assert "EraseKey" in document(response)["detail"]
    assert api.requests.rows == {}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (None, "next_run"),
        (Erasure(waits_for=TRAINING), "training"),
        (Erasure(waits_for=RUNS), "runs"),
        (Erasure(waits_for="trouble", code="oss_no_answer"), "oss_no_answer"),
    ],
)
def test_an_erasure_says_what_it_waits_for_and_when_to_ask_again(record: Erasure | None, code: str) -> None:
    api = Api()
    response = api.call(erased(api, record), token=ADMIN_TOKEN)
    told = document(response)
    assert (told["status"], told["waiting_for"]["code"]) == ("pending", code)
    assert response.headers["Retry-After"]
    chinese = document(api.call(f"/erasures/{told['erasure_id']}", token=ADMIN_TOKEN, headers=CHINESE))
    assert chinese["waiting_for"]["message"] != told["waiting_for"]["message"]


def test_a_certificate_says_what_was_removed_and_what_remains_and_names_nobody() -> None:
    api = Api()
    left = (Remains("fine_tunes", "ft-1", "UnsupportedOperation"),)
    done = Erasure(removed={"people/": 3, "rows": 2}, remains=left, done_at=NOW, is_versioned=None)
    href = erased(api, done)
    name = href.rpartition("/")[2]
    api.requests.rows[name] = replace(api.requests.rows[name], subject=hash_of("k", "li"), due_at=NOW + 1)
    response = api.call(href, token=ADMIN_TOKEN)
    told = document(response)
    assert (told["status"], told["waiting_for"]) == ("partly", None)
    assert (told["removed"]["uploads"], told["removed"]["jobs"], told["removed"]["results"]) == (3, 2, 0)
    (remains,) = told["remains"]
    assert (remains["where"], remains["name"], remains["reason"]["code"]) == (
        "fine_tunes",
        "ft-1",
        "UnsupportedOperation",
    )
    assert remains["next_try_at"]
    assert {one["where"] for one in told["kept_elsewhere"]} >= {"logs", "oss", "dashscope", "versions"}
    assert "Retry-After" not in response.headers
    assert '"li"' not in json.dumps(told)


def test_what_is_no_erasure_has_no_certificate() -> None:
    api = Api(job_in(JobState.QUEUED))
    probe = document(api.call("/queue/probe", method="POST", token=ADMIN_TOKEN))["request_id"]
    for name in ("no%20id", "0-1", probe):
        assert_problem(api.call(f"/erasures/{name}", token=ADMIN_TOKEN), 404, "unknown_erasure")


def test_nothing_else_is_done_to_whoever_is_being_erased() -> None:
    going = replace(job_in(JobState.QUEUED), erasing_since=NOW)
    api = Api(going)
    for path in ("/people/li/train", f"/jobs/{going.job_id}/cancel", f"/jobs/{going.job_id}/first"):
        assert_problem(api.call(path, method="POST", token=ADMIN_TOKEN), 409, "being_erased")
