"""Carries out one action of a tick, and counts it; called by :mod:`shared.workflow.reconciling`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from shared.domain.decide import Action, Deliver, Look, Poll, Release, Resolve, Submit
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import closing, submitting, training
from shared.workflow.ports import World


class Effect(Enum):
    """The effect of an action on the observed state: a changed state is observed again."""

    NONE = "none"
    CHANGED = "changed"
    OVERTAKEN = "overtaken"
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


def attempt(name: str, do: Callable[[], bool], report: Report) -> Effect:
    """Run ``do``, which returns whether it changed something; its trouble is logged and stays with it."""
    try:
        changed = do()
        report.count(name)
    except Conflict as conflict:
        log("overtaken", action=name, message=conflict.message)
        report.count_trouble(conflict.code)
        return Effect.OVERTAKEN
    except Trouble as trouble:
        warn("action_failed", action=name, code=trouble.code, message=trouble.message)
        report.count_trouble(trouble.code)
        return Effect.NONE
    return Effect.CHANGED if changed else Effect.NONE


def carry_out(world: World, action: Action) -> bool:
    """Carry out ``action``; returns whether anything has changed."""
    match action:
        case Look(job):
            # Read again: the observed job may be a minute old, and a deleted photo must not return with it.
            newest = world.jobs.latest(job.person_id)
            return closing.look_through(world, job.person_id, newest) != job
        case Submit(job):
            # An action before this one may have changed the slot since it was observed.
            return submitting.submit(world, job, world.control.slot()) != job
        case Resolve(job):
            return submitting.resolve(world, job) != job
        case Poll(job):
            return training.poll(world, job) != job
        case Deliver(job):
            return training.deliver(world, job) != job
        case Release(job_id, job_or_none):
            training.release(world, job_id, job_or_none)
            return True
