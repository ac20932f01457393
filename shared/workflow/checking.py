"""Brings a photo to its verdict: cheap facts first, then OSS's snapshot of it, then the face check.

Called by :mod:`shared.workflow.recording` for a new photo, and by :mod:`shared.workflow.closing` for one
whose preparation or check has failed before. It writes a snapshot and no row, and it raises nothing: whatever
goes wrong is the trouble of this photo, kept with it, and the photo is tried again after a growing pause
(:mod:`shared.domain.retry_state`). Only a documented finding about the picture is a verdict about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.domain.copies import as_duplicate
from shared.domain.job import Job
from shared.domain.jpeg import HEADER_BYTES, carries_metadata
from shared.domain.object_keys import snapshot_key
from shared.domain.photos import (
    Photo,
    Verdict,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, failed_again
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble, unforeseen
from shared.logs import warn
from shared.workflow.photo_access import check_face
from shared.workflow.ports import World

TIME_FOR_A_PHOTO_MS = 20_000


def judge(world: World, key: str, photo: Photo, job: Job) -> Photo:
    """Return ``photo``, the object under ``key``, with its verdict for the set of ``job``.

    A photo that met trouble is returned with its tries and without a verdict. One that the rest of the
    invocation is too short for is returned as it is.
    """
    verdict = verdict_from_object(photo.size)
    if verdict is not None:
        return replace(photo, verdict=verdict, retry=None)
    if original := job.photo_set.original_of(photo.name, photo):
        return as_duplicate(photo, original.name)
    if not world.has_time_for(TIME_FOR_A_PHOTO_MS):
        return replace(photo, recorded_at=world.clock.now())
    piece = f"{job.person_key} photo {photo.etag}"
    if world.health.is_given_up(piece):
        detail = f"function_died: {DEATHS_ALLOWED} runs and more died while they looked at it"
        return replace(photo, verdict=Verdict.UNREADABLE, detail=detail, retry=None)
    rests_until = world.health.left_alone_until(piece)
    if rests_until:
        retry = failed_again(photo.retry, FUNCTION_DIED, world.clock.now())
        return replace(photo, retry=replace(retry, next_try_at=rests_until))
    world.health.take_in_hand(piece)
    if photo.verdict is Verdict.UNPREPARED:
        unprepared = photo
        photo = _step(world, photo, Api.PROCESSING, lambda: _prepared(world, key, unprepared, job))
    if photo.verdict is Verdict.UNCHECKED:
        unchecked = photo
        photo = _step(world, photo, Api.FACE_CHECK, lambda: _checked(world, unchecked))
    return photo


def _step(world: World, photo: Photo, api: Api, take: Callable[[], Photo]) -> Photo:
    """Take a step to the verdict; a trouble, also one that nobody foresaw, stays with the photo."""
    try:
        return take()
    except Trouble as trouble:
        cause = trouble.cause
    except Exception as surprise:
        cause = unforeseen(surprise).cause._replace(api=api)
        warn("unforeseen", photo=photo.name, error=repr(surprise)[:1000])
    cause = world.health.failed(cause, photo.retry)
    warn("photo_held_up", photo=photo.name, code=cause.code, message=cause.message, kind=cause.kind.value)
    retry = failed_again(photo.retry, cause, world.clock.now())
    if retry.is_hopeless(passed_at=world.health.passed_at(cause.api)):
        verdict = Verdict.UNREADABLE if photo.verdict is Verdict.UNPREPARED else Verdict.NOT_JUDGED
        return replace(photo, verdict=verdict, detail=_detail(cause.code, cause.message), retry=None)
    return replace(photo, retry=retry)


def _prepared(world: World, key: str, photo: Photo, job: Job) -> Photo:
    """Have OSS make the snapshot; what is prepared is the very content that the record names."""
    snapshot = snapshot_key(job.job_id, world.token())
    try:
        size_bytes = world.bucket.prepare(key, snapshot, etag=photo.etag)
    except Trouble as refusal:
        if refusal.kind is not Kind.PICTURE:
            raise
        world.health.passed(Api.PROCESSING)
        detail = _detail(refusal.code, refusal.message)
        return replace(
            photo, verdict=verdict_from_refusal(refusal.code, refusal.message), detail=detail, retry=None
        )
    world.health.passed(Api.PROCESSING)
    start = world.bucket.read_range(snapshot, 0, HEADER_BYTES)
    world.health.passed(Api.READING)
    verdict = verdict_from_snapshot(size_bytes, start)
    if verdict is not None:
        return replace(photo, verdict=verdict, retry=None)
    if carries_metadata(start):
        from shared.workflow.cleaning import without_its_metadata

        try:
            snapshot = without_its_metadata(world, snapshot, job.job_id)
        except ValueError as error:
            return replace(photo, verdict=Verdict.NOT_AN_IMAGE, detail=f"OSS made {error} of it", retry=None)
    return replace(photo, snapshot=snapshot, verdict=Verdict.UNCHECKED, retry=None)


def _checked(world: World, photo: Photo) -> Photo:
    """Have DashScope look for the face."""
    if not world.rules.face_check:
        return replace(photo, verdict=Verdict.USABLE, detail="", retry=None)
    try:
        is_face, why = check_face(world, photo.snapshot)
    except Trouble as trouble:
        if trouble.kind is not Kind.PICTURE or trouble.api is not Api.FACE_CHECK:
            raise
        world.health.passed(Api.FACE_CHECK)
        detail = _detail(trouble.code, trouble.message)
        return replace(photo, verdict=Verdict.UNFIT, detail=detail, retry=None)
    world.health.passed(Api.FACE_CHECK)
    return replace(photo, verdict=verdict_from_face_check(is_face, why), detail=why, retry=None)


def _detail(code: str, message: str) -> str:
    return f"{code}: {message}"[:MAX_DETAIL_CHARACTERS]
