"""``GET /processing-record``: what is done with personal information, for whoever has to keep a record of it.

Its numbers come from settings, from counters, and from at most :data:`PAGES` pages of the index of people: it
costs the same however many there are. Called by ``routes``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.consent_ledger import ROW, ConsentLedger
from shared.domain.money import DAY_MS
from shared.domain.totals import ROW as TOTALS
from shared.domain.totals import Totals
from shared.errors import Permanent
from shared.http_api.conditional import Answer
from shared.http_api.limits import MAX_LIMIT
from shared.http_api.negotiation import prefers_html
from shared.http_api.reader import Reader
from shared.http_api.record_texts import TITLE, Facts, as_html, as_markdown, sections_of
from shared.http_api.resources import RouteRequest
from shared.version import VERSION
from shared.views import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from shared.http_api.consent_types import PeopleNumbersDocument, ProcessingRecordDocument

PAGES = 10
"""Of so many pages of people, the number is exact; beyond them there are at least so many."""
MARKDOWN = "text/markdown"
OF_A_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
VARIES = {"Vary": "Accept, Cookie", "Content-Language": "zh"}


def record(request: RouteRequest) -> Answer:
    """``GET /processing-record``: JSON, Markdown or a page, by ``Accept``."""
    document = _document(request.connect())
    accept = request.request.headers.get("accept", "")
    if prefers_html(accept):
        return Answer(document, text=as_html(document), headers={**OF_A_PAGE, **VARIES})
    if MARKDOWN in accept.lower():
        kind = {"Content-Type": f"{MARKDOWN}; charset=utf-8"}
        return Answer(document, text=as_markdown(document), headers={**kind, **VARIES})
    return Answer(document, headers=VARIES)


def _document(reader: Reader) -> ProcessingRecordDocument:
    rules, now = reader.rules, reader.now()
    ledger = ConsentLedger.from_value(_row(reader, ROW))
    totals = Totals.from_value(_row(reader, TOTALS))
    people = _people(reader)
    in_force = ledger.in_force(now)
    facts = Facts(
        face_check=rules.face_check,
        way=reader.photo_access.value if reader.photo_access else "auto",
        is_consent_required=rules.consent_required,
        versions=rules.consent_versions,
        consents_in_force=in_force,
        people_consented=ledger.people,
        withdrawals=ledger.withdrawals,
        people=f"{people['count']} 人" if people["is_exact"] else f"不少于 {people['count']} 人",
        trainings="；".join(f"{state} {count}" for state, count in sorted(totals.results.items())) or "0",
        keep_snapshots_days=rules.keep_snapshots_ms // DAY_MS,
        keep_photos_days=rules.keep_photos_ms // DAY_MS,
        keep_models_days=rules.keep_models_ms // DAY_MS,
        keep_records_days=rules.keep_records_ms // DAY_MS,
    )
    return {
        "title": TITLE,
        "made_at": timestamp(now),
        "version": VERSION,
        "consents": {
            "is_required": rules.consent_required,
            "accepted_versions": list(rules.consent_versions),
            "people": ledger.people,
            "in_force": in_force,
            "withdrawals": ledger.withdrawals,
        },
        "people": people,
        "trainings": [{"state": state, "count": count} for state, count in sorted(totals.results.items())],
        "sections": sections_of(facts),
    }


def _row(reader: Reader, name: str) -> Mapping[str, Any]:
    """Return the value of a counter's row; one of newer code says nothing here."""
    try:
        return reader.control.read_json(name).value
    except Permanent:
        return {}


def _people(reader: Reader) -> PeopleNumbersDocument:
    count, after = 0, None
    for _ in range(PAGES):
        page = reader.jobs.people_by_name("", None, MAX_LIMIT, after)
        count += len(page.people)
        if page.following is None:
            return {"count": count, "is_exact": True}
        after = (str(page.following[0]), str(page.following[1]))
    return {"count": count, "is_exact": False}
