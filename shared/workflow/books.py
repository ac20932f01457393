"""Sees to it that the slot's row has a ledger before anything is reserved in it, and what a person has cost.

The theory. The ledger (:mod:`shared.domain.spending`) is complete as long as only code that keeps it takes
the slot. Where other code has, or where there is none yet, it is written anew: from the totals, which every
version counts into when it delivers a job, and from the jobs that have ended and are not delivered yet. These
are read first: one that is delivered in between is in both, and is known by its id. The old ledger, if there
is one, is never lowered by that. What holds the slot without a reservation gets one.

Called by :mod:`shared.workflow.submitting`, ``portrait_submitting`` and ``portrait_costs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shared.domain.caps import Cap, cap_of_person
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.money import LIST_PRICE_FEN, beijing_day
from shared.domain.object_keys import BEHIND_EVERY_REVISION, parse_job_id
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Reserved
from shared.domain.totals import ROW, Totals, spending_by
from shared.domain.unread import Unread
from shared.errors import Permanent
from shared.logs import log, warn
from shared.workflow.ports import World

REVISIONS_A_PAGE = 100


def with_books(world: World, slot: Slot) -> Slot:
    """Return the slot with a ledger that knows of everybody who has taken it.

    Raises:
        Conflict: another run has changed the slot.
        Trouble: the totals or the jobs in hand cannot be read now.
    """
    running, _ = world.jobs.in_hand(1)
    found = world.jobs.find_each([*running, *slot.holders]) if running or slot.holders else {}
    jobs = [job for job in found.values() if isinstance(job, Job)]
    totals = _totals(world)
    price = world.rules.training_price_fen
    spending = spending_by(slot.spending, totals, LIST_PRICE_FEN if slot.spending is None else price)
    for job in jobs:
        if job.state.is_terminal and not job.delivered and job.job_id not in totals.counted:
            spending = spending.with_billed(job.usage, job.cost_fen, beijing_day(job.made_at or job.ended_at))
    by_id = {job.job_id: job for job in jobs}
    for holder in slot.holders:
        if holder not in spending.reserved:
            known = by_id.get(holder)
            at = known.submitted_at if known is not None and known.submitted_at else slot.taken_at
            before = known.usage if known is not None else 0
            spending = spending.with_reserved(holder, Reserved(at=at, fen=price, before=before))
    log("ledger_written", trainings=spending.trainings, fen=spending.fen, reserved=len(spending.reserved))
    # Written at once: whoever asks is told why the queue waits, if it has to.
    return world.control.save_slot(slot, replace(slot, spending=replace(spending, taken_at=slot.taken_at)))


def _totals(world: World) -> Totals:
    try:
        return Totals.from_value(world.control.read_json(ROW).value)
    except Permanent as trouble:
        warn("totals_not_read", code=trouble.code, message=trouble.message)
        return Totals()


def with_costs_before(world: World, job: Job, slot: Slot) -> tuple[Job, Cap | None]:
    """Return the job with what its person has cost so far, and the person's cap if that is reached.

    The slot has been read before: a training that had not ended then is reserved in it, and one that had is
    in its row, which is read now. A run that reserves meanwhile makes the write of the slot fail.

    Raises:
        Trouble: the person's jobs cannot be read now.
    """
    reserved = slot.spending.reserved_for(job.person_key) if slot.spending is not None else {}
    known = _revisions(world, job)
    costs = {revision: _cost(one, world.rules) for revision, one in known.items()}
    through, before = job.spent_through, job.spent_before_fen
    while through + 1 < job.revision and through + 1 not in reserved and _has_ended(known.get(through + 1)):
        through += 1
        before += costs[through]
    for revision, one in reserved.items():
        if revision != job.revision:
            costs[revision] = max(costs.get(revision, 0), (one.before + 1) * one.fen)
    spent = before + sum(fen for revision, fen in costs.items() if revision > through)
    if slot.portraits.taken_at:
        # Imported here: most deployments make no portraits.
        from shared.workflow.portrait_costs import portraits_of

        spent += portraits_of(world, job, slot)
    return replace(job, spent_before_fen=before, spent_through=through), cap_of_person(
        spent, world.rules, job
    )


def _cost(one: JobSummary | Unread, rules: Rules) -> int:
    """Return what a revision has cost; one that nobody can read counts as a training."""
    return one.cost_fen if isinstance(one, JobSummary) else rules.training_price_fen


def _has_ended(one: JobSummary | Unread | None) -> bool:
    return isinstance(one, JobSummary) and one.state.is_terminal


def _revisions(world: World, job: Job) -> dict[int, JobSummary | Unread]:
    """Return the person's revisions that are not in ``spent_before_fen``, the job's own among them."""
    return dict(revisions_behind(world, job.person_id, job.spent_through))


def revisions_behind(world: World, person_id: str, last: int) -> Iterator[tuple[int, JobSummary | Unread]]:
    """Yield the person's revisions behind ``last``, the newest first, page by page."""
    before = BEHIND_EVERY_REVISION
    while before > last + 1:
        page = world.jobs.history(person_id, before, REVISIONS_A_PAGE)
        found = [(parsed[1], one) for one in page if (parsed := parse_job_id(one.job_id)) is not None]
        yield from ((revision, one) for revision, one in found if revision > last)
        if len(page) < REVISIONS_A_PAGE:
            return
        before = min((revision for revision, _ in found), default=0)
