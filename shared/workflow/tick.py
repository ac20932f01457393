"""One run of the reconciler: observe, decide, act, until nothing is left that can be done now.

It remembers nothing between runs. One job's trouble does not keep the others waiting; what fails is
logged and looks the same to the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.domain.decide import Action, Deliver, Look, Observed, Poll, Release, Resolve, Submit, decide
from shared.domain.job import Job
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import photo_set, submitting, training
from shared.workflow.ports import World

MAX_ROUNDS = 5
MAX_SETS_A_ROUND = 50
TIME_FOR_AN_ACTION = 15_000


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

    def add(self, other: Report) -> None:
        """Add another run's counts to this one's."""
        self.rounds += other.rounds
        for mine, theirs in ((self.actions, other.actions), (self.troubles, other.troubles)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count


def observe(world: World) -> Observed:
    """Read what a decision needs: the slot, two stretches of the index, and the rows behind them."""
    slot = world.control.slot()
    now = world.clock.now()
    running = world.jobs.running()
    queue = world.jobs.queue_head(world.rules.concurrent_trainings)
    due = world.jobs.due(now, MAX_SETS_A_ROUND)
    wanted = dict.fromkeys((*running, *queue, *due, *slot.holders))
    found = world.jobs.find(wanted) if wanted else {}
    return Observed(
        now=now,
        slot=slot,
        running=tuple(job for name in running if (job := found[name])),
        due=tuple(job for name in due if (job := found[name])),
        queue=tuple(job for name in queue if (job := found[name])),
        holders={name: found[name] for name in slot.holders},
    )


def run(world: World) -> Report:
    """Do everything that can be done now; returns what was done."""
    report = Report()
    done: set[tuple[type, str]] = set()
    for _ in range(MAX_ROUNDS):
        seen = observe(world)
        actions = [action for action in decide(seen, world.rules) if _name(action) not in done]
        if not actions:
            break
        report.rounds += 1
        for action in actions:
            if not world.has_time_for(TIME_FOR_AN_ACTION):
                warn("run_cut_short", left=len(actions))
                report.count_trouble("no_time")
                return report
            done.add(_name(action))
            _attempt(world, action, report)
    return report


def submit_next(world: World, closed: Job) -> None:
    """Submit the head of the queue, or ``closed`` if the index does not show it yet, if the slot is free.

    What ``collect`` does when a set has closed, so that a lone person does not wait for a tick.
    """
    slot = world.control.slot()
    busy = {*slot.holders, *world.jobs.running()}
    if slot.is_free(world.rules.concurrent_trainings - len(busy) + len(slot.holders), world.clock.now()):
        first = next((job for job in world.jobs.find(world.jobs.queue_head(1)).values() if job), closed)
        if first.state is JobState.QUEUED:
            _attempt(world, Submit(first), Report())


def _attempt(world: World, action: Action, report: Report) -> None:
    try:
        _carry_out(world, action)
        report.count(action)
    except Conflict as conflict:
        log("overtaken", action=type(action).__name__, message=conflict.message)
        report.count_trouble(conflict.code)
    except Trouble as trouble:
        warn("action_failed", action=type(action).__name__, code=trouble.code, message=trouble.message)
        report.count_trouble(trouble.code)


def _name(action: Action) -> tuple[type, str]:
    return type(action), action.job_id if isinstance(action, Release) else action.job.job_id


def _carry_out(world: World, action: Action) -> None:
    match action:
        case Look(job):
            photo_set.look_through(world, job.person_id)
        case Submit(job):
            submitting.submit(world, job, world.control.slot())
        case Resolve(job):
            submitting.resolve(world, job)
        case Poll(job):
            training.poll(world, job)
        case Deliver(job):
            training.deliver(world, job)
        case Release(job_id):
            training.release(world, job_id)
