"""Which pages of other origins may read the answers, and ask (Fetch Standard, "CORS protocol").

Only the origins of the setting ``CORS_ORIGINS``, each named in full: an answer goes to whoever has a token,
and a page of any origin might have it from its user. Cookies are not taken from other origins. Called by
``routes``.
"""

from __future__ import annotations

from collections.abc import Collection

from shared.http_api.messages import HttpRequest, HttpResponse

ASKED_AGAIN_SECONDS = 600
HEADERS_TAKEN = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
HEADERS_SHOWN = "ETag, Location, Retry-After"


def shared_with(origins: Collection[str], request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return ``response``, which a browser may give to the page that has asked if that is of ``origins``."""
    vary = ", ".join(filter(None, (response.headers.get("Vary", ""), "Origin")))
    headers = {**response.headers, "Vary": vary}
    origin = request.headers.get("origin", "")
    if origin in origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = HEADERS_SHOWN
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
            headers["Access-Control-Allow-Headers"] = HEADERS_TAKEN
            headers["Access-Control-Max-Age"] = str(ASKED_AGAIN_SECONDS)
    return response._replace(headers=headers)
