"""What an administrator's request is about: the job or the person that it names, as they are stored.

Called by :mod:`shared.workflow.administering` and ``approving``.
"""

from __future__ import annotations

from shared.domain.administration import NotPossible, unless_erased, with_request
from shared.domain.job import Job
from shared.domain.object_keys import parse_job_id, person_of, problem_with_person_id
from shared.domain.requests import Request
from shared.workflow.ports import World


def by(request: Request, after: Job) -> Job:
    """Note on the job that it is what the request has made of it."""
    return with_request(after, request.request_id)


def job_of(world: World, request: Request) -> Job:
    """Return the job that the request names.

    Raises:
        NotPossible: there is none, or the person is being erased.
    """
    if parse_job_id(request.subject) is None:
        raise NotPossible("job_unknown")
    job = world.jobs.find([request.subject])[request.subject]
    if job is None:
        raise NotPossible("job_unknown")
    return unless_erased(job)


def newest_of(world: World, request: Request) -> Job:
    """Return the newest job of the person that the request names.

    Raises:
        NotPossible: there is none, or the person is being erased.
    """
    job = world.jobs.latest(person_id_of(request))
    if job is None:
        raise NotPossible("person_unknown")
    return unless_erased(job)


def person_id_of(request: Request) -> str:
    """Return the person that the request names; raises NotPossible if nobody can have the name."""
    person_id = person_of(request.subject)
    if problem_with_person_id(person_id):
        raise NotPossible("person_unknown")
    return person_id
