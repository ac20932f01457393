"""Submits the next job of the queue as soon as a set has closed, so that a lone person waits for no tick.

Called by ``collect``. A tick submits by :mod:`shared.workflow.reconciling`; both choose with
:func:`shared.domain.queue.to_submit`.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.queue import to_submit
from shared.domain.unread import Unread
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.submitting import submit


def submit_next(world: World, closed: Job) -> None:
    """Submit the head of the queue if the slot is free; raises no Trouble: the next tick tries again.

    ``closed`` is the job that has just joined the queue: the index may not show it yet.
    """
    capacity = world.rules.concurrent_trainings
    try:
        slot = world.control.slot()
        if slot.held_by(closed.job_id) or not slot.is_free(capacity, world.clock.now()):
            return
        # The index may lag: it may still show as many jobs as have just taken the slot.
        count = 2 * capacity + len(slot.refused_jobs)
        running, queue = world.jobs.in_hand(count)
        if len(queue) < count and closed.job_id not in queue:
            queue = [*queue, closed.job_id]
        others = [name for name in (*running, *queue) if name != closed.job_id]
        found = {**(world.jobs.find_each(others) if others else {}), closed.job_id: closed}
        first = to_submit(
            slot,
            queue=[job for name in queue if isinstance(job := found[name], Job)],
            running=[job for name in running if isinstance(job := found[name], Job)],
            holders=(),
            # One that runs and cannot be read uses the slot while it holds it.
            capacity=capacity - sum(isinstance(found.get(name), Unread) for name in slot.holders),
            now=world.clock.now(),
            rules=world.rules,
        )
        if first:
            submit(world, first[0], slot)
    except Conflict as conflict:
        log("overtaken", action="Submit", message=conflict.message)
    except Trouble as trouble:
        warn("action_failed", action="Submit", code=trouble.code, message=trouble.message)
