"""Takes an upload in: prepares and checks the photo, and records it with its verdict.

An event is a hint that an object may be there. What counts is the object as the bucket has it now, so
repeated, reordered and late events lead to the same record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.domain.job import Job, open_job
from shared.domain.object_keys import Upload, snapshot_key
from shared.domain.photos import (
    Photo,
    Stored,
    Verdict,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from shared.domain.rules import MAX_PHOTOS
from shared.domain.set_completion import ClosedBy
from shared.errors import Conflict, NotFound, Permanent, RetryLater
from shared.logs import log, warn
from shared.workflow.ports import World

MAX_TRIES = 8
LONGEST_FIRST_PAUSE = 60
"""Milliseconds, doubled with each try that another upload of the same person has won."""
TIME_FOR_A_PHOTO = 20_000
FACE_CHECK_TRIES = 3
HEADER_BYTES = 64 * 1024
"""As much of a snapshot as holds its size in pixels, behind whatever EXIF OSS left in it."""


class SetCrowded(RetryLater):
    """The set has as many unchecked photos as its row can hold."""


@dataclass(frozen=True)
class TakenIn:
    """What became of an upload: the job it stands in, if any, and the verdict or why there is none."""

    job: Job | None
    outcome: str


def take_in_photo(world: World, upload: Upload) -> TakenIn:
    """Record the photo under ``upload.key`` in the person's open set, or in the next one.

    Raises:
        RetryLater: no time is left, or other uploads of the same person won the row too many times.
    """
    prepared: Photo | None = None
    prepared_for = ""

    def change(latest: Job | None, stored: Stored) -> Job | TakenIn:
        nonlocal prepared, prepared_for
        now = world.clock.now()
        if latest is not None and _is_one_too_many(latest, stored):
            return latest.with_late_photo(as_photo(latest, upload, stored, now, Verdict.OVER_LIMIT), now)
        before = open_set(world, latest, upload.person_id)
        if prepared is None or (prepared_for, prepared.etag) != (before.job_id, stored.etag):
            prepared, prepared_for = _prepare(world, before, upload, stored), before.job_id
        return before.with_photo(prepared, world.rules, world.clock.now())

    taken = record(world, upload, change)
    return taken if isinstance(taken, TakenIn) else recorded(taken, upload)


def record(
    world: World, upload: Upload, change: Callable[[Job | None, Stored], Job | TakenIn]
) -> Job | TakenIn:
    """Save what ``change`` makes of the person's newest job and the object, again while others are faster.

    Raises:
        RetryLater: others were faster each time.
    """
    for attempt in range(MAX_TRIES):
        if attempt:
            # Photos that come together would lose together again if all of them waited alike.
            world.clock.sleep(int(world.random() * LONGEST_FIRST_PAUSE * 2 ** (attempt - 1)))
        # The set before the object: whatever changes the set after this look makes the save fail, so an
        # object that is older than the set's knowledge of it can never open another, paid set.
        latest = world.jobs.latest(upload.person_id)
        stored = world.bucket.stored(upload.key)
        if stored is None:
            return TakenIn(None, "gone")
        if latest is not None and latest.knows(upload.name, stored.etag):
            return TakenIn(latest, "known")
        if latest is not None and latest.is_full:
            warn("folder_full", person=upload.person_id, photo=upload.name)
            return TakenIn(latest, "folder_full")
        after = change(latest, stored)
        if isinstance(after, TakenIn):
            return after
        try:
            return world.jobs.save(latest if latest and latest.revision == after.revision else None, after)
        except Conflict:
            continue
    raise RetryLater("busy_person", "other uploads of this person were faster each time", delay=5)


def recorded(job: Job, upload: Upload) -> TakenIn:
    """Log and return what stands on record of ``upload`` now."""
    photo = next((photo for photo in reversed(job.photos) if photo.name == upload.name), None)
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
    return TakenIn(job, verdict)


def open_set(world: World, latest: Job | None, person_id: str) -> Job:
    """Return the set that a new upload belongs to: the open one, or the next; raises :class:`SetCrowded`."""
    if latest is None:
        return open_job(person_id, 1, world.clock.now())
    if latest.state.is_open and latest.is_crowded:
        raise SetCrowded("set_crowded", "too many photos of this person wait for their check", delay=60)
    return latest if latest.state.is_open else latest.next_revision(world.rules, world.clock.now())


def as_photo(job: Job, upload: Upload, stored: Stored, now: int, verdict: Verdict) -> Photo:
    """Return the record of an upload to ``job``."""
    return Photo(
        name=upload.name,
        etag=stored.etag,
        size=stored.size,
        verdict=verdict,
        uploaded_at=job.arrived_at(upload.name, stored.modified_at),
        recorded_at=now,
    )


def _is_one_too_many(latest: Job, stored: Stored) -> bool:
    """Whether the photo was there before a set closed by its number, so that the next set is not for it."""
    return (
        not latest.state.is_open
        and latest.closed_by == ClosedBy.COUNT.value
        and len(latest.files) >= MAX_PHOTOS
        and stored.modified_at <= latest.closed_at
    )


def _prepare(world: World, job: Job, upload: Upload, stored: Stored) -> Photo:
    """Reach a verdict, cheapest facts first; the snapshot is made before the face check looks at it."""
    if not world.has_time_for(TIME_FOR_A_PHOTO):
        raise RetryLater("no_time", "too little of the invocation is left for another photo", delay=1)
    photo = as_photo(job, upload, stored, world.clock.now(), Verdict.UNCHECKED)
    verdict = verdict_from_object(stored)
    if verdict is None and any(
        other.etag == stored.etag and other.name != upload.name and other.may_be_used for other in job.photos
    ):
        verdict = Verdict.DUPLICATE
    if verdict is not None:
        return replace(photo, verdict=verdict)
    snapshot = snapshot_key(job.job_id, world.token())
    try:
        size = world.bucket.prepare(upload.key, snapshot)
        verdict = verdict_from_snapshot(size, world.bucket.read_range(snapshot, 0, HEADER_BYTES))
    except NotFound as gone:
        raise RetryLater(
            "photo_changed", "the photo was taken away while it was looked at", delay=1
        ) from gone
    except Permanent as refusal:
        return replace(photo, verdict=verdict_from_refusal(refusal.code), detail=refusal.message)
    if verdict is not None:
        return replace(photo, verdict=verdict)
    verdict, detail = face_check(world, snapshot)
    return replace(photo, snapshot=snapshot, verdict=verdict, detail=detail)


def face_check(world: World, snapshot: str) -> tuple[Verdict, str]:
    """Return a verdict on a prepared photo, with DashScope's word for it.

    A throttled or absent face check postpones the verdict and never raises: the photo stays unchecked.
    """
    if not world.rules.face_check:
        return Verdict.USABLE, ""
    for attempt in range(FACE_CHECK_TRIES):
        try:
            ((is_face, why),) = world.trainer.detect_faces([world.bucket.signed_url(snapshot)])
        except RetryLater as trouble:
            throttled = trouble.code.startswith("Throttling")
            if throttled and attempt + 1 < FACE_CHECK_TRIES and world.has_time_for(TIME_FOR_A_PHOTO):
                world.clock.sleep(world.with_jitter(300 * 2**attempt))
                continue
            warn("face_check_postponed", snapshot=snapshot, code=trouble.code, message=trouble.message)
            return Verdict.UNCHECKED, trouble.code
        except Permanent as refusal:
            return Verdict.UNFIT, f"{refusal.code}: {refusal.message}"
        return verdict_from_face_check(is_face, why), why
    raise AssertionError("unreachable")
