"""Lets a closed set be trained, because an administrator has asked for that. Called by ``administering``.

May be carried out twice, like every request: the job remembers which of them have changed it.
"""

from __future__ import annotations

from shared.domain.approval import approved
from shared.domain.requests import Request
from shared.logs import log
from shared.workflow.ports import World
from shared.workflow.subjects import by, job_of


def approve(world: World, request: Request) -> str:
    """Approve the set that the request names, as it was when that was asked; returns the outcome."""
    job = job_of(world, request)
    if request.request_id in job.answered:
        return "approved"
    after = approved(job, request.asked_at, world.clock.now())
    world.jobs.save(job, by(request, after))
    log("set_approved", job=job.job_id, person=job.person_id, by=request.asked_by)
    return "approved"
