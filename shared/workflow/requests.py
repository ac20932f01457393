"""Carries out what operators have asked for.

The status function writes requests down and may do nothing else. Called by a tick whose doorbell has been
rung. Each request is answered with what became of it.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.control_rows import Doorbell
from shared.domain.health import Health
from shared.domain.requests import PROBE, Request
from shared.errors import Conflict
from shared.logs import log
from shared.workflow.ports import World

REQUESTS_A_RUN = 20


def answer_requests(world: World, bell: Doorbell | None) -> bool:
    """Carry out the open requests; returns whether there were any."""
    if bell is None or not bell.is_rung:
        return False
    pending = world.requests.pending(REQUESTS_A_RUN)
    for request in pending:
        try:
            outcome = _carry_out(world, request)
            world.requests.settle(request, outcome, world.clock.now())
            log("request_settled", request=request.request_id, kind=request.kind, outcome=outcome)
        except Conflict:
            # Another run is faster; what is not settled is done by the next.
            log("overtaken", action="Request", request=request.request_id)
            return True
    if len(pending) < REQUESTS_A_RUN:
        try:
            world.requests.silence(bell)
        except Conflict:
            log("rung_again")
    return bool(pending)


def _carry_out(world: World, request: Request) -> str:
    if request.kind != PROBE:
        return "unknown: this version does not know what is asked for"
    slot = world.control.slot()
    if slot.halted_until:
        world.control.save_slot(slot, replace(slot, halted_until=0))
    world.health.note(_with_probes_due)
    return "done: the queue and every API that is refused are tried again now"


def _with_probes_due(health: Health) -> Health:
    breakers = {
        api: breaker if breaker.is_well else replace(breaker, next_probe_at=0)
        for api, breaker in health.breakers.items()
    }
    return replace(health, breakers=breakers)
