"""Records an upload in its person's set: a photo with a verdict, a zip by unpacking it.

Called by ``collect`` for an event, and by :mod:`shared.workflow.closing` for an upload whose event never
came. An event is a hint that an object may be
there. The object counts as the bucket has it now, so repeated, reordered and late events lead to the same
record. The verdict comes from :mod:`shared.workflow.checking`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.domain.job import Job, open_job
from shared.domain.object_keys import Kind, Upload
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.rules import MAX_PHOTOS
from shared.errors import Conflict, RetryLater
from shared.logs import log, warn
from shared.workflow.checking import check_photo
from shared.workflow.ports import World

MAX_TRIES = 8
LONGEST_FIRST_PAUSE_MS = 60
"""Doubled with each try that another upload of the same person has won."""


class SetCrowded(RetryLater):
    """The set has as many unchecked photos as its row can hold."""


@dataclass(frozen=True)
class Recorded:
    """The outcome of an upload: the person's newest job, and the verdict or the reason for having none."""

    job: Job | None
    outcome: str
    is_overtaken: bool = False
    """Whether another run has written the person's job since the caller read it."""


def record_upload(world: World, upload: Upload, newest: Job | None) -> Recorded:
    """Record the photo or the zip under ``upload.key``; as :func:`record_photo` for each."""
    if upload.kind is Kind.PHOTO:
        return record_photo(world, upload, newest)
    # Imported here: the code that reads zips is loaded with the first zip, and it imports this module.
    from shared.workflow.unpacking import unpack_upload

    return unpack_upload(world, upload, newest)


def record_photo(world: World, upload: Upload, newest: Job | None) -> Recorded:
    """Record the photo under ``upload.key`` in the person's open set, or in the next set.

    Args:
        world: the services.
        upload: the photo.
        newest: the person's newest job as read before, None without one.

    Raises:
        RetryLater: no time is left, or other uploads of the same person won the row too many times.
    """
    checked: Photo | None = None
    checked_for = ""
    for latest, stored in observations(world, upload, newest):
        is_overtaken = latest is not newest
        outcome = outcome_without_change(latest, upload, stored)
        if outcome or stored is None:
            return Recorded(latest, outcome, is_overtaken)
        now = world.clock.now()
        if latest is not None and _is_one_too_many(latest, stored):
            late = new_photo(latest, upload, stored, now, Verdict.OVER_LIMIT)
            after = latest.with_photo_set(latest.photo_set.with_late_photo(late), world.rules, now)
        else:
            before = open_set(world, latest, upload.person_id)
            if checked is None or (checked_for, checked.etag) != (before.job_id, stored.etag):
                unchecked = new_photo(before, upload, stored, now, Verdict.UNCHECKED)
                checked, checked_for = check_photo(world, upload.key, unchecked, before), before.job_id
            now = world.clock.now()
            after = before.with_photo(checked, world.rules, now)
        try:
            return replace(log_recorded(save(world, latest, after), upload), is_overtaken=is_overtaken)
        except Conflict:
            continue
    raise AssertionError("unreachable: the observations end with an error")


def observations(
    world: World, upload: Upload, newest: Job | None
) -> Iterator[tuple[Job | None, Stored | None]]:
    """Yield the person's newest job and the object as they are, again after each save that another run won.

    The set is read before the object: a change of an open set after this read makes the save fail, so an
    object that is older than the set's knowledge of it can never open another, paid set.

    Raises:
        RetryLater: other runs were faster each time.
    """
    for attempt in range(MAX_TRIES):
        if attempt:
            # Photos that come together would lose together again if all runs waited alike.
            world.clock.sleep(int(world.random() * LONGEST_FIRST_PAUSE_MS * 2 ** (attempt - 1)))
            newest = world.jobs.latest(upload.person_id)
        yield newest, world.bucket.stored(upload.key)
    raise RetryLater("busy_person", "other uploads of this person were faster each time", delay_seconds=5)


def outcome_without_change(latest: Job | None, upload: Upload, stored: Stored | None) -> str:
    """Say why nothing is to be recorded, or return ``""``."""
    if stored is None:
        return "gone"
    if latest is not None and latest.knows(upload.name, stored.etag):
        return "known"
    if latest is not None and latest.photo_set.is_full:
        warn("folder_full", person=upload.person_id, photo=upload.name)
        return "folder_full"
    return ""


def open_set(world: World, latest: Job | None, person_id: str) -> Job:
    """Return the job that a new upload belongs to: the open one, or the next; raises :class:`SetCrowded`."""
    now = world.clock.now()
    if latest is None:
        return open_job(person_id, 1, now)
    if not latest.state.is_open:
        return latest.next_revision(world.rules, now)
    if latest.photo_set.is_crowded:
        raise SetCrowded(
            "set_crowded", "too many photos of this person wait for their check", delay_seconds=60
        )
    return latest


def new_photo(job: Job, upload: Upload, stored: Stored, now: int, verdict: Verdict) -> Photo:
    """Return the record of an upload to ``job``."""
    return Photo(
        name=upload.name,
        etag=stored.etag,
        size=stored.size,
        verdict=verdict,
        uploaded_at=job.photo_set.arrived_at(upload.name, stored.modified_at),
        recorded_at=now,
    )


def save(world: World, latest: Job | None, after: Job) -> Job:
    """Save ``after`` on top of ``latest``, or as the person's next revision; raises Conflict."""
    is_same = latest is not None and latest.revision == after.revision
    return world.jobs.save(latest if is_same else None, after)


def log_recorded(job: Job, upload: Upload) -> Recorded:
    """Log and return the record of ``upload``."""
    photos = job.photo_set.photos
    photo = next((photo for photo in reversed(photos) if photo.name == upload.name), None)
    verdict, detail = (photo.verdict.value, photo.detail) if photo else ("not_shown", "")
    log(
        "photo_recorded",
        person=upload.person_id,
        job=job.job_id,
        photo=upload.name,
        verdict=verdict,
        detail=detail,
        state=job.state.value,
    )
    return Recorded(job, verdict)


def _is_one_too_many(latest: Job, stored: Stored) -> bool:
    """Whether the photo was uploaded before a set closed by its number, so that it opens no other set."""
    return (
        not latest.state.is_open
        and latest.closed_by == ClosedBy.COUNT.value
        and len(latest.files) >= MAX_PHOTOS
        and stored.modified_at <= latest.closed_at
    )
