"""A whole tick: what is in hand first, then one page of the sweep, then what the sweep brought."""

from __future__ import annotations

from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.sweep import sweep
from shared.workflow.tick import Report, run


def reconcile(world: World) -> Report:
    """Run the tick; returns counts of actions and of troubles by code."""
    report = run(world)
    try:
        if sweep(world):
            report.add(run(world))
    except Trouble as trouble:
        warn("sweep_failed", code=trouble.code, message=trouble.message)
        report.count_trouble(trouble.code)
    if report.troubles or set(report.actions) - {"poll"}:
        log("tick", rounds=report.rounds, actions=report.actions, troubles=report.troubles)
    return report
