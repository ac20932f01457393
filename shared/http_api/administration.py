"""The routes by which an administrator asks for something, and sees what became of it. Called by ``routes``.

``status`` writes a row down and rings; a run of the timer does what is asked for and writes the outcome down.
So the function that the Internet can reach keeps its least rights.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.domain.reasons import Language
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.requests import Request

ADMIN = "admin"
COME_AGAIN_SECONDS = 15

_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def probe_queue(request: RouteRequest) -> Answer:
    """``POST /queue/probe``."""
    # Imported here: whoever reads a document does not pay for it at a cold start.
    from shared.domain.requests import PROBE, Request, request_id

    reader = request.connect()
    now = reader.now()
    asked = Request(request_id=request_id(now, reader.token()), kind=PROBE, asked_at=now, asked_by=ADMIN)
    name = reader.requests().ring(asked).request_id
    href = f"/requests/{name}"
    document: dict[str, object] = {"request_id": name, "status": "pending", "href": href}
    return Answer(document, COME_AGAIN_SECONDS, status=202, location=href)


def request_outcome(request: RouteRequest) -> Answer:
    """``GET /requests/{request_id}``."""
    is_possible = _REQUEST_ID.fullmatch(request.name) is not None
    found = request.connect().requests().find(request.name) if is_possible else None
    if found is None:
        raise Problem("unknown_request")
    document = request_document(found, request.language)
    return Answer(document, None if found.is_settled else COME_AGAIN_SECONDS)


def request_document(request: Request, language: Language) -> dict[str, object]:
    """Describe a request; an outcome that this version has no words for is shown as it is."""
    outcome = None
    if request.is_settled:
        code = request.outcome.partition(":")[0]
        # Imported here: whoever asks for something does not pay for all that may become of it.
        from shared.http_api.outcomes import OUTCOMES

        words = OUTCOMES.get(code)
        outcome = {"code": code, "message": words.in_language(language) if words else request.outcome}
    return {
        "request_id": request.request_id,
        "kind": request.kind,
        "status": "done" if request.is_settled else "pending",
        "outcome": outcome,
        "asked_at": timestamp(request.asked_at),
        "done_at": timestamp(request.settled_at),
    }
