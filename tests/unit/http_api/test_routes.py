"""Which route answers, with which document, and who may read it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from urllib.parse import quote

import pytest

from shared.domain.job import Reason
from shared.domain.photos import Verdict
from shared.domain.states import JobState as S
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Permanent
from shared.http_api.limits import MAX_REVISIONS
from shared.http_api.routes import ROUTES
from shared.version import VERSION
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    BOTH,
    CHINESE,
    JOB_ID,
    TOKEN,
    Api,
    assert_problem,
    document,
)
from tests.unit.support import NOW, collecting, job_in, photo

UNREADABLE = {
    "code": "unreadable_row",
    "message": "Newer code has written the row of this job, and this version cannot read it. "
    "Deploy the newer code again; until then the job is left alone.",
}


@BOTH
def test_health_needs_neither_token_nor_tables(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    response = api.call("/healthz", token=None)
    assert (response.status, document(response)) == (200, {"status": "ok", "version": VERSION})
    assert api.connections == 0


@BOTH
@pytest.mark.parametrize("person", ["li", "李雷", "a+b", "100%", "a b", "👩‍🎤", "?x=1#y", "x", "jobs"])
def test_a_person_is_found_under_the_encoded_name(wsgi: bool, person: str) -> None:
    api = Api(job_in(S.COLLECTING, person), wsgi=wsgi)
    response = api.call(f"/people/{quote(person, safe='')}")
    assert response.status == 200
    assert document(response)["person_id"] == person
    assert api.jobs.asked == [("latest", person)]


NFC_ZOE, NFD_ZOE = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))


@pytest.mark.parametrize("spelled", [NFC_ZOE, NFD_ZOE], ids=["composed", "decomposed"])
def test_a_person_is_found_under_any_spelling_of_the_name(spelled: str) -> None:
    api = Api(job_in(S.TRAINING, NFC_ZOE))
    shown = document(api.call(f"/people/{quote(spelled, safe='')}"))
    assert (shown["person_id"], shown["state"]) == (NFC_ZOE, "TRAINING")
    assert api.jobs.asked == [("latest", NFC_ZOE)]


def test_a_person_whom_an_earlier_version_has_recorded_decomposed_is_found_under_that_name() -> None:
    api = Api(job_in(S.TRAINING, NFD_ZOE))
    path = f"/people/{quote(NFD_ZOE, safe='')}"
    assert document(api.call(path))["person_id"] == NFD_ZOE
    api.jobs.jobs.append(job_in(S.QUEUED, NFC_ZOE))
    assert document(api.call(path))["person_id"] == NFC_ZOE


def test_a_persons_document_shows_the_newest_revision_and_the_history() -> None:
    old = job_in(S.SUCCEEDED, finetuned_output="facechain-old", usage=1, ended_at=NOW)
    new = replace(collecting(photo("b.jpg", Verdict.NO_FACE, detail="no face detected")), revision=2)
    shown = document(Api(new, old).call("/people/li"))
    assert (shown["state"], shown["current"]["revision"]) == ("COLLECTING", 2)
    assert shown["finetuned_output"] == "facechain-old"
    assert [row["revision"] for row in shown["revisions"]] == [2, 1]
    assert "photos" not in shown["revisions"][0]
    assert shown["current"]["photos"] == [
        {
            "name": "b.jpg",
            "size": 1000,
            "verdict": "no_face",
            "reason": "No face was found.",
            "remedy": "Upload a photo that shows the face from the front.",
            "detail": "no face detected",
            "archive": None,
            "overruled": None,
            "from_revision": None,
            "uploaded_at": "2025-12-31T23:59:59.000Z",
            "recorded_at": "2026-01-01T00:00:00.000Z",
            "blocked_by": None,
            "next_try_at": None,
        }
    ]
    assert (shown["queue"], shown["eta"]) == (None, None)


def test_a_persons_document_reads_the_photos_of_the_newest_revision_alone() -> None:
    jobs = [job_in(S.SUCCEEDED, revision=number, spent_through=number - 1) for number in range(30, 0, -1)]
    api = Api(*jobs)
    shown = document(api.call("/people/li"))
    assert api.jobs.asked == [("latest", "li"), ("history", "li", 30, MAX_REVISIONS - 1)]
    assert [row["revision"] for row in shown["revisions"]] == [*range(30, 30 - MAX_REVISIONS, -1)]


def test_a_revision_that_cannot_be_read_is_said_beside_the_others() -> None:
    jobs = [job_in(S.SUCCEEDED, revision=number, finetuned_output=f"model {number}") for number in (3, 2, 1)]
    jobs[0] = replace(jobs[0], finetuned_output="")
    api = Api(*jobs)
    api.jobs.unread[jobs[1].job_id] = Unread(jobs[1].job_id, "unreadable_row", "deploy newer code")
    shown = document(api.call("/people/li"))
    assert [row["revision"] for row in shown["revisions"]] == [3, 1]
    assert shown["finetuned_output"] == "model 1"
    assert shown["unreadable"] == [{"job_id": jobs[1].job_id, "unreadable": UNREADABLE}]


def test_a_person_whose_newest_revision_cannot_be_read_is_shown_with_all_that_can() -> None:
    jobs = [job_in(S.SUCCEEDED, revision=number, finetuned_output=f"model {number}") for number in (3, 2, 1)]
    api = Api(*jobs)
    api.jobs.unread[jobs[0].job_id] = Unread(jobs[0].job_id, "unreadable_row", "deploy newer code")
    shown = document(api.call("/people/li"))
    unread = {"job_id": jobs[0].job_id, "unreadable": UNREADABLE}
    assert (shown["person_id"], shown["state"], shown["current"]) == ("li", None, unread)
    assert shown["unreadable"] == [unread]
    assert [row["revision"] for row in shown["revisions"]] == [2, 1]
    assert shown["finetuned_output"] == "model 2"
    assert shown["waiting_for"] is None
    assert shown["blocked_by"]["code"] == "unreadable_row"
    assert f"{shown['blocked_by']['message']} {shown['blocked_by']['remedy']}" == UNREADABLE["message"]


@pytest.mark.parametrize(("kind", "seconds"), [(Kind.OBJECT, None), (Kind.PERSON, "5"), (Kind.PASSING, "5")])
def test_a_job_that_cannot_be_read_says_so_in_its_own_document(kind: Kind, seconds: str | None) -> None:
    job = job_in(S.TRAINING)
    api = Api(job)
    api.jobs.unread[job.job_id] = Unread(job.job_id, "unreadable_row", "deploy newer code", kind)
    response = api.call(f"/jobs/{job.job_id}")
    assert response.status == 200
    assert document(response) == {"job_id": job.job_id, "unreadable": UNREADABLE}
    assert response.headers.get("Retry-After") == seconds


def test_a_row_that_the_table_does_not_give_is_told_in_the_tables_terms_and_in_chinese() -> None:
    job = job_in(S.TRAINING)
    api = Api(job)
    api.jobs.unread[job.job_id] = Unread(job.job_id, "OTSPartitionUnavailable", "Tablestore: …", Kind.PERSON)
    told = document(api.call(f"/jobs/{job.job_id}", headers=CHINESE))["unreadable"]
    assert told["code"] == "OTSPartitionUnavailable"
    assert "分区" in told["message"]


@pytest.mark.parametrize("path", ["/people/li", f"/jobs/{JOB_ID}"])
def test_a_job_that_cannot_be_read_at_all_is_a_problem_of_its_own(path: str) -> None:
    api = Api()
    api.jobs.trouble = Permanent("unreadable_row", "deploy newer code")
    response = api.call(path)
    assert_problem(response, 500, "unreadable_row")
    assert "Retry-After" not in response.headers


def test_a_job_is_shown_with_its_photos_its_reason_and_what_it_cost() -> None:
    job = job_in(S.FAILED, reason=Reason("InternalError", "内部错误"), usage=2, ended_at=NOW)
    response = Api(job).call(f"/jobs/{job.job_id}")
    shown = document(response)
    assert shown["reason"] == {"code": "InternalError", "message": "内部错误"}
    assert (shown["trainings_billed"], shown["cost_cny"]) == (2, 5.0)
    assert (shown["photo_count"], shown["usable_count"]) == (1, 1)
    assert shown["ended_at"] == "2026-01-01T00:00:00.000Z"
    assert (shown["finetuned_output"], shown["closed_by"]) == (None, "quiet")
    assert "内部错误" in response.body


def test_no_document_shows_where_the_snapshots_lie() -> None:
    job = job_in(S.TRAINING)
    api = Api(job)
    for path in ("/people/li", f"/jobs/{job.job_id}", "/jobs"):
        assert "submissions/" not in api.call(path).body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/people/li/x/y", 404, "unknown_route"),
        ("/jobs/x/y", 404, "unknown_route"),
        ("/healthz/x", 404, "unknown_route"),
        ("/queue/x", 404, "unknown_route"),
        ("/requests", 404, "unknown_route"),
        ("/ignored/x", 404, "unknown_route"),
        ("/requests/x", 404, "unknown_request"),
        ("/HEALTHZ", 404, "unknown_route"),
        ("/%2e%2e/people/li", 404, "unknown_route"),
        ("/people/nobody", 404, "unknown_person"),
        ("/people/a%2Fb", 400, "invalid_person"),
        ("/people/.hidden", 400, "invalid_person"),
        ("/people/..", 400, "invalid_person"),
        ("/people/_READY", 404, "unknown_person"),
        ("/people/%00", 400, "invalid_person"),
        ("/people/a%0Ab", 400, "invalid_person"),
        (f"/people/{'x' * 129}", 400, "invalid_person"),
        ("/jobs/1", 400, "invalid_job"),
        ("/jobs/0123456789abcdef0123", 400, "invalid_job"),
        ("/jobs/0123456789abcdef0123-0", 400, "invalid_job"),
        ("/jobs/0123456789ABCDEF0123-1", 400, "invalid_job"),
        ("/jobs/0123456789abcdef0123-1", 404, "unknown_job"),
    ],
)
@BOTH
def test_a_missing_thing_is_a_problem_with_a_code(wsgi: bool, path: str, status: int, code: str) -> None:
    assert_problem(Api(wsgi=wsgi).call(path), status, code)


@pytest.mark.parametrize("path", ["/people/%2E%2E", "/people/a%2Fb", "/jobs/1", "/jobs?limit=0"])
def test_a_request_that_cannot_be_meant_does_not_touch_the_tables(path: str) -> None:
    path, _, query = path.partition("?")
    api = Api()
    api.call(path, dict([query.split("=")]) if query else None)
    assert api.connections == 0


METHODS = {
    route.path: tuple(
        dict.fromkeys(
            (*(method for one in ROUTES if one.path == route.path for method in one.methods), "OPTIONS")
        )
    )
    for route in ROUTES
}


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", ""]
)
@pytest.mark.parametrize("path", METHODS)
def test_a_route_that_does_not_take_a_method_names_those_that_it_takes(method: str, path: str) -> None:
    if method in METHODS[path]:
        return
    api = Api(job_in(S.COLLECTING))
    response = api.call(path, method=method, token=ADMIN_TOKEN)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == ", ".join(METHODS[path])
    assert response.headers["Allow"] in document(response)["detail"]
    assert api.connections == 0


@pytest.mark.parametrize("path", ["//people//li//", "/people/li/"])
def test_extra_slashes_are_forgiven(path: str) -> None:
    assert Api(job_in(S.COLLECTING)).call(path).status == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer{TOKEN}",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        "Bearer 李雷",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        *("/people/li", "/jobs", "/jobs/0123456789abcdef0123-1", "/people/..", "/jobs/1"),
        *("/ignored", "/requests/1"),
    ],
)
def test_a_request_without_the_token_is_refused_before_any_read(path: str, header: str | None) -> None:
    api = Api(job_in(S.COLLECTING))
    response = api.call(path, headers={"Authorization": header} if header is not None else {}, token=None)
    assert_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.connections == 0
    assert TOKEN not in response.body


@pytest.mark.parametrize("given_", ["", " ", "anything", "None"])
def test_every_request_is_refused_while_no_token_is_set(given_: str) -> None:
    api = Api(job_in(S.COLLECTING))
    api.token = ""
    assert_problem(api.call("/people/li", token=given_), 401, "unauthorized")
    assert api.connections == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_neither_the_headers_name_nor_the_scheme_depends_on_case(scheme: str, name: str) -> None:
    api = Api(job_in(S.COLLECTING))
    assert api.call("/people/li", headers={name: f"{scheme}  {TOKEN} "}, token=None).status == 200
