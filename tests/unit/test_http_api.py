"""The status API through both calling conventions, with a reader that remembers what it was asked."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.job import Job, Reason
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.errors import MissingCredentials, Permanent, RetryLater
from shared.http_api.cursors import decode_cursor, encode_cursor
from shared.http_api.messages import HttpResponse, UnreadableRequest, from_event, from_wsgi
from shared.http_api.problems import Problem
from shared.http_api.routes import DEFAULT_LIMIT, MAX_LIMIT, Reader, answer
from tests.unit.support import MINUTE, NOW, collecting, few_examples, job_in, photo

TOKEN = "a-token-of-sixteen-or-more"
S = JobState


class FakeJobs:
    """Jobs in a list, newest first, and what was asked of them."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)
        self.ahead = 0
        self.asked: list[tuple[Any, ...]] = []
        self.trouble: Exception | None = None

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.trouble:
            raise self.trouble

    def revisions(self, person_id: str, *, limit: int = 100) -> list[Job]:
        self._ask("revisions", person_id)
        return [job for job in self.jobs if job.person_id == person_id][:limit]

    def find(self, ids: list[str]) -> dict[str, Job | None]:
        self._ask("find", *ids)
        found = {job.job_id: job for job in self.jobs}
        return {name: found.get(name) for name in ids}

    def queue_before(self, job: Job) -> int:
        self._ask("queue_before", job.job_id)
        return self.ahead

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> list[Job]:
        self._ask("page", state, limit, after)
        rows = [job for job in self.jobs if state is None or job.state is state]
        if after is not None:
            rows = [job for job in rows if (job.opened_at, job.person_key, job.revision) < after]
        return rows[:limit]


class Bench:
    """The API over :class:`FakeJobs`, called in the way of either platform version."""

    def __init__(self, *jobs: Job, wsgi: bool = False) -> None:
        self.jobs = FakeJobs(*jobs)
        self.held = Slot()
        self.rules = Rules()
        self.now = NOW
        self.connections = 0
        self.token = TOKEN
        self.wsgi = wsgi

    def slot(self) -> Slot:
        return self.held

    def connect(self) -> Reader:
        self.connections += 1
        return Reader(jobs=self.jobs, control=self, rules=self.rules, now=lambda: self.now)

    def call(
        self,
        path: str,
        query: dict[str, str] | None = None,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        token: str | None = TOKEN,
    ) -> HttpResponse:
        sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
        sent.update(headers or {})
        if self.wsgi:
            environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.items()}
            text = urlencode(query or {})
            request = from_wsgi(
                {
                    **environ,
                    "REQUEST_METHOD": method,
                    "QUERY_STRING": text,
                    "fc.request_uri": f"{path}?{text}" if text else path,
                    "fc.context": object(),
                }
            )
        else:
            event = {
                "version": "v1",
                "rawPath": path,
                "body": "",
                "isBase64Encoded": False,
                "headers": sent,
                "queryParameters": query or {},
                "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1"}},
            }
            request = from_event(json.dumps(event).encode())
        return answer(request, self.connect, self.token)


BOTH = pytest.mark.parametrize("wsgi", [False, True], ids=["event", "wsgi"])


def document(response: HttpResponse) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(response.body)
    return loaded


def assert_problem(response: HttpResponse, status: int, code: str) -> None:
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    problem = document(response)
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]


# -- routes ---------------------------------------------------------------------------------------


@BOTH
def test_health_needs_neither_token_nor_tables(wsgi: bool) -> None:
    bench = Bench(wsgi=wsgi)
    response = bench.call("/healthz", token=None)
    assert (response.status, document(response)) == (200, {"status": "ok"})
    assert bench.connections == 0


@BOTH
@pytest.mark.parametrize("person", ["li", "李雷", "a+b", "100%", "a b", "👩‍🎤", "?x=1#y", "x", "jobs"])
def test_a_person_is_found_under_the_encoded_name(wsgi: bool, person: str) -> None:
    bench = Bench(job_in(S.COLLECTING, person), wsgi=wsgi)
    response = bench.call(f"/people/{quote(person, safe='')}")
    assert response.status == 200
    assert document(response)["person_id"] == person
    assert bench.jobs.asked == [("revisions", person)]


def test_a_persons_document_shows_the_newest_revision_and_the_history() -> None:
    old = job_in(S.SUCCEEDED, finetuned_output="facechain-old", usage=1, ended_at=NOW)
    new = replace(collecting(photo("b.jpg", Verdict.NO_FACE, detail="no face detected")), revision=2)
    shown = document(Bench(new, old).call("/people/li"))
    assert (shown["state"], shown["current"]["revision"]) == ("COLLECTING", 2)
    assert shown["finetuned_output"] == "facechain-old"
    assert [row["revision"] for row in shown["revisions"]] == [2, 1]
    assert "photos" not in shown["revisions"][0]
    assert shown["current"]["photos"] == [
        {
            "name": "b.jpg",
            "size": 1000,
            "verdict": "no_face",
            "reason": "No face was found; upload a photo that shows the face from the front.",
            "detail": "no face detected",
            "archive": None,
            "from_revision": None,
            "uploaded_at": "2025-12-31T23:59:59.000Z",
            "recorded_at": "2026-01-01T00:00:00.000Z",
        }
    ]
    assert (shown["queue"], shown["eta"]) == (None, None)


def test_a_job_is_shown_with_its_photos_its_reason_and_what_it_cost() -> None:
    job = job_in(S.FAILED, reason=Reason("InternalError", "内部错误"), usage=2, ended_at=NOW)
    response = Bench(job).call(f"/jobs/{job.job_id}")
    shown = document(response)
    assert shown["reason"] == {"code": "InternalError", "message": "内部错误"}
    assert (shown["trainings_billed"], shown["cost_cny"]) == (2, 5.0)
    assert (shown["photo_count"], shown["usable_count"]) == (1, 1)
    assert shown["ended_at"] == "2026-01-01T00:00:00.000Z"
    assert (shown["finetuned_output"], shown["closed_by"]) == (None, "quiet")
    assert "内部错误" in response.body


def test_no_document_shows_where_the_snapshots_lie() -> None:
    job = job_in(S.TRAINING)
    bench = Bench(job)
    for path in ("/people/li", f"/jobs/{job.job_id}", "/jobs"):
        assert "submissions/" not in bench.call(path).body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/", 404, "unknown_route"),
        ("", 404, "unknown_route"),
        ("/people", 404, "unknown_route"),
        ("/people/", 404, "unknown_route"),
        ("/people/li/photos", 404, "unknown_route"),
        ("/jobs/x/y", 404, "unknown_route"),
        ("/healthz/x", 404, "unknown_route"),
        ("/HEALTHZ", 404, "unknown_route"),
        ("/%2e%2e/people/li", 404, "unknown_route"),
        ("/people/nobody", 404, "unknown_person"),
        ("/people/a%2Fb", 400, "invalid_person"),
        ("/people/.hidden", 400, "invalid_person"),
        ("/people/..", 400, "invalid_person"),
        ("/people/_READY", 400, "invalid_person"),
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
def test_what_is_not_there_is_a_problem_with_a_code(wsgi: bool, path: str, status: int, code: str) -> None:
    assert_problem(Bench(wsgi=wsgi).call(path), status, code)


@pytest.mark.parametrize("path", ["/people/%2E%2E", "/people/a%2Fb", "/jobs/1", "/jobs?limit=0"])
def test_a_request_that_cannot_be_meant_does_not_touch_the_tables(path: str) -> None:
    path, _, query = path.partition("?")
    bench = Bench()
    bench.call(path, dict([query.split("=")]) if query else None)
    assert bench.connections == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", ""])
@pytest.mark.parametrize("path", ["/people/li", "/jobs", "/healthz"])
def test_what_can_only_be_read_says_so(method: str, path: str) -> None:
    bench = Bench(job_in(S.COLLECTING))
    response = bench.call(path, method=method)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD"
    assert bench.connections == 0


@pytest.mark.parametrize("path", ["//people//li//", "/people/li/"])
def test_extra_slashes_are_forgiven(path: str) -> None:
    assert Bench(job_in(S.COLLECTING)).call(path).status == 200


# -- who may read ---------------------------------------------------------------------------------


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
    "path", ["/people/li", "/jobs", "/jobs/0123456789abcdef0123-1", "/people/..", "/jobs/1"]
)
def test_without_the_token_nobody_reads_and_no_table_is_touched(path: str, header: str | None) -> None:
    bench = Bench(job_in(S.COLLECTING))
    response = bench.call(path, headers={"Authorization": header} if header is not None else {}, token=None)
    assert_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert bench.connections == 0
    assert TOKEN not in response.body


@pytest.mark.parametrize("given_", ["", " ", "anything", "None"])
def test_while_no_token_is_set_nobody_reads(given_: str) -> None:
    bench = Bench(job_in(S.COLLECTING))
    bench.token = ""
    assert_problem(bench.call("/people/li", token=given_), 401, "unauthorized")
    assert bench.connections == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_neither_the_headers_name_nor_the_scheme_depends_on_case(scheme: str, name: str) -> None:
    bench = Bench(job_in(S.COLLECTING))
    assert bench.call("/people/li", headers={name: f"{scheme}  {TOKEN} "}, token=None).status == 200


# -- a page of jobs -------------------------------------------------------------------------------


def many_jobs(count: int) -> list[Job]:
    jobs = [
        job_in(S.QUEUED if number % 2 else S.COLLECTING, f"p{number}", opened_at=NOW + number // 3)
        for number in range(count)
    ]
    return sorted(jobs, key=lambda job: (job.opened_at, job.person_key, job.revision), reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 7, 24, 25, 100])
@BOTH
def test_following_the_cursor_shows_each_job_once_in_order(wsgi: bool, limit: int) -> None:
    jobs = many_jobs(25)
    bench = Bench(*jobs, wsgi=wsgi)
    seen, query = [], {"limit": str(limit)}
    while True:
        page = document(bench.call("/jobs", query))
        assert len(page["jobs"]) <= limit
        seen += [row["job_id"] for row in page["jobs"]]
        if page["next"] is None:
            break
        query = {"limit": str(limit), "cursor": page["next"]}
    assert seen == [job.job_id for job in jobs]


def test_a_page_without_a_limit_has_a_limit() -> None:
    bench = Bench(*many_jobs(DEFAULT_LIMIT + 5))
    page = document(bench.call("/jobs"))
    assert len(page["jobs"]) == DEFAULT_LIMIT
    assert page["next"]
    assert "photos" not in page["jobs"][0]


@pytest.mark.parametrize("state", list(S))
def test_jobs_can_be_asked_for_by_state(state: JobState) -> None:
    bench = Bench(*many_jobs(6))
    page = document(bench.call("/jobs", {"state": state.value}))
    assert bench.jobs.asked == [("page", state, DEFAULT_LIMIT + 1, None)]
    assert {row["state"] for row in page["jobs"]} <= {state.value}


def test_an_empty_page_is_no_error() -> None:
    assert document(Bench().call("/jobs")) == {"jobs": [], "next": None}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": ""}, "invalid_limit"),
        ({"limit": "0"}, "invalid_limit"),
        ({"limit": "-1"}, "invalid_limit"),
        ({"limit": str(MAX_LIMIT + 1)}, "invalid_limit"),
        ({"limit": "9" * 5000}, "invalid_limit"),
        ({"limit": "1.0"}, "invalid_limit"),
        ({"limit": "٣"}, "invalid_limit"),
        ({"limit": "²"}, "invalid_limit"),
        ({"limit": "5,6"}, "invalid_limit"),
        ({"limit": " 5"}, "invalid_limit"),
        ({"state": ""}, "invalid_state"),
        ({"state": "queued"}, "invalid_state"),
        ({"state": "QUEUED,FAILED"}, "invalid_state"),
        ({"state": "李"}, "invalid_state"),
        ({"sate": "QUEUED"}, "unknown_parameter"),
        ({"": ""}, "unknown_parameter"),
        ({"limit": "5", "Limit": "5"}, "unknown_parameter"),
    ],
)
@BOTH
def test_a_parameter_that_makes_no_sense_is_a_problem(wsgi: bool, query: dict[str, str], code: str) -> None:
    bench = Bench(wsgi=wsgi)
    assert_problem(bench.call("/jobs", query), 400, code)
    assert bench.connections == 0


@pytest.mark.parametrize(
    "limit", ["000000001000", "0000000019999999", "000000001" + "0" * 5000, "0" * 9 + "5"]
)
def test_leading_zeros_do_not_lift_the_limit(limit: str) -> None:
    bench = Bench()
    assert bench.call("/jobs", {"limit": limit}).status == 400
    assert bench.connections == 0


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


ID = "0123456789abcdef0123-1"
BAD_CURSORS = {
    "empty": "",
    "one character": "a",
    "not base64": "!!!!",
    "not ascii": "李雷",
    "not utf-8": encoded(b"\xff\xfe\xfd"),
    "not json": encoded(b"hello"),
    "null": encoded(None),
    "a number": encoded(5),
    "an object": encoded({"opened_at": 1, "job_id": ID}),
    "empty list": encoded([]),
    "one element": encoded([1]),
    "three elements": encoded([1, ID, 2]),
    "swapped": encoded([ID, 1]),
    "negative": encoded([-1, ID]),
    "too large": encoded([2**62, ID]),
    "much too large": encoded([10**100, ID]),
    "a fraction": encoded([1.5, ID]),
    "infinite": encoded(b'[Infinity,"' + ID.encode() + b'"]'),
    "a boolean": encoded([True, ID]),
    "a text for a number": encoded(["1", ID]),
    "null inside": encoded([1, None]),
    "not a job": encoded([1, "x"]),
    "revision zero": encoded([1, "0123456789abcdef0123-0"]),
    "revision too large": encoded([1, "0123456789abcdef0123-9999999999"]),
    "deep": encoded(b"[" * 140),
    "long": encoded([1, ID + "x" * 300]),
    "very long": "A" * 100_000,
    "repeated": f"{encode_cursor(1, ID)},{encode_cursor(1, ID)}",
}


@pytest.mark.parametrize("cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
@BOTH
def test_a_cursor_that_is_none_of_ours_is_a_problem(wsgi: bool, cursor: str) -> None:
    assert_problem(Bench(wsgi=wsgi).call("/jobs", {"cursor": cursor}), 400, "invalid_cursor")


@few_examples
@given(
    st.one_of(st.text(max_size=60), st.text("ABCabc019-_=", max_size=60), st.binary(max_size=60).map(encoded))
)
def test_no_cursor_at_all_makes_reading_it_fail_in_any_other_way(cursor: str) -> None:
    with contextlib.suppress(Problem):
        opened_at, key, revision = decode_cursor(cursor)
        assert decode_cursor(encode_cursor(opened_at, f"{key}-{revision}")) == (opened_at, key, revision)


@few_examples
@given(st.integers(0, 2**62 - 1), st.integers(1, 999_999_999))
def test_a_cursor_reads_back_and_is_safe_in_a_url(opened_at: int, revision: int) -> None:
    cursor = encode_cursor(opened_at, f"0123456789abcdef0123-{revision}")
    assert decode_cursor(cursor) == (opened_at, "0123456789abcdef0123", revision)
    assert quote(cursor, safe="") == cursor


# -- conditional requests, HEAD, and when to come again --------------------------------------------


def test_the_same_document_has_the_same_tag_and_another_has_another() -> None:
    bench = Bench(job_in(S.COLLECTING))
    first = bench.call("/people/li").headers["ETag"]
    bench.now += 60_000
    assert bench.call("/people/li").headers["ETag"] == first
    bench.jobs.jobs = [job_in(S.REJECTED)]
    assert bench.call("/people/li").headers["ETag"] != first


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '{}, "x"', '"x",W/{} ', "*"])
@BOTH
def test_who_has_the_document_already_gets_304_without_a_body(wsgi: bool, form: str) -> None:
    bench = Bench(job_in(S.COLLECTING), wsgi=wsgi)
    tag = bench.call("/people/li").headers["ETag"]
    response = bench.call("/people/li", headers={"If-None-Match": form.format(tag)})
    assert (response.status, response.body) == (304, "")
    assert response.headers["ETag"] == tag


@pytest.mark.parametrize("given_", ["", '""', '"x"', "x", "W/", ","])
def test_who_has_another_document_gets_this_one(given_: str) -> None:
    response = Bench(job_in(S.COLLECTING)).call("/people/li", headers={"If-None-Match": given_})
    assert response.status == 200
    assert response.body


def test_a_304_needs_the_token_too() -> None:
    response = Bench(job_in(S.COLLECTING)).call("/people/li", headers={"If-None-Match": "*"}, token=None)
    assert_problem(response, 401, "unauthorized")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/people/nobody", "GET", 404),
        ("/nowhere", "GET", 404),
        ("/jobs/1", "GET", 400),
        ("/people/li", "DELETE", 405),
    ],
)
def test_a_problem_is_never_what_the_client_has_already(path: str, method: str, status: int) -> None:
    response = Bench().call(path, method=method, headers={"If-None-Match": "*"})
    assert response.status == status


@pytest.mark.parametrize("path", ["/people/li", "/jobs", "/healthz"])
def test_head_is_get_without_the_body(path: str) -> None:
    bench = Bench(job_in(S.COLLECTING))
    get, head = bench.call(path), bench.call(path, method="HEAD")
    assert (head.status, dict(head.headers), head.body) == (get.status, dict(get.headers), "")


@pytest.mark.parametrize("path", ["/people/nobody", "/nowhere", "/jobs/1"])
def test_head_has_no_body_even_for_a_problem(path: str) -> None:
    get, head = Bench().call(path), Bench().call(path, method="HEAD")
    assert (head.status, dict(head.headers), head.body) == (get.status, dict(get.headers), "")


def test_head_has_no_body_even_when_the_token_is_missing() -> None:
    response = Bench().call("/jobs", method="HEAD", token=None)
    assert (response.status, response.body) == (401, "")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("state", list(S))
def test_who_polls_is_told_when_to_come_again_while_something_can_change(state: JobState) -> None:
    job = job_in(state)
    bench = Bench(job)
    goes_on = {S.COLLECTING: "5", S.QUEUED: "15", S.SUBMITTING: "5", S.TRAINING: "5"}
    for path in ("/people/li", f"/jobs/{job.job_id}"):
        assert bench.call(path).headers.get("Retry-After") == goes_on.get(state)


def test_nothing_is_cached_by_strangers() -> None:
    assert Bench(job_in(S.COLLECTING)).call("/people/li").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (RetryLater("OTSServerBusy", "secret detail", delay=7), "7"),
        (RetryLater("x", "secret detail", delay=0.2), "1"),
        (Permanent("OTSAuthFailed", "secret detail"), "5"),
    ],
)
def test_when_the_tables_do_not_answer_the_client_is_told_to_come_again(
    trouble: Exception, wait: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    bench.jobs.trouble = trouble
    for path in ("/people/li", "/jobs", f"/jobs/{ID}"):
        response = bench.call(path)
        assert_problem(response, 503, "unavailable")
        assert response.headers["Retry-After"] == wait
        assert "secret detail" not in response.body
    assert "secret detail" in caplog.text


# -- the queue and the ETA ------------------------------------------------------------------------

LOW, HIGH = 200_000, 400_000


def standing(job: Job, *, ahead: int = 0, places: int = 1, now: int = NOW, **slot: Any) -> dict[str, Any]:
    bench = Bench(job)
    bench.jobs.ahead = ahead
    bench.rules = Rules(concurrent_trainings=places)
    bench.held = Slot(**{"durations": (LOW, HIGH), **slot})
    bench.now = now
    return document(bench.call("/people/li"))


def at(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds - NOW, 1000)
    return f"2026-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}Z"


def minutes(earliest: int, latest: int) -> dict[str, str]:
    """A range of milliseconds after NOW, widened to whole minutes."""
    return {
        "earliest": at(NOW + earliest // MINUTE * MINUTE),
        "latest": at(NOW - (-latest // MINUTE) * MINUTE),
    }


def test_a_queued_person_sees_the_position_and_how_many_run() -> None:
    queue = standing(job_in(S.QUEUED), ahead=4, places=2, holders=("x-1", "y-1"))["queue"]
    assert queue == {
        "position": 5,
        "running": 2,
        "places": 2,
        "waiting_because": None,
        "waiting_until": None,
    }


def test_a_queued_person_sees_why_the_queue_waits_and_until_when() -> None:
    trouble = Reason("Arrearage", "Access denied, please make sure your account is in good standing.")
    queue = standing(job_in(S.QUEUED), closed_until=NOW + 60_000, trouble=trouble)["queue"]
    assert queue["waiting_because"] == {"code": trouble.code, "message": trouble.message}
    assert queue["waiting_until"] == at(NOW + 60_000)


def test_a_trouble_that_is_over_is_not_shown() -> None:
    queue = standing(job_in(S.QUEUED), closed_until=NOW, trouble=Reason("Throttling", "…"))["queue"]
    assert (queue["waiting_because"], queue["waiting_until"]) == (None, None)


@pytest.mark.parametrize("state", [state for state in S if state is not S.QUEUED])
def test_only_a_queued_job_has_a_place_in_the_queue(state: JobState) -> None:
    bench = Bench(job_in(state))
    assert document(bench.call("/people/li"))["queue"] is None
    assert bench.jobs.asked == [("revisions", "li")]


@pytest.mark.parametrize(
    ("ahead", "places", "holders", "closed_until", "earliest", "latest"),
    [
        # Nobody runs, nobody is before us: one training from now.
        (0, 1, 0, 0, LOW, HIGH),
        # One runs, and may end at once or have all before it.
        (0, 1, 1, 0, LOW, 2 * HIGH),
        (1, 1, 1, 0, 2 * LOW, 3 * HIGH),
        (4, 1, 1, 0, 5 * LOW, 6 * HIGH),
        # Two places: two at a time.
        (0, 2, 1, 0, LOW, HIGH),
        (0, 2, 2, 0, LOW, 2 * HIGH),
        (4, 2, 2, 0, 3 * LOW, 4 * HIGH),
        # A closed queue starts later.
        (0, 1, 0, NOW + 50_000, 50_000 + LOW, 50_000 + HIGH),
    ],
)
def test_the_eta_of_a_queued_job_is_a_range_of_rounds(
    ahead: int, places: int, holders: int, closed_until: int, earliest: int, latest: int
) -> None:
    eta = standing(
        job_in(S.QUEUED),
        ahead=ahead,
        places=places,
        holders=tuple(f"h{number}-1" for number in range(holders)),
        closed_until=closed_until,
    )["eta"]
    assert eta == minutes(earliest, latest)


def test_an_eta_is_in_whole_minutes_the_range_widened_and_never_narrowed() -> None:
    assert standing(job_in(S.QUEUED))["eta"] == {
        "earliest": "2026-01-01T00:03:00.000Z",
        "latest": "2026-01-01T00:07:00.000Z",
    }
    exact = standing(job_in(S.QUEUED), durations=(3 * MINUTE, 7 * MINUTE))["eta"]
    assert exact == {"earliest": "2026-01-01T00:03:00.000Z", "latest": "2026-01-01T00:07:00.000Z"}
    later = standing(job_in(S.QUEUED), durations=(3 * MINUTE, 7 * MINUTE), now=NOW + 1)["eta"]
    assert later == {"earliest": "2026-01-01T00:03:00.000Z", "latest": "2026-01-01T00:08:00.000Z"}


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
@pytest.mark.parametrize(
    ("passed", "earliest", "latest"),
    [(0, LOW, HIGH), (100_000, LOW, HIGH), (300_000, 300_000, HIGH), (500_000, 500_000, 500_000)],
)
def test_the_eta_of_a_running_job_counts_from_its_submit_and_its_minute_is_never_past(
    state: JobState, passed: int, earliest: int, latest: int
) -> None:
    eta = standing(job_in(state), now=NOW + passed)["eta"]
    assert eta == minutes(earliest, latest)
    assert eta["earliest"] > at(NOW + passed - MINUTE)
    assert eta["latest"] >= at(NOW + passed)


@pytest.mark.parametrize("state", [S.COLLECTING, S.REJECTED, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_nothing_is_promised_for_a_job_that_does_not_wait_for_a_training(state: JobState) -> None:
    assert standing(job_in(state))["eta"] is None


def test_a_queued_persons_document_keeps_its_tag_while_nothing_happens() -> None:
    bench = Bench(job_in(S.QUEUED))
    bench.held = Slot(durations=(LOW, HIGH))
    first = bench.call("/people/li").headers["ETag"]
    # 00:00:00 and 00:06:40 at first, so both ends keep their minutes for twenty seconds.
    for passed in (1, 1000, 20_000):
        bench.now = NOW + passed
        assert bench.call("/people/li").headers["ETag"] == first
    bench.now = NOW + MINUTE
    assert bench.call("/people/li").headers["ETag"] != first


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
def test_a_running_persons_document_keeps_its_tag_until_the_training_should_have_ended(
    state: JobState,
) -> None:
    bench = Bench(job_in(state))
    bench.held = Slot(durations=(LOW, HIGH))
    first = bench.call("/people/li").headers["ETag"]
    bench.now = NOW + LOW
    assert bench.call("/people/li").headers["ETag"] == first
    bench.now = NOW + HIGH + MINUTE
    assert bench.call("/people/li").headers["ETag"] != first


@pytest.mark.parametrize("kept", [None, 0, 19, 20])
@pytest.mark.parametrize("state", list(S))
def test_a_persons_document_shows_how_near_the_account_is_to_its_cap(
    state: JobState, kept: int | None
) -> None:
    bench = Bench(job_in(state))
    bench.rules = Rules(kept_fine_tunes=25)
    bench.held = Slot(kept=kept)
    assert document(bench.call("/people/li"))["account"] == {
        "fine_tunes_kept": kept,
        "fine_tunes_allowed": 25,
    }


def test_a_full_account_is_a_reason_that_the_queue_waits() -> None:
    full = Reason("fine_tunes_full", "The account keeps 20 running or succeeded fine-tunes …")
    shown = standing(job_in(S.QUEUED), kept=20, closed_until=NOW + MINUTE, trouble=full)
    assert shown["account"] == {"fine_tunes_kept": 20, "fine_tunes_allowed": 20}
    assert shown["queue"]["waiting_because"] == {"code": full.code, "message": full.message}


def test_a_queued_job_that_holds_the_place_does_not_wait_for_itself() -> None:
    job = job_in(S.QUEUED)
    assert standing(job, holders=(job.job_id,))["eta"] == minutes(LOW, HIGH)
    # Another's place counts all the same.
    assert standing(job, holders=("other-1", job.job_id))["eta"] == minutes(LOW, 2 * HIGH)


# -- calling conventions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"requestContext": []}',
        b'{"requestContext": {"http": "GET"}}',
    ],
)
def test_what_is_no_http_event_is_unreadable(event: bytes) -> None:
    with pytest.raises(UnreadableRequest):
        from_event(event)


def test_an_event_is_read_with_its_odd_parts_left_out() -> None:
    event = {"requestContext": {"http": {"method": "get"}}, "headers": {"X-A": 5}, "queryParameters": None}
    request = from_event(json.dumps(event))
    assert (request.method, request.segments, request.query) == ("GET", (), {})
    assert request.headers == {"x-a": "5"}


READERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "event": lambda path: from_event(json.dumps({"rawPath": path, "requestContext": {"http": {}}})).segments,
    "wsgi": lambda path: from_wsgi({"fc.request_uri": path}).segments,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("/people/a%2Fb", ("people", "a/b")),
        ("/people/%E6%9D%8E", ("people", "李")),
        ("/people/a+b", ("people", "a+b")),
        ("/people/100%25", ("people", "100%")),
        ("/people/%2525", ("people", "%25")),
        ("/people/%", ("people", "%")),
        ("/people/%zz", ("people", "%zz")),
        ("/people/a%3Fb%23c", ("people", "a?b#c")),
    ],
)
def test_a_path_is_cut_first_and_decoded_once_afterwards(
    reader: str, path: str, segments: tuple[str, ...]
) -> None:
    assert READERS[reader](path) == segments


@pytest.mark.parametrize("reader", READERS)
def test_a_path_that_is_not_utf_8_is_unreadable(reader: str) -> None:
    with pytest.raises(UnreadableRequest):
        READERS[reader]("/people/%ff")


@pytest.mark.parametrize("path", ["//people/li", "//[x"])
def test_a_path_that_starts_with_two_slashes_is_still_a_path(path: str) -> None:
    assert READERS["wsgi"](path) == READERS["event"](path)


def test_a_wsgi_call_without_the_platforms_own_path_is_read_by_path_info() -> None:
    request = from_wsgi({"PATH_INFO": "/people/li", "QUERY_STRING": "a=1&b=", "HTTP_X_Y": "z"})
    assert (request.method, request.segments) == ("GET", ("people", "li"))
    assert (request.query, request.headers) == ({"a": "1", "b": ""}, {"x-y": "z"})


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/people/李雷", ("people", "李雷")),
        ("/people/👩‍🎤", ("people", "👩‍🎤")),
        ("/people/Zoë", ("people", "Zoë")),
        # Decoded already: nothing is decoded a second time, and nothing ends the path.
        ("/people/100%25", ("people", "100%25")),
        ("/people/a?b#c", ("people", "a?b#c")),
        ("//people//li", ("people", "li")),
        ("", ()),
    ],
)
def test_path_info_is_bytes_dressed_up_as_latin_1(path: str, segments: tuple[str, ...]) -> None:
    assert from_wsgi({"PATH_INFO": path.encode().decode("latin-1")}).segments == segments


def test_a_path_info_that_is_not_utf_8_is_unreadable() -> None:
    with pytest.raises(UnreadableRequest):
        from_wsgi({"PATH_INFO": "/people/\xff"})


def test_a_response_takes_the_shape_that_each_platform_wants() -> None:
    response = HttpResponse(status=404, headers={"Content-Type": "text/plain"}, body="李")
    assert response.as_event() == {
        "statusCode": 404,
        "headers": {"Content-Type": "text/plain"},
        "isBase64Encoded": False,
        "body": "李",
    }
    started: list[Any] = []
    chunks = response.as_wsgi(lambda status, headers: started.append((status, headers)))
    assert b"".join(chunks) == "李".encode()
    assert started == [("404 Not Found", [("Content-Type", "text/plain")])]


def test_answering_never_raises_even_without_credentials(caplog: pytest.LogCaptureFixture) -> None:
    def connect() -> Reader:
        raise MissingCredentials("no Aliyun credentials")

    event = {
        "rawPath": "/jobs",
        "headers": {"authorization": f"Bearer {TOKEN}"},
        "requestContext": {"http": {"method": "GET"}},
    }
    response = answer(from_event(json.dumps(event)), connect, TOKEN)
    assert_problem(response, 500, "misconfigured")
    assert "credentials" not in response.body
    assert "no Aliyun credentials" in caplog.text


def test_answering_never_raises_whatever_the_header() -> None:
    assert_problem(Bench().call("/jobs", token="\ud800"), 401, "unauthorized")
