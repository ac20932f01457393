"""What consent does to a person's jobs: without it they wait, with it they go on, and its end stops them.

Pure, like :mod:`shared.domain.job`. A photo that may not be shown to DashScope yet stays ``unchecked`` and
waits, and so does the set around it; a closed set stands aside. No tick meets what waits: the document that
comes brings it back (:mod:`shared.workflow.consenting`). ``now`` is milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.consent import Consent, cause_of, waits_for_consent
from shared.domain.job import Job, Reason
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo
from shared.domain.retry_state import RetryState
from shared.domain.rules import Rules
from shared.domain.states import JobState

WITHDRAWN_REASON = Reason(
    "consent_withdrawn",
    "Consent was withdrawn, so nothing more is sent; what DashScope has billed is in the job's cost_cny.",
)


def until_consent(before: RetryState | None, why: str, now: int) -> RetryState:
    """Return how a piece of work waits that may not leave; ``why`` is a code of :mod:`.consent`."""
    since = before.since if before is not None and waits_for_consent(before) else now
    return RetryState(tries=1, since=since, next_try_at=NEVER, tried_at=now, cause=cause_of(why))


def waiting(photo: Photo, why: str, now: int) -> Photo:
    """Return ``photo`` as one that waits for consent."""
    return replace(photo, retry=until_consent(photo.retry, why, now))


def set_aside(job: Job, why: str, now: int) -> Job:
    """Return a queued job as one that waits for consent, where it holds nobody back."""
    return replace(
        job, retry=until_consent(job.retry, why, now), due_at=NEVER, changed_at=max(now, job.changed_at)
    )


def with_consent(job: Job, consent: Consent, rules: Rules, now: int) -> Job:
    """Return ``job`` with what its person's consent means for it: it goes on, or stops, or stays as it is."""
    job = job if consent == job.consent else replace(job, consent=consent)
    if consent.is_withdrawn:
        return stopped(job, now)
    return job if consent.why_not(rules, now) else released(job, rules, now)


def released(job: Job, rules: Rules, now: int) -> Job:
    """Return ``job`` with all going on that waits for consent."""
    if job.state is JobState.QUEUED and waits_for_consent(job.retry):
        return job.cleared(rules, now)
    if job.state is not JobState.COLLECTING:
        return job
    photos = tuple(
        replace(photo, retry=None) if waits_for_consent(photo.retry) else photo
        for photo in job.photo_set.photos
    )
    if photos == job.photo_set.photos:
        return job
    return job.with_photo_set(replace(job.photo_set, photos=photos), rules, now)


def stopped(job: Job, now: int) -> Job:
    """Return ``job`` as it is once consent is withdrawn: cancelled, or to be cancelled at DashScope.

    An open set stays: its photos wait, and go with the person's erasure.
    """
    if job.state is JobState.QUEUED:
        return replace(job, leased_until=0).ended(JobState.CANCELED, WITHDRAWN_REASON, now)
    if job.state in (JobState.SUBMITTING, JobState.TRAINING):
        return replace(job, cancel_asked_at=job.cancel_asked_at or now)
    return job


def was_withdrawn(job: Job) -> bool:
    """Whether the job's person has withdrawn consent, as far as its row tells."""
    return job.consent is not None and job.consent.is_withdrawn
