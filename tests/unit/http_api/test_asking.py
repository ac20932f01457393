"""What an administrator asks for: written down once, refused where it cannot be done, the same by its key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Reason
from shared.domain.object_keys import MAX_KEY_BYTES
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Verdict
from shared.domain.requests import Request
from shared.domain.states import JobState
from shared.http_api.messages import HttpResponse
from shared.http_api.outcomes import OUTCOMES
from tests.unit.http_api.support import ADMIN_TOKEN, BOTH, CHINESE, TOKEN, Api, assert_problem, document
from tests.unit.support import NOW, collecting, job_in, photo

S = JobState
JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "8a9e9d6e-0000-4000-8000-000000000001"}
QUEUED = job_in(S.QUEUED)


def ask(api: Api, path: str, *, method: str = "POST", content: str = "", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.call(path, method=method, token=ADMIN_TOKEN, content=content, headers=named)


def the_request(api: Api) -> Request:
    (request,) = api.requests.rows.values()
    return request


ASKED: list[tuple[Any, str, str, str, dict[str, str]]] = [
    (collecting(photo()), "POST", "/people/li/train", "train", {"subject": "li"}),
    (QUEUED, "POST", f"/jobs/{QUEUED.job_id}/cancel", "cancel", {"subject": QUEUED.job_id}),
    (QUEUED, "POST", f"/jobs/{QUEUED.job_id}/first", "first", {"subject": QUEUED.job_id}),
    (
        replace(job_in(S.FAILED), photo_set=collecting(photo()).photo_set),
        "POST",
        f"/jobs/{QUEUED.job_id}/retry",
        "retry",
        {"subject": QUEUED.job_id},
    ),
    (job_in(S.SUCCEEDED), "POST", f"/models/{QUEUED.job_id}/release", "release", {"subject": QUEUED.job_id}),
    (
        collecting(photo("a b.jpg", Verdict.NO_FACE)),
        "POST",
        "/people/li/photos/a%20b.jpg/use",
        "photo_use",
        {"subject": "li", "photo": "a b.jpg"},
    ),
    (
        collecting(photo("x/1.jpg")),
        "DELETE",
        "/people/li/photos/x%2F1.jpg",
        "photo_delete",
        {"subject": "li", "photo": "x/1.jpg"},
    ),
    (QUEUED, "POST", "/queue/resume", "resume", {}),
    (QUEUED, "POST", "/queue/probe", "probe", {}),
]


@pytest.mark.parametrize(("job", "method", "path", "kind", "about"), ASKED, ids=[one[3] for one in ASKED])
@BOTH
def test_each_thing_is_written_down_for_a_run_to_do(
    wsgi: bool, job: Any, method: str, path: str, kind: str, about: dict[str, str]
) -> None:
    api = Api(job, wsgi=wsgi)
    response = ask(api, path, method=method)
    assert response.status == 202
    request = the_request(api)
    assert (request.kind, request.asked_by, request.asked_at) == (kind, "admin", NOW)
    assert {"subject": request.subject, "photo": request.photo} == {"subject": "", "photo": "", **about}
    assert document(response)["href"] == response.headers["Location"] == f"/requests/{request.request_id}"
    shown = document(api.call(response.headers["Location"]))
    assert (shown["kind"], shown["subject"], shown["photo"]) == (
        kind,
        about.get("subject"),
        about.get("photo"),
    )


@pytest.mark.parametrize(("job", "method", "path", "kind", "about"), ASKED, ids=[one[3] for one in ASKED])
def test_whoever_may_only_read_changes_nothing(
    job: Any, method: str, path: str, kind: str, about: dict[str, str]
) -> None:
    api = Api(job)
    assert_problem(api.call(path, method=method, token=TOKEN), 403, "admin_only")
    assert_problem(api.call(path, method=method, token=None), 401, "unauthorized")
    assert (api.requests.rows, api.connections) == ({}, 0)


@pytest.mark.parametrize(
    ("job", "path", "status", "code"),
    [
        (QUEUED, "/people/li/train", 409, "not_collecting"),
        (collecting(), "/people/li/train", 409, "no_usable_photo"),
        (QUEUED, "/people/wu/train", 404, "unknown_person"),
        (QUEUED, "/people/.x/train", 400, "invalid_person"),
        (job_in(S.SUCCEEDED), f"/jobs/{QUEUED.job_id}/cancel", 409, "ended_already"),
        (job_in(S.REJECTED), f"/jobs/{QUEUED.job_id}/cancel", 409, "rejected_already"),
        (
            collecting(photo("a.zip", Verdict.UNPACKING)),
            f"/jobs/{QUEUED.job_id}/cancel",
            409,
            "still_unpacking",
        ),
        (
            replace(job_in(S.TRAINING), cancel_asked_at=NOW),
            f"/jobs/{QUEUED.job_id}/cancel",
            409,
            "cancel_asked_already",
        ),
        (job_in(S.TRAINING), f"/jobs/{QUEUED.job_id}/first", 409, "not_queued"),
        (job_in(S.SUCCEEDED), f"/jobs/{QUEUED.job_id}/retry", 409, "not_failed"),
        (job_in(S.FAILED, photo_set=PhotoSet()), f"/jobs/{QUEUED.job_id}/retry", 409, "no_usable_photo"),
        (job_in(S.FAILED), f"/models/{QUEUED.job_id}/release", 409, "no_model"),
        (
            job_in(S.SUCCEEDED, model_released_at=NOW),
            f"/models/{QUEUED.job_id}/release",
            409,
            "released_already",
        ),
        (collecting(photo()), "/people/li/photos/b.jpg/use", 409, "photo_unknown"),
        (collecting(photo("b.jpg", Verdict.EMPTY)), "/people/li/photos/b.jpg/use", 409, "verdict_stands"),
        (job_in(S.TRAINING), "/jobs/nonsense/cancel", 400, "invalid_job"),
        (job_in(S.TRAINING), "/jobs/0123456789abcdef0123-9/cancel", 404, "unknown_job"),
    ],
)
def test_what_cannot_be_done_now_is_refused_at_once_and_not_written_down(
    job: Any, path: str, status: int, code: str
) -> None:
    api = Api(job)
    response = ask(api, path)
    assert_problem(response, status, code)
    assert api.requests.rows == {}
    if status == 409:
        assert document(response)["detail"] == OUTCOMES[code].english
        assert document(ask(api, path, Accept_Language="zh"))["detail"] == OUTCOMES[code].chinese


def test_only_the_newest_revision_is_tried_again() -> None:
    failed = job_in(S.FAILED, reason=Reason("InternalError", "…"))
    api = Api(job_in(S.COLLECTING, revision=2), failed)
    assert_problem(ask(api, f"/jobs/{failed.job_id}/retry"), 409, "not_newest")


# -- the pause -------------------------------------------------------------------------------------------


@BOTH
def test_a_pause_says_why(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    response = ask(api, "/queue/pause", content=json.dumps({"because": "  搬家 "}), **JSON)
    assert response.status == 202
    assert (the_request(api).kind, the_request(api).reason) == ("pause", "搬家")
    assert document(api.call(response.headers["Location"]))["because"] == "搬家"


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "null", '{"because": " "}', '{"why": "x"}', "[" * 3000),
        *('{"because": "\\u0019"}', '{"because": "\\u0085 "}'),
        *('{"because": 5}', '{"because": true}', '{"because": ["x"]}', '{"because": {"x": "y"}}'),
        json.dumps({"because": "x" * 501}),
    ],
)
def test_a_pause_without_a_usable_reason_is_refused(content: str) -> None:
    api = Api()
    response = ask(api, "/queue/pause", content=content, **JSON)
    assert response.status == 400
    assert document(response)["code"] in ("invalid_because", "unreadable_content")
    assert api.requests.rows == {}


def test_fields_that_nobody_asks_for_may_be_anything() -> None:
    api = Api()
    content = '{"because": "rent", "x": {"y": [1]}, "z": [{}]}'
    assert ask(api, "/queue/pause", content=content, **JSON).status == 202
    assert the_request(api).reason == "rent"


def test_a_reason_that_is_no_unicode_text_is_kept_as_text() -> None:
    api = Api()
    assert ask(api, "/queue/pause", content='{"because": "a\\ud800b"}', **JSON).status == 202
    assert the_request(api).reason == "a?b"


# -- idempotency -----------------------------------------------------------------------------------------


def test_a_request_that_is_sent_again_with_its_key_is_the_same_request() -> None:
    api = Api(QUEUED)
    first = ask(api, f"/jobs/{QUEUED.job_id}/cancel", **KEY)
    again = ask(api, f"/jobs/{QUEUED.job_id}/cancel", **KEY)
    assert (again.status, again.body, again.headers) == (first.status, first.body, first.headers)
    assert len(api.requests.rows) == 1


def test_without_a_key_each_is_a_request_of_its_own() -> None:
    api = Api(QUEUED)
    ask(api, "/queue/probe")
    api.now += 1
    ask(api, "/queue/probe")
    assert len(api.requests.rows) == 2


def test_the_same_answer_comes_although_the_job_has_moved_on_since() -> None:
    api = Api(QUEUED)
    first = ask(api, f"/jobs/{QUEUED.job_id}/cancel", **KEY)
    api.jobs.jobs = [job_in(S.CANCELED)]
    name = document(first)["request_id"]
    api.requests.rows[name] = api.requests.rows[name].settled("canceled", NOW)
    rung = api.requests.rung
    assert ask(api, f"/jobs/{QUEUED.job_id}/cancel", **KEY).body == first.body
    assert api.requests.rung == rung, "nothing is left to be done, and nobody is woken for it"


def test_a_key_that_was_claimed_by_whoever_died_before_writing_gets_its_request() -> None:
    api = Api(QUEUED)
    first = ask(api, "/queue/probe", **KEY)
    api.requests.rows.clear()
    assert ask(api, "/queue/probe", **KEY).body == first.body
    assert len(api.requests.rows) == 1


def test_a_request_whose_writer_died_before_the_bell_is_rung_for() -> None:
    api = Api(QUEUED)
    ask(api, "/queue/probe", **KEY)
    api.requests.rung = 0
    ask(api, "/queue/probe", **KEY)
    assert api.requests.rung == 1


@pytest.mark.parametrize(
    ("path", "content"),
    [("/queue/resume", ""), (f"/jobs/{QUEUED.job_id}/cancel", ""), ("/queue/probe", "x")],
)
def test_another_request_with_the_same_key_is_refused(path: str, content: str) -> None:
    api = Api(QUEUED)
    ask(api, "/queue/probe", **KEY)
    response = ask(api, path, content=content, **KEY)
    assert_problem(response, 422, "idempotency_key_reused")
    assert len(api.requests.rows) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(key: str) -> None:
    api = Api(QUEUED)
    assert_problem(ask(api, "/queue/probe", Idempotency_Key=key), 400, "invalid_idempotency_key")
    assert api.requests.rows == {}


def test_the_keys_themselves_are_not_stored() -> None:
    api = Api(QUEUED)
    ask(api, "/queue/probe", **KEY)
    assert KEY["Idempotency-Key"] not in str(api.requests.claims)
    assert document(api.call("/queue", headers=CHINESE))["queue"]["length"] == 1


TOO_LONG = "a" * (MAX_KEY_BYTES - len("people/li/") + 1)


@pytest.mark.parametrize("name", ["..", "a%2F..%2Fb", ".hidden", "%2Fwu%2F1.jpg", "a%0Ab%00", TOO_LONG])
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_a_photo_is_named_within_the_person_s_own_folder(method: str, name: str) -> None:
    api = Api(collecting(photo()))
    path = f"/people/li/photos/{name}" + ("" if method == "DELETE" else "/use")
    assert_problem(ask(api, path, method=method), 400, "invalid_photo")
    assert api.requests.rows == {}
