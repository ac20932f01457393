"""``GET /audit``, and what the API itself puts on record: looks at pictures, the word that these are all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlencode

import pytest

from shared.domain.audit import AuditRecord, record_of
from shared.domain.person_hash import hash_of
from shared.domain.requests import CONSENT_GIVEN, CONSENT_WITHDRAWN, DONE
from shared.errors import RetryLater
from shared.http_api import looks, thumbnails
from shared.http_api.authentication import Tokens
from shared.http_api.consents import NOTED
from shared.http_api.links import Link, make_link
from shared.http_api.looks import LEFT_ALONE_MS, ONE_LOOK_MS
from shared.http_api.messages import HttpResponse
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    AUDIT_KEY,
    TOKEN,
    Api,
    FakeAudit,
    assert_problem,
    document,
)
from tests.unit.support import NOW, collecting, photo

LI = hash_of(AUDIT_KEY, "李雷")
LINK_ID = "0123456789abcdef"
HTML = {"Accept": "text/html"}
PICTURE = "data:image/jpeg;base64,"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """An instance that remembers nothing."""
    for memory in (looks._looks, looks._left_alone_until, thumbnails._remembered):
        memory.clear()
    yield
    for memory in (looks._looks, looks._left_alone_until, thumbnails._remembered):
        memory.clear()


@pytest.fixture
def api() -> Api:
    api = Api(collecting(photo("1.jpg"), photo("2.jpg"), person_id="李雷"))
    api.audit = FakeAudit()
    return api


def log_of(api: Api) -> FakeAudit:
    assert api.audit is not None
    return api.audit


def look(api: Api, token: str | None = TOKEN, path: str = f"/people/{quote('李雷')}") -> HttpResponse:
    answer = api.call(path, headers=HTML, token=token)
    assert answer.status == 200
    return answer


def link(person_id: str = "李雷") -> str:
    return make_link(Tokens(admin=ADMIN_TOKEN), Link(person_id, LINK_ID, NOW // 1000 + 86_400))


def record(number: int, **changed: object) -> AuditRecord:
    made = AuditRecord(
        record_id=f"id-{number}", at=NOW - number, action="cancel", by="admin", function="reconcile"
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # of any type


# -- looks at pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "path", "by"),
    [
        (TOKEN, None, "reader"),
        (ADMIN_TOKEN, None, "admin"),
        (None, f"/own/{link()}", f"link:{LINK_ID}"),
        (ADMIN_TOKEN, f"/own/{link()}", f"link:{LINK_ID}"),
    ],
)
def test_who_looks_at_pictures_is_on_record_before_they_are_shown(
    api: Api, token: str | None, path: str | None, by: str
) -> None:
    answer = look(api, token, path or f"/people/{quote('李雷')}")
    assert PICTURE in answer.body
    [seen] = log_of(api).records
    assert seen == AuditRecord(
        record_id=f"{NOW}-0123456789abcdef",
        at=NOW,
        action="look",
        by=by,
        function="status",
        person=LI,
        pictures=2,
    )


@pytest.mark.parametrize("code", ["no_answer", "WriteQuotaExceed", "Unauthorized"])
def test_no_picture_is_shown_whose_look_is_on_no_record_and_the_page_is(api: Api, code: str) -> None:
    log_of(api).trouble = RetryLater(code, "Simple Log Service: …", delay_seconds=1)
    answer = look(api)
    assert PICTURE not in answer.body
    assert "1.jpg" in answer.body


def test_a_log_store_that_does_not_answer_is_left_alone_for_a_while_and_no_longer(api: Api) -> None:
    log = log_of(api)
    log.trouble = RetryLater("no_answer", "…", delay_seconds=1)
    look(api)
    look(api, ADMIN_TOKEN)
    assert log.tries == 1
    log.trouble = None
    api.now += LEFT_ALONE_MS - 1
    assert PICTURE not in look(api).body
    api.now += 1
    assert PICTURE in look(api).body
    assert len(log.records) == 1


def test_a_page_that_refreshes_itself_is_one_look_for_ten_minutes(api: Api) -> None:
    for _ in range(3):
        look(api)
        api.now += 5_000
    assert len(log_of(api).records) == 1
    api.now = NOW + ONE_LOOK_MS
    look(api)
    assert len(log_of(api).records) == 2


def test_somebody_elses_look_and_a_look_at_somebody_else_are_looks_of_their_own(api: Api) -> None:
    api.jobs.jobs.append(collecting(photo("3.jpg"), person_id="吴"))
    look(api)
    look(api, ADMIN_TOKEN)
    look(api, path=f"/people/{quote('吴')}")
    seen = [(one.by, one.person, one.pictures) for one in log_of(api).records if one]
    assert seen == [("reader", hash_of(AUDIT_KEY, "吴"), 1), ("admin", LI, 2), ("reader", LI, 2)]


def test_a_document_without_pictures_is_no_look(api: Api) -> None:
    assert api.call(f"/people/{quote('李雷')}").status == 200
    api.call("/people", headers=HTML)
    api.bucket.trouble = RetryLater("busy", "…", delay_seconds=1)
    look(api)
    assert log_of(api).tries == 0


def test_without_an_audit_pictures_are_shown(api: Api) -> None:
    api.audit = None
    assert PICTURE in look(api).body


# -- consent ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "kind"), [("give", CONSENT_GIVEN), ("withdraw", CONSENT_WITHDRAWN)])
@pytest.mark.parametrize("token", [None, ADMIN_TOKEN])
def test_who_gives_and_withdraws_consent_is_written_down_for_the_audit(
    api: Api, action: str, kind: str, token: str | None
) -> None:
    path, by = (f"/people/{quote('李雷')}", "admin") if token else (f"/own/{link()}", f"link:{LINK_ID}")
    content = urlencode({"action": action, "agree": "yes", "text_version": "1"})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = partial(api.call, f"{path}/consent", method="POST", token=token, headers=form, content=content)
    assert sent().status == 201
    [noted] = api.requests.rows.values()
    assert (noted.kind, noted.asked_by, noted.subject, noted.awaits_audit) == (kind, by, "李雷", True)
    assert record_of(noted, LI).function == "status"
    shown = document(api.call(f"/requests/{noted.request_id}"))
    assert (shown["kind"], shown["outcome"]["code"]) == (kind, NOTED[action][1])
    assert sent().status == 201
    assert len(api.requests.rows) == 1, "the same once more within the minute fills no table"


def test_a_consent_that_is_none_is_not_on_record(api: Api) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = api.call(f"/own/{link()}/consent", method="POST", token=None, headers=form, content="agree=no")
    assert refused.status == 422
    assert not api.requests.rows


# -- the word that these are all -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "path", "by"),
    [
        (None, f"/own/{link()}/done", f"link:{LINK_ID}"),
        (link(), f"/people/{quote('李雷')}/done", f"link:{LINK_ID}"),
        (ADMIN_TOKEN, f"/people/{quote('李雷')}/done", "admin"),
    ],
)
def test_who_says_that_these_are_all_is_written_down_for_the_audit(
    api: Api, token: str | None, path: str, by: str
) -> None:
    assert api.call(path, method="POST", token=token).status == 201
    [noted] = api.requests.rows.values()
    assert (noted.kind, noted.asked_by, noted.subject) == (DONE, by, "李雷")
    assert noted.awaits_audit
    assert api.requests.rung == 1
    shown = document(api.call(f"/requests/{noted.request_id}"))
    assert (shown["kind"], shown["status"], shown["outcome"]["code"]) == ("done", "done", "marker_sent")


def test_the_word_is_written_down_before_the_marker_and_not_without_it(api: Api) -> None:
    api.bucket.trouble = RetryLater("busy", "…", delay_seconds=1)
    assert api.call(f"/own/{link()}/done", method="POST", token=None).status == 503
    assert len(api.requests.rows) == 1
    assert not api.bucket.objects


def test_the_word_sent_again_and_again_fills_no_table(api: Api) -> None:
    for number in range(5):
        api.now = NOW - NOW % ONE_LOOK_MS + number * 1000
        assert api.call(f"/own/{link()}/done", method="POST", token=None).status == 201
    assert len(api.requests.rows) == 1
    api.now += ONE_LOOK_MS
    api.call(f"/own/{link()}/done", method="POST", token=None)
    assert len(api.requests.rows) == 2


def test_the_bell_rings_for_a_word_that_was_written_down_by_a_run_that_died_before_it_rang(api: Api) -> None:
    assert api.call(f"/own/{link()}/done", method="POST", token=None).status == 201
    api.requests.rung = 0
    assert api.call(f"/own/{link()}/done", method="POST", token=None).status == 201
    assert (len(api.requests.rows), api.requests.rung) == (1, 1)


def test_nobody_guesses_from_the_id_of_a_word_whom_it_is_about(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.audit is not None
    for key in ("a key of this deployment", "a key of another one"):
        monkeypatch.setattr(api.audit, "hash_of", partial(hash_of, key))
        api.call(f"/own/{link()}/done", method="POST", token=None)
    assert len(api.requests.rows) == 2, "the id is the same whatever the key is"


def test_without_an_audit_the_word_is_no_request(api: Api) -> None:
    api.audit = None
    assert api.call(f"/own/{link()}/done", method="POST", token=None).status == 201
    assert not api.requests.rows


# -- the audit itself ------------------------------------------------------------------------------------


def audit_of(api: Api, **query: str) -> HttpResponse:
    names = {name.rstrip("_"): value for name, value in query.items()}
    return api.call("/audit", names, token=ADMIN_TOKEN)


def test_administrators_alone_read_the_audit(api: Api) -> None:
    assert_problem(api.call("/audit"), 403, "admin_only")
    assert_problem(api.call("/audit", token=None), 401, "unauthorized")
    assert_problem(api.call("/audit", token=link()), 401, "unauthorized")
    assert log_of(api).asked == []
    assert audit_of(api).status == 200


def test_a_record_is_shown_with_everything_that_it_says(api: Api) -> None:
    whole = record(0, person=LI, revision=2, link="0123456789abcdef", outcome="canceled", done_at=NOW)
    log_of(api).records = [whole, None, record(1, pictures=3, traceparent="00-1-2-01")]
    shown = document(audit_of(api, to="2026-01-01T00:00:00.001Z"))
    assert shown["next"] is None
    assert (shown["to"], shown["from"]) == ("2026-01-01T00:00:00.001Z", "2025-12-25T00:00:00.001Z")
    first, second = shown["records"]
    assert first == {
        "record_id": "id-0",
        "at": "2026-01-01T00:00:00.000Z",
        "action": "cancel",
        "by": "admin",
        "function": "reconcile",
        "person": LI,
        "revision": 2,
        "link_id": "0123456789abcdef",
        "pictures": None,
        "outcome": "canceled",
        "done_at": "2026-01-01T00:00:00.000Z",
        "traceparent": None,
    }
    assert (second["pictures"], second["traceparent"], second["person"]) == (3, "00-1-2-01", None)


def test_a_person_is_asked_after_by_name_and_answered_by_hash(api: Api) -> None:
    log_of(api).records = [record(1, person=LI), record(2, person="0" * 64)]
    shown = document(audit_of(api, person="李雷"))
    assert (shown["person"], [one["record_id"] for one in shown["records"]]) == (LI, ["id-1"])
    assert document(audit_of(api, person="nobody at all"))["records"] == []


def test_pages_go_on_where_the_last_ended_though_records_have_come_since(api: Api) -> None:
    log = log_of(api)
    log.records = [record(number) for number in range(1, 6)]
    first = document(audit_of(api, limit="2"))
    log.records.insert(0, record(-5))
    api.now += 60_000
    second = document(audit_of(api, limit="2", cursor=first["next"]))
    third = document(audit_of(api, limit="2", cursor=second["next"]))
    ids = [one["record_id"] for page in (first, second, third) for one in page["records"]]
    assert (ids, third["next"]) == ([f"id-{number}" for number in range(1, 6)], None)


def test_a_record_that_was_put_twice_is_shown_once(api: Api) -> None:
    log_of(api).records = [record(1), record(2), record(2), record(1)]
    shown = [one["record_id"] for one in document(audit_of(api))["records"]]
    assert sorted(shown) == ["id-1", "id-2"]


def test_two_acts_under_one_id_are_two_records(api: Api) -> None:
    """Whoever asks again under the key of a request that an erasure has taken asks under its id."""
    log_of(api).records = [record(1), record(2, record_id="id-1")]
    shown = [(one["record_id"], one["at"]) for one in document(audit_of(api))["records"]]
    assert len(shown) == len(set(shown)) == 2


def test_a_span_is_what_is_asked_for(api: Api) -> None:
    audit_of(api, from_="2025-11-30T08:00:00+08:00", to="2025-12-01T00:00:00.250Z", limit="7")
    [(person, since, until, offset, count)] = log_of(api).asked
    assert (person, offset, count) == ("", 0, 7)
    assert (since, until) == (1_764_460_800_000, 1_764_547_200_250)


@pytest.mark.parametrize(
    ("moment", "at"),
    [
        ("0001-01-01T00:00:00+23:00", 0),
        ("0605-11-02T02:31:40.327Z", 0),
        ("1969-12-31T23:59:59.999Z", 0),
        ("1970-01-01T00:00:00.001z", 1),
        ("9999-12-31T23:59:59.9999-23:59", 253_402_300_799_999),
    ],
)
def test_a_moment_that_no_record_can_have_is_the_nearest_that_one_can(api: Api, moment: str, at: int) -> None:
    assert audit_of(api, from_=moment, to=moment).status == 200
    [(_, since, until, _, _)] = log_of(api).asked
    assert since == until == at


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from_": "yesterday"}, "invalid_time"),
        ({"to": "2025-02-30T00:00:00Z"}, "invalid_time"),
        ({"to": "2025-02-03T00:00:00"}, "invalid_time"),
        ({"person": "a/b"}, "invalid_person"),
        ({"limit": "0"}, "invalid_limit"),
        ({"cursor": "WzEsMl0x"}, "invalid_cursor"),
        ({"cursor": "W10"}, "invalid_cursor"),
        ({"cursor": "WzEsLTFd"}, "invalid_cursor"),
        ({"cursor": "WzEsIDEuNV0"}, "invalid_cursor"),
        ({"cursor": "é"}, "invalid_cursor"),
        ({"cursor": "W" * 200}, "invalid_cursor"),
        ({"who": "me"}, "unknown_parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, query: dict[str, str], code: str) -> None:
    assert_problem(audit_of(api, **query), 400, code)


def test_without_an_audit_there_is_none_to_read(api: Api) -> None:
    api.audit = None
    assert_problem(audit_of(api), 409, "audit_not_kept")


def test_a_log_store_that_does_not_answer_is_said_to_be_unavailable(api: Api) -> None:
    log_of(api).trouble = RetryLater("ReadQuotaExceed", "Simple Log Service: busy", delay_seconds=1)
    answer = audit_of(api)
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
