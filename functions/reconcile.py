"""Timer trigger: once a minute, brings the rows in Tablestore and the state of DashScope and OSS together.

Runs may overlap, be missed or die at any line: the next one starts from the stored state alone.
"""

from __future__ import annotations

from dataclasses import asdict

from shared.assembly import build_world
from shared.events import UnusableEvent, parse_trigger_time
from shared.logs import log, naming_nobody, warn
from shared.tracing import begin
from shared.workflow.reconciling import reconcile

STALE_AFTER_MS = 60_000
TICK_MS = 60_000
"""Between two ticks, as in ``template.yml``."""


def handler(event: bytes, context: object) -> dict[str, object]:
    """Do everything that can be done now; returns counts of actions and troubles.

    A tick that comes more than a minute late is dropped: a later one is already there.
    """
    begin(context)
    with naming_nobody():
        return _handled(event, context)


def _handled(event: bytes, context: object) -> dict[str, object]:
    world = build_world(context)
    try:
        due = parse_trigger_time(event)
    except UnusableEvent as problem:
        warn("event_unusable", problem=str(problem))
        due = None
    if due is not None and world.clock.now() - due > STALE_AFTER_MS:
        log("tick_dropped", late_by_ms=world.clock.now() - due)
        return {"dropped": "the tick is more than a minute old"}
    # The platform's clock may be ahead of this machine's.
    next_tick_at = min(due, world.clock.now()) + TICK_MS if due is not None else 0
    return asdict(reconcile(world, next_tick_at))
