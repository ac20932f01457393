"""Orders portraits, and cancels an order, because an administrator has asked for it.

May be done twice, as everything that is asked for: an order names the request that it was made for. Called by
:mod:`shared.workflow.administering`.
"""

from __future__ import annotations

from shared.domain.portrait_asking import order_by, order_number, with_order_canceled, with_ordered
from shared.domain.portrait_styles import parse_wanted
from shared.domain.requests import Request
from shared.logs import log
from shared.workflow.ports import World
from shared.workflow.subjects import by, job_of

UNREADABLE = "unknown: this version does not know what portraits are asked for"


def order(world: World, request: Request) -> str:
    """Order portraits of a job's model; returns the outcome."""
    job = job_of(world, request)
    if (made := order_by(job, request.request_id)) is not None:
        return f"portraits_ordered: {made.number}"
    try:
        wanted = parse_wanted(request.reason)
    except ValueError:
        return UNREADABLE
    after = with_ordered(job, wanted, world.rules, world.clock.now(), request.request_id)
    saved = world.jobs.save(job, by(request, after))
    number = saved.portraits[-1].number
    log("portraits_ordered", job=saved.job_id, order=number, count=wanted.pictures, by=request.asked_by)
    return f"portraits_ordered: {number}"


def cancel(world: World, request: Request) -> str:
    """Cancel an order that waits; returns the outcome."""
    job = job_of(world, request)
    if request.request_id in job.answered:
        return "portraits_canceled"
    number = order_number(request.reason)
    after = with_order_canceled(job, number, world.clock.now())
    saved = world.jobs.save(job, by(request, after))
    log("portraits_canceled", job=saved.job_id, order=number, by=request.asked_by)
    return "portraits_canceled"
