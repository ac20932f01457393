"""A person's consent over HTTP: shown, given by a tick and withdrawn.

What is given or withdrawn here is written as the document in the person's folder, like one that was uploaded:
OSS fires the trigger, and the sweep finds it where that is lost. A withdrawal keeps what the document said.
The person's own page shows the document itself, since the row learns of it some moments later. Called by
``routes``, ``own`` and ``documents``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.domain.consent import (
    FORMAT,
    INCOMPLETE,
    MAX_CONSENT_BYTES,
    NO_CONSENT,
    NO_GUARDIAN,
    OTHER_TEXT,
    PURPOSES,
    Consent,
    Document,
    UnusableConsent,
    judged,
    parsed,
)
from shared.domain.object_keys import CONSENT_NAME, upload_key
from shared.domain.remedies_of_consent import WHY_NOT
from shared.domain.requests import CONSENT_GIVEN, CONSENT_WITHDRAWN
from shared.domain.rules import Rules
from shared.domain.words import Language
from shared.errors import NotFound, Permanent
from shared.http_api.conditional import Answer
from shared.http_api.forms import fields_of
from shared.http_api.own_acts import note_for_audit
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in
from shared.logs import log
from shared.views import consent_view, timestamp

if TYPE_CHECKING:
    from shared.http_api.operator_types import ConsentTakenDocument
    from shared.http_api.person_types import ConsentDocument, OwnConsentDocument
    from shared.view_types import ReasonDocument

OWN_PAGE = "own_page"
ADMINISTRATOR = "administrator"
BUILT_IN_VERSION = "1"
"""The version of the words on the person's own page, which is offered where none is set."""
GIVE, WITHDRAW = "give", "withdraw"
NOTED = {GIVE: (CONSENT_GIVEN, "consent_noted"), WITHDRAW: (CONSENT_WITHDRAWN, "withdrawal_noted")}
"""What the audit says of it."""
ONE_CONSENT_MS = 60_000
AGREED = ("yes", "on", "true")
LONGEST = {"text_version": 64, "means": 100, "guardian_name": 100, "guardian_relation": 100}
"""How many characters may be sent."""
FIELDS = ("action", "agree", "until", "under_14", *LONGEST)
MOMENT_OR_NOTHING = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2}))?$"
"""A moment of RFC 3339, which a form sends empty where nothing is filled in."""


def consent_document(consent: Consent | None, rules: Rules, now: int, language: Language) -> ConsentDocument:
    """Describe what is on record of a consent, and whether it counts now."""
    known = consent or NO_CONSENT
    why = _why_not(known, rules, now, language)
    return {**consent_view(known), "is_in_force": why is None, "why_not": why}


def own_consent(request: RouteRequest, person_id: str) -> OwnConsentDocument:
    """Describe the person's consent as its document says it now, for their own page.

    Raises:
        Trouble: the bucket does not tell.
    """
    reader = request.connect()
    content = _content(request, person_id)
    document = Document("now", len(content), request.now, content) if content is not None else None
    try:
        newest = reader.jobs.latest(person_id)
    except Permanent:
        # Newer code has written the row; the document says enough.
        newest = None
    known = newest.consent if newest is not None else None
    consent = judged(document, person_id, known, request.now)
    why = _why_not(consent, reader.rules, request.now, request.language)
    return {
        "is_in_force": why is None,
        "why_not": why,
        "text_version": consent.text_version or None,
        "given_at": timestamp(consent.given_at),
        "until": timestamp(consent.until),
        "withdrawn_at": timestamp(consent.withdrawn_at),
        "offered_version": offered_version(reader.rules),
    }


def offered_version(rules: Rules) -> str:
    """Return the version of the text that the own page offers."""
    return rules.consent_versions[0] if rules.consent_versions else BUILT_IN_VERSION


def give(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/consent``: noted by an administrator, or given by whoever sends a link."""
    is_by_link = not request.is_reader
    return taken(request, OWN_PAGE if is_by_link else "")


def taken(request: RouteRequest, means: str) -> Answer:
    """Write the document of a consent that is given or withdrawn; ``means``: how, empty: the content says it.

    Raises:
        Problem: what was sent is no consent.
    """
    person_id = person_in(request)
    fields = fields_of(request.request, texts=FIELDS)
    action = fields.get("action", GIVE)
    if action not in (GIVE, WITHDRAW):
        raise _unusable(request, UnusableConsent(INCOMPLETE, "action"))
    _check_sent(request, fields)
    is_given = action == GIVE
    value = _given(request, person_id, fields, means) if is_given else _withdrawn(request, person_id)
    text = json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
    try:
        consent = parsed(text, person_id)
    except UnusableConsent as problem:
        raise _unusable(request, problem) from None
    kind, outcome = NOTED[action]
    note_for_audit(request, kind, person_id, outcome, once_in_ms=ONE_CONSENT_MS)
    request.connect().bucket().write(upload_key(person_id, CONSENT_NAME), text)
    log("consent_taken", person=person_id, action=action, by=request.by)
    document: ConsentTakenDocument = {
        "person_id": person_id,
        "name": CONSENT_NAME,
        "action": action,
        "text_version": consent.text_version or None,
        "given_at": timestamp(consent.given_at),
        "withdrawn_at": timestamp(consent.withdrawn_at),
    }
    return Answer(document, status=201, location=f"/people/{quote(person_id, safe='')}")


def _check_sent(request: RouteRequest, fields: dict[str, str]) -> None:
    """Refuse what ``sent_types`` has not, also where a withdrawal has no use for it."""
    wrong = [name for name, most in LONGEST.items() if len(fields.get(name, "")) > most]
    wrong += ["agree"] if fields.get("agree", AGREED[0]) not in AGREED else []
    wrong += ["text_version"] if fields.get("text_version", "1") == "" else []
    wrong += ["until"] if not re.fullmatch(MOMENT_OR_NOTHING, fields.get("until", "")) else []
    if wrong:
        raise _unusable(request, UnusableConsent(INCOMPLETE, wrong[0]))


def _given(request: RouteRequest, person_id: str, fields: dict[str, str], means: str) -> dict[str, Any]:
    """Return the document of a consent, whose text is the one that was shown."""
    if "agree" not in fields:
        raise _unusable(request, UnusableConsent(INCOMPLETE, "agree"))
    rules, version = request.connect().rules, fields.get("text_version", "")
    accepted = rules.consent_versions or ((BUILT_IN_VERSION,) if means == OWN_PAGE else (version,))
    if version not in accepted:
        # The page was open while the text changed.
        raise _unusable(request, UnusableConsent(OTHER_TEXT, "text_version"))
    guardian = {name: fields.get(f"guardian_{name}", "").strip() for name in ("name", "relation")}
    is_under_14 = fields.get("under_14", "") in ("on", "yes", "true")
    if is_under_14 and not all(guardian.values()):
        raise _unusable(request, UnusableConsent(NO_GUARDIAN, "guardian"))
    value: dict[str, Any] = {
        "format": FORMAT,
        "person_id": person_id,
        "purposes": list(PURPOSES),
        "text_version": version,
        "given_at": timestamp(request.now),
        "means": means or fields.get("means", "").strip() or ADMINISTRATOR,
        "under_14": is_under_14,
    }
    if any(guardian.values()):
        value["guardian"] = guardian
    if fields.get("until"):
        value["until"] = fields["until"]
    return value


def _withdrawn(request: RouteRequest, person_id: str) -> dict[str, Any]:
    """Return the document that lies there with its withdrawal; of one that makes no sense nothing is kept."""
    content = _content(request, person_id)
    try:
        kept = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        kept = {}
    before = kept if isinstance(kept, dict) else {}
    return {**before, "person_id": person_id, "withdrawn_at": timestamp(request.now)}


def _content(request: RouteRequest, person_id: str) -> bytes | None:
    """Return the bytes of the person's document, None without one; of a large one as many as tell that."""
    bucket, key = request.connect().bucket(), upload_key(person_id, CONSENT_NAME)
    stored = bucket.stored(key)
    if stored is None or stored.is_link:
        return None
    if stored.size > MAX_CONSENT_BYTES:
        return b" " * (MAX_CONSENT_BYTES + 1)
    try:
        return bucket.read(key, MAX_CONSENT_BYTES)
    except NotFound:
        return None


def _why_not(consent: Consent, rules: Rules, now: int, language: Language) -> ReasonDocument | None:
    why = consent.why_not(rules, now)
    return {"code": why, "message": WHY_NOT[why].in_language(language)} if why else None


def _unusable(request: RouteRequest, problem: UnusableConsent) -> Problem:
    why = WHY_NOT[problem.code].in_language(request.language)
    return Problem("unusable_consent", why=why, field=problem.field or "–")
