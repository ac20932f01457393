"""The style and the script of the pages. Called by ``routes``; their addresses change when they do."""

from __future__ import annotations

from shared.http_api.conditional import Answer
from shared.http_api.parameters import Parameter
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest

VERSION = Parameter("v", {"type": "string"}, "The version; of the present one the answer may be kept.")
CACHING = "public, max-age=31536000, immutable"


def asset(request: RouteRequest) -> Answer:
    """``GET /assets/{name}``; only the present version may be kept for ever."""
    from shared.pages import assets

    found = assets.find(request.name)
    if found is None:
        raise Problem("unknown_route", routes="/assets/style.css, /assets/page.js")
    is_present = request.query.get(VERSION.name) == found.version
    headers = {
        "Content-Type": found.content_type,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": CACHING if is_present else "no-cache",
    }
    return Answer({}, headers=headers, text=found.content)
