"""Saves an order in its job's row; called by the steps for portraits.

What is known of an attempt is known to this run alone, once its POST has been sent: another change of the
row, by an administrator or another order's step, must not lose it.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.job import Job
from shared.domain.portrait_work import order_of, with_order
from shared.domain.portraits import PortraitOrder
from shared.domain.trouble_kinds import Api
from shared.errors import Conflict, Trouble
from shared.workflow.ports import World

TRIES = 4


def save(world: World, job: Job, order: PortraitOrder) -> Job:
    """Save an order on top of the version of the row that was read.

    Raises:
        Conflict: another run was first.
    """
    return world.jobs.save(job, with_order(job, order, world.clock.now()))


def save_outcome(
    world: World, job: Job, order: PortraitOrder, change: Callable[[PortraitOrder], PortraitOrder]
) -> None:
    """Save what has become of the order's present attempt, on top of whatever else has changed in the row.

    Raises:
        Conflict: another run has moved the order on, or the row changes each time.
    """
    for attempt in range(TRIES):
        try:
            save(world, job, change(order))
            return
        except Conflict:
            stored = world.jobs.find([job.job_id])[job.job_id]
            now = order_of(stored, order.number) if stored is not None else None
            is_same = now is not None and (now.state, now.attempt) == (order.state, order.attempt)
            if stored is None or now is None or not is_same or attempt == TRIES - 1:
                raise
            job, order = stored, now


def hold_up(world: World, job: Job, order: PortraitOrder, trouble: Trouble) -> None:
    """Note that an order's present step has met trouble; it is tried again after a pause."""
    cause = trouble.cause
    if cause.api is not Api.PORTRAITS:
        cause = world.health.failed(cause, order.retry)
    save(world, job, order.held_up(cause, world.clock.now()))
