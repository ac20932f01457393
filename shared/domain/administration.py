"""What an administrator may do to a job, from cancelling it to overruling a verdict on one of its photos.

Pure: each function returns the changed job, or raises :class:`NotPossible`, which says why not. It decides on
the job as it is stored; a save on top of a job that has moved on fails, and the request is decided anew.
Called by :mod:`shared.workflow.administering`. ``now`` and names that end in ``_at`` are milliseconds since
the epoch.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.consenting import WITHDRAWN_REASON, was_withdrawn
from shared.domain.held_back import is_held_back
from shared.domain.job import Job, Reason, open_job
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState

OVERRULED = frozenset({Verdict.NO_FACE, Verdict.SEVERAL_FACES, Verdict.UNFIT, Verdict.NOT_JUDGED})
"""Verdicts that are opinions about a picture; the others are facts, with which DashScope takes no photo."""

NEVER_SENT = Reason(
    "canceled_before_submit",
    "An administrator cancelled the training before it was sent to DashScope; nothing is billed.",
)
NOT_BILLED = Reason(
    "canceled_not_billed",
    "An administrator cancelled the training; by DashScope's usage, which is 0, nothing is billed.",
)
BILLED = Reason(
    "canceled_and_billed",
    "An administrator cancelled the training; DashScope has billed it, as the job's cost_cny says.",
)
REMEMBERED_REQUESTS = 8
"""A run that carries a request out once more has read it within the minutes of its life."""


class NotPossible(Exception):
    """What is asked for cannot be done to the job as it is; ``code`` is the outcome of the request."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def canceled(job: Job, now: int) -> Job:
    """Cancel ``job``: at once while nothing of it is at DashScope, else as soon as it is known what is."""
    if job.state is JobState.COLLECTING and job.photo_set.unpacking:
        # The rest of the zip would open another set.
        raise NotPossible("still_unpacking")
    if job.state in (JobState.COLLECTING, JobState.QUEUED):
        unleased = replace(job, leased_until=0, cancel_asked_at=job.cancel_asked_at or now)
        # A try before this one may have been trained, and billed.
        why = why_canceled(job.usage) if job.earlier_fine_tunes else NEVER_SENT
        return unleased.ended(JobState.CANCELED, WITHDRAWN_REASON if was_withdrawn(job) else why, now)
    if job.state not in (JobState.SUBMITTING, JobState.TRAINING):
        raise NotPossible("rejected_already" if job.state is JobState.REJECTED else "ended_already")
    if job.cancel_asked_at:
        raise NotPossible("cancel_asked_already")
    return replace(job, cancel_asked_at=now)


def why_canceled(usage: int) -> Reason:
    """Say of a job whose fine-tunes DashScope has billed ``usage`` times what its cancellation has cost."""
    return BILLED if usage else NOT_BILLED


def with_request(job: Job, request_id: str) -> Job:
    """Note that the job is what the request has made of it, so that it is not carried out once more."""
    return replace(job, answered=(*job.answered, request_id)[-REMEMBERED_REQUESTS:])


def moved_before(job: Job, first: Job) -> Job:
    """Give the queued ``job`` the place before ``first``, the head of the queue; the head stays as it is."""
    check_queued(job)
    if first.job_id == job.job_id:
        return job
    place = min(first.place, job.place) - 1
    is_at_its_place = job.due_at == job.place
    return replace(job, moved_to=place, due_at=place if is_at_its_place else job.due_at)


def check_queued(job: Job) -> None:
    """Raise :class:`NotPossible` unless the job has a place in the queue."""
    if job.state is not JobState.QUEUED:
        raise NotPossible("not_queued")


def asked_to_train(job: Job, rules: Rules, now: int) -> Job:
    """Have the open set close at its next look, with what is there then."""
    if is_held_back(job.person_id):
        raise NotPossible("held_back")
    if job.state is not JobState.COLLECTING:
        raise NotPossible("not_collecting")
    if not job.photo_set.new_usable and not job.photo_set.unfinished and not job.photo_set.unpacking:
        raise NotPossible("no_usable_photo")
    return job.with_photo_set(replace(job.photo_set, train_asked_at=now), rules, now)


def once_more(job: Job, rules: Rules, now: int) -> Job:
    """Open the revision that trains the photos of ``job``, which has ended without a model, once more."""
    if is_held_back(job.person_id):
        raise NotPossible("held_back")
    if job.state not in (JobState.FAILED, JobState.CANCELED):
        raise NotPossible("not_failed")
    if job.photos_removed_at:
        raise NotPossible("photos_removed")
    photos = tuple(
        replace(photo.chosen_anew() if photo.is_left_over else photo, retry=None)
        for photo in job.photo_set.photos
        if photo.may_be_used or photo.is_left_over
    )
    if not photos:
        raise NotPossible("no_usable_photo")
    followed = job.next_revision(rules, now)
    again = PhotoSet(
        photos=photos,
        has_history=True,
        dropped=followed.photo_set.dropped,
        marker_used_at=followed.photo_set.marker_used_at,
        last_photo_at=now,
        train_asked_at=now,
    )
    opened = open_job(job.person_id, job.revision + 1, now)
    kept = replace(opened, folders=followed.folders, trainings_at=followed.trainings_at, consent=job.consent)
    kept = replace(kept, starts_after=followed.starts_after)
    return kept.with_photo_set(again, rules, now)


def with_photo_used(job: Job, name: str, rules: Rules, now: int) -> Job:
    """Overrule the face check's verdict on the photo called ``name``; its set opens again."""
    photo = job.photo_set.photo(name)
    if photo is None:
        raise NotPossible("photo_unknown")
    if not job.takes_photos:
        raise NotPossible("set_submitted")
    if photo.verdict not in OVERRULED:
        raise NotPossible("verdict_stands")
    used = replace(
        photo,
        verdict=Verdict.UNPREPARED,
        detail="",
        retry=None,
        overruled=photo.verdict.value,
        recorded_at=now,
    )
    photos = tuple(used if one is photo else one for one in job.photo_set.photos)
    return job.collecting(replace(job.photo_set, photos=photos, last_photo_at=now), rules, now)


def without_photo(job: Job, name: str, rules: Rules, now: int) -> Job:
    """Take the photo called ``name``, which has been deleted, out of a set that is not submitted yet."""
    if not job.takes_photos or job.photo_set.photo(name) is None:
        return job
    present = {photo.archive or photo.name for photo in job.photo_set.photos} - {name}
    left = job.photo_set.without_deleted(present)
    if job.state is JobState.QUEUED and any(photo.name == name for photo in job.photo_set.usable):
        return job.collecting(left, rules, now)
    return job.with_photo_set(left, rules, now)


def with_model_released(job: Job, now: int) -> Job:
    """Note that the job's fine-tune has been deleted at DashScope."""
    return replace(job, model_released_at=now)


def unless_erased(job: Job) -> Job:
    """Return ``job``; raises :class:`NotPossible` if its person is being erased."""
    if job.erasing_since:
        raise NotPossible("being_erased")
    return job


def check_model_is_kept(job: Job) -> None:
    """Raise :class:`NotPossible` unless the account keeps a model of ``job``."""
    if job.state is not JobState.SUCCEEDED:
        raise NotPossible("no_model")
    if job.model_released_at:
        raise NotPossible("released_already")
