"""``GET /``: all that an operator looks at first, as one document. Called by ``routes``.

Five calls of the tables however many people there are: the shared rows with the totals, the work in hand, its
jobs, and a page of people, which takes two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.job import Reason
from shared.domain.totals import Totals
from shared.http_api.conditional import Answer
from shared.http_api.costs import ledger_of, spend
from shared.http_api.people import people_document
from shared.http_api.queue_documents import (
    POLL_SECONDS,
    account_document,
    queue_list,
    read_standing,
    slot_document,
)
from shared.http_api.readiness import (
    gone_receivers,
    obstacles_in,
    photo_access,
    portraits_blocked_by,
    readiness_document,
)
from shared.views import reason_view, timestamp

if TYPE_CHECKING:
    from shared.domain.reasons import Language
    from shared.http_api.document_types import OverviewDocument, ResultDocument
    from shared.http_api.resources import RouteRequest

PEOPLE = 20


def overview(request: RouteRequest) -> Answer:
    """``GET /``."""
    reader, language = request.connect(), request.language
    standing = read_standing(reader)
    people = reader.jobs.people_by_name("", None, PEOPLE, None)
    now, totals = standing.outlook.now, standing.totals or Totals()
    ledger = ledger_of(standing.rows.slot, standing.totals, reader.rules)
    access = photo_access(standing.rows, reader.photo_access, language)
    blocks = obstacles_in(standing.rows, now)
    document: OverviewDocument = {
        "slot": slot_document(standing),
        "queue": queue_list(standing, language),
        "people": people_document(people, language),
        "recent": [recent_result(one, language) for one in totals.recent],
        "spend": spend(ledger, reader.rules, now),
        "account": account_document(standing),
        "readiness": readiness_document(
            *(blocks, access, now, language),
            in_full=True,
            gone=gone_receivers(standing.rows, language),
            portraits=portraits_blocked_by(standing.rows, now, language),
        ),
    }
    return Answer(document, POLL_SECONDS)


def recent_result(result: Mapping[str, Any], language: Language) -> ResultDocument:
    """Describe how a job has ended, as the totals remember it."""
    reason = result.get("reason")
    took_ms = result.get("took_ms") or 0
    return {
        "job_id": str(result.get("job_id", "")),
        "person_id": str(result.get("person_id", "")),
        "revision": int(result.get("revision") or 0),
        "state": str(result.get("state", "")),
        "ended_at": timestamp(result.get("ended_at") or 0),
        "took_seconds": took_ms // 1000 if took_ms else None,
        "reason": reason_view(Reason(*reason), language) if reason else None,
    }
