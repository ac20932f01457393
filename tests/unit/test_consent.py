"""What a document of consent says, when it counts, and how many are counted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain import consent as codes
from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.consent import (
    MAX_CONSENT_BYTES,
    NO_CONSENT,
    Consent,
    Document,
    UnusableConsent,
    consent_from,
    judged,
    parsed,
)
from shared.domain.consent_ledger import OPEN_ENDED, REMEMBERED, ConsentLedger, counted_in
from shared.domain.object_keys import Ignored, Kind, Upload, parse_upload, problem_with_marker, upload_called
from shared.domain.remedies_of_consent import WHY_NOT
from shared.domain.rules import Rules
from tests.unit.support import NOW

REQUIRED = Rules(consent_required=True)
GIVEN: dict[str, Any] = {
    "format": 1,
    "person_id": "li",
    "purposes": ["face_check", "training"],
    "text_version": "2025-06",
    "given_at": "2025-12-31T08:00:00+08:00",
    "means": "paper",
    "under_14": False,
}
DAY_MS = 86_400_000


def document(etag: str = "E1", stored_at: int = NOW, **changes: Any) -> Document:
    """A document; a change to None takes a field away."""
    value = {name: one for name, one in {**GIVEN, **changes}.items() if one is not None}
    content = json.dumps(value).encode()
    return Document(etag, len(content), stored_at, content)


def read(**changes: Any) -> Consent:
    return judged(document(**changes), "li", None, NOW)


def why(consent: Consent, rules: Rules = REQUIRED, now: int = NOW) -> str:
    return consent.why_not(rules, now)


# -- what it says ----------------------------------------------------------------------------------------


def test_a_consent_is_read_with_all_that_is_kept_of_it() -> None:
    guardian = {"name": "Li Si", "relation": "mother"}
    consent = read(under_14=True, guardian=guardian, until="2027-01-01T00:00:00Z")
    assert why(consent) == ""
    assert (consent.text_version, consent.means, consent.has_guardian) == ("2025-06", "paper", True)
    assert consent.given_at == 1_767_139_200_000
    assert consent.until == 1_798_761_600_000
    assert "Li Si" not in repr(consent), "the guardian's name stays in the document"
    assert consent_from({**consent.as_value(), "of_newer_code": 1}) == consent


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": 2}, codes.INCOMPLETE),
        ({"person_id": "wu"}, codes.OTHER_PERSON),
        ({"person_id": None}, codes.INCOMPLETE),
        ({"purposes": None}, codes.INCOMPLETE),
        ({"purposes": ["training"]}, codes.OTHER_PURPOSE),
        ({"purposes": "face_check training"}, codes.INCOMPLETE),
        ({"text_version": ""}, codes.INCOMPLETE),
        ({"text_version": 1}, codes.INCOMPLETE),
        ({"given_at": None}, codes.INCOMPLETE),
        ({"given_at": "2025-12-31"}, codes.INCOMPLETE),
        ({"given_at": "2025-12-31T08:00:00"}, codes.INCOMPLETE),
        ({"given_at": 1_767_139_200_000}, codes.INCOMPLETE),
        ({"means": None}, codes.INCOMPLETE),
        ({"means": "a\u0000b"}, codes.INCOMPLETE),
        ({"under_14": None}, codes.INCOMPLETE),
        ({"under_14": "no"}, codes.INCOMPLETE),
        ({"under_14": True}, codes.NO_GUARDIAN),
        ({"under_14": True, "guardian": {"name": "Li Si"}}, codes.INCOMPLETE),
        ({"under_14": True, "guardian": "Li Si"}, codes.INCOMPLETE),
        ({"until": "soon"}, codes.INCOMPLETE),
        ({"until": "2026-01-01T00:00:00Z"}, codes.EXPIRED),
        ({"given_at": "2026-01-02T00:00:00Z"}, codes.NOT_YET),
        ({"withdrawn_at": "2025-12-31T09:00:00+08:00"}, codes.WITHDRAWN),
    ],
)
def test_one_that_does_not_count_says_why(changes: dict[str, Any], code: str) -> None:
    consent = read(**changes)
    assert why(consent) == code
    assert code in WHY_NOT
    if code == codes.INCOMPLETE:
        assert consent.field.split(".")[0] in changes


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{", b"null", b"[" * 5_000])
def test_what_is_no_object_of_json_counts_for_nothing(content: bytes) -> None:
    assert judged(Document("E", len(content), NOW, content), "li", None, NOW).problem == codes.UNREADABLE


def test_one_that_is_too_large_or_a_link_is_not_read() -> None:
    assert judged(Document("E", MAX_CONSENT_BYTES + 1, NOW), "li", None, NOW).problem == codes.TOO_LARGE
    assert judged(Document("E", 10, NOW, is_link=True), "li", None, NOW).problem == codes.UNREADABLE
    with pytest.raises(UnusableConsent, match=codes.TOO_LARGE):
        parsed(b" " * (MAX_CONSENT_BYTES + 1), "li")


def test_every_reason_has_words_in_both_languages() -> None:
    told = {
        value for name, value in vars(codes).items() if name.isupper() and str(value).startswith("consent_")
    }
    assert set(WHY_NOT) == told


def test_a_text_that_is_not_accepted_does_not_count_until_it_is() -> None:
    consent = read()
    assert why(consent, replace(REQUIRED, consent_versions=("2026-01",))) == codes.OTHER_TEXT
    assert why(consent, replace(REQUIRED, consent_versions=("2026-01", "2025-06"))) == ""


def test_it_ends_when_it_says_so_and_clocks_may_differ_at_its_beginning() -> None:
    consent = read(until="2026-01-02T00:00:00Z", given_at="2026-01-01T00:00:00Z")
    assert why(consent, now=NOW + DAY_MS - 1) == ""
    assert why(consent, now=NOW + DAY_MS) == codes.EXPIRED
    assert why(consent, now=NOW - CLOCKS_DIFFER_MS) == ""
    assert why(consent, now=NOW - CLOCKS_DIFFER_MS - 1) == codes.NOT_YET


# -- its withdrawal --------------------------------------------------------------------------------------


def test_a_withdrawal_counts_whatever_else_the_document_says() -> None:
    bare: dict[str, Any] = {name: None for name in GIVEN if name != "person_id"}
    odd: tuple[dict[str, Any], ...] = ({}, bare, {"given_at": "2026-06-01T00:00:00Z"}, {"guardian": {}})
    for changes in odd:
        try:
            withdrawn = read(**{**changes, "withdrawn_at": "2025-12-31T09:00:00Z"})
        except UnusableConsent:
            pytest.fail("a withdrawal was not taken")
        assert why(withdrawn) == codes.WITHDRAWN, changes


def test_an_older_consent_that_is_uploaded_again_does_not_undo_a_withdrawal_and_a_later_one_does() -> None:
    withdrawn = read(withdrawn_at="2025-12-31T09:00:00Z")
    again = judged(document("E2"), "li", withdrawn, NOW)
    assert why(again) == codes.WITHDRAWN
    anew = judged(document("E3", given_at="2025-12-31T10:00:00Z"), "li", again, NOW)
    assert why(anew) == ""
    assert anew.withdrawn_at == withdrawn.withdrawn_at


def test_a_document_that_is_gone_lets_nothing_leave_and_withdraws_nothing() -> None:
    given = read()
    gone = judged(None, "li", given, NOW)
    assert (why(gone), gone.is_withdrawn) == (codes.MISSING, False)
    assert why(judged(document(), "li", gone, NOW)) == ""
    withdrawn = read(withdrawn_at="2025-12-31T09:00:00Z")
    assert why(judged(None, "li", withdrawn, NOW)) == codes.WITHDRAWN


def test_what_is_on_record_stands_while_the_document_is_the_same() -> None:
    given = read()
    assert judged(Document("E1", 5, NOW), "li", given, NOW + 1) is given
    gone = judged(None, "li", None, NOW)
    assert judged(None, "li", gone, NOW + 1) is gone


# -- what it is called -----------------------------------------------------------------------------------


def test_the_document_lies_right_in_the_folder_under_its_one_name() -> None:
    assert parse_upload("people/li/_CONSENT.json") == Upload("li", "_CONSENT.json", Kind.CONSENT)
    for name in (
        "_consent.json",
        "_CONSENT",
        "_CONSENT.json.txt",
        "sub/_CONSENT.json",
        "a.zip/_CONSENT.json",
    ):
        ignored = parse_upload(f"people/li/{name}")
        assert isinstance(ignored, Ignored), name
        assert ignored.code == "misnamed_consent"
    assert isinstance(parse_upload("people/li/consent.json"), Upload), "a file of any name may be a photo"
    assert upload_called("li", "_CONSENT.json") is None
    assert problem_with_marker("_CONSENT")


# -- how many there are ----------------------------------------------------------------------------------


def counted(ledger: ConsentLedger, before: Consent | None, after: Consent) -> tuple[ConsentLedger, Consent]:
    known = replace(after, counted=counted_in(after))
    return ledger.with_change(before, known, f"li {after.etag}"), known


def test_a_consent_is_counted_until_the_month_in_which_it_ends_or_its_withdrawal() -> None:
    ledger, first = counted(ConsentLedger(), None, read(until="2026-02-10T00:00:00Z"))
    assert (ledger.people, ledger.in_force(NOW), ledger.ends) == (1, 1, {"2026-02": 1})
    assert ledger.in_force(NOW + 70 * DAY_MS) == 0
    ledger, second = counted(ledger, first, replace(read(), etag="E2"))
    assert (ledger.people, ledger.ends) == (1, {OPEN_ENDED: 1})
    ledger, gone = counted(ledger, second, replace(read(withdrawn_at="2025-12-31T09:00:00Z"), etag="E3"))
    assert (ledger.in_force(NOW), ledger.withdrawals, gone.counted) == (0, 1, "")
    ledger, _ = counted(ledger, gone, replace(read(given_at="2025-12-31T10:00:00Z"), etag="E4"))
    assert (ledger.in_force(NOW), ledger.people) == (1, 1)


def test_a_document_changes_the_numbers_once_however_often_a_run_dies() -> None:
    ledger, known = counted(ConsentLedger(), None, read())
    assert ledger.with_change(None, known, "li E1") is ledger
    for number in range(3 * REMEMBERED):
        ledger = ledger.with_change(None, known, f"wu {number}")
    assert len(ledger.counted) == REMEMBERED
    assert ConsentLedger.from_value(ledger.as_value()) == ledger


def test_a_row_that_makes_no_sense_begins_anew() -> None:
    assert ConsentLedger.from_value({"ends": [], "people": -1, "counted": "x"}) == ConsentLedger()
    assert counted_in(NO_CONSENT) == ""
    assert counted_in(read(until="2222-01-01T00:00:00Z")) == OPEN_ENDED
