"""Reads for each route, and makes the document that it answers with. Called by ``routes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.money import LIST_PRICE_FEN
from shared.domain.object_keys import BEHIND_EVERY_REVISION, parse_job_id, person_of, problem_with_person_id
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import UNREADABLE_ROW, Unread
from shared.domain.words import Language
from shared.errors import Permanent
from shared.http_api.authentication import Tokens
from shared.http_api.blocked import awaits_portraits, is_unfinished
from shared.http_api.conditional import Answer
from shared.http_api.documents import (
    health_document,
    job_document,
    page_document,
    person_document,
    unread_document,
    unread_person_document,
)
from shared.http_api.forecast import Outlook
from shared.http_api.limits import MAX_REVISIONS
from shared.http_api.messages import HttpRequest
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader

POLL_SECONDS = {JobState.COLLECTING: 5, JobState.QUEUED: 15, JobState.SUBMITTING: 5, JobState.TRAINING: 5}
"""After how long another look is worth while; in the other states nothing changes by itself."""
DELIVERY_SECONDS = 15
"""The same for a job that has ended, while its outcome is still to be written out."""
READ_AGAIN_SECONDS = 5


class RouteRequest(NamedTuple):
    """A request to a route: the variable parts of its path, its query, and a way to the tables.

    ``connect`` is called only when the tables are needed. ``is_reader``: it comes from somebody who may read.
    ``request`` is as it was sent, with its content. ``now`` is in milliseconds since the epoch, and
    ``price_fen`` a training's price. ``by`` is who asks, in the words of the audit.
    """

    parameters: Mapping[str, str]
    query: Mapping[str, str]
    language: Language
    connect: Callable[[], Reader]
    is_reader: bool
    request: HttpRequest
    tokens: Tokens = Tokens()
    now: int = 0
    price_fen: int = LIST_PRICE_FEN
    by: str = ""

    @property
    def name(self) -> str:
        """The first variable part of the path."""
        return next(iter(self.parameters.values()), "")


def health(_: RouteRequest) -> Answer:
    """``GET /healthz``."""
    return Answer(health_document())


def readiness(request: RouteRequest) -> Answer:
    """``GET /readyz``."""
    from shared.http_api.readiness import (
        gone_receivers,
        obstacles,
        photo_access,
        portraits_blocked_by,
        readiness_document,
    )

    reader = request.connect()
    now = reader.now()
    rows, blocks = obstacles(reader.control, now)
    access = photo_access(rows, reader.photo_access, request.language) if request.is_reader else None
    gone = gone_receivers(rows, request.language) if request.is_reader else None
    held = portraits_blocked_by(rows, now, request.language) if request.is_reader else None
    document = readiness_document(
        blocks, access, now, request.language, in_full=request.is_reader, gone=gone, portraits=held
    )
    return Answer(document, READ_AGAIN_SECONDS, status=503) if blocks else Answer(document)


def person(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}``, by any spelling of the name."""
    person_id = person_of(request.name)
    if problem_with_person_id(person_id):
        raise Problem("invalid_person")
    reader = request.connect()
    try:
        newest = reader.jobs.latest(person_id)
        if newest is None and request.name != person_id:
            # Version 0.1.0 has written rows under names as they were spelled.
            newest = reader.jobs.latest(request.name)
    except Permanent as trouble:
        if trouble.code != UNREADABLE_ROW:
            raise
        return _unread_person(person_id, request, reader, trouble)
    if newest is None:
        raise Problem("unknown_person")
    is_first = newest.revision == 1
    earlier = [] if is_first else reader.jobs.history(newest.person_id, newest.revision, MAX_REVISIONS - 1)
    outlook = _outlook(reader, newest)
    cost_fen = _cost_fen(newest, earlier, reader, has_portraits=bool(outlook.slot.portraits.taken_at))
    with_models = _with_models(newest, earlier, reader, outlook)
    document = person_document(newest, earlier, outlook, request.language, cost_fen, with_models)
    return Answer(document, _poll_seconds(newest, *with_models))


def _with_models(
    newest: Job, earlier: Sequence[JobSummary | Unread], reader: Reader, outlook: Outlook
) -> Sequence[Job]:
    """Return the revisions that may have portraits, newest first; where none are made nothing is read."""
    rest: Sequence[Job] = ()
    if earlier and (outlook.rules.portraits_allowed or outlook.slot.portraits.taken_at):
        from shared.http_api.portraits import with_portraits

        rest = with_portraits(reader, earlier).jobs
    return [newest, *rest]


def _cost_fen(
    newest: Job, earlier: Sequence[JobSummary | Unread], reader: Reader, *, has_portraits: bool
) -> int | None:
    if newest.revision == 1:
        return newest.cost_fen + newest.portrait_fen
    from shared.http_api.costs import cost_of_person

    def read(before: int) -> Sequence[JobSummary | Unread]:
        return reader.jobs.history(newest.person_id, before, MAX_REVISIONS)

    return cost_of_person(newest, earlier, read, has_portraits=has_portraits)


def _unread_person(person_id: str, request: RouteRequest, reader: Reader, trouble: Permanent) -> Answer:
    """Show what can be read of a person whose newest row cannot."""
    known = reader.jobs.history(person_id, BEHIND_EVERY_REVISION, MAX_REVISIONS)
    if not known:
        raise trouble
    newest = Unread(known[0].job_id, trouble.code, trouble.message, trouble.kind)
    outlook = _shared_outlook(reader)
    return Answer(unread_person_document(person_id, newest, known[1:], outlook, request.language))


def job(request: RouteRequest) -> Answer:
    """``GET /jobs/{job_id}``."""
    if parse_job_id(request.name) is None:
        raise Problem("invalid_job")
    reader = request.connect()
    found = reader.jobs.find_each([request.name])[request.name]
    if found is None:
        raise Problem("unknown_job")
    if isinstance(found, Unread):
        seconds = None if found.kind is Kind.OBJECT else READ_AGAIN_SECONDS
        return Answer(unread_document(found, request.language), seconds)
    # Nothing decides any more how a job goes on that has come to its end: the read is saved.
    is_over = not is_unfinished(found) and not awaits_portraits(found)
    outlook = Outlook(Slot(), Health(), reader.rules, reader.now()) if is_over else _outlook(reader, found)
    return Answer(job_document(found, outlook, request.language), _poll_seconds(found))


def people(request: RouteRequest) -> Answer:
    """``GET /people``."""
    from shared.http_api.parameters import wants_csv
    from shared.http_api.people import people_document, read_people, read_people_query

    if wants_csv(request.query):
        from shared.http_api.csv_lists import people_csv

        return people_csv(request, people)
    asked = read_people_query(request.query)
    return Answer(people_document(read_people(request.connect(), asked), request.language))


def jobs(request: RouteRequest) -> Answer:
    """``GET /jobs``."""
    # The other routes are asked far more often, and do not pay for these at their cold starts.
    from shared.http_api.cursors import encode_cursor
    from shared.http_api.parameters import read_page_query, wants_csv

    if wants_csv(request.query):
        from shared.http_api.csv_lists import jobs_csv

        return jobs_csv(request, jobs)
    asked = read_page_query(request.query)
    page = request.connect().jobs.page(asked.state, asked.limit, asked.after)
    cursor = None
    if page.following:
        opened_at, person_key, revision = page.following
        cursor = encode_cursor(opened_at, f"{person_key}-{revision}")
    return Answer(page_document(page.jobs, cursor, request.language))


def queue(request: RouteRequest) -> Answer:
    """``GET /queue``."""
    from shared.http_api.queue_documents import queue_page

    return queue_page(request)


def overview(request: RouteRequest) -> Answer:
    """``GET /``."""
    from shared.http_api.overview import overview as answer

    return answer(request)


def metrics(request: RouteRequest) -> Answer:
    """``GET /metrics``."""
    from shared.http_api.metrics import metrics as answer

    return answer(request)


def events(request: RouteRequest) -> Answer:
    """``GET /events``."""
    from shared.http_api.events import events as answer

    return answer(request)


def models(request: RouteRequest) -> Answer:
    """``GET /models``."""
    from shared.http_api.models import models as answer

    return answer(request)


def ignored(request: RouteRequest) -> Answer:
    """``GET /ignored``."""
    from shared.http_api.ignored import ROW, ignored_document

    stored = request.connect().control.read_json(ROW)
    return Answer(ignored_document(stored.value, request.language))


def _poll_seconds(job: Job, *others: Job) -> int | None:
    is_left = is_unfinished(job) or any(map(awaits_portraits, (job, *others)))
    return DELIVERY_SECONDS if job.state.is_terminal and is_left else POLL_SECONDS.get(job.state)


def _outlook(reader: Reader, job: Job) -> Outlook:
    """Read what decides how ``job`` goes on."""
    ahead = reader.jobs.queue_before(job) if job.state is JobState.QUEUED else 0
    return _shared_outlook(reader)._replace(ahead=ahead)


def _shared_outlook(reader: Reader) -> Outlook:
    (slot, health), now = reader.control.slot_and_health(), reader.now()
    # A health that cannot be read keeps nobody from reading the rest; ``GET /readyz`` says so.
    return Outlook(slot=slot, health=health or Health(beat_at=now), rules=reader.rules, now=now)
