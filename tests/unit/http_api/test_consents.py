"""Consent over HTTP: the tick on the own page, an administrator's note, the withdrawal, and the record."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest

from shared.domain import consent as codes
from shared.domain.consent import Consent, parsed
from shared.domain.consent_ledger import OPEN_ENDED, ROW, ConsentLedger
from shared.domain.consenting import waiting
from shared.domain.control_rows import Document
from shared.domain.money import DAY_MS
from shared.domain.object_keys import CONSENT_NAME
from shared.domain.photos import Verdict
from shared.domain.remedies_of_consent import WHY_NOT
from shared.domain.totals import ROW as TOTALS
from shared.domain.words import Language
from shared.errors import RetryLater
from shared.http_api.links import Link, make_link
from shared.http_api.processing_record import PAGES
from shared.http_api.published import CONSENT, published
from shared.http_api.record_texts import TITLE, TO_BE_WRITTEN
from tests.unit.http_api.support import ADMIN_TOKEN, CHINESE, TOKEN, Api, assert_problem, document
from tests.unit.http_api.test_share_links import TOKENS
from tests.unit.support import NOW, RULES, collecting, photo

LINK = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
OWN = f"/own/{LINK}"
KEY = f"people/li/{CONSENT_NAME}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTML = {"Accept": "text/html"}
TICK = {"agree": "yes", "text_version": "1"}
GIVEN = Consent(etag="E", given_at=NOW - 1000, means="paper", text_version="1", noted_at=NOW)


def api(*consents: Consent, **rules: Any) -> Api:
    """The API where consent is required, with a person for each of ``consents``."""
    made = Api(*(replace(collecting(photo()), consent=one) for one in consents))
    made.rules = replace(RULES, consent_required=True, **rules)
    return made


def tick(to: Api, path: str = OWN, token: str | None = None, **fields: str) -> Any:
    content = urlencode({**TICK, **fields})
    return to.call(f"{path}/consent", method="POST", token=token, headers=FORM, content=content)


def stored(of: Api) -> Consent:
    return parsed(of.bucket.objects[KEY], "li")


# -- given -----------------------------------------------------------------------------------------------


def test_the_tick_on_the_own_page_is_written_as_the_document_of_the_folder() -> None:
    there = api()
    answered = tick(there)
    assert answered.status == 201
    consent = stored(there)
    assert (consent.means, consent.text_version, consent.given_at) == ("own_page", "1", NOW)
    assert consent.why_not(there.rules, NOW) == ""
    assert document(answered)["action"] == "give"
    schema = json.loads(published(CONSENT))
    jsonschema.validate(json.loads(there.bucket.objects[KEY]), schema)
    assert document(there.call(OWN, token=None))["consent"]["is_in_force"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"agree": ""}, codes.INCOMPLETE),
        ({"text_version": "0"}, codes.OTHER_TEXT),
        ({"under_14": "yes"}, codes.NO_GUARDIAN),
        ({"under_14": "yes", "guardian_name": "Li Si"}, codes.NO_GUARDIAN),
        ({"until": "soon"}, codes.INCOMPLETE),
        ({"until": " "}, codes.INCOMPLETE),
        ({"action": "erase"}, codes.INCOMPLETE),
        ({"means": "x" * 101}, codes.INCOMPLETE),
        ({"text_version": ""}, codes.INCOMPLETE),
        ({"text_version": "1" * 65}, codes.INCOMPLETE),
        ({"action": "withdraw", "agree": "no"}, codes.INCOMPLETE),
        ({"guardian_name": "x" * 101, "guardian_relation": "mother"}, codes.INCOMPLETE),
        ({"guardian_name": "Li Si", "guardian_relation": "x" * 101}, codes.INCOMPLETE),
    ],
)
def test_a_tick_that_is_none_is_refused_with_the_reason_and_writes_nothing(
    fields: dict[str, str], code: str
) -> None:
    there = api()
    refused = tick(there, **fields)
    assert_problem(refused, 422, "unusable_consent")
    assert WHY_NOT[code].in_language(Language.ENGLISH) in document(refused)["detail"]
    assert there.bucket.objects == {}


def test_a_guardian_consents_for_somebody_under_14() -> None:
    there = api()
    assert tick(there, under_14="yes", guardian_name="Li Si", guardian_relation="mother").status == 201
    assert (stored(there).is_under_14, stored(there).has_guardian) == (True, True)


def test_the_text_is_the_one_that_is_offered() -> None:
    there = api(consent_versions=("2026-01", "2025-06"))
    shown = document(there.call(OWN, token=None))["consent"]
    assert shown["offered_version"] == "2026-01"
    assert tick(there).status == 422
    assert tick(there, text_version="2026-01").status == 201


def test_an_administrator_notes_a_consent_that_was_given_elsewhere_and_a_reader_may_not() -> None:
    there = api()
    assert tick(there, "/people/li", ADMIN_TOKEN, means="paper, file 17").status == 201
    assert stored(there).means == "paper, file 17"
    assert tick(there, "/people/li", TOKEN).status == 403
    assert tick(there, "/people/li", LINK, means="forged").status == 201
    assert stored(there).means == "own_page"
    assert tick(there, "/people/wu", LINK).status == 404


def test_another_site_can_give_no_consent_with_the_session_of_an_administrator() -> None:
    there = api()
    headers = {
        **FORM,
        "Cookie": "session=x",
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
    }
    content = urlencode(TICK)
    refused = there.call("/people/li/consent", method="POST", token=None, headers=headers, content=content)
    assert refused.status in (401, 403)
    assert there.bucket.objects == {}


# -- withdrawn -------------------------------------------------------------------------------------------


def test_a_withdrawal_keeps_what_the_document_said() -> None:
    there = api()
    tick(there, under_14="yes", guardian_name="Li Si", guardian_relation="mother")
    there.now += 1000
    assert document(tick(there, action="withdraw"))["withdrawn_at"]
    value = json.loads(there.bucket.objects[KEY])
    assert value["guardian"] == {"name": "Li Si", "relation": "mother"}
    assert stored(there).is_withdrawn
    jsonschema.validate(value, json.loads(published(CONSENT)))
    shown = document(there.call(OWN, token=None))["consent"]
    assert shown["why_not"]["code"] == codes.WITHDRAWN


@pytest.mark.parametrize("content", [b"{", b"[]", b" " * 20_000])
def test_a_withdrawal_of_what_makes_no_sense_is_taken_as_well(content: bytes) -> None:
    there = api()
    there.bucket.objects[KEY] = content
    assert tick(there, action="withdraw").status == 201
    assert stored(there).is_withdrawn


def test_who_has_withdrawn_consent_may_give_it_anew() -> None:
    there = api()
    tick(there, action="withdraw")
    there.now += 1000
    tick(there)
    assert stored(there).why_not(there.rules, there.now) == ""


# -- shown -----------------------------------------------------------------------------------------------


def test_the_person_s_document_tells_of_the_consent_on_record() -> None:
    shown = document(api(GIVEN).call("/people/li"))["consent"]
    assert (shown["is_in_force"], shown["means"], shown["why_not"]) == (True, "paper", None)
    expired = replace(GIVEN, until=NOW - 1)
    shown = document(api(expired).call("/people/li", headers=CHINESE))["consent"]
    assert shown["why_not"] == {"code": codes.EXPIRED, "message": "同意已过期。"}
    plain = Api(collecting(photo()))
    assert document(plain.call("/people/li"))["consent"] is None


def test_the_own_page_asks_for_the_tick_and_then_offers_the_withdrawal() -> None:
    there = api()
    page = there.call(OWN, token=None, headers=HTML)
    assert page.status == 200
    assert re.search(r'name="agree"[^>]*required', str(page.body))
    assert "consent_text" not in str(page.body)
    led_back = there.call(
        f"{OWN}/consent", method="POST", token=None, headers={**FORM, **HTML}, content=urlencode(TICK)
    )
    assert (led_back.status, led_back.headers["Location"]) == (303, OWN)
    page = there.call(OWN, token=None, headers=HTML)
    assert 'value="withdraw"' in str(page.body)
    assert 'name="agree"' not in str(page.body)


@pytest.mark.parametrize("path", ["/people/li", OWN])
@pytest.mark.parametrize("headers", [{}, HTML])
def test_a_photo_that_waits_for_consent_is_shown_and_is_tried_at_no_time(
    path: str, headers: dict[str, str]
) -> None:
    there = Api(collecting(waiting(photo(verdict=Verdict.UNCHECKED), codes.MISSING, NOW)))
    there.rules = replace(RULES, consent_required=True)
    shown = there.call(path, token=None if path == OWN else TOKEN, headers=headers)
    assert shown.status == 200
    if path == "/people/li" and not headers:
        (one,) = document(shown)["current"]["photos"]
        assert (one["blocked_by"]["code"], one["next_try_at"]) == (codes.WAITS, None)


def test_no_page_asks_where_consent_is_not_required() -> None:
    there = Api(collecting(photo()))
    assert "consent" not in str(there.call(OWN, token=None, headers=HTML).body)
    assert document(there.call(OWN, token=None))["consent"] is None


def test_where_the_bucket_does_not_answer_the_own_page_says_so() -> None:
    there = api()
    there.bucket.trouble = RetryLater("InternalError", "…", delay_seconds=1)
    assert_problem(there.call(OWN, token=None), 503, "unavailable")


# -- the record of processing ----------------------------------------------------------------------------


def with_numbers() -> Api:
    there = api(GIVEN)
    ledger = ConsentLedger(ends={"2025-12": 4, "2026-01": 2, OPEN_ENDED: 5}, people=12, withdrawals=1)
    there.documents[ROW] = Document(version=1, value=ledger.as_value())
    there.documents[TOTALS] = Document(version=1, value={"results": {"SUCCEEDED": 9}})
    return there


def test_the_record_says_what_is_done_and_counts_consents_in_force() -> None:
    there = with_numbers()
    record = document(there.call("/processing-record", token=ADMIN_TOKEN))
    assert record["consents"] == {
        "is_required": True,
        "accepted_versions": [],
        "people": 12,
        "in_force": 7,
        "withdrawals": 1,
    }
    assert (record["people"], record["trainings"]) == (
        {"count": 1, "is_exact": True},
        [{"state": "SUCCEEDED", "count": 9}],
    )
    told = json.dumps(record["sections"], ensure_ascii=False)
    for matter in (
        "处理目的",
        "种类",
        "接收方",
        "保存期限",
        "安全措施",
        "影响评估",
        "三年",
        "10 万人",
        TO_BE_WRITTEN,
    ):
        assert matter in told


def kept_for(**days: int) -> dict[str, str]:
    there = with_numbers()
    kept: dict[str, Any] = {f"keep_{name}_ms": DAY_MS * one for name, one in days.items()}
    there.rules = replace(there.rules, **kept)
    sections = document(there.call("/processing-record", token=ADMIN_TOKEN))["sections"]
    (found,) = [one["entries"] for one in sections if "保存期限" in one["title"]]
    return {one["name"]: one["text"] for one in found}


def test_the_record_says_for_how_long_each_part_is_kept_by_the_settings() -> None:
    texts = kept_for(snapshots=7, photos=30, models=61, records=365)
    assert "7 天" in texts["处理后的照片（submissions/）"]
    assert "30 天" in texts["原始照片（people/）"]
    assert "61 天" in texts["训练所得的模型"]
    assert "365 天" in texts["训练结果（results/）与任务记录"]
    for_good = kept_for(snapshots=0)
    assert for_good["处理后的照片（submissions/）"].startswith("90 天")
    for name in ("原始照片（people/）", "训练结果（results/）与任务记录", "训练所得的模型"):
        assert for_good[name] == "直至处理者删除。"


def test_the_record_is_for_administrators_alone() -> None:
    there = with_numbers()
    assert there.call("/processing-record").status == 403
    assert there.call("/processing-record", token=None).status == 401


@pytest.mark.parametrize(("accept", "kind"), [("text/markdown", "text/markdown"), ("text/html", "text/html")])
def test_the_record_can_be_printed_in_chinese(accept: str, kind: str) -> None:
    there = with_numbers()
    there.rules = replace(there.rules, consent_versions=("<b>|",))
    printed = there.call("/processing-record", token=ADMIN_TOKEN, headers={"Accept": accept})
    assert printed.headers["Content-Type"].startswith(kind)
    assert printed.headers["Content-Language"] == "zh"
    body = str(printed.body)
    assert TITLE in body
    assert "7 份" in body
    assert "<b>" not in body
    assert "Accept" in printed.headers["Vary"]


def test_the_record_reads_some_pages_of_people_however_many_there_are() -> None:
    there = api()
    there.jobs.jobs = [collecting(photo(), person_id=f"p{number:05}") for number in range(PAGES * 100 + 1)]
    record = document(there.call("/processing-record", token=ADMIN_TOKEN))
    assert record["people"] == {"count": PAGES * 100, "is_exact": False}
    assert len(there.jobs.asked) == PAGES


@pytest.mark.parametrize(
    "name", ["action", "agree", "text_version", "until", "under_14", "guardian_relation"]
)
def test_a_field_that_is_no_text_is_refused(name: str) -> None:
    there = api()
    content = json.dumps({**TICK, name: {}})
    headers = {"Content-Type": "application/json"}
    refused = there.call(
        "/people/li/consent", method="POST", token=ADMIN_TOKEN, headers=headers, content=content
    )
    assert_problem(refused, 400, "unreadable_content")
    assert there.bucket.objects == {}
