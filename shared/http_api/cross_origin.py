"""Which pages of other origins may call the API from a browser (the Fetch standard, "CORS protocol").

Called by ``routes``. Tokens go in a header; cookies are never let through, so that a page of another origin
acts with a token that it was given and never as whoever happens to be signed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.http_api.messages import HttpRequest, HttpResponse

ANY = "*"
ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
EXPOSED_HEADERS = "ETag, Link, Location, Retry-After"
PREFLIGHT_SECONDS = 600


def is_allowed(origin: str, origins: Iterable[str]) -> bool:
    """Whether a page of ``origin`` may call; ``*`` among ``origins`` lets all of them."""
    known = tuple(origins)
    return bool(origin) and (origin in known or ANY in known)


def shared_with(request: HttpRequest, response: HttpResponse, origins: tuple[str, ...]) -> HttpResponse:
    """Return ``response`` with what lets a page of an allowed origin read it."""
    if not origins:
        return response
    headers = _varying(response.headers)
    origin = request.headers.get("origin", "")
    if is_allowed(origin, origins):
        headers["Access-Control-Allow-Origin"] = ANY if ANY in origins else origin
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return response._replace(headers=headers)


def options(request: HttpRequest, methods: Iterable[str], origins: tuple[str, ...]) -> HttpResponse:
    """Answer OPTIONS: the methods of the path, and to a preflight of an allowed origin that it may call."""
    allowed = ", ".join(methods)
    headers = {"Allow": allowed, "Cache-Control": "no-store"}
    is_preflight = "access-control-request-method" in request.headers
    if is_preflight and is_allowed(request.headers.get("origin", ""), origins):
        headers["Access-Control-Allow-Methods"] = allowed
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return HttpResponse(204, headers)


def _varying(headers: Mapping[str, str]) -> dict[str, str]:
    varies = headers.get("Vary", "")
    return {**headers, "Vary": f"{varies}, Origin" if varies else "Origin"}
