"""Carries out what operators have asked for.

The status function writes requests down and may do nothing else. Called by a tick whose doorbell has been
rung. Each request is answered with what became of it. The trouble of one keeps no other waiting: it is tried
again by the next tick, and given up after a while.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.control_rows import Doorbell
from shared.domain.requests import Request
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.tracing import following
from shared.workflow.ports import World

REQUESTS_A_RUN = 20
TRIED_FOR_MS = 3_600_000
"""A request that has met trouble, or no code that knows it, for so long is answered with that."""
TIME_FOR_A_REQUEST_MS = 15_000


def answer_requests(world: World, bell: Doorbell | None) -> bool:
    """Carry out the open requests; returns whether there were any."""
    if bell is None or not bell.is_rung:
        return False
    requests, is_whole = world.requests.pending(REQUESTS_A_RUN)
    for request in requests:
        if not world.has_time_for(TIME_FOR_A_REQUEST_MS):
            return True
        is_whole &= _answer(world, request)
    if is_whole:
        try:
            world.requests.silence(bell)
        except Conflict:
            log("rung_again")
    return bool(requests)


def _answer(world: World, request: Request) -> bool:
    """Carry out a request and write down what became of it; returns whether nothing is left to be done."""
    # Imported here: few ticks have requests.
    from shared.workflow.administering import carry_out, is_known

    if not is_known(request) and _is_young(world, request):
        # Newer code has put it there, and runs beside this one.
        warn("request_left_alone", request=request.request_id, kind=request.kind)
        return False
    with following(request.traceparent):
        return _answered(world, request, carry_out)


def _is_young(world: World, request: Request) -> bool:
    return abs(world.clock.now() - request.asked_at) < TRIED_FOR_MS


def _answered(world: World, request: Request, carry_out: Callable[[World, Request], str]) -> bool:
    try:
        outcome = carry_out(world, request)
    except Conflict as conflict:
        # What it was decided on has moved on: the next run decides anew.
        log("overtaken", action="Request", request=request.request_id, message=conflict.message)
        return False
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        cause = world.health.failed(trouble.cause)
        warn("request_held_up", request=request.request_id, kind=request.kind, code=cause.code)
        if _is_young(world, request):
            return False
        outcome = f"failed: {cause.code}"
    try:
        world.requests.settle(request, outcome, world.clock.now())
    except Conflict:
        # Another run has carried it out as well: whatever is asked for may be done twice.
        log("overtaken", action="Request", request=request.request_id)
        return False
    log("request_settled", request=request.request_id, kind=request.kind, outcome=outcome)
    return True
