"""``TRAININGS=approve``: each closed set waits for an administrator's word before anything is paid for.

A set that waits stands aside, where it holds nobody back and where no tick meets it: nothing but the word, or
another setting, brings it back to its place in the queue. A set that opens again is another one, and needs
the word again (:meth:`shared.domain.job.Job.collecting`). A training that DashScope has failed is made again
on the same word, since the set is the same. Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job
from shared.domain.photo_set import NEVER
from shared.domain.retry_state import Cause, RetryState
from shared.domain.rules import Rules, Trainings
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind

NOT_APPROVED = Cause("not_approved", "TRAININGS=approve", Kind.PERSON)


def waits_for_approval(job: Job, rules: Rules) -> bool:
    """Whether ``job`` is queued and may not be submitted before an administrator's word."""
    return rules.trainings is Trainings.APPROVE and job.state is JobState.QUEUED and not job.approved_at


def is_set_aside(job: Job) -> bool:
    """Whether ``job`` stands aside until it is approved, or need not be."""
    is_told_so = job.retry is not None and job.retry.cause.code == NOT_APPROVED.code
    return job.state is JobState.QUEUED and is_told_so and not job.approved_at


def withheld(job: Job, rules: Rules, now: int) -> Job:
    """Set ``job`` aside if it waits for approval; else return it as it is."""
    if not waits_for_approval(job, rules) or is_set_aside(job):
        return job
    retry = RetryState(tries=1, since=now, next_try_at=NEVER, tried_at=now, cause=NOT_APPROVED)
    return replace(job, retry=retry, due_at=NEVER)


def approved(job: Job, asked_at: int, now: int) -> Job:
    """Let the closed set be trained; back at its place.

    Raises:
        NotPossible: there is no such set, or it is not the one that was looked at when that was asked.
    """
    # Imported here: few runs approve anything.
    from shared.domain.administration import NotPossible

    if job.state is not JobState.QUEUED:
        raise NotPossible("not_queued")
    if job.approved_at:
        raise NotPossible("approved_already")
    if job.closed_at > asked_at:
        # It has opened and closed since, with other photos.
        raise NotPossible("set_changed")
    back = replace(job, retry=None, due_at=job.place) if is_set_aside(job) else job
    return replace(back, approved_at=max(now, 1), changed_at=max(now, job.changed_at))
