"""What a person has cost, trainings and portraits together: for the cap of a person.

Called by :mod:`shared.workflow.portrait_submitting` and ``books``, where that cap is set.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.object_keys import parse_job_id
from shared.domain.slot import Slot
from shared.workflow.books import revisions_behind
from shared.workflow.ports import World


def spent_on(world: World, job: Job, slot: Slot) -> int:
    """Return what is spent or reserved for the person of ``job``, in fen, but for the order that goes next.

    The slot has been read before: what was on its way then is reserved in it, what had ended is in the rows,
    which are read now. A run that reserves meanwhile makes the write of the slot fail. Of portraits nothing
    is reserved while one may go, but for that very order, by a run that did not send it: the next
    reservation takes the place of that one.

    Raises:
        Trouble: the person's jobs cannot be read now.
    """
    trainings = slot.spending.reserved_for(job.person_key).values() if slot.spending is not None else ()
    price = world.rules.training_price_fen
    rows = (one for _, one in revisions_behind(world, job.person_id, 0))
    spent = sum(one.cost_fen + one.portrait_fen if isinstance(one, JobSummary) else price for one in rows)
    return spent + sum(one.fen for one in trainings)


def portraits_of(world: World, job: Job, slot: Slot) -> int:
    """Return what is spent or reserved for portraits of the person of ``job``, in fen.

    Raises:
        Trouble: the person's jobs cannot be read now.
    """
    if not slot.portraits.taken_at:
        return 0
    rows = (one for _, one in revisions_behind(world, job.person_id, 0))
    spent = sum(one.portrait_fen for one in rows if isinstance(one, JobSummary))
    return spent + _reserved_portraits(job, slot)


def _reserved_portraits(job: Job, slot: Slot) -> int:
    attempt, spending = slot.portraits.attempt, slot.spending
    if attempt is None or spending is None or spending.portraits is None:
        return 0
    parsed = parse_job_id(attempt.job_id)
    return spending.portraits.fen if parsed is not None and parsed[0] == job.person_key else 0
