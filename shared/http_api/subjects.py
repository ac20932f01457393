"""What a path is about: the person, the photo or the job that it names."""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.object_keys import parse_job_id, person_of, problem_with_person_id
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import UNREADABLE_ROW, Unread
from shared.errors import Permanent, RetryLater
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest


def person_in(request: RouteRequest) -> str:
    """Return the person that a path names.

    Raises:
        Problem: no person can have this name.
    """
    person_id = person_of(request.parameters["person_id"])
    if problem_with_person_id(person_id):
        raise Problem("invalid_person")
    return person_id


def photo_in(request: RouteRequest) -> str:
    """Return the name of the photo that a path names; it is one of this person and of no other."""
    from shared.domain.object_keys import upload_called

    name = request.parameters["name"]
    if upload_called(person_in(request), name) is None:
        raise Problem("invalid_photo")
    return name


def newest_of(reader: Reader, request: RouteRequest) -> Job:
    """Return the newest job of the person that a path names; raises as :func:`job_in` does."""
    from shared.domain.administration import unless_erased

    job = reader.jobs.latest(person_in(request))
    if job is None:
        raise Problem("unknown_person")
    return unless_erased(job)


def job_of(reader: Reader, request: RouteRequest) -> Job:
    """Return the job that a path names; raises as :func:`job_in` does."""
    return job_in(reader, request.name)


def job_in(reader: Reader, name: str) -> Job:
    """Return the job of this id, whose person is not being erased.

    Raises:
        Problem: there is none, or none can have this id.
        NotPossible: its person is being erased.
        Trouble: its row cannot be read.
    """
    from shared.domain.administration import unless_erased

    if parse_job_id(name) is None:
        raise Problem("invalid_job")
    found = row_of(reader, name)
    if found is None:
        raise Problem("unknown_job")
    return unless_erased(found)


def row_of(reader: Reader, name: str) -> Job | None:
    """Return the job of this id, or None; raises a Trouble where its row cannot be read."""
    found = reader.jobs.find_each([name])[name]
    if isinstance(found, Unread):
        if found.kind is Kind.OBJECT:
            raise Permanent(UNREADABLE_ROW, found.message)
        raise RetryLater(found.code, found.message, delay_seconds=1, kind=found.kind)
    return found
