"""What keeps everybody from going on: an API that is refused, and a queue that waits or is paused.

Told by ``status``, where :mod:`shared.http_api.blocked` adds what is of one job, and by the log line of each
tick, which an alarm of ``template.yml`` watches. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.error_kinds import kind_of
from shared.domain.health import Health
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.reason import Reason
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind, Service

TRIES_THAT_BLOCK = 3
STILL_HALTED_MS = 120_000
"""So long after a halt a run has tried again, and the trouble is gone or has halted the queue anew."""
QUEUE_PAUSED = "queue_paused"
LONG_HELD_MS = 900_000
"""A task of portraits takes a minute or some."""
SLOT_HELD = Cause(
    "portraits_slot_held",
    "one order has had DashScope's only task of portraits for more than a quarter of an hour",
    Kind.API,
    Api.PORTRAITS,
)


class Block(NamedTuple):
    """What blocks. ``since`` is 0 when nobody knows, and ``next_try_at`` when the next run tries."""

    cause: Cause
    scope: Kind
    since: int
    next_try_at: int = 0


def block_of_api(api: Api | None, health: Health) -> Block | None:
    """Return the open breaker of ``api`` as a block."""
    breaker = health.breaker(api)
    if not breaker.is_open or breaker.cause is None:
        return None
    # Whatever it was at first: by now nobody is served.
    scope = breaker.cause.kind if breaker.cause.kind.is_of_all else Kind.API
    return Block(breaker.cause, scope, breaker.since, breaker.next_probe_at)


def block_of_queue(slot: Slot, now: int) -> Block | None:
    """Return what halts the queue, if that is of everybody, or has come again and again."""
    if slot.paused is not None:
        return block_of_pause(slot)
    return _block_of_halt(slot, cause_of_halt(slot), now)


def block_of_pause(slot: Slot) -> Block | None:
    """Return that an administrator has paused the queue, which portraits wait for as well."""
    if slot.paused is None:
        return None
    return Block(Cause(QUEUE_PAUSED, slot.paused.because, Kind.ACCOUNT), Kind.ACCOUNT, slot.paused.since)


def block_of_portraits(portraits: PortraitSlot, now: int) -> Block | None:
    """Return what all orders of portraits wait for: a halt that is of everybody, or a slot long held."""
    if portraits.holder and now - portraits.taken_at > LONG_HELD_MS:
        return Block(SLOT_HELD, Kind.API, portraits.taken_at)
    return _block_of_halt(portraits, _cause(portraits.trouble, Api.PORTRAITS), now)


def _block_of_halt(halted: Slot | PortraitSlot, cause: Cause, now: int) -> Block | None:
    was_halted_just_now = halted.halted_until <= now < halted.halted_until + STILL_HALTED_MS
    if halted.trouble is None or not (halted.is_halted(now) or was_halted_just_now):
        return None
    if cause.kind is Kind.PASSING and halted.refusals < TRIES_THAT_BLOCK:
        return None
    # Nothing is halted before a second one has been refused alike.
    scope = cause.kind if cause.kind.is_of_all or cause.kind is Kind.PASSING else Kind.API
    return Block(cause, scope, halted.halted_since, halted.halted_until)


def cause_of_halt(slot: Slot) -> Cause:
    """Return why the queue is halted; what the slot's row keeps of it is a code and a message."""
    if slot.trouble is not None and slot.trouble.code == "fine_tunes_full":
        return Cause(slot.trouble.code, slot.trouble.message, Kind.ACCOUNT, Api.TRAINING)
    return _cause(slot.trouble, Api.TRAINING)


def _cause(said: Reason | None, api: Api) -> Cause:
    trouble = said or Reason("", "")
    status = trouble.code.removeprefix("http_")
    known = ("", int(status)) if trouble.code != status and status.isdigit() else (trouble.code, 0)
    kind = kind_of(Service.DASHSCOPE, api, known[1], known[0], trouble.message)
    return Cause(trouble.code, trouble.message, kind, api)


def blocks_of_all(slot: Slot, health: Health, now: int) -> list[Block]:
    """Return what keeps everybody from going on, the oldest first; a pause is meant, and no such thing."""
    halted = None if slot.paused is not None else block_of_queue(slot, now)
    found = [halted, *(block_of_api(api, health) for api in Api)]
    return sorted((block for block in found if block), key=lambda block: block.since)
