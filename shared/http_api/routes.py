"""The routes of the API: which one a request means, who may use it, and what an error is answered with.

Called by ``functions/status.py`` with every request. HEAD is answered like GET: the HTTP server in front
takes Content-Length from the content and does not send the content (RFC 9110, 9.3.2). It drops a
Content-Length of the function's own (Function Compute 3.0, "HTTP triggers", limits).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
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
MAX_CONTENT_BYTES = 4096
"""The longest content that any route takes is why the queue is paused."""


class Route(NamedTuple):
    """One route: a method, and a path whose variable segments are written in braces."""

    path: str
    answer: Callable[[RouteRequest], Answer]
    method: str = "GET"
    access: Access = Access.READER

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of requests that it answers."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the variable segments of a request's path by their names, or None for another route."""
        own = [part for part in self.path.split("/") if part]
        if len(own) != len(segments):
            return None
        found = {}
        for part, segment in zip(own, segments, strict=True):
            if part.startswith("{"):
                found[part.strip("{}")] = segment
            elif part != segment:
                return None
        return found


def _asks(path: str, answer: Callable[[RouteRequest], Answer], method: str = "POST") -> Route:
    """A route by which an administrator asks for something."""
    return Route(path, answer, method=method, access=Access.ADMIN)


ROUTES = (
    Route("/", resources.overview),
    Route("/people", resources.people),
    Route("/people/{person_id}", resources.person),
    Route("/jobs/{job_id}", resources.job),
    Route("/jobs", resources.jobs),
    Route("/ignored", resources.ignored),
    Route("/queue", resources.queue),
    Route("/events", resources.events),
    Route("/models", resources.models),
    Route("/metrics", resources.metrics),
    _asks("/people/{person_id}/train", administration.train_person),
    _asks("/people/{person_id}/photos/{name}", administration.delete_photo, method="DELETE"),
    _asks("/people/{person_id}/photos/{name}/use", administration.use_photo),
    _asks("/jobs/{job_id}/retry", administration.retry_job),
    _asks("/jobs/{job_id}/cancel", administration.cancel_job),
    _asks("/jobs/{job_id}/first", administration.put_job_first),
    _asks("/models/{job_id}/release", administration.release_model),
    _asks("/queue/pause", administration.pause_queue),
    _asks("/queue/resume", administration.resume_queue),
    _asks("/queue/probe", administration.probe_queue),
    Route("/requests/{request_id}", administration.request_outcome),
    Route("/readyz", resources.readiness, access=Access.ANYONE),
    Route("/healthz", resources.health, access=Access.ANYONE),
)


def answer(
    request: HttpRequest, connect: Callable[[], Reader], tokens: Tokens, origins: Collection[str] = ()
) -> HttpResponse:
    """Answer ``request``; ``connect`` is called only when the tables are needed. Never raises.

    Pages of ``origins`` may read the answers: :mod:`shared.http_api.cross_origin`.
    """
    response = _answered(request, connect, tokens)
    if not origins:
        return response
    # Imported here: few deployments have pages of others.
    from shared.http_api.cross_origin import shared_with

    return shared_with(origins, request, response)


def _answered(request: HttpRequest, connect: Callable[[], Reader], tokens: Tokens) -> HttpResponse:
    language = language_of(request.headers)
    try:
        if request.method == "OPTIONS":
            return _options(request)
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
    route, parameters = _route_of(request)
    granted = access_of(request.headers, tokens)
    require(route.access, granted, tokens)
    if route.method != "GET" and request.content_bytes > MAX_CONTENT_BYTES:
        raise Problem("content_too_large")
    call = RouteRequest(
        parameters=parameters,
        query=request.query,
        language=language,
        connect=connect,
        is_reader=granted >= Access.READER,
        http=request,
    )
    return respond(request, route.answer(call), language)


def _options(request: HttpRequest) -> HttpResponse:
    """Say which methods a path takes (RFC 9110, 9.3.7)."""
    return HttpResponse(204, {"Allow": _allowed(_routes_of(request)), "Cache-Control": "no-store"})


def _route_of(request: HttpRequest) -> tuple[Route, dict[str, str]]:
    """Return the route that a request means, with the variable parts of its path."""
    found = _routes_of(request)
    for route, parameters in found:
        if request.method in route.methods:
            return route, parameters
    allowed = _allowed(found)
    raise Problem("method_not_allowed", headers={"Allow": allowed}, allowed=allowed)


def _routes_of(request: HttpRequest) -> list[tuple[Route, dict[str, str]]]:
    """Return the routes of a request's path, whatever its method; where one path fits by its words, that."""
    segments = request.segments
    found = [(route, parts) for route in ROUTES if (parts := route.match(segments)) is not None]
    if not found:
        raise Problem("unknown_route", routes=", ".join(route.path for route in ROUTES))
    fewest = min(len(parts) for _, parts in found)
    return [(route, parts) for route, parts in found if len(parts) == fewest]


def _allowed(routes: list[tuple[Route, dict[str, str]]]) -> str:
    methods = (method for route, _ in routes for method in route.methods)
    return ", ".join(dict.fromkeys((*methods, "OPTIONS")))
