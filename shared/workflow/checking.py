"""Checks a photo and reaches its verdict: cheap facts first, then OSS's snapshot of it, then the face check.

Called by :mod:`shared.workflow.recording` for a new photo, and by
:mod:`shared.workflow.closing` for a face check that was postponed. It writes a snapshot and no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.domain.job import Job
from shared.domain.object_keys import snapshot_key
from shared.domain.photos import (
    Photo,
    Verdict,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from shared.errors import NotFound, Permanent, RetryLater
from shared.logs import warn
from shared.workflow.ports import World

TIME_FOR_A_PHOTO_MS = 20_000
FACE_CHECK_TRIES = 3
FIRST_PAUSE_MS = 300
"""After a throttled face check; doubled with each try."""
HEADER_BYTES = 64 * 1024
"""So much of a snapshot holds its size in pixels, behind the EXIF block that OSS may have left in it."""


def check_photo(world: World, key: str, photo: Photo, job: Job) -> Photo:
    """Return ``photo``, the object under ``key``, with its verdict for the set of ``job``.

    Raises:
        RetryLater: no time is left, or the object was taken away meanwhile.
    """
    if not world.has_time_for(TIME_FOR_A_PHOTO_MS):
        raise RetryLater("no_time", "too little of the invocation is left for another photo", delay_seconds=1)
    verdict = verdict_from_object(photo.size)
    if verdict is None and job.photo_set.has_picture(photo):
        verdict = Verdict.DUPLICATE
    if verdict is not None:
        return replace(photo, verdict=verdict)
    snapshot = snapshot_key(job.job_id, world.token())
    try:
        size_bytes = world.bucket.prepare(key, snapshot)
        verdict = verdict_from_snapshot(size_bytes, world.bucket.read_range(snapshot, 0, HEADER_BYTES))
    except NotFound as gone:
        raise RetryLater(
            "photo_changed", "the photo was taken away while it was being checked", delay_seconds=1
        ) from gone
    except Permanent as refusal:
        return replace(photo, verdict=verdict_from_refusal(refusal.code), detail=refusal.message)
    if verdict is not None:
        return replace(photo, verdict=verdict)
    verdict, detail = check_face(world, snapshot)
    return replace(photo, snapshot=snapshot, verdict=verdict, detail=detail)


def check_faces(world: World, photos: Iterable[Photo]) -> dict[str, tuple[Verdict, str]]:
    """Make the face checks that were postponed; returns verdicts and details by the photos' names.

    A photo that still has no verdict is left out.
    """
    verdicts = {
        photo.name: check_face(world, photo.snapshot)
        for photo in photos
        if world.has_time_for(TIME_FOR_A_PHOTO_MS)
    }
    return {name: found for name, found in verdicts.items() if found[0] is not Verdict.UNCHECKED}


def check_face(world: World, snapshot: str) -> tuple[Verdict, str]:
    """Return a verdict on a snapshot, with DashScope's word for it.

    A throttled or absent face check postpones the verdict and never raises: the photo stays unchecked.
    """
    if not world.rules.face_check:
        return Verdict.USABLE, ""
    for attempt in range(FACE_CHECK_TRIES):
        try:
            ((is_face, why),) = world.dashscope.detect_faces([world.bucket.signed_url(snapshot)])
        except RetryLater as trouble:
            is_throttled = trouble.code.startswith("Throttling")
            if is_throttled and attempt + 1 < FACE_CHECK_TRIES and world.has_time_for(TIME_FOR_A_PHOTO_MS):
                world.clock.sleep(world.with_jitter(FIRST_PAUSE_MS * 2**attempt))
                continue
            warn("face_check_postponed", snapshot=snapshot, code=trouble.code, message=trouble.message)
            return Verdict.UNCHECKED, trouble.code
        except Permanent as refusal:
            return Verdict.UNFIT, f"{refusal.code}: {refusal.message}"
        return verdict_from_face_check(is_face, why), why
    raise AssertionError("unreachable")
