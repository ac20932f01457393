"""One run of the reconciler: observe, decide, act, until nothing is left that can be done now.

It remembers nothing between runs. One job's trouble does not keep the others waiting; what fails is
logged and looks the same to the next run.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from shared.domain.decide import (
    Action,
    Deliver,
    Look,
    Observed,
    Poll,
    Release,
    Resolve,
    Submit,
    Sweep,
    decide,
)
from shared.domain.job import Job
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import photo_set, submitting, training
from shared.workflow.linger import Lingerer
from shared.workflow.ports import World
from shared.workflow.sweep import sweep

MAX_ROUNDS = 6
MAX_SETS_A_ROUND = 50
TIME_FOR_AN_ACTION = 15_000


class Effect(Enum):
    """What an action did to the world: only when it is another one now is it worth a second look."""

    NONE = "none"
    CHANGED = "changed"
    OVERTAKEN = "overtaken"
    """Another run was faster: what is still to be done may be tried once more."""


@dataclass
class Report:
    """What a run did, for its log line and its return value: actions by name, and troubles by code."""

    rounds: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)

    def count(self, action: Action) -> None:
        """Count an action that was carried out."""
        name = type(action).__name__.lower()
        self.actions[name] = self.actions.get(name, 0) + 1

    def count_trouble(self, code: str) -> None:
        """Count a trouble."""
        self.troubles[code] = self.troubles.get(code, 0) + 1


def observe(world: World) -> Observed:
    """Read what a decision needs: the shared rows, two stretches of the index, and the jobs behind them."""
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


def reconcile(world: World, next_tick: int = 0) -> Report:
    """Do everything that can be done now, and stay while a training is likely to end before ``next_tick``.

    Returns:
        What was done.
    """
    report = Report()
    lingerer = Lingerer(world, next_tick)
    seen = _settle(world, report)
    while lingerer.stay(seen):
        seen = _settle(world, report)
    # The sweep last: it may take long, and neither a free place nor a training about to end waits for it.
    if _sweep(world, seen, report) is not Effect.NONE:
        _settle(world, report)
    if report.troubles or set(report.actions) - {"poll", "sweep"}:
        log("tick", rounds=report.rounds, actions=report.actions, troubles=report.troubles)
    return report


def _settle(world: World, report: Report) -> Observed:
    """Act until nothing is left that can be done now; returns what was seen last."""
    done: set[Hashable] = set()
    for _ in range(MAX_ROUNDS):
        seen = observe(world)
        actions = [
            action
            for action in decide(seen, world.rules)
            if not isinstance(action, Sweep) and _name(action) not in done
        ]
        report.rounds += 1
        changed = False
        for action in actions:
            if not world.has_time_for(TIME_FOR_AN_ACTION):
                warn("run_cut_short", left=len(actions))
                report.count_trouble("no_time")
                changed = False
                break
            effect = _attempt(world, action, report)
            changed |= effect is not Effect.NONE
            if effect is not Effect.OVERTAKEN:
                done.add(_name(action))
                if isinstance(action, Submit):
                    # DashScope has just been heard about it.
                    done.add(_name(Poll(action.job)))
        if not changed:
            break
    return seen


def _sweep(world: World, seen: Observed, report: Report) -> Effect:
    for action in decide(seen, world.rules):
        if isinstance(action, Sweep) and world.has_time_for(TIME_FOR_AN_ACTION):
            return _attempt(world, action, report)
    return Effect.NONE


def submit_next(world: World, closed: Job) -> None:
    """Submit the head of the queue, or ``closed`` if the index does not show it yet, if the slot is free.

    What ``collect`` does when a set has closed, so that a lone person does not wait for a tick.
    """
    slot = world.control.slot()
    if not slot.is_free(world.rules.concurrent_trainings, world.clock.now()):
        return
    # The index may lag: it may still show as many as have just taken their places, and not ``closed`` yet.
    count = 2 * world.rules.concurrent_trainings
    running, queue = world.jobs.in_hand(count)
    if len(queue) < count and closed.job_id not in queue:
        queue = [*queue, closed.job_id]
    found = world.jobs.find((*running, *queue))
    seen = Observed(
        now=world.clock.now(),
        slot=slot,
        running=tuple(job for name in running if (job := found[name])),
        queue=tuple(job for name in queue if (job := found[name])),
    )
    first = next((action for action in decide(seen, world.rules) if isinstance(action, Submit)), None)
    if first is not None:
        _attempt(world, first, Report())


def _attempt(world: World, action: Action, report: Report) -> Effect:
    try:
        changed = _carry_out(world, action)
        report.count(action)
    except Conflict as conflict:
        log("overtaken", action=type(action).__name__, message=conflict.message)
        report.count_trouble(conflict.code)
        return Effect.OVERTAKEN
    except Trouble as trouble:
        warn("action_failed", action=type(action).__name__, code=trouble.code, message=trouble.message)
        report.count_trouble(trouble.code)
        return Effect.NONE
    return Effect.CHANGED if changed else Effect.NONE


def _name(action: Action) -> Hashable:
    match action:
        case Release():
            return Release, action.job_id
        case Sweep():
            return Sweep
        case _:
            return type(action), action.job.job_id


def _carry_out(world: World, action: Action) -> bool:
    """Returns whether anything has changed."""
    match action:
        case Look(job):
            return photo_set.look_through(world, job.person_id) != job
        case Submit(job):
            return submitting.submit(world, job, world.control.slot()) != job
        case Resolve(job):
            return submitting.resolve(world, job) != job
        case Poll(job):
            return training.poll(world, job) != job
        case Deliver(job):
            return training.deliver(world, job) != job
        case Release(job_id, duration):
            training.release(world, job_id, duration)
            return True
        case Sweep(progress):
            return sweep(world, progress) > 0
