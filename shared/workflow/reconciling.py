"""One run of the reconciler: observe, decide, act, until nothing is left that can be done now.

Called by ``functions/reconcile.py``. It remembers nothing between runs. The trouble of one job does not keep
the others waiting; a failed action is logged, and the next run decides on the same state again. The decisions
are in :mod:`shared.domain.decide`, the actions in :mod:`shared.workflow.actions`.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

from shared.domain.decide import Action, Observed, Poll, Release, Submit, decide
from shared.logs import log, warn
from shared.workflow.actions import Effect, Report, attempt, carry_out
from shared.workflow.linger import Lingerer
from shared.workflow.ports import World
from shared.workflow.sweep import sweep

MAX_ROUNDS = 6
MAX_SETS_A_ROUND = 50
TIME_FOR_AN_ACTION_MS = 15_000


def reconcile(world: World, next_tick_at: int = 0) -> Report:
    """Do everything that can be done now, and stay for a training that is likely to end before the next tick.

    Args:
        world: the services.
        next_tick_at: milliseconds since the epoch; 0 when it is not known, and then the run does not stay.
    """
    report = Report()
    lingerer = Lingerer(world, next_tick_at)
    seen = _run_rounds(world, report)
    while lingerer.stay(seen):
        seen = _run_rounds(world, report)
    # The sweep is last: it may take long, and neither a free slot nor a training about to end waits for it.
    if _sweep(world, seen, report) is not Effect.NONE:
        _run_rounds(world, report)
    if report.troubles or set(report.actions) - {"poll", "sweep"}:
        log("tick", rounds=report.rounds, actions=report.actions, troubles=report.troubles)
    return report


def observe(world: World) -> Observed:
    """Read the state: the shared rows, two stretches of the index, and the jobs behind them."""
    slot, progress, lingering = world.control.read_all()
    now = world.clock.now()
    running, queue = world.jobs.in_hand(world.rules.concurrent_trainings)
    due = world.jobs.due(now, MAX_SETS_A_ROUND)
    wanted = dict.fromkeys((*running, *queue, *due, *slot.holders))
    found = world.jobs.find(wanted) if wanted else {}
    return Observed(
        now=now,
        slot=slot,
        sweep=progress,
        lingering=lingering,
        running=tuple(job for name in running if (job := found[name])),
        due=tuple(job for name in due if (job := found[name])),
        queue=tuple(job for name in queue if (job := found[name])),
        holders={name: found[name] for name in slot.holders},
    )


def _run_rounds(world: World, report: Report) -> Observed:
    """Observe and act until no action changes anything; returns the state that was observed last."""
    done: set[Hashable] = set()
    for _ in range(MAX_ROUNDS):
        seen = observe(world)
        report.rounds += 1
        actions = [action for action in decide(seen, world.rules) if _key(action) not in done]
        if not _run_round(world, actions, done, report):
            break
    return seen


def _run_round(world: World, actions: list[Action], done: set[Hashable], report: Report) -> bool:
    """Carry out ``actions`` and add them to ``done``; returns whether another round is worth it."""
    is_changed = False
    for action in actions:
        if not world.has_time_for(TIME_FOR_AN_ACTION_MS):
            warn("run_cut_short", left=len(actions))
            report.count_trouble("no_time")
            return False
        effect = attempt(type(action).__name__, partial(carry_out, world, action), report)
        is_changed |= effect is not Effect.NONE
        if effect is not Effect.OVERTAKEN:
            done.add(_key(action))
            if isinstance(action, Submit):
                # DashScope has just answered about it.
                done.add(_key(Poll(action.job)))
    return is_changed


def _key(action: Action) -> Hashable:
    """The identity of an action within a run: its kind and its job."""
    return type(action), action.job_id if isinstance(action, Release) else action.job.job_id


def _sweep(world: World, seen: Observed, report: Report) -> Effect:
    is_due = seen.sweep.is_due(world.rules.sweep_rest_ms, seen.now)
    if not is_due or not world.has_time_for(TIME_FOR_AN_ACTION_MS):
        return Effect.NONE
    return attempt("Sweep", lambda: sweep(world, seen.sweep) > 0, report)
