"""What is to be done for portraits: where a job stands among the work in hand, and which order goes next.

The theory. Trainings and portraits have a queue and a slot each, and neither waits for the other. Orders go
one after the other, by the moment at which they were asked for, whoever has asked. An order that has met
trouble of its own goes behind those that were asked for before its next try. While the pictures of some
people cannot be fetched nothing more is asked for: what DashScope has made is there for a day, and billed.

Pure. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.domain.clocks import CLOCKS_DIFFER_MS, is_ahead
from shared.domain.erasure import RUNS_ARE_DEAD_MS
from shared.domain.lanes import PORTRAIT_LANE, PORTRAIT_QUEUE_LANE
from shared.domain.portrait_slot import Attempt, PortraitSlot
from shared.domain.portrait_styles import Wanted
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.reason import Reason
from shared.domain.retry_state import LONGEST_PAUSE_MS
from shared.domain.spending import ReservedPictures

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.job_record import JobRecord
    from shared.domain.slot import Slot

RUN_LASTS_MS = 900_000
"""Longer than Function Compute lets any of the functions run."""
OVERDUE_MS = 4 * 3_600_000
"""DashScope ends a task itself after three hours."""
PEOPLE_WHO_SPEAK_FOR_ALL = 2
REFUSALS_OF_ONE = 3
"""After so many refusals in a row whichever order was sent least often goes next."""
MAX_ORDERS = 20
"""Of one job: its row holds them all, ended ones too."""
ERASED = Reason("erased", "The person was erased.")
MODEL_RELEASED = Reason(
    "model_released", "The model was deleted at DashScope before the portraits were made; train again."
)
CANCELED_BEFORE = Reason("canceled_before_submit", "Cancelled before anything was sent; nothing is billed.")
_IN_HAND = (OrderState.SUBMITTING, OrderState.GENERATING, OrderState.STORING)


# -- the job ---------------------------------------------------------------------------------------------


def is_going(job: JobRecord) -> bool:
    """Whether something is left to be done for the job's portraits."""
    return bool(job.result_due_at) or any(not order.state.is_terminal for order in job.portraits)


def lane_of(job: JobRecord) -> int | None:
    """Return the lane in which a delivered job stands for its portraits; None: nothing is left to be done."""
    if not is_going(job):
        return None
    has_work = bool(job.result_due_at) or any(order.state in _IN_HAND for order in job.portraits)
    return PORTRAIT_LANE if has_work else PORTRAIT_QUEUE_LANE


def due_at(job: JobRecord) -> int:
    """Return when the first thing is to be done, or the place of the first order that waits."""
    moments = [_moment(order) for order in job.portraits if not order.state.is_terminal]
    return min([*moments, job.result_due_at] if job.result_due_at else moments)


def _moment(order: PortraitOrder) -> int:
    if order.state is OrderState.STORING:
        # Between its tries every run has to see it too: nothing is sent while fetching is in trouble.
        return order.submitted_at
    if order.retry is not None:
        return order.retry.next_try_at
    return order.asked_at if order.state is OrderState.QUEUED else order.submitted_at


def with_order(job: Job, order: PortraitOrder, now: int) -> Job:
    """Return ``job`` with ``order`` in the place of what it was; one that has ended is to be told of.

    Of whoever is being erased only what is at DashScope goes on, to its end there.
    """
    before = order_of(job, order.number)
    if job.erasing_since:
        order = _stopped(order, now)
    portraits = tuple(order if one.number == order.number else one for one in job.portraits)
    spent = order.cost_fen - (before.cost_fen if before is not None else 0)
    has_ended = order.state.is_terminal and before is not None and not before.state.is_terminal
    changed = replace(job, portraits=portraits, portrait_fen=job.portrait_fen + spent)
    if has_ended and not job.erasing_since:
        changed = replace(changed, result_due_at=order.ended_at)
    return listed(changed)


def with_wanted(job: Job, wanted: Iterable[Wanted], now: int, asked_by: str = "") -> Job:
    """Return ``job`` with new orders behind those that it has, as far as there is room."""
    number = max((order.number for order in job.portraits), default=0)
    orders = list(job.portraits)
    for one in wanted:
        if len(orders) < MAX_ORDERS:
            number += 1
            orders.append(PortraitOrder(number=number, wanted=one, asked_at=now, asked_by=asked_by))
    return listed(replace(job, portraits=tuple(orders)))


def with_result_written(job: Job, now: int) -> Job:
    """Note that the result has been written, with the portraits as they are in ``job``.

    A run that had read the row before they came may write the older result after this one. So it is written
    once more when all these runs are dead.
    """
    last = max((order.ended_at for order in job.portraits), default=0)
    again_at = last + RUNS_ARE_DEAD_MS
    is_later = now < again_at <= now + RUNS_ARE_DEAD_MS
    return listed(replace(job, result_due_at=again_at if is_later else 0))


def with_result_due(job: Job, at: int) -> Job:
    """Have the result written at a later moment."""
    return listed(replace(job, result_due_at=at))


def listed(job: Job) -> Job:
    """Return ``job`` with the moment at which its portraits are to be looked at next, if they are."""
    if not (job.state.is_terminal and job.delivered and is_going(job)):
        return job
    return replace(job, due_at=due_at(job))


def order_of(job: JobRecord, number: int) -> PortraitOrder | None:
    """Return the job's order of this number."""
    return next((order for order in job.portraits if order.number == number), None)


def stopped_orders(orders: Sequence[PortraitOrder], now: int) -> tuple[PortraitOrder, ...]:
    """End the orders of a person who is being erased; those at DashScope end with their tasks."""
    return tuple(_stopped(order, now) for order in orders)


def _stopped(order: PortraitOrder, now: int) -> PortraitOrder:
    if order.state.is_terminal or order.state.is_at_dashscope:
        return order
    return order.ended(OrderState.CANCELED, now, reason=ERASED)


def are_at_dashscope(job: JobRecord) -> bool:
    """Whether a task for the job's portraits goes on, or may."""
    return any(order.state.is_at_dashscope for order in job.portraits)


def rebased_portraits(before: Job, job: Job, now: int) -> Job:
    """Return ``job`` with the moments of its orders set right; ``before`` itself when nothing changes."""
    orders = tuple(_rebased(order, now) for order in job.portraits)
    due_at = min(job.result_due_at, now + RUNS_ARE_DEAD_MS)
    after = listed(replace(job, portraits=orders, result_due_at=due_at))
    return before if after == before else after


def _rebased(order: PortraitOrder, now: int) -> PortraitOrder:
    retry = order.retry
    if retry is not None and not retry.next_try_at <= now + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS:
        retry = replace(retry, next_try_at=now)
    return replace(
        order,
        asked_at=now if is_ahead(order.asked_at, now) else order.asked_at,
        submitted_at=now if is_ahead(order.submitted_at, now) else order.submitted_at,
        attempt_expires_at=min(order.attempt_expires_at, now + RUN_LASTS_MS),
        ended_at=now if is_ahead(order.ended_at, now) else order.ended_at,
        retry=retry,
    )


# -- the slot --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PortraitsSeen:
    """What a run has read of portraits.

    Attributes:
        now: milliseconds since the epoch.
        slot: who makes portraits.
        jobs: those with something to be done, and the head of the queue.
        holder: the job of the slot's holder; None: its row is gone, or cannot be read.
        is_holder_unread: the holder's row cannot be read now.
        left_alone: job and number of orders whose sending has killed runs: others go before them.
    """

    now: int
    slot: PortraitSlot
    jobs: tuple[Job, ...] = ()
    holder: Job | None = None
    is_holder_unread: bool = False
    left_alone: frozenset[tuple[str, int]] = frozenset()


def taken(slot: Slot, attempt: Attempt, order: PortraitOrder, price_fen: int, now: int) -> Slot:
    """Give the slot of portraits to an attempt, and reserve the price of its pictures."""
    count = order.wanted.pictures
    reserved = ReservedPictures(at=now, price_fen=price_fen, count=count, before=order.billed)
    spending = slot.spending
    if spending is not None:
        spending = replace(spending, portraits=reserved)
    return replace(slot, portraits=slot.portraits.taken_by(attempt, now), spending=spending)


def released(slot: Slot, order: PortraitOrder | None) -> Slot:
    """Take it back from its holder, whose order is as it is now, and settle what is reserved by that.

    None: its row is gone, and nobody will know better than that all was made.
    """
    spending, task_id = slot.spending, order.task_id if order is not None else ""
    if spending is not None and spending.portraits is not None:
        reserved = spending.portraits
        billed = order.billed if order is not None else reserved.before + reserved.count
        spending = spending.with_pictures_settled(billed)
    portraits = slot.portraits.released(task_id)
    if order is not None and task_id:
        portraits = replace(portraits, accepted_at=max(portraits.accepted_at, order.submitted_at))
    return replace(slot, portraits=portraits, spending=spending)


def attempt_of(job: Job, order: PortraitOrder) -> Attempt:
    """Return the present attempt of an order, or of a queued one the next."""
    following = 1 if order.state is OrderState.QUEUED else 0
    return Attempt(job.job_id, order.number, order.attempt + following)


def is_used(slot: PortraitSlot, holder: Job | None, now: int) -> bool:
    """Whether the slot's holder has a use for it: it is at DashScope, or was about to be sent there."""
    attempt = slot.attempt
    order = order_of(holder, attempt.number) if attempt is not None and holder is not None else None
    if order is None or holder is None:
        return False
    if not (order.state.is_at_dashscope or order.state is OrderState.QUEUED):
        return False
    # A run that was about to send it is dead by then: others need not wait for what nobody carries on.
    is_left = now - slot.taken_at > RUN_LASTS_MS or not order.may_be_sent(now)
    has_stepped_aside = order.state is OrderState.QUEUED and is_left
    return attempt_of(holder, order) == attempt and not has_stepped_aside


def is_overdue(slot: PortraitSlot, now: int) -> bool:
    """Whether the slot was taken so long ago that its task is over."""
    return now - slot.taken_at > OVERDUE_MS


def next_order(seen: PortraitsSeen) -> tuple[Job, PortraitOrder] | None:
    """Return the order that is to be sent next, if one may be; money and consent are looked at later."""
    slot, now = seen.slot, seen.now
    if slot.is_halted(now) or seen.is_holder_unread or _is_fetching_in_trouble(seen.jobs):
        return None
    if slot.holder and is_used(slot, seen.holder, now) and seen.holder is not None:
        attempt = slot.attempt
        order = order_of(seen.holder, attempt.number) if attempt is not None else None
        if order is None or order.state is not OrderState.QUEUED:
            return None
        # Left behind by a run that died: it goes first.
        return seen.holder, order
    waiting = [
        (job, order)
        for job in seen.jobs
        for order in job.portraits
        if order.state is OrderState.QUEUED and order.may_be_sent(now) and not job.erasing_since
        if (job.job_id, order.number) not in seen.left_alone
    ]
    # One that is refused each time is not the only one that is tried: others show whether everybody is.
    by_turns = slot.refusals >= REFUSALS_OF_ONE
    return min(
        waiting,
        key=lambda one: (one[1].attempt if by_turns else 0, _moment(one[1]), one[0].job_id, one[1].number),
        default=None,
    )


def _is_fetching_in_trouble(jobs: Iterable[Job]) -> bool:
    """Whether it is: one person's trouble may be their own, that of some is everybody's."""
    in_trouble = {
        job.person_id
        for job in jobs
        for order in job.portraits
        if order.state is OrderState.STORING and order.retry is not None
    }
    return len(in_trouble) >= PEOPLE_WHO_SPEAK_FOR_ALL
