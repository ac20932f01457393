"""The status API, as a person with curl and a program with requests use it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from shared.version import VERSION

from .support import LocalStudio, photo

pytestmark = pytest.mark.xdist_group("people of the status API")


@pytest.fixture(scope="module", autouse=True)
def people(session_studio: LocalStudio) -> list[str]:
    """Three who are trained and one who cannot be."""
    names = ["api one", "api-two", "api 三"]
    for number, name in enumerate(names):
        session_studio.upload_portraits(name, 900 + number)
        session_studio.mark_ready(name)
    session_studio.upload("api nobody", "letter.jpg", b"Dear studio, my photos follow tomorrow.")
    for name in names:
        session_studio.wait_until_trained(name)
    session_studio.wait_for("api nobody", "REJECTED")
    return names


def test_a_person_is_shown_with_job_photos_and_history(studio: LocalStudio) -> None:
    document = studio.person("api 三")
    assert document is not None
    assert document["person_id"] == "api 三"
    assert (document["state"], document["queue"], document["eta"]) == ("SUCCEEDED", None, None)
    (entry,) = document["current"]["photos"]
    assert (entry["name"], entry["verdict"], entry["size"]) == ("902.jpg", "usable", len(photo(902)))
    times = [document["current"][name] for name in ("opened_at", "closed_at", "submitted_at", "ended_at")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment) for moment in times)
    assert times[:3] == sorted(times[:3])


def test_a_rejected_person_is_told_why(studio: LocalStudio) -> None:
    document = studio.person("api nobody")
    assert document is not None
    assert document["current"]["reason"]["code"] == "no_usable_photo"
    assert "The file is a text, not a photo." in document["current"]["reason"]["message"]
    assert document["current"]["cost_cny"] == 0
    assert document["finetuned_output"] is None


def test_a_job_has_a_page_of_its_own(studio: LocalStudio) -> None:
    document = studio.person("api one")
    assert document is not None
    answer = studio.get(f"/jobs/{document['current']['job_id']}")
    assert answer.status_code == 200
    assert answer.json() == document["current"]


def test_pages_of_jobs_hold_every_job_once_newest_first(studio: LocalStudio) -> None:
    seen, cursor = [], None
    for _ in range(500):
        query = {"limit": "2", "state": "SUCCEEDED"} | ({"cursor": cursor} if cursor else {})
        page = studio.get("/jobs", params=query).json()
        assert len(page["jobs"]) <= 2
        seen += page["jobs"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len({job["job_id"] for job in seen})
    assert {"api one", "api-two", "api 三"} <= {job["person_id"] for job in seen}
    opened = [job["opened_at"] for job in seen]
    assert opened == sorted(opened, reverse=True)
    rejected = studio.get("/jobs", params={"state": "REJECTED", "limit": "100"}).json()["jobs"]
    assert "api nobody" in {job["person_id"] for job in rejected}
    newest = studio.get("/jobs").json()["jobs"]
    assert {"api nobody", "api 三"} <= {job["person_id"] for job in newest}


def test_a_client_that_has_the_document_is_told_so(studio: LocalStudio) -> None:
    first = studio.get("/people/api%20one")
    again = studio.get("/people/api%20one", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = studio.get("/people/api%20one", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/people/api%20one", 200), ("/jobs", 200), ("/people/stranger", 404), ("/nowhere", 404)],
)
def test_a_head_request_has_the_headers_of_get_and_no_body(
    studio: LocalStudio, path: str, status: int
) -> None:
    answer, whole = studio.get(path, method="HEAD"), studio.get(path)
    assert (answer.status_code, answer.content) == (status, b"")
    for name in ("ETag", "Content-Type", "Content-Language"):
        assert answer.headers.get(name) == whole.headers.get(name)
    assert int(answer.headers["Content-Length"]) == len(whole.content) > 0


def test_a_set_that_collects_says_when_it_closes_by_itself(studio: LocalStudio) -> None:
    studio.upload("api slow", "letter.jpg", b"Dear studio, one more letter.")
    waiting = studio.wait_for("api slow", "COLLECTING")["waiting_for"]
    assert waiting["code"] in ("quiet_time", "closing")
    assert (waiting["at"] is None) is (waiting["code"] == "closing")
    assert studio.wait_for("api slow", "REJECTED")["waiting_for"] is None


def test_a_problem_is_told_in_chinese(studio: LocalStudio) -> None:
    answer = studio.get("/people/stranger", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert answer.headers["Content-Language"] == "zh"
    assert answer.json()["title"] == "未找到"
    assert answer.json()["detail"].startswith("尚未收到此人的照片。")


def test_a_state_may_be_written_in_lower_case(studio: LocalStudio) -> None:
    found = studio.get("/jobs", params={"state": "succeeded"}).json()["jobs"]
    assert {job["state"] for job in found} == {"SUCCEEDED"}


def test_health_is_told_to_anybody(studio: LocalStudio) -> None:
    answer = studio.http.get(studio.endpoints["STATUS_URL"] + "/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": VERSION})


@pytest.mark.parametrize("path", ["/people/api%20one", "/jobs", f"/jobs/{'0' * 20}-1"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"Authorization": "Bearer {token}x"},
    ],
)
def test_a_request_without_the_token_is_refused(
    studio: LocalStudio, path: str, headers: dict[str, str]
) -> None:
    token = studio.endpoints["STATUS_TOKEN"]
    sent = {name: value.replace("{token}", token) for name, value in headers.items()}
    answer = studio.http.get(studio.endpoints["STATUS_URL"] + path, headers=sent, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthorized"
    assert "api one" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/people/stranger", 404, "unknown_person"),
        ("/people/" + quote("不在", safe=""), 404, "unknown_person"),
        ("/people/.hidden", 400, "invalid_person"),
        ("/people/_private", 404, "unknown_person"),
        ("/people/" + "x" * 129, 400, "invalid_person"),
        ("/people/a%2Fb", 400, "invalid_person"),
        ("/people/%00", 400, "invalid_person"),
        ("/people/%FF", 400, "unreadable_request"),
        ("/nowhere", 404, "unknown_route"),
        ("/people/a/b/c", 404, "unknown_route"),
        (f"/jobs/{'0' * 20}-1", 404, "unknown_job"),
        (f"/jobs/{'0' * 20}-0", 400, "invalid_job"),
        ("/jobs/ft-1", 400, "invalid_job"),
        ("/jobs/%F0%9F%98%80", 400, "invalid_job"),
        ("/jobs?limit=0", 400, "invalid_limit"),
        ("/jobs?limit=101", 400, "invalid_limit"),
        ("/jobs?limit=0000000011111", 400, "invalid_limit"),
        ("/jobs?limit=-1", 400, "invalid_limit"),
        ("/jobs?limit=%D9%A1", 400, "invalid_limit"),
        ("/jobs?limit=", 400, "invalid_limit"),
        ("/jobs?state=RUNNING", 400, "invalid_state"),
        ("/jobs?state=", 400, "invalid_state"),
        ("/jobs?sort=asc", 400, "unknown_parameter"),
        ("/jobs?cursor=", 400, "invalid_cursor"),
        ("/jobs?cursor=%00", 400, "invalid_cursor"),
        ("/jobs?cursor=bm90IGEgY3Vyc29y", 400, "invalid_cursor"),
        ("/jobs?cursor=" + "W" * 3000, 400, "invalid_cursor"),
        ("/jobs?cursor=%E6%B8%B8%E6%A0%87", 400, "invalid_cursor"),
    ],
)
def test_a_request_that_cannot_be_answered_is_a_problem_with_a_code(
    studio: LocalStudio, path: str, status: int, code: str
) -> None:
    answer = studio.get(path)
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]
    assert problem["title"]


def test_a_route_that_can_only_be_read_says_so(studio: LocalStudio) -> None:
    answer = studio.get("/queue", method="POST")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_person_can_be_read_and_erased_and_a_post_does_neither(studio: LocalStudio) -> None:
    answer = studio.get("/people/api%20one", method="POST")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, DELETE, OPTIONS"
    assert studio.state("api one") == "SUCCEEDED"


@pytest.mark.parametrize("method", ["PATCH", "TRACE"])
def test_a_method_that_the_trigger_does_not_have_is_refused(studio: LocalStudio, method: str) -> None:
    assert studio.get("/people/api%20one", method=method).status_code == 403


def test_a_preflight_reaches_the_function_as_the_trigger_lists_it(studio: LocalStudio) -> None:
    preflight = {"Origin": "https://photos.example.com", "Access-Control-Request-Method": "GET"}
    answer = studio.get("/people/api%20one", method="OPTIONS", headers=preflight)
    # The function's own answer: the platform's would be a 403.
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, DELETE, OPTIONS"
