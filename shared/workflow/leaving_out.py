"""Leaves the photos out of a set whose zip was replaced or deleted.

Called by :mod:`shared.workflow.closing` in each look, before the set may close, when it has photos out of
zips. The theory is in :mod:`shared.domain.taken_out`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from shared.domain.job import Job
from shared.domain.object_keys import upload_key
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import UNKNOWN_MARK, Photo
from shared.domain.retry_state import TRIES_BESIDE_OTHERS
from shared.domain.taken_out import has_its_zip, left_by_their_zip, zips_around
from shared.domain.trouble_kinds import Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.recording_found import check_time


def leave_out(world: World, job: Job, etags: Mapping[str, str], unread: Collection[str] = ()) -> PhotoSet:
    """Return the job's set without the photos whose zip has gone.

    Args:
        world: the services.
        job: the person's newest job, with an open set.
        etags: of all objects in the person's folders, by name.
        unread: the photos in folders that were not listed whole, of which nothing is known.

    Raises:
        RetryLater: an object could not be asked about.
    """
    photo_set = job.photo_set
    candidates = [photo for photo in left_by_their_zip(photo_set, etags) if photo.name not in unread]
    if not candidates:
        return photo_set
    gone: set[str] = set()
    marks: dict[str, str] = {}
    for photo in candidates:
        mark = photo.taken_from
        if mark == UNKNOWN_MARK or any(name in etags for name in zips_around(photo.name)):
            check_time(world)
            # The same bytes may have been taken out of the zip that is there now: the object itself knows.
            mark = _mark(world, job, photo)
        if mark and not has_its_zip(photo.name, mark, etags):
            gone.add(photo.name)
        else:
            marks[photo.name] = mark
    if gone:
        log("photos_left_out", person=job.person_id, job=job.job_id, photos=len(gone))
    photos = tuple(
        replace(photo, taken_from=marks[photo.name]) if photo.name in marks else photo
        for photo in photo_set.photos
    )
    return replace(photo_set, photos=photos).with_left_out(gone)


def _mark(world: World, job: Job, photo: Photo) -> str:
    """Return the mark of the zip that the object is out of now, "" for one that was put there by hand.

    One that never tells keeps the mark that it had, and without any counts as put there by hand; so the set
    can close.
    """
    try:
        stored = world.bucket.stored(upload_key(job.person_id, photo.name))
    except Trouble as trouble:
        tries = job.retry.tries if job.retry is not None else 0
        is_young = trouble.kind is not Kind.OBJECT and tries < TRIES_BESIDE_OTHERS
        if is_young or trouble.kind.is_of_all:
            raise
        world.health.failed(trouble.cause)
        warn("photo_not_described", job=job.job_id, photo=photo.name, code=trouble.code)
        stored = None
    if stored is None or stored.taken_from is None:
        return photo.taken_from if photo.taken_from != UNKNOWN_MARK else ""
    return stored.taken_from
