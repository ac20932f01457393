"""The routes of the API: which one a request means, who may use it, and what an error is answered with.

Called by ``functions/status.py`` with every request. HEAD is answered like GET: the HTTP server in front
takes Content-Length from the content and does not send the content (RFC 9110, 9.3.2). It drops a
Content-Length of the function's own (Function Compute 3.0, "HTTP triggers", limits).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple

from shared.domain.unread import UNREADABLE_ROW
from shared.domain.words import Language
from shared.errors import MissingCredentials, Trouble
from shared.http_api import resources
from shared.http_api.authentication import Access, Tokens, require
from shared.http_api.callers import BY_LINK, Caller, caller_of, check_form
from shared.http_api.conditional import Answer, respond
from shared.http_api.deployment import Deployment
from shared.http_api.languages import language_of
from shared.http_api.messages import MAX_UPLOAD_BYTES, HttpRequest, HttpResponse, UnreadableRequest
from shared.http_api.negotiation import prefers_html
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.logs import warn
from shared.settings import SettingsError

BUSY_SECONDS = 5
"""When to come again if the tables do not answer and do not say for how long."""
MAX_CONTENT_BYTES = 4096
FORM_BYTES = 16 * 1024
UPLOAD = MAX_UPLOAD_BYTES + 64 * 1024
"""So much content is taken, and overlooked by routes that read none; uploads may be larger."""
OF_PAGES = ("language", "asked")
"""Parameters of pages: the language, and the request that was made just now."""
OF_LINK = "link"
"""A path with a link needs no cookie, so no other site can borrow one for it."""
VARIES = "Accept, Accept-Language, Cookie"
"""A path that has a page answers by all these."""


class Call(NamedTuple):
    """Who asks, in which language, and when, in milliseconds since the epoch."""

    caller: Caller
    language: Language
    now: int


class Route(NamedTuple):
    """One route: a method, and a path whose variable segments are written in braces.

    ``page``: the page that shows the document to a browser; empty: it is shown to programs alone.
    ``most_bytes``: how much content is taken. ``is_for_the_person``: whoever holds a share link of the person
    in the path may send it as the bearer.
    """

    path: str
    answer: Callable[[RouteRequest], Answer]
    method: str = "GET"
    access: Access = Access.READER
    page: str = ""
    most_bytes: int = MAX_CONTENT_BYTES
    is_for_the_person: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of requests that it answers."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the variable segments of a request's path by their names, or None for another route."""
        parts = [part for part in self.path.split("/") if part]
        if len(parts) != len(segments):
            return None
        pairs = list(zip(parts, segments, strict=True))
        if any(part != segment for part, segment in pairs if not part.startswith("{")):
            return None
        return {part.strip("{}"): segment for part, segment in pairs if part.startswith("{")}


def _later(module: str, name: str) -> Callable[[RouteRequest], Answer]:
    """Return a handler whose module is loaded when it is asked for: a person's document does not pay."""

    def handle(request: RouteRequest) -> Answer:
        found: Answer = getattr(import_module(f"shared.http_api.{module}"), name)(request)
        return found

    return handle


def _asks(path: str, answer: Callable[[RouteRequest], Answer], method: str = "POST") -> Route:
    """A route by which an administrator asks for something; a form names the page that follows."""
    return Route(path, answer, method, Access.ADMIN, most_bytes=FORM_BYTES)


def _takes(path: str, name: str, method: str = "POST", access: Access = Access.ADMIN) -> Route:
    """A route that takes photos, from whoever has the admin token or a link of the person."""
    module = "uploading" if access is Access.ADMIN else "own"
    return Route(path, _later(module, name), method, access, "", UPLOAD, is_for_the_person=module != "own")


ROUTES = (
    Route("/", resources.overview, page="overview"),
    Route("/people", resources.people, page="people"),
    Route("/people/{person_id}", resources.person, page="person"),
    Route("/jobs/{job_id}", resources.job),
    Route("/jobs", resources.jobs),
    Route("/ignored", resources.ignored, page="ignored"),
    Route("/queue", resources.queue),
    Route("/events", resources.events, page="events"),
    Route("/models", resources.models, page="models"),
    Route("/metrics", resources.metrics),
    Route("/costs", _later("costs", "costs")),
    Route("/audit", _later("audit", "audit"), access=Access.ADMIN),
    _asks("/people/{person_id}", _later("erasures", "erase_person"), method="DELETE"),
    Route("/erasures/{erasure_id}", _later("erasures", "certificate"), access=Access.ADMIN),
    Route("/processing-record", _later("processing_record", "record"), access=Access.ADMIN),
    Route("/people/{person_id}/export", _later("exports", "export_person"), access=Access.ADMIN),
    _asks("/people/{person_id}/export", _later("exports", "export_anew")),
    _asks("/people/{person_id}/train", _later("administration", "train_person")),
    _asks("/people/{person_id}/photos/{name}", _later("administration", "delete_photo"), method="DELETE"),
    _asks("/people/{person_id}/photos/{name}/delete", _later("administration", "delete_photo")),
    _asks("/people/{person_id}/photos/{name}/use", _later("administration", "use_photo")),
    _asks("/jobs/{job_id}/retry", _later("administration", "retry_job")),
    _asks("/jobs/{job_id}/cancel", _later("administration", "cancel_job")),
    _asks("/jobs/{job_id}/first", _later("administration", "put_job_first")),
    _asks("/jobs/{job_id}/approve", _later("administration", "approve_job")),
    _asks("/models/{job_id}/release", _later("administration", "release_model")),
    _asks("/queue/pause", _later("administration", "pause_queue")),
    _asks("/queue/resume", _later("administration", "resume_queue")),
    _asks("/queue/probe", _later("administration", "probe_queue")),
    _takes("/people/{person_id}/photos/{name}", "put_photo", "PUT"),
    _takes("/people/{person_id}/photos", "send_photos"),
    _takes("/people/{person_id}/done", "done"),
    _asks("/people/{person_id}/consent", _later("consents", "give"))._replace(is_for_the_person=True),
    Route("/people/{person_id}/portraits", _later("portraits", "listed")),
    _asks("/people/{person_id}/portraits", _later("portrait_orders", "order")),
    _asks("/jobs/{job_id}/portraits/{number}/cancel", _later("portrait_orders", "cancel")),
    Route("/people/{person_id}/portraits.zip", _later("portrait_files", "all_of_person")),
    Route("/people/{person_id}/portraits/{revision}/{name}", _later("portrait_files", "picture")),
    Route("/people/{person_id}/links", _later("sharing", "listed"), access=Access.ADMIN, page="links"),
    Route("/people/{person_id}/links", _later("sharing", "make"), "POST", Access.ADMIN, "links", FORM_BYTES),
    _asks("/people/{person_id}/links/{link_id}/revoke", _later("sharing", "revoke")),
    Route("/own/{link}", _later("own", "page"), access=Access.ANYONE, page="own"),
    _takes("/own/{link}/photos/{name}", "put_photo", "PUT", Access.ANYONE),
    _takes("/own/{link}/photos", "send_photos", access=Access.ANYONE),
    _takes("/own/{link}/done", "done", access=Access.ANYONE),
    Route("/own/{link}/consent", _later("own", "give_consent"), "POST", Access.ANYONE, most_bytes=FORM_BYTES),
    Route("/own/{link}/portraits.zip", _later("own", "portraits"), access=Access.ANYONE),
    Route("/own/{link}/portraits/{revision}/{name}", _later("own", "portrait"), access=Access.ANYONE),
    Route("/sign-in", _later("signing_in", "show"), access=Access.ANYONE, page="sign_in"),
    Route("/sign-in", _later("signing_in", "sign_in"), "POST", Access.ANYONE, "sign_in", FORM_BYTES),
    Route("/sign-out", _later("signing_in", "sign_out"), "POST", Access.ANYONE, most_bytes=FORM_BYTES),
    Route("/assets/{name}", _later("assets", "asset"), access=Access.ANYONE),
    Route("/requests/{request_id}", _later("administration", "request_outcome")),
    _asks("/webhooks/test", _later("webhooks", "try_receivers")),
    Route("/webhooks/deliveries", _later("webhooks", "deliveries")),
    _asks("/webhooks/deliveries/{message_id}/redeliver", _later("webhooks", "redeliver")),
    Route("/schemas/{schema}", _later("published", "schema"), access=Access.ANYONE),
    Route("/openapi.json", _later("openapi", "described"), access=Access.ANYONE),
    Route("/readyz", resources.readiness, access=Access.ANYONE),
    Route("/healthz", resources.health, access=Access.ANYONE),
)


def answer(
    request: HttpRequest,
    connect: Callable[[], Reader],
    tokens: Tokens,
    deployment: Deployment = Deployment(),  # noqa: B008  # a value that never changes
) -> HttpResponse:
    """Answer ``request``; ``connect`` is called only when the tables are needed. Never raises."""
    language = language_of(request.headers, request.query)
    now = deployment.now()
    caller = caller_of(request, tokens, now)
    try:
        response = _answer(request, connect, tokens, deployment, Call(caller, language, now))
    except Exception as error:
        problem = _problem_of(error)
        if problem is None:
            raise
        response = problem.response(language)
        if prefers_html(request.headers.get("accept", "")):
            from shared.http_api.page_answers import problem_for_browser

            response = problem_for_browser(request, problem, caller, language, now)
    if not deployment.origins:
        return response
    from shared.http_api.cross_origin import shared_with

    return shared_with(request, response, deployment.origins)


def _problem_of(error: Exception) -> Problem | None:
    """Return what is told of an error; None: nobody has foreseen it."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, UnreadableRequest):
        return Problem("unreadable_request")
    if isinstance(error, Trouble):
        warn("status_unavailable", code=error.code, message=error.message)
        if error.code == UNREADABLE_ROW:
            return Problem("unreadable_row")
        seconds = max(1, int(getattr(error, "delay_seconds", BUSY_SECONDS)))
        return Problem("unavailable", headers={"Retry-After": str(seconds)})
    if isinstance(error, (MissingCredentials, SettingsError)):
        warn("status_misconfigured", problem=str(error))
        return Problem("misconfigured")
    return None


def _answer(
    request: HttpRequest,
    connect: Callable[[], Reader],
    tokens: Tokens,
    deployment: Deployment,
    asked: Call,
) -> HttpResponse:
    found = _routes_of(request)
    if request.method == "OPTIONS":
        from shared.http_api.cross_origin import options

        return options(request, _methods(found), deployment.origins)
    route, parameters = _route_of(request, found)
    caller = asked.caller
    is_let_in_by_link = route.is_for_the_person and bool(caller.link)
    if not is_let_in_by_link:
        require(route.access, caller.access, tokens)
    if route.method != "GET" and request.content_bytes > route.most_bytes:
        raise Problem("content_too_large")
    if OF_LINK not in parameters:
        check_form(request, caller)
    call = RouteRequest(
        parameters=parameters,
        query={name: value for name, value in request.query.items() if name not in OF_PAGES},
        language=asked.language,
        connect=connect,
        is_reader=caller.access >= Access.READER,
        request=request,
        tokens=tokens,
        now=asked.now,
        price_fen=deployment.price_fen,
        by=_by(caller, parameters),
    )
    if is_let_in_by_link:
        from shared.http_api.own import check_link

        check_link(call, caller.link)
    answered = route.answer(call)
    is_page = bool(route.page) and not answered.text
    if prefers_html(request.headers.get("accept", "")) and (is_page or request.method == "POST"):
        from shared.http_api.page_answers import answer_for_browser

        return answer_for_browser(call, route.page, answered, caller)
    response = respond(request, answered, asked.language)
    return response._replace(headers={**response.headers, "Vary": VARIES}) if route.page else response


def _by(caller: Caller, parameters: Mapping[str, str]) -> str:
    """Return who asks, in the words of the audit: a link in the path is the right that counts there."""
    link = parameters.get(OF_LINK) or caller.link
    # Whatever is no link is let in nowhere.
    return f"{BY_LINK}{link.partition('.')[2][:16]}" if link else caller.access.name.lower()


def _routes_of(request: HttpRequest) -> list[tuple[Route, dict[str, str]]]:
    """Return the routes of a request's path, with the variable parts of the path."""
    segments = request.segments
    found = [(route, values) for route in ROUTES if (values := route.match(segments)) is not None]
    if not found:
        paths = dict.fromkeys(route.path for route in ROUTES)
        raise Problem("unknown_route", routes=", ".join(paths))
    # What is named wins over what varies.
    fewest = min(len(values) for _, values in found)
    return [(route, values) for route, values in found if len(values) == fewest]


def _methods(found: list[tuple[Route, dict[str, str]]]) -> list[str]:
    return [*(method for route, _ in found for method in route.methods), "OPTIONS"]


def _route_of(
    request: HttpRequest, found: list[tuple[Route, dict[str, str]]]
) -> tuple[Route, dict[str, str]]:
    """Return the route that a request means."""
    for route, parameters in found:
        if request.method in route.methods:
            return route, parameters
    allowed = ", ".join(_methods(found))
    raise Problem("method_not_allowed", headers={"Allow": allowed}, allowed=allowed)
