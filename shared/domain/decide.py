"""What there is to do: the state of the world in, actions out.

Level-triggered: nothing here knows how the world came to be as it is, so a lost event, a crashed run or
two runs at once lead to the same actions as an undisturbed one. An action that is carried out twice, or
on a state that has moved on, fails at its conditional write and does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.job import Job
from shared.domain.lingering import Lingering
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress

OCCUPIES_PLACE = (JobState.SUBMITTING, JobState.TRAINING)
NEEDS_PLACE = (JobState.QUEUED, *OCCUPIES_PLACE)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a run has read.

    Attributes:
        running: jobs that are being submitted or trained, or have ended and are not delivered.
        due: collecting sets that want to be looked at.
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
    """Take a place from a holder that has no use for it; ``duration``: how long its training took."""

    job_id: str
    duration: int | None = None


@dataclass(frozen=True)
class Look:
    """Look through a person's folder and close the set if it is complete."""

    job: Job


@dataclass(frozen=True)
class Submit:
    """Submit the job; it takes a place in the slot unless it holds one."""

    job: Job


@dataclass(frozen=True)
class Sweep:
    """Look on through the bucket for uploads whose event never came."""

    progress: SweepProgress


Action = Poll | Resolve | Deliver | Release | Look | Submit | Sweep


def decide(seen: Observed, rules: Rules) -> list[Action]:
    """Return what to do, in the order to do it: free the slot, fill it, and then what can wait."""
    actions: list[Action] = []
    for job in seen.running:
        if job.state is JobState.TRAINING:
            actions.append(Poll(job))
        elif job.state is JobState.SUBMITTING:
            # Also while its sender may be alive: adopting early does no harm, sending again early would.
            actions.append(Resolve(job))
    for holder, held in seen.holders.items():
        if held is None or held.state not in NEEDS_PLACE:
            actions.append(Release(holder, held.training_took if held else None))
    actions.extend(Submit(job) for job in _to_submit(seen, rules.concurrent_trainings))
    actions.extend(Deliver(job) for job in seen.running if job.state.is_terminal and not job.delivered)
    actions.extend(
        Look(job) for job in seen.due if job.state is JobState.COLLECTING and job.due_at <= seen.now
    )
    if seen.sweep.is_due(rules.sweep_rest, seen.now):
        actions.append(Sweep(seen.sweep))
    return actions


def _to_submit(seen: Observed, places: int) -> list[Job]:
    """The jobs that the free places go to; a place about to be released is free, or its taking fails."""
    if seen.now < seen.slot.closed_until:
        return []
    # Who holds a place and is still queued was left behind by a run that died: it goes on first.
    held = [job for job in seen.holders.values() if job and job.state is JobState.QUEUED]
    waiting = [job for job in seen.queue if job.state is JobState.QUEUED and job not in held]
    # A job that runs without holding a place still takes one at DashScope.
    known = (*seen.running, *seen.holders.values())
    taken = {job.job_id for job in known if job and job.state in OCCUPIES_PLACE}
    return [*held, *waiting][: max(0, places - len(taken))]
