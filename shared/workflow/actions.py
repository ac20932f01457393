"""Carries out one action of a tick, and counts it; called by :mod:`shared.workflow.reconciling`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from shared.domain.approval import withheld
from shared.domain.decide import (
    Action,
    Cancel,
    Deliver,
    Look,
    Poll,
    Rebase,
    Reclaim,
    Release,
    Resolve,
    Submit,
    Withhold,
)
from shared.domain.job import Job
from shared.domain.object_keys import person_of
from shared.domain.reason import OTHER_SPELLING
from shared.domain.rebasing import rebased
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.tracing import following
from shared.workflow import closing, resolving, submitting, training
from shared.workflow.ports import World
from shared.workflow.saving import hold_up

NOBODYS = ("no_time", "queue_halted")
"""Troubles that are no job's: the run is at its end, or the queue waits as a whole."""


class Effect(Enum):
    """The effect of an action on the observed state: a changed state is observed again."""

    NONE = auto()
    CHANGED = auto()
    OVERTAKEN = auto()
    """Another run was faster: the action may be tried once more on the state as it is now."""


@dataclass
class Report:
    """The outcome of a run, for its log line and its return value: actions by name, and troubles by code."""

    rounds: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> None:
        """Count an action that was carried out."""
        self.actions[name.lower()] = self.actions.get(name.lower(), 0) + 1

    def count_trouble(self, code: str) -> None:
        """Count a trouble."""
        self.troubles[code] = self.troubles.get(code, 0) + 1


def attempt(world: World, action: Action | str, do: Callable[[], bool], report: Report) -> Effect:
    """Run ``do``, which returns whether it changed something; its trouble stays with the action's job.

    An ``action`` without a job is a name. An error that nobody foresaw is a trouble like another.
    """
    name = action if isinstance(action, str) else type(action).__name__
    trace = "" if isinstance(action, (str, Release, Reclaim)) else action.job.traceparent
    with following(trace):
        return _attempted(world, action, name, do, report)


def _attempted(
    world: World, action: Action | str, name: str, do: Callable[[], bool], report: Report
) -> Effect:
    try:
        changed = do()
        if changed or not isinstance(action, str):
            report.count(name)
        return Effect.CHANGED if changed else Effect.NONE
    except Conflict as conflict:
        log("overtaken", action=name, message=conflict.message)
        report.count_trouble(conflict.code)
        return Effect.OVERTAKEN
    except Trouble as problem:
        trouble = problem
    except Exception as surprise:
        warn("unforeseen", action=name, error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    warn("action_failed", action=name, code=trouble.code, message=trouble.message, kind=trouble.kind.value)
    report.count_trouble(trouble.code)
    if isinstance(action, (str, Release, Reclaim)):
        world.health.failed(trouble.cause)
    elif trouble.code not in NOBODYS:
        hold_up(world, action.job, trouble)
    return Effect.NONE


def piece_of(action: type[Action], job_id: str) -> str:
    """Return the name of an action's piece of work, for the record of what kills runs."""
    return f"{job_id} {action.__name__}"


def carry_out(world: World, action: Action) -> bool:
    """Carry out ``action``; returns whether anything has changed."""
    match action:
        case Look(job) if job.person_id != person_of(job.person_id):
            return _leave_to_composed_name(world, job)
        case Look(job):
            # Read again: the observed job may be a minute old, and a deleted photo must not return with it.
            newest = world.jobs.latest(job.person_id)
            after = closing.look_through(world, job.person_id, newest)
            if newest is not None and newest.revision > job.revision:
                # An earlier result's row stands above this set, and the look has recorded its photos there.
                after = world.jobs.save(job, job.given_way(world.clock.now()))
            return after != job
        case Submit(job):
            # An action before this one may have changed the slot since it was observed.
            return submitting.submit(world, job, world.control.slot()) != job
        case Rebase(job):
            return world.jobs.save(job, rebased(job, world.rules, world.clock.now())) != job
        case Resolve(job):
            return resolving.resolve(world, job) != job
        case Poll(job):
            return training.poll(world, job) != job
        case Deliver(job):
            return training.deliver(world, job) != job
        case Release(job_id):
            return training.release_unused(world, job_id)
        case Withhold(job):
            return world.jobs.save(job, withheld(job, world.rules, world.clock.now())) != job
        case Cancel(job):
            # Imported here: cancelled jobs are rare.
            from shared.domain.administration import canceled

            return world.jobs.save(job, canceled(job, world.clock.now())) != job
        case Reclaim(job_id):
            # Imported here: rows that cannot be read are rare.
            from shared.workflow.reclaiming import reclaim

            return reclaim(world, job_id)


def _leave_to_composed_name(world: World, job: Job) -> bool:
    """Record the photos of a set that an earlier version opened under another spelling, and give it up.

    In this order: a run that dies in between has lost none of them.
    """
    person_id = person_of(job.person_id)
    closing.look_through(world, person_id, world.jobs.latest(person_id), folder=job.person_id)
    return world.jobs.save(job, job.given_way(world.clock.now(), OTHER_SPELLING)) != job
