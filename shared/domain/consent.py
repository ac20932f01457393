"""A person's consent: what its document says, and whether it is in force. Pure.

The document is ``_CONSENT.json`` in the person's folder. It says who has consented, to what, to which text,
when, by which means, until when, and who has consented for somebody under 14. ``CONSENT=required`` lets
nothing of a person leave for DashScope before a document counts.

The theory. The document in the bucket decides at the moment at which something is to leave, and no copy of
it does: a copy may be older than the withdrawal. The row keeps what was read last, to show it, to deliver it
with the result, and to remember a withdrawal. A document that was given before a withdrawal does not undo it,
for it may be an old file that was uploaded once more; one that was given later is another consent. A document
that is gone lets nothing leave and withdraws nothing: whoever tidies a folder wants nobody erased.

:mod:`shared.workflow.consenting` reads and asks. Moments are milliseconds since the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.object_keys import person_of
from shared.domain.retry_state import Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.trouble_kinds import Kind

FORMAT = 1
MAX_CONSENT_BYTES = 16 * 1024
MAX_WORD_CHARACTERS = 100
FACE_CHECK, TRAINING = "face_check", "training"
PURPOSES = (FACE_CHECK, TRAINING)
"""All that the product has DashScope do with photos; a consent that leaves one out does not count."""

MISSING = "consent_missing"
UNREADABLE = "consent_unreadable"
TOO_LARGE = "consent_too_large"
INCOMPLETE = "consent_incomplete"
OTHER_PERSON = "consent_of_another"
OTHER_PURPOSE = "consent_for_less"
NO_GUARDIAN = "consent_without_guardian"
OTHER_TEXT = "consent_to_another_text"
NOT_YET = "consent_not_yet"
EXPIRED = "consent_expired"
WITHDRAWN = "consent_withdrawn"
WAITS = "waits_for_consent"
"""The code of whatever waits; why it does stands beside it."""


class UnusableConsent(ValueError):
    """A document does not count; ``code`` says why, and ``field`` where."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code}: {field}" if field else code)
        self.code = code
        self.field = field


class Document(NamedTuple):
    """The document as the bucket has it now.

    ``content`` is None where it was not read: the ETag is that of what is on record, or it is a link or too
    large.
    """

    etag: str
    size: int
    stored_at: int = 0
    content: bytes | None = None
    is_link: bool = False


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What was read of a person's consent. No name of a guardian is kept: only whether there is one.

    Attributes:
        etag: of the document; empty: there was none.
        stored_at: when that was stored.
        problem: why the document does not count at any time; empty: it is well formed.
        field: the field that this is about.
        text_version: the version of the text that was consented to.
        given_at: when.
        means: by which means, in the words of the document.
        until: when it ends; 0: when it is withdrawn.
        is_under_14: whether the person is under 14.
        has_guardian: whether a guardian has consented.
        withdrawn_at: the latest withdrawal that is known of; 0: none is.
        noted_at: when it was read.
        counted: where :mod:`shared.domain.consent_ledger` counts it; empty: nowhere.
    """

    etag: str = ""
    stored_at: int = 0
    problem: str = ""
    field: str = ""
    text_version: str = ""
    given_at: int = 0
    means: str = ""
    until: int = 0
    is_under_14: bool = False
    has_guardian: bool = False
    withdrawn_at: int = 0
    noted_at: int = 0
    counted: str = ""

    @property
    def is_withdrawn(self) -> bool:
        """Whether it has been withdrawn, and not been given anew since."""
        return bool(self.withdrawn_at) and self.given_at <= self.withdrawn_at

    def why_not(self, rules: Rules, now: int) -> str:
        """Return why nothing may leave for DashScope at ``now``; empty: it may."""
        if self.is_withdrawn:
            return WITHDRAWN
        if self.problem:
            return self.problem
        if rules.consent_versions and self.text_version not in rules.consent_versions:
            return OTHER_TEXT
        if self.given_at > now + CLOCKS_DIFFER_MS:
            return NOT_YET
        return EXPIRED if self.until and self.until <= now else ""

    def as_value(self) -> dict[str, Any]:
        """Return it as a row keeps it: without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


NO_CONSENT = Consent(problem=MISSING)


def consent_from(value: Mapping[str, Any]) -> Consent:
    """Return the consent that a row keeps; fields of newer code are left out."""
    return Consent(**{one.name: value[one.name] for one in fields(Consent) if one.name in value})


def judged(document: Document | None, person_id: str, before: Consent | None, now: int) -> Consent:
    """Return what is on record of ``document``, as it lies in the folder of ``person_id``.

    ``before``: what was on record; it counts on where the document has not changed, and its withdrawal does
    in any case.
    """
    known = before or NO_CONSENT
    if before is not None and (document.etag if document else "") == before.etag:
        return before
    made = replace(NO_CONSENT, withdrawn_at=known.withdrawn_at, counted=known.counted, noted_at=now)
    if document is None:
        return made
    made = replace(made, problem="", etag=document.etag, stored_at=document.stored_at)
    if document.is_link:
        return replace(made, problem=UNREADABLE)
    if document.size > MAX_CONSENT_BYTES:
        return replace(made, problem=TOO_LARGE)
    try:
        found = parsed(document.content or b"", person_id)
    except UnusableConsent as problem:
        return replace(made, problem=problem.code, field=problem.field)
    return replace(
        found,
        etag=document.etag,
        stored_at=document.stored_at,
        noted_at=now,
        counted=known.counted,
        withdrawn_at=max(known.withdrawn_at, found.withdrawn_at),
    )


def parsed(content: bytes, person_id: str) -> Consent:
    """Return what a document of ``person_id`` says; a withdrawal counts whatever else is in it.

    Raises:
        UnusableConsent: it does not count.
    """
    if len(content) > MAX_CONSENT_BYTES:
        raise UnusableConsent(TOO_LARGE)
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnusableConsent(UNREADABLE) from None
    if not isinstance(value, dict):
        raise UnusableConsent(UNREADABLE)
    if person_of(_word(value, "person_id")) != person_id:
        raise UnusableConsent(OTHER_PERSON, "person_id")
    withdrawn_at = _moment(value, "withdrawn_at")
    if withdrawn_at:
        return Consent(**(_kept_of(value) | {"withdrawn_at": withdrawn_at}))
    if value.get("format") != FORMAT:
        raise UnusableConsent(INCOMPLETE, "format")
    return _given(value)


def _given(value: Mapping[str, Any]) -> Consent:
    purposes = value.get("purposes")
    if not isinstance(purposes, list):
        raise UnusableConsent(INCOMPLETE, "purposes")
    if not all(purpose in purposes for purpose in PURPOSES):
        raise UnusableConsent(OTHER_PURPOSE, "purposes")
    given_at = _moment(value, "given_at")
    if not given_at:
        raise UnusableConsent(INCOMPLETE, "given_at")
    is_under_14 = value.get("under_14")
    if not isinstance(is_under_14, bool):
        raise UnusableConsent(INCOMPLETE, "under_14")
    has_guardian = _has_guardian(value)
    if is_under_14 and not has_guardian:
        raise UnusableConsent(NO_GUARDIAN, "guardian")
    return Consent(
        text_version=_word(value, "text_version"),
        given_at=given_at,
        means=_word(value, "means"),
        until=_moment(value, "until"),
        is_under_14=is_under_14,
        has_guardian=has_guardian,
    )


def _kept_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a withdrawal says of the consent that it withdraws; that may be all wrong."""
    kept: dict[str, Any] = {"is_under_14": value.get("under_14") is True}
    for name, read in (("text_version", _word), ("means", _word), ("given_at", _moment), ("until", _moment)):
        with suppress(UnusableConsent):
            kept[name] = read(value, name)
    with suppress(UnusableConsent):
        kept["has_guardian"] = _has_guardian(value)
    # What a wrong clock has dated behind its own withdrawal is withdrawn all the same.
    return kept | {"given_at": min(kept.get("given_at", 0), _moment(value, "withdrawn_at"))}


def _has_guardian(value: Mapping[str, Any]) -> bool:
    """Whether a guardian is named, with what they are to the person."""
    guardian = value.get("guardian")
    if guardian is None:
        return False
    if not isinstance(guardian, dict):
        raise UnusableConsent(INCOMPLETE, "guardian")
    return bool(_word(guardian, "name", "guardian.name") and _word(guardian, "relation", "guardian.relation"))


def _word(value: Mapping[str, Any], name: str, shown: str = "") -> str:
    word = value.get(name)
    if not isinstance(word, str) or not word.strip() or len(word) > MAX_WORD_CHARACTERS * 2:
        raise UnusableConsent(INCOMPLETE, shown or name)
    if not word.isprintable():
        raise UnusableConsent(INCOMPLETE, shown or name)
    return word.strip()[:MAX_WORD_CHARACTERS] if name != "person_id" else word


def _moment(value: Mapping[str, Any], name: str) -> int:
    """Return a time of RFC 3339, 0 where there is none; without a zone it says nothing."""
    text = value.get(name)
    if text is None:
        return 0
    try:
        moment = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00").replace("z", "+00:00"))
        if not isinstance(text, str) or moment.tzinfo is None:
            raise ValueError
        return max(1, int(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise UnusableConsent(INCOMPLETE, name) from None


# -- what waits for it -----------------------------------------------------------------------------------


def cause_of(why: str) -> Cause:
    """Return why something waits; ``why`` is a code of this module."""
    return Cause(WITHDRAWN if why == WITHDRAWN else WAITS, why, Kind.PERSON)


def waits_for_consent(retry: RetryState | None) -> bool:
    """Whether a piece of work waits for consent and for nothing else."""
    return retry is not None and retry.cause.code in (WAITS, WITHDRAWN)
