"""The decisions of a tick: the observed state in, actions out.

Level-triggered: a decision depends on the state alone and not on the way to it, so that a lost event, a
crashed run or two runs at once lead to the same actions as an undisturbed run. An action that is carried out
twice, or on a state that has moved on, fails at its conditional write and does no harm.
:mod:`shared.workflow.reconciling` observes, and :mod:`shared.workflow.actions` carries out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.approval import is_set_aside, waits_for_approval
from shared.domain.clocks import is_ahead
from shared.domain.control_rows import Doorbell
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.lanes import QUEUE_LANE
from shared.domain.lingering import Lingering
from shared.domain.queue import needs_slot, to_submit
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.unread import Unread


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The state that a run has read.

    Attributes:
        now: milliseconds since the epoch.
        running: jobs that are being submitted or trained, or have ended and are not delivered.
        due: collecting sets that are to be looked at.
        queue: the head of the queue, first closed first.
        aside: jobs of any state that have had trouble and are to be tried again.
        sweep: how far the sweep of the bucket has come.
        doorbell: whether operators have asked for something.
        health: what is refused to everybody, and how the runs before this one have ended.
        holders: the jobs behind the slot's holders; None for one that is gone.
        unsettled: the same behind reservations of jobs that hold the slot no longer.
        lingering: whether a run stays for a training that is about to end.
    """

    now: int
    slot: Slot
    sweep: SweepProgress = field(default_factory=SweepProgress)
    lingering: Lingering = field(default_factory=Lingering)
    running: tuple[Job, ...] = ()
    due: tuple[Job, ...] = ()
    queue: tuple[Job, ...] = ()
    aside: tuple[Job, ...] = ()
    health: Health = field(default_factory=Health)
    doorbell: Doorbell | None = None
    holders: dict[str, Job | Unread | None] = field(default_factory=dict)
    unsettled: dict[str, Job | Unread | None] = field(default_factory=dict)


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
    """Take the slot back from a holder that has no use for it, or whose row is gone."""

    job_id: str


@dataclass(frozen=True)
class Reclaim:
    """Take the slot back from a holder whose row cannot be read, if the list says that it may be."""

    job_id: str


@dataclass(frozen=True)
class Rebase:
    """Set the job's moments right: they were written by a clock that ran ahead."""

    job: Job


@dataclass(frozen=True)
class Look:
    """Look through a person's folder and close the set if it is complete."""

    job: Job


@dataclass(frozen=True)
class Submit:
    """Submit the job; it takes the slot unless it holds it."""

    job: Job


@dataclass(frozen=True)
class Withhold:
    """Set a queued job aside that waits for an administrator's word, so that it holds nobody back."""

    job: Job


@dataclass(frozen=True)
class Cancel:
    """End a queued job that an administrator has asked to cancel: nothing of it is at DashScope."""

    job: Job


Action = Rebase | Poll | Resolve | Deliver | Release | Reclaim | Look | Submit | Cancel | Withhold


def decide(seen: Observed, rules: Rules) -> list[Action]:
    """Return the actions in their order: free the slot, fill it, and then the work that can wait.

    What has had trouble comes after what has not: after all that can wait, where it can wait itself.
    """
    actions: list[Action] = []
    for job in _fewest_tries_first(seen.running):
        if is_ahead(job.changed_at, seen.now):
            actions.append(Rebase(job))
        elif not job.is_due(seen.now):
            continue
        elif job.state is JobState.TRAINING:
            actions.append(Poll(job))
        elif job.state is JobState.SUBMITTING:
            # Also while its sender may be alive: adopting early does no harm, sending again early would.
            actions.append(Resolve(job))
    actions.extend(
        Release(name)
        for name, held in (seen.holders | seen.unsettled).items()
        if not isinstance(held, Unread) and not (held and needs_slot(held, seen.now))
    )
    aside = _fewest_tries_first(seen.aside)
    actions.extend(_cancels(seen))
    actions.extend(_withholds(seen, rules))
    actions.extend(_reclaims(seen))
    actions.extend(Submit(job) for job in _to_submit(seen, aside, rules))
    for jobs in ((*seen.running, *seen.due), aside):
        due = [job for job in jobs if job.is_due(seen.now)]
        actions.extend(Deliver(job) for job in due if job.state.is_terminal and not job.delivered)
        actions.extend(Look(job) for job in due if job.state is JobState.COLLECTING)
    return actions


def is_awaited(seen: Observed, rules: Rules) -> bool:
    """Whether somebody in the queue would be submitted if no training were going."""
    return bool(to_submit(seen.slot, seen.queue, (), (), 1, seen.now, rules=rules))


def _cancels(seen: Observed) -> list[Action]:
    """A job that was cancelled while its submit was on its way has come back to the queue."""
    return [Cancel(job) for job in _met_queued(seen) if job.cancel_asked_at]


def _withholds(seen: Observed, rules: Rules) -> list[Action]:
    """Sets that closed before ``TRAININGS=approve`` was set stand in the queue."""
    waiting = (job for job in _met_queued(seen) if not job.cancel_asked_at)
    return [Withhold(job) for job in waiting if waits_for_approval(job, rules) and not is_set_aside(job)]


def _met_queued(seen: Observed) -> list[Job]:
    held = (job for job in seen.holders.values() if isinstance(job, Job))
    met = {job.job_id: job for job in (*seen.queue, *seen.aside, *held)}.values()
    return [job for job in met if job.state is JobState.QUEUED]


def _reclaims(seen: Observed) -> list[Action]:
    """A holder whose row cannot be read may have a fine-tune that is going: the list is asked.

    Only while somebody waits for the slot. Whoever asks waits longer than a row is kept back by chance.
    """
    if not any(job.state is JobState.QUEUED for job in (*seen.queue, *seen.aside)):
        return []
    held = seen.holders.values()
    return [Reclaim(one.job_id) for one in held if isinstance(one, Unread)]


def _to_submit(seen: Observed, aside: Iterable[Job], rules: Rules) -> list[Job]:
    holders = [held for held in seen.holders.values() if isinstance(held, Job)]
    # Whoever has just joined the queue is met there: the page at hand may not show who is before them.
    queue = [*seen.queue, *(job for job in aside if job.lane != QUEUE_LANE)]
    unknown = sum(isinstance(held, Unread) for held in seen.holders.values())
    capacity = rules.concurrent_trainings - unknown
    return to_submit(seen.slot, queue, seen.running, holders, capacity, seen.now, rules=rules)


def _fewest_tries_first(jobs: Iterable[Job]) -> list[Job]:
    return sorted(jobs, key=lambda job: job.trouble.tries if job.trouble else 0)
