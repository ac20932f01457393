"""The decisions of a tick: the observed state in, actions out.

Level-triggered: a decision depends on the state alone and not on the way to it, so that a lost event, a
crashed run or two runs at once lead to the same actions as an undisturbed run. An action that is carried out
twice, or on a state that has moved on, fails at its conditional write and does no harm.
:mod:`shared.workflow.reconciling` observes, and :mod:`shared.workflow.actions` carries out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.job import Job
from shared.domain.lingering import Lingering
from shared.domain.queue import NEEDS_SLOT, to_submit
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The state that a run has read.

    Attributes:
        now: milliseconds since the epoch.
        running: jobs that are being submitted or trained, or have ended and are not delivered.
        due: collecting sets that are to be looked at.
        queue: the head of the queue, first closed first.
        sweep: how far the sweep of the bucket has come.
        holders: the jobs behind the slot's holders; None for one that is gone.
        lingering: whether a run stays for a training that is about to end.
    """

    now: int
    slot: Slot
    sweep: SweepProgress = field(default_factory=SweepProgress)
    lingering: Lingering = field(default_factory=Lingering)
    running: tuple[Job, ...] = ()
    due: tuple[Job, ...] = ()
    queue: tuple[Job, ...] = ()
    holders: Mapping[str, Job | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Poll:
    """Ask DashScope how the job's fine-tune is doing."""

    job: Job


@dataclass(frozen=True)
class Resolve:
    """Find out from the list of fine-tunes what became of an attempt whose answer is missing."""

    job: Job


@dataclass(frozen=True)
class Deliver:
    """Write out the result of a job that has ended."""

    job: Job


@dataclass(frozen=True)
class Release:
    """Take the slot back from a holder that has no use for it; ``job`` is None when its row is gone."""

    job_id: str
    job: Job | None


@dataclass(frozen=True)
class Look:
    """Look through a person's folder and close the set if it is complete."""

    job: Job


@dataclass(frozen=True)
class Submit:
    """Submit the job; it takes the slot unless it holds it."""

    job: Job


Action = Poll | Resolve | Deliver | Release | Look | Submit


def decide(seen: Observed, rules: Rules) -> list[Action]:
    """Return the actions in their order: free the slot, fill it, and then the work that can wait."""
    actions: list[Action] = []
    for job in seen.running:
        if job.state is JobState.TRAINING:
            actions.append(Poll(job))
        elif job.state is JobState.SUBMITTING:
            # Also while its sender may be alive: adopting early does no harm, sending again early would.
            actions.append(Resolve(job))
    for holder, held in seen.holders.items():
        if held is None or held.state not in NEEDS_SLOT:
            actions.append(Release(holder, held))
    holders = [held for held in seen.holders.values() if held]
    next_jobs = to_submit(seen.slot, seen.queue, seen.running, holders, rules.concurrent_trainings, seen.now)
    actions.extend(Submit(job) for job in next_jobs)
    actions.extend(Deliver(job) for job in seen.running if job.state.is_terminal and not job.delivered)
    actions.extend(
        Look(job) for job in seen.due if job.state is JobState.COLLECTING and job.due_at <= seen.now
    )
    return actions
