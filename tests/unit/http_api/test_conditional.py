"""ETag and 304, HEAD, and when to come again."""

from __future__ import annotations

import pytest

from shared.domain.states import JobState
from shared.errors import Permanent, RetryLater
from tests.unit.http_api.support import BOTH, JOB_ID, Api, assert_problem
from tests.unit.support import job_in

S = JobState


def test_the_same_document_has_the_same_tag_and_another_has_another() -> None:
    api = Api(job_in(S.COLLECTING))
    first = api.call("/people/li").headers["ETag"]
    api.now += 60_000
    assert api.call("/people/li").headers["ETag"] == first
    api.jobs.jobs = [job_in(S.REJECTED)]
    assert api.call("/people/li").headers["ETag"] != first


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '{}, "x"', '"x",W/{} ', "*"])
@BOTH
def test_a_client_that_has_the_document_gets_304_without_a_body(wsgi: bool, form: str) -> None:
    api = Api(job_in(S.COLLECTING), wsgi=wsgi)
    tag = api.call("/people/li").headers["ETag"]
    response = api.call("/people/li", headers={"If-None-Match": form.format(tag)})
    assert (response.status, response.body) == (304, "")
    assert response.headers["ETag"] == tag


@pytest.mark.parametrize("given_", ["", '""', '"x"', "x", "W/", ","])
def test_a_client_that_has_another_document_gets_this_one(given_: str) -> None:
    response = Api(job_in(S.COLLECTING)).call("/people/li", headers={"If-None-Match": given_})
    assert response.status == 200
    assert response.body


def test_a_304_needs_the_token_too() -> None:
    response = Api(job_in(S.COLLECTING)).call("/people/li", headers={"If-None-Match": "*"}, token=None)
    assert_problem(response, 401, "unauthorized")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/people/nobody", "GET", 404),
        ("/nowhere", "GET", 404),
        ("/jobs/1", "GET", 400),
        ("/people/li", "PATCH", 405),
    ],
)
def test_a_problem_is_never_what_the_client_has_already(path: str, method: str, status: int) -> None:
    response = Api().call(path, method=method, headers={"If-None-Match": "*"})
    assert response.status == status


@pytest.mark.parametrize("path", ["/people/li", "/jobs", "/healthz", "/readyz", "/ignored"])
def test_head_is_answered_like_get_so_that_the_server_in_front_can_tell_the_length(path: str) -> None:
    api = Api(job_in(S.COLLECTING))
    assert api.call(path, method="HEAD") == api.call(path)


@pytest.mark.parametrize("path", ["/people/nobody", "/nowhere", "/jobs/1"])
def test_head_is_answered_like_get_even_for_a_problem(path: str) -> None:
    assert Api().call(path, method="HEAD") == Api().call(path)


def test_head_needs_the_token_too() -> None:
    response = Api().call("/jobs", method="HEAD", token=None)
    assert_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("state", list(S))
def test_a_document_says_when_to_come_again_while_something_can_change(state: JobState) -> None:
    job = job_in(state, delivered=state.is_terminal)
    api = Api(job)
    goes_on = {S.COLLECTING: "5", S.QUEUED: "15", S.SUBMITTING: "5", S.TRAINING: "5"}
    for path in ("/people/li", f"/jobs/{job.job_id}"):
        assert api.call(path).headers.get("Retry-After") == goes_on.get(state)


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_an_outcome_that_is_still_to_be_written_out_is_worth_another_look(state: JobState) -> None:
    job = job_in(state)
    for path in ("/people/li", f"/jobs/{job.job_id}"):
        assert Api(job).call(path).headers["Retry-After"] == "15"


def test_shared_caches_keep_no_document() -> None:
    assert Api(job_in(S.COLLECTING)).call("/people/li").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (RetryLater("OTSServerBusy", "secret detail", delay_seconds=7), "7"),
        (RetryLater("x", "secret detail", delay_seconds=0.2), "1"),
        (Permanent("OTSAuthFailed", "secret detail"), "5"),
    ],
)
def test_when_the_tables_do_not_answer_the_client_is_told_to_come_again(
    trouble: Exception, wait: str, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api()
    api.jobs.trouble = trouble
    for path in ("/people/li", "/jobs", f"/jobs/{JOB_ID}"):
        response = api.call(path)
        assert_problem(response, 503, "unavailable")
        assert response.headers["Retry-After"] == wait
        assert "secret detail" not in response.body
    assert "secret detail" in caplog.text
