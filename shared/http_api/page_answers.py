"""Documents as pages: which page, for whom, and the headers that keep it from doing what it should not.

Called by ``routes``, and loaded only when a page is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from shared.domain.money import LIST_PRICE_FEN
from shared.domain.reasons import Language
from shared.http_api.authentication import Access
from shared.http_api.callers import Caller
from shared.http_api.conditional import Answer, has_already
from shared.http_api.deployment import is_local, is_on_default_domain
from shared.http_api.forms import fields_of, our_path, with_query
from shared.http_api.messages import HttpRequest, HttpResponse
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.pages import rendering
from shared.pages.view import Role, View

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Language, Cookie",
}


class Looker(NamedTuple):
    """Who looks at a page, and what it needs for that; ``now`` in milliseconds since the epoch."""

    language: Language
    now: int
    role: Role = "nobody"
    csrf: str = ""
    link: str = ""
    asked: Mapping[str, object] | None = None
    thumbnails: Mapping[str, str] = {}
    price_fen: int = LIST_PRICE_FEN


def page_response(
    request: HttpRequest,
    page: str,
    document: Mapping[str, object],
    looker: Looker,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return ``page`` of ``document``; a browser that has this very page is told so with 304."""
    view = View(
        language=looker.language,
        path=request.path,
        now=looker.now,
        role=looker.role,
        query=request.query,
        csrf=looker.csrf,
        link=looker.link,
        thumbnails=looker.thumbnails,
        asked=looker.asked,
        is_local=is_local(request),
        price_fen=looker.price_fen,
    )
    text = rendering.render("default_domain" if is_on_default_domain(request) else page, document, view)
    sent = {**HEADERS, "Content-Language": looker.language.value, **(headers or {})}
    if status != 200:
        return HttpResponse(status, {**sent, "Cache-Control": "no-store"}, text)
    tag = f'"{hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]}"'
    sent.update({"Cache-Control": "private, no-cache", "ETag": tag})
    return HttpResponse(304, sent) if has_already(request, tag) else HttpResponse(200, sent, text)


def answer_for_browser(call: RouteRequest, page: str, answered: Answer, caller: Caller) -> HttpResponse:
    """Return what a browser gets for an answer: a page, or after a form the way to one."""
    request = call.request
    if answered.status == 201 and page == "links":
        # The address of a share link is shown once, and stands in no address of a page.
        return _with_link(call, answered, caller)
    if answered.status in (202, 303) or not page:
        target = _following(call, answered)
        return HttpResponse(303, {"Location": target, "Cache-Control": "no-store", **answered.headers})
    looker = Looker(
        language=call.language,
        now=call.now,
        role=role_of(caller),
        csrf=caller.csrf,
        asked=_asked(call),
        link=call.parameters.get("link", ""),
        thumbnails=_thumbnails(call, page, answered.document),
        price_fen=call.price_fen,
    )
    headers = dict(answered.headers)
    if answered.retry_after_seconds is not None:
        headers["Retry-After"] = str(answered.retry_after_seconds)
    return page_response(request, page, answered.document, looker, status=answered.status, headers=headers)


def _with_link(call: RouteRequest, made: Answer, caller: Caller) -> HttpResponse:
    """Return the page of the person's links with the one that was made just now."""
    from shared.http_api import sharing

    looker = Looker(call.language, call.now, role_of(caller), caller.csrf, asked=made.document)
    return page_response(call.request, "links", sharing.listed(call).document, looker, status=201)


def _thumbnails(call: RouteRequest, page: str, document: Mapping[str, object]) -> Mapping[str, str]:
    """Return the pictures of a page, once it is on record who looks at them."""
    if page not in ("person", "own"):
        return {}
    from shared.http_api.looks import is_recorded
    from shared.http_api.thumbnails import thumbnails

    reader = call.connect()
    found = thumbnails(reader, document)
    if not found:
        return {}
    return found if is_recorded(reader, call.by, str(document["person_id"]), len(found)) else {}


def _following(call: RouteRequest, answered: Answer) -> str:
    """Return the page that follows a form: what it names, else the person's, with what was asked for."""
    if answered.status == 303 or (answered.status == 201 and answered.location.startswith("/own/")):
        return answered.location
    person_id = call.parameters.get("person_id")
    default = f"/people/{quote(person_id, safe='')}" if person_id else "/"
    target = our_path(fields_of(call.request).get("next", ""), default)
    name = answered.document.get("request_id")
    return with_query(target, asked=str(name)) if name else target


def _asked(call: RouteRequest) -> Mapping[str, object] | None:
    """Return the document of the request that was made just now; None: it is unknown by now."""
    name = call.request.query.get("asked", "")
    if not name or not call.is_reader:
        return None
    from shared.http_api.administration import request_outcome

    try:
        return request_outcome(call._replace(parameters={"request_id": name})).document
    except Problem:
        return None


def role_of(caller: Caller) -> Role:
    """Return the role of a caller in the words of the pages."""
    roles: dict[Access, Role] = {Access.READER: "reader", Access.ADMIN: "admin"}
    return roles.get(caller.access, "nobody")


def problem_for_browser(
    request: HttpRequest, problem: Problem, caller: Caller, language: Language, now: int
) -> HttpResponse:
    """Return a problem as a page; whoever only has to sign in is sent to where that is done."""
    if problem.code == "unauthorized" and request.method in ("GET", "HEAD") and caller.how != "token":
        query = urlencode(list(request.query.items()))
        here = f"{request.path}?{query}" if query else request.path
        location = f"/sign-in?{urlencode({'next': our_path(here, '/')})}"
        return HttpResponse(
            303, {"Location": location, "Cache-Control": "no-store", "Vary": "Accept, Cookie"}
        )
    page = "sign_in" if problem.code in ("wrong_token", "ticket_ended") else "problem"
    if page == "sign_in" and request.method == "POST":
        # Where one wanted to go stands in the form, and is asked for again.
        following = our_path(fields_of(request).get("next", ""), "/")
        request = request._replace(query={**request.query, "next": following})
    document = problem.document(language)
    looker = Looker(language, now, role_of(caller), caller.csrf)
    return page_response(request, page, document, looker, status=document["status"], headers=problem.headers)
