"""Sees to it that a queued job's snapshots are there before a POST names them.

A set may have been queued for days, and a snapshot may be gone by then (a lifecycle rule, somebody's hand) or
may not be read any more. DashScope would refuse the submit, or train on fewer photos. So each snapshot is
looked at that was not made minutes ago or was sent in vain, and a lost one is made again from its upload
while that still holds the same picture.

Called by :mod:`shared.workflow.submitting`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job, Reason
from shared.domain.object_keys import snapshot_key, upload_key
from shared.domain.photos import Photo, Verdict
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.errors import Trouble
from shared.logs import warn
from shared.workflow.ports import World

FRESH_MS = 600_000
"""A snapshot that was made so lately is there: a set that goes on at once costs no look at its photos."""


def with_snapshots(world: World, job: Job) -> Job:
    """Return ``job`` with snapshots that are there, saved; or FAILED when none of its photos is left.

    Raises:
        RetryLater: the bucket does not answer.
        Conflict: another run has changed the job.
    """
    # After a refusal nothing counts as fresh: a snapshot that is gone may be the reason.
    was_in_vain = job.attempt > 0
    usable = job.photo_set.usable
    old = [photo for photo in usable if was_in_vain or not _is_fresh(photo, world.clock.now())]
    photos = {photo: _with_snapshot(world, job, photo) for photo in old}
    if all(before == after for before, after in photos.items()):
        return job
    now = world.clock.now()
    kept = tuple(photos.get(photo, photo) for photo in job.photo_set.photos)
    after = job.with_files(replace(job.photo_set, photos=kept), now)
    if not after.files:
        reason = Reason(
            "photos_lost", "The prepared photos and their uploads are gone; upload photos to train again."
        )
        after = after.ended(JobState.FAILED, reason, now)
    return world.jobs.save(job, after)


def _is_fresh(photo: Photo, now: int) -> bool:
    """Whether the snapshot was made minutes ago; of a carried photo nobody has written down when."""
    return photo.is_new and photo.recorded_at <= now < photo.recorded_at + FRESH_MS


def _with_snapshot(world: World, job: Job, photo: Photo) -> Photo:
    """Return ``photo`` with a snapshot that is there, or with the verdict that it is lost."""
    if _is_there(world, job, photo.snapshot):
        return photo
    warn("snapshot_lost", job=job.job_id, photo=photo.name, snapshot=photo.snapshot)
    key = upload_key(job.person_id, photo.name)
    snapshot = snapshot_key(job.job_id, world.token())
    try:
        world.bucket.prepare(key, snapshot, etag=photo.etag)
        # Not for the many sets whose snapshots are there.
        from shared.workflow.cleaning import cleaned

        snapshot = cleaned(world, snapshot, job.job_id)
        if photo.turned:
            upright = snapshot_key(job.job_id, world.token())
            world.bucket.turn(snapshot, photo.turned, upright)
            snapshot = upright
    except ValueError as error:
        detail = f"snapshot_lost: OSS made {error} of the photo"
        return replace(photo, snapshot="", verdict=Verdict.UNREADABLE, detail=detail)
    except Trouble as trouble:
        if not _is_of_the_object(world, job, trouble):
            raise
        detail = f"snapshot_lost: {trouble.code}"
        return replace(photo, snapshot="", verdict=Verdict.UNREADABLE, detail=detail)
    return replace(photo, snapshot=snapshot)


def _is_there(world: World, job: Job, snapshot: str) -> bool:
    try:
        return world.bucket.read_range(snapshot, 0, 1) != b""
    except Trouble as trouble:
        if not _is_of_the_object(world, job, trouble):
            raise
        return False


def _is_of_the_object(world: World, job: Job, trouble: Trouble) -> bool:
    """Whether a trouble is of the object alone: by its kind, or as others have been served meanwhile."""
    if trouble.kind in (Kind.OBJECT, Kind.PICTURE, Kind.GONE):
        return True
    may_be_its_own = trouble.kind is Kind.UNKNOWN or trouble.kind.is_of_all
    return may_be_its_own and world.health.is_hopeless(job.retry, trouble.api)
