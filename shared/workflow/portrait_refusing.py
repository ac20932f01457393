"""What becomes of an order of portraits whose POST was refused: it is tried again, all wait, or it ends.

The theory is that of refused trainings (:mod:`shared.workflow.refusing`), simpler, since orders are cheap
and many. A refusal that is said to be of everybody is believed: all orders wait, ever longer, and one POST
probes. The order that was told so goes behind the others, so the next probe is another's, if one waits: it
shows whether everybody is refused. An order that is told so once more after another's was accepted is
refused for its own sake. What is refused for its own sake steps aside for ever longer, and ends after some
tries once others were accepted meanwhile. A finding about a picture ends it at once. Nobody ends for a
refusal of all.

Called by :mod:`shared.workflow.portrait_submitting`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job, Reason
from shared.domain.portrait_work import released
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.retry_state import Cause, RetryState, failed_again
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Kind
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.portrait_saving import save_outcome
from shared.workflow.ports import World

TRIES_BESIDE_OTHERS = 3
SHORTEST_HALT_SECONDS = 20
LONGEST_PAUSE_MS, LONGEST_HALT_MS = 60_000, 3_600_000


def take_refusal(world: World, job: Job, order: PortraitOrder, slot: Slot, refusal: Trouble) -> None:
    """Record that DashScope has refused an order: no task was made."""
    now, accepted_at = world.clock.now(), slot.portraits.accepted_at
    cause = _believed(refusal.cause, order.retry, slot, now)
    warn("portraits_refused", job=job.job_id, order=order.number, code=cause.code, message=cause.message)
    # Busy: the order keeps its place and its tries.
    is_busy = cause.kind is Kind.PASSING
    retry = order.retry if is_busy else failed_again(order.retry, cause, now)
    reason = Reason(cause.code, cause.message)
    is_over = _is_over(cause, retry, accepted_at, now)

    def refused(one: PortraitOrder) -> PortraitOrder:
        return one.ended(OrderState.FAILED, now, reason=reason) if is_over else one.requeued(reason, retry)

    save_outcome(world, job, order, refused)
    halted = _halted(world, slot, refusal) if is_busy or cause.kind.is_of_all else slot
    try:
        world.control.save_slot(slot, released(halted, order))
    except Conflict:
        # The next step releases an attempt that has no use for the slot.
        log("slot_changed_meanwhile", job=job.job_id)


def _believed(cause: Cause, before: RetryState | None, slot: Slot, now: int) -> Cause:
    """Return the refusal as the evidence shows it: its own, where others were accepted since the last.

    It stays its own for as long as nobody else is told so, also where nobody else has asked for anything.
    """
    if before is None or not cause.kind.is_of_all:
        return cause
    was_its_own = (before.cause.kind, before.cause.code) == (Kind.UNKNOWN, cause.code)
    is_alone = was_its_own and not slot.portraits.refusals
    accepted_at = slot.portraits.accepted_at
    if is_alone or before.is_contradicted(cause, passed_at=accepted_at, now=now):
        return cause._replace(kind=Kind.UNKNOWN)
    return cause


def _is_over(cause: Cause, retry: RetryState | None, accepted_at: int, now: int) -> bool:
    if cause.kind is Kind.PICTURE:
        return True
    if retry is None or cause.kind is Kind.PASSING or cause.kind.is_of_all:
        return False
    return retry.tries >= TRIES_BESIDE_OTHERS and retry.since < accepted_at <= now


def _halted(world: World, slot: Slot, trouble: Trouble) -> Slot:
    """Let all orders wait, with the reason for all to see."""
    warn("portraits_halted", code=trouble.code, message=trouble.message)
    seconds = max(getattr(trouble, "delay_seconds", 0), SHORTEST_HALT_SECONDS)
    refused = slot.portraits.refused(
        Reason(trouble.code, trouble.message),
        world.with_jitter(int(seconds * 1000)),
        world.clock.now(),
        longest_ms=LONGEST_PAUSE_MS if trouble.kind is Kind.PASSING else LONGEST_HALT_MS,
    )
    return replace(slot, portraits=refused)
