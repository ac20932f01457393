"""The routes of the API: which one a request means, who may use it, and what an error is answered with.

Called by ``functions/status.py`` with every request. HEAD is answered like GET: the HTTP server in front
takes Content-Length from the content and does not send the content (RFC 9110, 9.3.2). It drops a
Content-Length of the function's own (Function Compute 3.0, "HTTP triggers", limits).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from shared.domain.reasons import Language
from shared.domain.unread import UNREADABLE_ROW
from shared.errors import MissingCredentials, Trouble
from shared.http_api import administration, resources
from shared.http_api.authentication import Access, Tokens, access_of, require
from shared.http_api.conditional import Answer, respond
from shared.http_api.languages import language_of
from shared.http_api.messages import HttpRequest, HttpResponse, UnreadableRequest
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.logs import warn

BUSY_SECONDS = 5
"""When to come again if the tables do not answer and do not say for how long."""
MAX_CONTENT_BYTES = 1024
"""No route that changes anything takes content; so much is overlooked."""


class Route(NamedTuple):
    """One route: a method, and a path whose last segment may be variable, written in braces."""

    path: str
    answer: Callable[[RouteRequest], Answer]
    method: str = "GET"
    access: Access = Access.READER

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of requests that it answers."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    def match(self, segments: tuple[str, ...]) -> str | None:
        """Return the variable segment of a request's path ("" without one), or None for another route."""
        *fixed, last = self.path.strip("/").split("/")
        if list(segments[:-1]) != fixed or not segments:
            return None
        if last.startswith("{"):
            return segments[-1]
        return "" if segments[-1] == last else None


ROUTES = (
    Route("/people/{person_id}", resources.person),
    Route("/jobs/{job_id}", resources.job),
    Route("/jobs", resources.jobs),
    Route("/ignored", resources.ignored),
    Route("/queue/probe", administration.probe_queue, method="POST", access=Access.ADMIN),
    Route("/requests/{request_id}", administration.request_outcome),
    Route("/readyz", resources.readiness, access=Access.ANYONE),
    Route("/healthz", resources.health, access=Access.ANYONE),
)


def answer(request: HttpRequest, connect: Callable[[], Reader], tokens: Tokens) -> HttpResponse:
    """Answer ``request``; ``connect`` is called only when the tables are needed. Never raises."""
    language = language_of(request.headers)
    try:
        return _answer(request, connect, tokens, language)
    except Problem as problem:
        return problem.response(language)
    except UnreadableRequest:
        return Problem("unreadable_request").response(language)
    except Trouble as trouble:
        warn("status_unavailable", code=trouble.code, message=trouble.message)
        if trouble.code == UNREADABLE_ROW:
            return Problem("unreadable_row").response(language)
        seconds = max(1, int(getattr(trouble, "delay_seconds", BUSY_SECONDS)))
        return Problem("unavailable", headers={"Retry-After": str(seconds)}).response(language)
    except MissingCredentials as problem:
        warn("status_misconfigured", problem=str(problem))
        return Problem("misconfigured").response(language)


def _answer(
    request: HttpRequest, connect: Callable[[], Reader], tokens: Tokens, language: Language
) -> HttpResponse:
    route, name = _route_of(request)
    granted = access_of(request.headers, tokens)
    require(route.access, granted, tokens)
    if route.method != "GET" and request.content_bytes > MAX_CONTENT_BYTES:
        raise Problem("content_too_large")
    call = RouteRequest(
        name=name,
        query=request.query,
        language=language,
        connect=connect,
        is_reader=granted >= Access.READER,
    )
    return respond(request, route.answer(call), language)


def _route_of(request: HttpRequest) -> tuple[Route, str]:
    """Return the route that a request means, with the variable part of its path."""
    segments = request.segments
    found = [(route, name) for route in ROUTES if (name := route.match(segments)) is not None]
    if not found:
        raise Problem("unknown_route", routes=", ".join(route.path for route in ROUTES))
    for route, name in found:
        if request.method in route.methods:
            return route, name
    allowed = ", ".join(method for route, _ in found for method in route.methods)
    raise Problem("method_not_allowed", headers={"Allow": allowed}, allowed=allowed)
