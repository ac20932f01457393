"""Carries out what operators have asked for.

The status function writes requests down and may do nothing else. Called by a tick whose doorbell has been
rung. Each request is answered with what became of it. The trouble of one keeps no other waiting: it is tried
again by the next tick, and given up after a while. What is settled goes to the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.domain.control_rows import Doorbell
from shared.domain.requests import ERASE, EXPORT, REDELIVER, TRY_RECEIVERS, Request
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.tracing import following
from shared.workflow.ports import World

REQUESTS_A_RUN = 20
TRIED_FOR_MS = 3_600_000
"""A request that has met trouble, or no code that knows it, for so long is answered with that."""
TIME_FOR_A_REQUEST_MS = 15_000
LONG = {ERASE: "Erase", EXPORT: "Export"}
"""Kinds that take many runs, and how the health calls the work."""


def answer_requests(world: World, bell: Doorbell | None) -> bool:
    """Carry out the open requests; returns whether there were any."""
    if bell is None or not bell.is_heard(world.clock.now()):
        return False
    pending = world.requests.pending(REQUESTS_A_RUN, world.clock.now())
    long = [request for request in pending.requests if request.kind in LONG]
    is_whole, next_at, settled = pending.is_whole, pending.next_at, list(pending.to_audit)
    for request in pending.requests:
        if request.kind in LONG:
            continue
        if not world.has_time_for(TIME_FOR_A_REQUEST_MS):
            is_whole = False
            break
        answered = _answer(world, request)
        is_whole &= answered is not None
        settled += [answered] if answered is not None else []
    # Before anybody is erased: the rows that name them are read for the records.
    is_whole &= _is_audited(world, settled)
    for request in long:
        if not world.has_time_for(TIME_FOR_A_REQUEST_MS):
            is_whole = False
            break
        due_at = _carry_on(world, request)
        next_at = _earlier(next_at, due_at)
        # The next tick puts the record of one that is done.
        is_whole &= bool(due_at) or world.audit is None
    if is_whole:
        try:
            world.requests.silence(bell, next_at)
        except Conflict:
            log("rung_again")
    return bool(pending.requests)


def _is_audited(world: World, settled: Sequence[Request]) -> bool:
    """Put the records of what is settled; returns whether none is left."""
    if not settled or world.audit is None:
        return True
    # Imported here: few ticks have requests.
    from shared.workflow.auditing import audit

    return audit(world, settled)


def _carry_on(world: World, request: Request) -> int:
    """Carry an erasure or an export on; returns when it is to be carried on next, 0: it is done.

    One of which runs have died is left alone for a while, so that it keeps nothing else waiting.
    """
    # Imported here: people are seldom erased, and seldom ask what is held about them.
    if request.kind == ERASE:
        from shared.workflow.erasing import carry_on
    else:
        from shared.workflow.exporting import carry_on

    piece = f"{request.request_id} {LONG[request.kind]}"
    rests_until = world.health.left_alone_until(piece)
    if rests_until:
        warn("request_left_alone", request=request.request_id, kind=request.kind)
        return rests_until
    world.health.take_in_hand(piece)
    with following(request.traceparent):
        due_at = carry_on(world, request)
    # What kills the run later is not its doing.
    world.health.put_down()
    return due_at


def _earlier(one: int, other: int) -> int:
    """The earlier of two moments, of which 0 is none."""
    return min(one, other) if one and other else one or other


def _answer(world: World, request: Request) -> Request | None:
    """Carry out a request and write down what became of it; None: something is left to be done."""
    # Imported here: few ticks have requests.
    if request.kind in (TRY_RECEIVERS, REDELIVER):
        from shared.workflow.message_requests import carry_out, is_known
    else:
        from shared.workflow.administering import carry_out, is_known

    if not is_known(request) and _is_young(world, request):
        # Newer code has put it there, and runs beside this one.
        warn("request_left_alone", request=request.request_id, kind=request.kind)
        return None
    with following(request.traceparent):
        return _answered(world, request, carry_out)


def _is_young(world: World, request: Request) -> bool:
    return abs(world.clock.now() - request.asked_at) < TRIED_FOR_MS


def _answered(world: World, request: Request, carry_out: Callable[[World, Request], str]) -> Request | None:
    try:
        outcome = carry_out(world, request)
    except Conflict as conflict:
        # What it was decided on has moved on: the next run decides anew.
        log("overtaken", action="Request", request=request.request_id, message=conflict.message)
        return None
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        cause = world.health.failed(trouble.cause)
        warn("request_held_up", request=request.request_id, kind=request.kind, code=cause.code)
        if _is_young(world, request):
            return None
        outcome = f"failed: {cause.code}"
    try:
        settled = world.requests.settle(request, outcome, world.clock.now())
    except Conflict:
        # Another run has carried it out as well: whatever is asked for may be done twice.
        log("overtaken", action="Request", request=request.request_id)
        return None
    log("request_settled", request=request.request_id, kind=request.kind, outcome=outcome)
    return settled
