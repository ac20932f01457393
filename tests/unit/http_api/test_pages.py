"""``GET /jobs``: pages, their parameters and their cursors."""

from __future__ import annotations

import base64
import contextlib
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.job import Job
from shared.domain.reasons import Language, why_none_is_usable
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.http_api.cursors import decode_cursor, encode_cursor
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.problems import Problem
from tests.unit.http_api.support import BOTH, CHINESE, JOB_ID, Api, assert_problem, document
from tests.unit.support import NOW, few_examples, job_in

S = JobState


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
    api = Api(*jobs, wsgi=wsgi)
    seen, query = [], {"limit": str(limit)}
    while True:
        page = document(api.call("/jobs", query))
        assert len(page["jobs"]) <= limit
        seen += [row["job_id"] for row in page["jobs"]]
        if page["next"] is None:
            break
        query = {"limit": str(limit), "cursor": page["next"]}
    assert seen == [job.job_id for job in jobs]


def test_a_page_without_a_limit_has_a_limit() -> None:
    api = Api(*many_jobs(DEFAULT_LIMIT + 5))
    page = document(api.call("/jobs"))
    assert len(page["jobs"]) == DEFAULT_LIMIT
    assert page["next"]
    assert "photos" not in page["jobs"][0]


@pytest.mark.parametrize("state", list(S))
def test_jobs_can_be_asked_for_by_state(state: JobState) -> None:
    api = Api(*many_jobs(6))
    page = document(api.call("/jobs", {"state": state.value}))
    assert api.jobs.asked == [("page", state, DEFAULT_LIMIT, None)]
    assert {row["state"] for row in page["jobs"]} <= {state.value}


@pytest.mark.parametrize("text", ["queued", "Queued", "QUEUED"])
def test_a_state_is_understood_in_any_case(text: str) -> None:
    api = Api(*many_jobs(6))
    assert {row["state"] for row in document(api.call("/jobs", {"state": text}))["jobs"]} == {"QUEUED"}


def test_an_empty_page_is_no_error() -> None:
    assert document(Api().call("/jobs")) == {"jobs": [], "unreadable": [], "next": None}


def test_a_job_that_cannot_be_read_leaves_the_page_to_the_others() -> None:
    jobs = many_jobs(5)
    api = Api(*jobs)
    api.jobs.unread[jobs[2].job_id] = Unread(jobs[2].job_id, "unreadable_row", "deploy newer code")
    page = document(api.call("/jobs", {"limit": "3"}))
    assert [row["job_id"] for row in page["jobs"]] == [jobs[0].job_id, jobs[1].job_id]
    assert [row["job_id"] for row in page["unreadable"]] == [jobs[2].job_id]
    following = document(api.call("/jobs", {"limit": "3", "cursor": page["next"]}))
    assert [row["job_id"] for row in following["jobs"]] == [jobs[3].job_id, jobs[4].job_id]


def test_a_rejected_job_says_why_in_the_readers_language() -> None:
    job = job_in(S.REJECTED)
    (english,) = document(Api(job).call("/jobs"))["jobs"]
    (chinese,) = document(Api(job).call("/jobs", headers=CHINESE))["jobs"]
    assert english["reason"]["message"] == why_none_is_usable(job.photo_set.photos)
    assert chinese["reason"]["message"] == why_none_is_usable(job.photo_set.photos, Language.CHINESE)


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
        ({"state": "queuing"}, "invalid_state"),
        ({"state": "ＱＵＥＵＥＤ"}, "invalid_state"),
        ({"state": "collectıng"}, "invalid_state"),
        ({"state": "QUEUED,FAILED"}, "invalid_state"),
        ({"state": "李"}, "invalid_state"),
        ({"sate": "QUEUED"}, "unknown_parameter"),
        ({"": ""}, "unknown_parameter"),
        ({"limit": "5", "Limit": "5"}, "unknown_parameter"),
    ],
)
@BOTH
def test_a_parameter_that_makes_no_sense_is_a_problem(wsgi: bool, query: dict[str, str], code: str) -> None:
    api = Api(wsgi=wsgi)
    assert_problem(api.call("/jobs", query), 400, code)
    assert api.connections == 0


@pytest.mark.parametrize(
    "limit", ["000000001000", "0000000019999999", "000000001" + "0" * 5000, "0" * 9 + "5"]
)
def test_leading_zeros_do_not_lift_the_limit(limit: str) -> None:
    api = Api()
    assert api.call("/jobs", {"limit": limit}).status == 400
    assert api.connections == 0


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


BAD_CURSORS = {
    "empty": "",
    "one character": "a",
    "not base64": "!!!!",
    "not ascii": "李雷",
    "not utf-8": encoded(b"\xff\xfe\xfd"),
    "not json": encoded(b"hello"),
    "null": encoded(None),
    "a number": encoded(5),
    "an object": encoded({"opened_at": 1, "job_id": JOB_ID}),
    "empty list": encoded([]),
    "one element": encoded([1]),
    "three elements": encoded([1, JOB_ID, 2]),
    "swapped": encoded([JOB_ID, 1]),
    "negative": encoded([-1, JOB_ID]),
    "too large": encoded([2**62, JOB_ID]),
    "much too large": encoded([10**100, JOB_ID]),
    "a fraction": encoded([1.5, JOB_ID]),
    "infinite": encoded(b'[Infinity,"' + JOB_ID.encode() + b'"]'),
    "a boolean": encoded([True, JOB_ID]),
    "a text for a number": encoded(["1", JOB_ID]),
    "null inside": encoded([1, None]),
    "not a job": encoded([1, "x"]),
    "revision zero": encoded([1, "0123456789abcdef0123-0"]),
    "revision too large": encoded([1, "0123456789abcdef0123-9999999999"]),
    "deep": encoded(b"[" * 140),
    "long": encoded([1, JOB_ID + "x" * 300]),
    "very long": "A" * 100_000,
    "repeated": f"{encode_cursor(1, JOB_ID)},{encode_cursor(1, JOB_ID)}",
}


@pytest.mark.parametrize("cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
@BOTH
def test_a_cursor_that_is_none_of_ours_is_a_problem(wsgi: bool, cursor: str) -> None:
    assert_problem(Api(wsgi=wsgi).call("/jobs", {"cursor": cursor}), 400, "invalid_cursor")


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
