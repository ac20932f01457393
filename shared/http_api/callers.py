"""Who asks: the bearer of a token, a browser that is signed in, the holder of a link, or anybody.

Called by ``routes`` for every request. A header says more than a cookie: who sends a bearer is judged by it
alone. A request that a cookie lets through and that changes something must come from a form of ours.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple

from shared.http_api.authentication import Access, Tokens, access_of, bearer_of
from shared.http_api.deployment import host_of, is_local
from shared.http_api.messages import HttpRequest
from shared.http_api.problems import Problem

COOKIE = "__Host-session"
"""RFC 6265bis, 4.1.3.2: a browser takes this name only over https, for this very host."""
LOCAL_COOKIE = "session"
BY_LINK = "link:"
"""In the audit before the id of a share link: who acts by it has no other name."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class Caller(NamedTuple):
    """Who asks. ``link``: a share link that was sent as a bearer; ``csrf``: what a session's forms carry."""

    access: Access = Access.ANYONE
    how: str = ""
    csrf: str = ""
    link: str = ""


def caller_of(request: HttpRequest, tokens: Tokens, now: int) -> Caller:
    """Return who asks, as far as that is known without asking a table."""
    if "authorization" in request.headers:
        access = access_of(request.headers, tokens)
        sent = bearer_of(request.headers)
        return Caller(access, "token", link=sent if access is Access.ANYONE and "." in sent else "")
    cookie = _cookies(request.headers).get(cookie_name(request), "")
    if cookie:
        from shared.http_api.sessions import read_session

        session = read_session(cookie, tokens, now)
        if session is not None:
            return Caller(session.access, "session", session.csrf)
    return Caller()


def check_form(request: HttpRequest, caller: Caller) -> None:
    """Refuse what another site has made a browser send.

    Raises:
        Problem: the request is of a session, changes something, and does not come from a form of ours.
    """
    if caller.how != "session" or request.method in _SAFE:
        return
    check_origin(request)
    from shared.http_api.forms import fields_of

    given = request.headers.get("x-csrf-token") or fields_of(request).get("csrf", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), caller.csrf.encode("ascii")):
        raise Problem("not_from_a_form")


def check_origin(request: HttpRequest) -> None:
    """Refuse a request that a browser says it sends for another site.

    Raises:
        Problem: it does.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    # "null" is what a form sends whose page has the policy no-referrer (Fetch, "Origin").
    is_ours = origin in ("", "null") or origin.partition("://")[2].lower() == host_of(request)
    if site not in ("same-origin", "none") or not is_ours:
        raise Problem("not_from_a_form")


def cookie_name(request: HttpRequest) -> str:
    """Return the name of the session's cookie."""
    return LOCAL_COOKIE if is_local(request) else COOKIE


def session_cookie(request: HttpRequest, value: str, seconds: int) -> str:
    """Return the ``Set-Cookie`` of a session; with 0 seconds the browser forgets it."""
    secure = "" if is_local(request) else "; Secure"
    return f"{cookie_name(request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (one.partition("=") for one in headers.get("cookie", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
