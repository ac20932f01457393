"""Reads for each route, and makes the document that it answers with. Called by ``routes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shared.domain.job import Job
from shared.domain.object_keys import parse_job_id, problem_with_person_id
from shared.domain.reasons import Language
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.http_api.conditional import Answer
from shared.http_api.documents import health_document, job_document, page_document, person_document
from shared.http_api.forecast import Outlook
from shared.http_api.limits import MAX_REVISIONS
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader

POLL_SECONDS = {JobState.COLLECTING: 5, JobState.QUEUED: 15, JobState.SUBMITTING: 5, JobState.TRAINING: 5}
"""After how long another look is worth while; in the other states nothing changes by itself."""


class RouteRequest(NamedTuple):
    """A request to a route: the variable part of its path, its query, and a way to the tables.

    ``connect`` is called only when the tables are needed.
    """

    name: str
    query: Mapping[str, str]
    language: Language
    connect: Callable[[], Reader]


def health(_: RouteRequest) -> Answer:
    """``GET /healthz``."""
    return Answer(health_document())


def person(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}``."""
    if problem_with_person_id(request.name):
        raise Problem("invalid_person")
    reader = request.connect()
    newest = reader.jobs.latest(request.name)
    if newest is None:
        raise Problem("unknown_person")
    is_first = newest.revision == 1
    earlier = [] if is_first else reader.jobs.history(request.name, newest.revision, MAX_REVISIONS - 1)
    outlook = _outlook(reader, newest, reader.control.slot())
    document = person_document(newest, earlier, outlook, request.language)
    return Answer(document, POLL_SECONDS.get(newest.state))


def job(request: RouteRequest) -> Answer:
    """``GET /jobs/{job_id}``."""
    if parse_job_id(request.name) is None:
        raise Problem("invalid_job")
    reader = request.connect()
    found = reader.jobs.find([request.name])[request.name]
    if found is None:
        raise Problem("unknown_job")
    # Only a job on its way to a model depends on the slot; the others save the read.
    slot = reader.control.slot() if found.state in POLL_SECONDS else Slot()
    outlook = _outlook(reader, found, slot)
    return Answer(job_document(found, outlook, request.language), POLL_SECONDS.get(found.state))


def jobs(request: RouteRequest) -> Answer:
    """``GET /jobs``."""
    # The other routes are asked far more often, and do not pay for these at their cold starts.
    from shared.http_api.cursors import encode_cursor
    from shared.http_api.parameters import read_page_query

    asked = read_page_query(request.query)
    page = request.connect().jobs.page(asked.state, asked.limit, asked.after)
    cursor = None
    if page.following:
        opened_at, person_key, revision = page.following
        cursor = encode_cursor(opened_at, f"{person_key}-{revision}")
    return Answer(page_document(page.jobs, cursor, request.language))


def _outlook(reader: Reader, job: Job, slot: Slot) -> Outlook:
    ahead = reader.jobs.queue_before(job) if job.state is JobState.QUEUED else 0
    return Outlook(slot=slot, rules=reader.rules, now=reader.now(), ahead=ahead)
