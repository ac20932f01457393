"""The routes by which an administrator makes, lists and revokes a person's share links. Called by ``routes``.

``status`` may write requests and nothing else of the tables. So a link that is made, or revoked, is a
request, which a run of the timer notes in the person's row of links; that it is revoked stands beside the
requests as well, and holds from then on until the link would have ended, whether a run comes or not.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.domain.requests import LINK_MADE, LINK_REVOKED, Request, request_id
from shared.domain.share_links import links_in, row_of
from shared.http_api.administration import ADMIN
from shared.http_api.conditional import Answer
from shared.http_api.deployment import host_of, is_local
from shared.http_api.forms import fields_of
from shared.http_api.links import LINK_ID, Link, make_link
from shared.http_api.messages import HttpRequest
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in
from shared.tracing import current
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.operator_types import (
        AcceptedDocument,
        NewLinkDocument,
        ShareLinkDocument,
        ShareLinksDocument,
    )

DEFAULT_DAYS, MAX_DAYS = 14, 90
DAY_SECONDS = 86_400


def make(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/links``."""
    person_id = person_in(request)
    days = fields_of(request.request, numbers=("days",)).get("days", str(DEFAULT_DAYS)).strip()
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= MAX_DAYS and len(days) <= 4):
        raise Problem("invalid_days", most=str(MAX_DAYS))
    reader = request.connect()
    now = reader.now()
    link = Link(person_id, reader.token(), now // 1000 + int(days) * DAY_SECONDS)
    _note(request, LINK_MADE, link, now)
    href = f"/own/{make_link(request.tokens, link)}"
    document: NewLinkDocument = {
        "link_id": link.link_id,
        "url": f"{_site(request.request)}{href}",
        "expires_at": timestamp(link.expires_at * 1000),
    }
    return Answer(document, status=201)


def listed(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}/links``; one that was made within the last minute may be missing."""
    person_id = person_in(request)
    stored = request.connect().control.read_json(row_of(person_id))
    shown: list[ShareLinkDocument] = [
        {
            "link_id": name,
            "made_at": timestamp(one["made_at"]),
            "expires_at": timestamp(one["expires_at"]),
            "revoked_at": timestamp(one["revoked_at"]),
        }
        for name, one in sorted(links_in(stored.value).items(), key=lambda item: -item[1]["made_at"])
    ]
    document: ShareLinksDocument = {"person_id": person_id, "links": shown}
    return Answer(document)


def revoke(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/links/{link_id}/revoke``: from now on it opens nothing."""
    person_id, link_id = person_in(request), request.parameters["link_id"]
    if not LINK_ID.fullmatch(link_id):
        raise Problem("unknown_link")
    reader = request.connect()
    now = reader.now()
    # Whoever revokes a link that nobody has noted yet does not know when it ends: by then it has.
    link = Link(person_id, link_id, now // 1000 + MAX_DAYS * DAY_SECONDS)
    reader.requests().revoke_link(link_id, link.expires_at * 1000)
    name = _note(request, LINK_REVOKED, link, now)
    href = f"/requests/{name}"
    document: AcceptedDocument = {"request_id": name, "status": "pending", "href": href}
    return Answer(document, 15, status=202, location=href)


def _note(request: RouteRequest, kind: str, link: Link, now: int) -> str:
    reader = request.connect()
    asked = Request(
        request_id=request_id(now, reader.token()),
        kind=kind,
        asked_at=now,
        asked_by=ADMIN,
        subject=link.person_id,
        reason=json.dumps({"link_id": link.link_id, "expires_at": link.expires_at * 1000}),
        traceparent=current(),
    )
    return reader.requests().ring(asked).request_id


def _site(request: HttpRequest) -> str:
    return f"{'http' if is_local(request) else 'https'}://{host_of(request)}"
