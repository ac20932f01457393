"""Counts a job whose outcome is delivered in the totals, exactly once. Called by ``training``.

The count comes last before the job leaves the work in hand, and what cannot be counted now keeps it there:
the delivery is repeated, and the row knows which jobs it has counted. A row that cannot be read at all counts
nothing more and holds nobody up.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.totals import ROW, Totals
from shared.errors import Conflict, Permanent
from shared.logs import warn
from shared.workflow.ports import World

TRIES = 4
"""Other runs deliver at the same time, each one job after the other."""


def count(world: World, job: Job) -> None:
    """Count ``job`` in the row of totals, unless it is there already.

    Raises:
        Trouble: the row cannot be read or written now.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            stored = world.control.read_json(ROW)
        except Permanent as trouble:
            warn("totals_not_read", job=job.job_id, code=trouble.code, message=trouble.message)
            return
        before = Totals.from_value(stored.value)
        after = before.with_job(job)
        if after is before:
            return
        try:
            world.control.save_json(ROW, stored, after.as_value())
        except Conflict:
            if not tries_left:
                raise
        else:
            return
