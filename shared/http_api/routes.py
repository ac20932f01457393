"""The routes: which document answers which request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple, Protocol

from shared.domain.job import Job
from shared.domain.object_keys import parse_job_id, problem_with_person_id
from shared.domain.reasons import Language, preferred_language
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.errors import MissingCredentials, Trouble
from shared.http_api.authentication import require_token
from shared.http_api.cursors import decode_cursor, encode_cursor
from shared.http_api.messages import HttpRequest, HttpResponse
from shared.http_api.problems import Problem
from shared.http_api.standing import person_document, retry_after
from shared.logs import warn
from shared.views import job_summary, job_view

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Jobs(Protocol):
    """What the routes read of the job table."""

    def revisions(self, person_id: str, *, limit: int = 100) -> list[Job]:
        """Return the person's jobs, newest first."""

    def find(self, ids: list[str]) -> dict[str, Job | None]:
        """Return jobs by id."""

    def queue_before(self, job: Job) -> int:
        """Return how many queued jobs come before ``job``."""

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> list[Job]:
        """Return a page of jobs, newest first."""


class Control(Protocol):
    """What the routes read of the control table."""

    def slot(self) -> Slot:
        """Read the slot."""


class Reader(NamedTuple):
    """All that the API reads from."""

    jobs: Jobs
    control: Control
    rules: Rules
    now: Callable[[], int]


def answer(request: HttpRequest, connect: Callable[[], Reader], token: str) -> HttpResponse:
    """Answer ``request``; ``connect`` is called only when the tables are needed. Never raises."""
    try:
        response = _route(request, connect, token)
    except Problem as problem:
        response = problem.response()
    except Trouble as trouble:
        warn("status_unavailable", code=trouble.code, message=trouble.message)
        delay = str(max(1, int(getattr(trouble, "delay", 5))))
        response = Problem(
            503, "unavailable", "The job table does not answer; try again.", {"Retry-After": delay}
        ).response()
    except MissingCredentials as problem:
        warn("status_misconfigured", problem=str(problem))
        response = Problem(500, "misconfigured", "The function is not set up; its log says why.").response()
    return _conditional(request, response)


def _route(request: HttpRequest, connect: Callable[[], Reader], token: str) -> HttpResponse:
    if request.segments == ("healthz",):
        _require_read(request)
        return _document({"status": "ok"}, Language.ENGLISH)
    name, *rest = request.segments or ("",)
    if name not in ("people", "jobs") or len(rest) > 1 or (name == "people" and not rest):
        raise Problem(404, "unknown_route", "There is no such route; see the API's documentation.")
    _require_read(request)
    require_token(request.headers, token)
    if name == "people":
        return _person(rest[0], connect, _language(request))
    return _job(rest[0], connect, _language(request)) if rest else _jobs(request, connect)


def _language(request: HttpRequest) -> Language:
    return preferred_language(request.headers.get("accept-language", ""))


def _require_read(request: HttpRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, "method_not_allowed", "This route can only be read.", {"Allow": "GET, HEAD"})


def _person(person_id: str, connect: Callable[[], Reader], language: Language) -> HttpResponse:
    problem = problem_with_person_id(person_id)
    if problem:
        raise Problem(400, "invalid_person", f"This cannot be a person: {problem}.")
    reader = connect()
    revisions = reader.jobs.revisions(person_id)
    if not revisions:
        raise Problem(404, "unknown_person", "No photo of this person has arrived yet.")
    current = revisions[0]
    ahead = reader.jobs.queue_before(current) if current.state is JobState.QUEUED else None
    document = person_document(
        revisions,
        ahead=ahead,
        slot=reader.control.slot(),
        rules=reader.rules,
        now=reader.now(),
        language=language,
    )
    return _document(document, language, retry_after(current))


def _job(job_id: str, connect: Callable[[], Reader], language: Language) -> HttpResponse:
    if parse_job_id(job_id) is None:
        raise Problem(400, "invalid_job", "This cannot be a job's id; ids look like 0123456789abcdef0123-1.")
    job = connect().jobs.find([job_id])[job_id]
    if job is None:
        raise Problem(404, "unknown_job", "There is no job with this id.")
    return _document(job_view(job, language), language, retry_after(job))


def _jobs(request: HttpRequest, connect: Callable[[], Reader]) -> HttpResponse:
    unknown = sorted(set(request.query) - {"state", "limit", "cursor"})
    if unknown:
        raise Problem(
            400, "unknown_parameter", f"Unknown parameter {unknown[0]!r}; known: state, limit, cursor."
        )
    state, limit = _state(request.query.get("state")), _limit(request.query.get("limit"))
    cursor = request.query.get("cursor")
    jobs = connect().jobs.page(state, limit + 1, decode_cursor(cursor) if cursor is not None else None)
    shown = jobs[:limit]
    more = encode_cursor(shown[-1].opened_at, shown[-1].job_id) if len(jobs) > limit else None
    language = _language(request)
    return _document({"jobs": [job_summary(job, language) for job in shown], "next": more}, language)


def _state(text: str | None) -> JobState | None:
    if text is None:
        return None
    try:
        return JobState(text)
    except ValueError:
        states = ", ".join(state.value for state in JobState)
        raise Problem(400, "invalid_state", f"There is no such state; states are {states}.") from None


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MAX_LIMIT:
        raise Problem(400, "invalid_limit", f"limit must be a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _document(document: dict[str, object], language: Language, wait: int | None = None) -> HttpResponse:
    body = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Language": language.value,
        "Vary": "Accept-Language",
        "Cache-Control": "private, no-cache",
        "ETag": f'"{hashlib.sha256(body.encode("utf-8")).hexdigest()[:32]}"',
    }
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return HttpResponse(status=200, headers=headers, body=body)


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 304 when the client has this very document already, and HEAD without a body."""
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if response.status == 200 and (response.headers.get("ETag") in tags or tags == ["*"]):
        return HttpResponse(status=304, headers={**response.headers})
    return (
        HttpResponse(status=response.status, headers=response.headers)
        if request.method == "HEAD"
        else response
    )
