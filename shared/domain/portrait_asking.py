"""What an administrator may ask for of portraits: another order, and to cancel one that waits.

Pure: each function returns the changed job, or raises :class:`~shared.domain.administration.NotPossible`,
which says why not. ``status`` decides by it whether a request is written down, and the run that carries it
out decides anew (:mod:`shared.workflow.portrait_requests`). ``now`` is in milliseconds since the epoch.
"""

from __future__ import annotations

from shared.domain.administration import NotPossible
from shared.domain.job import Job, Reason
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_work import CANCELED_BEFORE, MAX_ORDERS, order_of, with_order, with_wanted
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.rules import Rules
from shared.domain.states import JobState

MAX_NUMBER_DIGITS = 6
CANCELED_LATER = Reason(
    "portraits_canceled", "Cancelled before another try; the order's cost says what DashScope has billed."
)


def check_order(job: Job, rules: Rules) -> None:
    """Raise :class:`NotPossible` unless portraits may be ordered of the model of ``job``."""
    if not rules.portraits_allowed:
        raise NotPossible("portraits_off")
    if job.state is not JobState.SUCCEEDED or not job.finetuned_output:
        raise NotPossible("no_model")
    if job.model_released_at:
        raise NotPossible("model_released")
    if len(job.portraits) >= MAX_ORDERS:
        raise NotPossible("too_many_portraits")


def order_by(job: Job, request_id: str) -> PortraitOrder | None:
    """Return the order that a request has made already."""
    return next((order for order in job.portraits if order.asked_by == request_id), None)


def with_ordered(job: Job, wanted: Wanted, rules: Rules, now: int, request_id: str) -> Job:
    """Return ``job`` with another order, for a request that has made none yet."""
    check_order(job, rules)
    return with_wanted(job, [wanted], now, asked_by=request_id)


def order_number(text: str) -> int:
    """Return the number of an order that a text names; raises :class:`NotPossible` where it names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS):
        raise NotPossible("order_unknown")
    return int(text)


def check_cancel(job: Job, number: int) -> PortraitOrder:
    """Return the order of this number, which waits; raises :class:`NotPossible` for any other."""
    order = order_of(job, number)
    if order is None:
        raise NotPossible("order_unknown")
    if order.state is not OrderState.QUEUED:
        raise NotPossible("order_not_queued")
    return order


def with_order_canceled(job: Job, number: int, now: int) -> Job:
    """Return ``job`` with an order ended that nobody has sent, or sends again."""
    order = check_cancel(job, number)
    why = CANCELED_LATER if order.attempt else CANCELED_BEFORE
    return with_order(job, order.ended(OrderState.CANCELED, now, reason=why), now)
