"""What keeps everybody from going on: an API that is refused, and a queue that waits or is paused.

Told by ``status``, where :mod:`shared.http_api.blocked` adds what is of one job, and by the log line of each
tick, which an alarm of ``template.yml`` watches. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.error_kinds import kind_of
from shared.domain.health import Health
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind, Service

TRIES_THAT_BLOCK = 3
STILL_HALTED_MS = 120_000
"""So long after a halt a run has tried again, and the trouble is gone or has halted the queue anew."""
QUEUE_PAUSED = "queue_paused"


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
        return Block(Cause(QUEUE_PAUSED, slot.paused.because, Kind.ACCOUNT), Kind.ACCOUNT, slot.paused.since)
    if slot.trouble is None or not (slot.is_halted(now) or _was_halted_just_now(slot, now)):
        return None
    cause = cause_of_halt(slot)
    if cause.kind is Kind.PASSING and slot.refusals < TRIES_THAT_BLOCK:
        return None
    # The queue is not halted before a second job has been refused alike.
    scope = cause.kind if cause.kind.is_of_all or cause.kind is Kind.PASSING else Kind.API
    return Block(cause, scope, slot.halted_since, slot.halted_until)


def cause_of_halt(slot: Slot) -> Cause:
    """Return why the queue is halted; what the slot's row keeps of it is a code and a message."""
    code, message = (slot.trouble.code, slot.trouble.message) if slot.trouble else ("", "")
    if code == "fine_tunes_full":
        return Cause(code, message, Kind.ACCOUNT, Api.TRAINING)
    status = code.removeprefix("http_")
    known = ("", int(status)) if code != status and status.isdigit() else (code, 0)
    kind = kind_of(Service.DASHSCOPE, Api.TRAINING, known[1], known[0], message)
    return Cause(code, message, kind, Api.TRAINING)


def blocks_of_all(slot: Slot, health: Health, now: int) -> list[Block]:
    """Return what keeps everybody from going on, the oldest first; a pause is meant, and no such thing."""
    halted = None if slot.paused is not None else block_of_queue(slot, now)
    found = [halted, *(block_of_api(api, health) for api in Api)]
    return sorted((block for block in found if block), key=lambda block: block.since)


def _was_halted_just_now(slot: Slot, now: int) -> bool:
    return slot.halted_until <= now < slot.halted_until + STILL_HALTED_MS
