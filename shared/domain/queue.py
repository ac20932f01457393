"""Which queued jobs go next: pure, used by ``collect`` when a set has closed and by every tick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from shared.domain.caps import may_go
from shared.domain.held_back import is_held_back
from shared.domain.job import Job
from shared.domain.lanes import QUEUE_LANE
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState

AT_DASHSCOPE = (JobState.SUBMITTING, JobState.TRAINING)
"""States in which a job may have a fine-tune that is going."""


def needs_slot(job: Job, now: int) -> bool:
    """Whether a job that holds the slot has a use for it: it is at DashScope, or is to be sent there now.

    One that stands at its place in the queue is, whatever this machine's clock says of the moment: a machine
    whose clock is ahead may have closed the set just now, and be about to send it.
    """
    is_at_its_place = job.lane == QUEUE_LANE or job.due_at <= now
    return job.state in AT_DASHSCOPE or (job.state is JobState.QUEUED and is_at_its_place)


def to_submit(
    slot: Slot,
    queue: Sequence[Job],
    running: Sequence[Job],
    holders: Iterable[Job],
    capacity: int,
    now: int,
    *,
    rules: Rules,
) -> list[Job]:
    """Return the jobs that may be submitted now, in their order.

    A holder that is about to be released counts as gone; if it is not, taking the slot fails.

    Args:
        slot: the slot as it was read.
        queue: the head of the queue, and jobs that had stepped aside.
        running: jobs that are being submitted or trained.
        holders: the jobs behind the slot's holders.
        capacity: fine-tunes that may run at once.
        now: milliseconds since the epoch.
        rules: the settings, some of which keep jobs from being submitted (:mod:`shared.domain.caps`).
    """
    if slot.is_halted(now) or slot.paused is not None:
        return []
    known_holders = list(holders)
    # A holder that is still queued was left behind by a run that died: it goes first.
    left_behind = [job for job in known_holders if _may_be_sent(job) and needs_slot(job, now)]
    # The index may show a job in two lanes for a moment.
    others = {job.job_id: job for job in queue if job not in left_behind}.values()
    waiting = [job for job in others if _may_be_sent(job) and job.is_due(now)]
    # Whoever has had trouble of their own queues behind those who closed before the next try, and whoever was
    # refused since the last accepted submit behind those who can still tell whether everybody is.
    waiting.sort(key=lambda job: (job.job_id in slot.refused_jobs, job.turn))
    # A job that runs without holding the slot still uses DashScope's.
    going = {job.job_id for job in (*running, *known_holders) if _is_going(job, slot)}
    allowed = (job for job in (*left_behind, *waiting) if may_go(job, slot, rules, now))
    return list(islice(allowed, max(0, capacity - len(going))))


def _may_be_sent(job: Job) -> bool:
    return job.state is JobState.QUEUED and not job.cancel_asked_at and not is_held_back(job.person_id)


def _is_going(job: Job, slot: Slot) -> bool:
    """Whether the job uses DashScope's slot; a row that cannot be written lags behind its training's end."""
    return job.state in AT_DASHSCOPE and not (job.fine_tune_id and job.fine_tune_id in slot.ended_fine_tunes)
