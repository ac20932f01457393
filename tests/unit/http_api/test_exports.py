"""The routes of a copy of everything that is held about a person: who gets it, when, and in which way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from shared.domain.audit import AuditRecord, record_of
from shared.domain.exports import EXPORT_KEPT_MS, TOLD_FOR_MS, Export, request_id_of
from shared.domain.object_keys import person_key
from shared.domain.person_hash import hash_of
from shared.domain.requests import EXPORT, Request
from shared.errors import RetryLater
from shared.http_api import looks
from shared.http_api.exports import RANGE_BYTES, SIGNED_FOR_SECONDS
from shared.http_api.messages import HttpResponse
from shared.http_api.sessions import make_session
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    AUDIT_KEY,
    TOKEN,
    Api,
    FakeAudit,
    assert_problem,
    document,
)
from tests.unit.support import NOW

PERSON = "李 雷"
PATH = f"/people/{quote(PERSON)}/export"
NAME = request_id_of(PERSON)
ZIP_KEY = f"exports/{person_key(PERSON)}/token.zip"
LI = hash_of(AUDIT_KEY, PERSON)
READY = Export(token="token", upload_id="u", files=5, done=5, bytes=1000, ready_at=NOW - 60_000)
SIGNED = f"https://photos.oss.example/{ZIP_KEY}?x-oss-signature=deadbeef"


def get(api: Api, **given: Any) -> HttpResponse:
    return api.call(PATH, token=given.pop("token", ADMIN_TOKEN), **given)


def holding(export: Export, **changes: Any) -> Api:
    """The API, where an export has come so far."""
    api = Api()
    row = Request(
        request_id=NAME,
        kind=EXPORT,
        asked_at=NOW - 120_000,
        asked_by="admin",
        subject=PERSON,
        record=export.as_json(),
        version=3,
    )
    api.requests.rows[NAME] = replace(row, **changes)
    api.bucket.objects[ZIP_KEY] = bytes(range(250)) * 4
    return api


# -- who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [(None, 401, "unauthorized"), ("wrong", 401, "unauthorized"), (TOKEN, 403, "admin_only")],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_nobody_but_an_administrator_gets_or_begins_an_export(
    token: str | None, status: int, code: str, method: str
) -> None:
    api = holding(READY)
    answer = api.call(PATH, method=method, token=token)
    assert_problem(answer, status, code)
    assert api.bucket.asked == []
    assert api.requests.rung == 0


def test_a_share_link_of_the_person_is_no_right_to_an_export() -> None:
    api = holding(READY)
    answer = get(api, token=f"bGk.{'0' * 16}.9999999999.{'0' * 40}")
    assert_problem(answer, 401, "unauthorized")


def test_without_an_admin_token_in_the_settings_there_is_no_export() -> None:
    api = holding(READY)
    api.admin_token = ""
    assert_problem(get(api, token=TOKEN), 403, "admin_not_enabled")


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=["site", "origin"]
)
def test_no_other_site_has_a_browser_begin_or_fetch_one(headers: dict[str, str]) -> None:
    session = {"Cookie": f"__Host-session={make_session(ADMIN_TOKEN, 'admin', NOW)}", "Host": "a.example"}
    api = holding(READY)
    assert_problem(get(api, token=None, headers={**session, **headers}), 403, "not_from_a_form")
    assert api.bucket.asked == []
    assert get(api, token=None, headers=session).status == 303
    # A program that sends its token is no browser that somebody has led here.
    assert get(api, headers=headers).status == 303


# -- making it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_first_call_begins_it_and_says_when_to_come_again(method: str) -> None:
    api = Api()
    answer = get(api, method=method)
    assert answer.status == 202
    told = document(answer)
    assert (told["status"], told["person_id"], told["href"]) == ("pending", PERSON, PATH)
    assert told["waiting_for"]["code"] == "next_run"
    assert answer.headers["Retry-After"] == "15"
    row = api.requests.rows[NAME]
    assert (row.kind, row.subject, row.asked_by) == (EXPORT, PERSON, "admin")


def test_the_same_call_again_says_how_far_it_has_come_and_asks_for_no_second_one() -> None:
    api = holding(Export(token="t", files=300, done=120, bytes=5000, begun_at=NOW))
    for method in ("GET", "POST"):
        answer = get(api, method=method)
        told = document(answer)
        assert (answer.status, told["files"], told["files_done"], told["bytes"]) == (202, 300, 120, 5000)
        assert told["waiting_for"]["code"] == "writing"
    assert api.requests.rung == 0


def test_what_is_in_the_way_is_told_by_its_code() -> None:
    told = document(get(holding(Export(token="t", code="AccessDenied", held_up=3))))
    assert told["waiting_for"]["code"] == "AccessDenied"
    assert "/readyz" in told["waiting_for"]["message"]


def test_whoever_asks_at_the_same_time_asks_for_the_same_export(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    get(api)
    # The other one has looked before it was written down.
    with monkeypatch.context() as patch:
        patch.setattr(api.requests, "find", lambda _: None)
        assert get(api).status == 202
    assert len(api.requests.rows) == 1
    assert api.requests.rung == 1


def test_post_makes_a_new_one_in_the_place_of_the_one_that_is_there() -> None:
    api = holding(READY)
    assert get(api, method="POST").status == 202
    row = api.requests.rows[NAME]
    assert (row.record, row.asked_at, row.version) == ("", NOW, 4)


@pytest.mark.parametrize(
    ("code", "status"), [("nothing_held", 404), ("being_erased", 409), ("export_failed", 409)]
)
def test_why_there_is_none_is_told_for_a_while_and_then_it_is_looked_for_anew(code: str, status: int) -> None:
    outcome = f"{code}: InternalError" if code == "export_failed" else code
    api = holding(Export(), outcome=outcome, settled_at=NOW - 1000)
    assert_problem(get(api), status, code)
    api.now = NOW + TOLD_FOR_MS
    assert get(api).status == 202
    assert api.requests.rung == 1


@pytest.mark.parametrize("outcome", ["export_removed", "unknown"])
def test_one_that_is_over_is_begun_anew_at_once(outcome: str) -> None:
    api = holding(READY, outcome=outcome, settled_at=NOW - 1000)
    assert get(api).status == 202
    assert api.requests.rung == 1


@pytest.mark.parametrize(
    "path", ["/people/.hidden/export", "/people/a%2Fb/export", f"/people/{'x' * 129}/export"]
)
def test_a_name_that_nobody_can_have_is_refused(path: str) -> None:
    api = Api()
    for method in ("GET", "POST"):
        assert_problem(api.call(path, method=method, token=ADMIN_TOKEN), 400, "invalid_person")
    assert api.requests.rung == 0


@pytest.mark.parametrize("person", ["x'><img src=x>", "a\u202eb", "50%", "{person}", "../../etc"])
def test_an_odd_name_stands_in_the_answer_as_it_is_and_in_no_header(person: str) -> None:
    api = Api()
    answer = api.call(f"/people/{quote(person, safe='')}/export", token=ADMIN_TOKEN)
    if "/" in person:
        assert_problem(answer, 400, "invalid_person")
        return
    assert document(answer)["person_id"] == person
    assert answer.headers["Location"].isascii()


# -- handing it out --------------------------------------------------------------------------------------


def test_the_zip_is_fetched_by_a_url_that_is_signed_for_minutes_and_stands_in_the_header_alone() -> None:
    api = holding(READY)
    answer = get(api)
    assert (answer.status, answer.headers["Location"]) == (303, SIGNED)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "signature" not in str(answer.body)
    assert "oss.example" not in str(answer.body)
    assert document(answer)["status"] == "ready"
    assert api.bucket.asked == [
        f'{SIGNED_FOR_SECONDS} attachment; filename="export-{person_key(PERSON)}.zip"'
    ]
    assert SIGNED_FOR_SECONDS <= 600


def test_a_browser_is_led_to_the_zip_too() -> None:
    answer = get(holding(READY), headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, SIGNED)


def test_no_log_line_has_the_url_and_one_says_that_a_copy_was_handed_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    get(holding(READY))
    assert "export_handed_out" in caplog.text
    assert "signature" not in caplog.text


def test_where_the_bucket_cannot_be_read_from_outside_a_short_zip_comes_through_the_function() -> None:
    api = holding(READY)
    api.bucket.outside = ""
    answer = get(api)
    assert (answer.status, answer.body) == (200, api.bucket.objects[ZIP_KEY])
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.as_event()["isBase64Encoded"]


def test_a_long_one_has_to_be_asked_for_in_parts_and_the_problem_says_how() -> None:
    api = holding(replace(READY, bytes=RANGE_BYTES + 1))
    api.bucket.outside = ""
    answer = get(api)
    assert_problem(answer, 409, "only_in_parts")
    assert str(RANGE_BYTES) in document(answer)["detail"]


def test_the_parts_are_the_zip() -> None:
    size = 2 * RANGE_BYTES + 12345
    api = holding(replace(READY, bytes=size))
    api.bucket.objects[ZIP_KEY] = whole = bytes(range(256)) * (size // 256 + 1)
    whole = api.bucket.objects[ZIP_KEY] = whole[:size]
    got, tags = b"", set[str]()
    while len(got) < size:
        answer = get(api, headers={"Range": f"bytes={len(got)}-"})
        assert answer.status == 206
        assert isinstance(answer.body, bytes)
        assert len(answer.body) <= RANGE_BYTES
        last = len(got) + len(answer.body) - 1
        assert answer.headers["Content-Range"] == f"bytes {len(got)}-{last}/{size}"
        got, tags = got + answer.body, tags | {answer.headers["ETag"]}
    assert got == whole
    assert len(tags) == 1
    # Nobody looks whether it could be had in another way.
    assert not [one for one in api.bucket.asked if "attachment" in one]


@pytest.mark.parametrize(
    ("asked", "begins", "length"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 10), ("bytes=990-5000", 990, 10), ("bytes=999-", 999, 1)],
)
def test_a_range_is_what_rfc_9110_says(asked: str, begins: int, length: int) -> None:
    api = holding(READY)
    answer = get(api, headers={"Range": asked})
    assert (answer.status, answer.body) == (206, api.bucket.objects[ZIP_KEY][begins : begins + length])


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=2000-3000", "bytes=5-4"])
def test_a_range_that_the_zip_does_not_have_is_refused(asked: str) -> None:
    answer = get(holding(READY), headers={"Range": asked})
    assert_problem(answer, 416, "invalid_range")
    assert answer.headers["Content-Range"] == "bytes */1000"


@pytest.mark.parametrize("asked", ["", "bytes=-5", "bytes=0-1,5-9", "lines=1-2", f"bytes={'9' * 40}-"])
def test_a_range_that_is_not_understood_is_overlooked(asked: str) -> None:
    assert get(holding(READY), headers={"Range": asked}).status == 303


@pytest.mark.parametrize("moves", [EXPORT_KEPT_MS, -EXPORT_KEPT_MS])
def test_one_whose_day_is_over_is_handed_out_no_more(moves: int) -> None:
    api = holding(READY)
    api.now = NOW + moves
    assert get(api).status == 202
    assert api.bucket.asked == []


def test_tables_that_do_not_answer_and_a_bucket_that_does_not_are_told_as_such() -> None:
    api = holding(READY)
    api.bucket.trouble = RetryLater("InternalError", "…", delay_seconds=2)
    assert_problem(get(api, headers={"Range": "bytes=0-"}), 503, "unavailable")


def test_the_request_can_be_looked_up_as_any_other() -> None:
    told = document(holding(READY).call(f"/requests/{NAME}"))
    assert (told["kind"], told["subject"], told["status"]) == ("export", PERSON, "pending")


# -- on record ------------------------------------------------------------------------------------------


@pytest.fixture
def audited() -> Iterator[Api]:
    """The API of a deployment that keeps an audit, in an instance that remembers nothing."""
    memories = (looks._looks, looks._left_alone_until)
    for memory in memories:
        memory.clear()
    api = holding(READY)
    api.audit = FakeAudit()
    yield api
    for memory in memories:
        memory.clear()


def record_of_the_copy(api: Api) -> AuditRecord:
    assert api.audit is not None
    [found] = api.audit.records
    assert found is not None
    return found


def test_who_is_given_a_copy_is_on_record_before_it_leaves(audited: Api) -> None:
    assert get(audited).status == 303
    found = record_of_the_copy(audited)
    assert (found.action, found.by, found.function) == ("export_handed_out", "admin", "status")
    assert found.person == hash_of(AUDIT_KEY, PERSON)


def test_the_parts_of_a_copy_are_one_record(audited: Api) -> None:
    for first in (500, 0, 900):
        assert get(audited, headers={"Range": f"bytes={first}-{first + 9}"}).status == 206
    assert record_of_the_copy(audited).action == "export_handed_out"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=500-"}])
def test_what_cannot_be_put_on_record_is_not_handed_out(audited: Api, headers: dict[str, str]) -> None:
    assert audited.audit is not None
    audited.audit.trouble = RetryLater("no_answer", "Simple Log Service: \u2026", delay_seconds=1)
    answer = get(audited, headers=headers)
    assert_problem(answer, 503, "unavailable")
    assert "Location" not in answer.headers
    assert answer.headers["Retry-After"] == "10"


def test_how_far_an_export_has_come_is_no_look(audited: Api) -> None:
    audited.requests.rows[NAME] = replace(audited.requests.rows[NAME], record=Export().as_json())
    assert get(audited).status == 202
    assert audited.audit is not None
    assert audited.audit.records == []


def test_an_export_that_gives_its_place_to_a_newer_one_is_on_record_before(audited: Api) -> None:
    assert get(audited, method="POST").status == 202
    found = record_of_the_copy(audited)
    assert (found.action, found.outcome, found.at) == ("export", "replaced", NOW - 120_000)
    assert person_key(PERSON) not in found.record_id
    assert audited.requests.rows[NAME].asked_at == NOW


def test_one_that_a_run_has_put_on_record_is_not_put_again(audited: Api) -> None:
    row = audited.requests.rows[NAME]
    audited.requests.rows[NAME] = replace(row, outcome="ended", settled_at=NOW - 5, audited_at=NOW - 4)
    assert get(audited, method="POST").status == 202
    assert audited.audit is not None
    assert audited.audit.records == []


def test_none_is_asked_for_anew_while_the_record_of_the_one_before_cannot_be_put(audited: Api) -> None:
    assert audited.audit is not None
    audited.audit.trouble = RetryLater("no_answer", "Simple Log Service: \u2026", delay_seconds=1)
    before = dict(audited.requests.rows)
    assert_problem(get(audited, method="POST"), 503, "unavailable")
    assert audited.requests.rows == before


def test_two_exports_of_a_person_are_two_records() -> None:
    first, second = (
        record_of(Request(request_id=NAME, kind=EXPORT, asked_at=at, asked_by="admin", subject=PERSON), LI)
        for at in (NOW, NOW + 1)
    )
    assert first.record_id != second.record_id
    assert person_key(PERSON) not in first.record_id + second.record_id
