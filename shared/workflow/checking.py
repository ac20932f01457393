"""Brings photos to their verdicts: cheap facts first, then OSS's snapshots of them, then the face check.

DashScope takes five face checks a second and several pictures in one: what is judged together is checked
together. A finding about one of the pictures may spoil such a check, and then each is checked by itself.

Called by :mod:`shared.workflow.recording` for a new photo, and by :mod:`shared.workflow.closing` for one
whose preparation or check has failed before. It writes a snapshot and no row, and it raises nothing: whatever
goes wrong is the trouble of this photo, kept with it, and the photo is tried again after a growing pause
(:mod:`shared.domain.retry_state`). Only a documented finding about the picture is a verdict about it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from shared.domain.copies import as_duplicate, original_of
from shared.domain.job import Job
from shared.domain.jpeg import HEADER_BYTES, carries_metadata, jpeg_sides
from shared.domain.object_keys import snapshot_key
from shared.domain.photos import (
    Photo,
    Verdict,
    may_be_raw,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, failed_again
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NoConsent, Trouble, unforeseen
from shared.logs import warn
from shared.workflow.photo_access import check_faces
from shared.workflow.ports import World

TIME_FOR_A_PHOTO_MS = 20_000
TIME_FOR_A_CHECK_MS = 15_000
CHECKED_TOGETHER = 10
"""DashScope names no limit of pictures a face check; a training takes as many."""


def judge(world: World, key: str, photo: Photo, job: Job) -> Photo:
    """Return ``photo``, the object under ``key``, with its verdict; as :func:`judge_each`."""
    (judged,) = judge_each(world, [(key, photo)], job)
    return judged


def judge_each(world: World, photos: Sequence[tuple[str, Photo]], job: Job) -> list[Photo]:
    """Return ``photos``, each given beside its object's key, with their verdicts for the set of ``job``.

    A photo that met trouble is returned with its tries and without a verdict. One that the rest of the
    invocation is too short for is returned as it is.
    """
    if world.health.is_careful and len(photos) > 1:
        # A photo may have killed runs: with one photo in hand at a time the next death tells which.
        return [judge(world, key, photo, job) for key, photo in photos]
    beside = [photo.name for photo in (*job.photo_set.photos, *(photo for _, photo in photos))]
    looked_at = [_looked_at(world, key, photo, job, beside) for key, photo in photos]
    unchecked = [photo for photo, is_to_be_checked in looked_at if is_to_be_checked]
    checked = zip(unchecked, _checked_each(world, unchecked, job), strict=True)
    found = iter([_from_all_sides(world, before, after, job) for before, after in checked])
    return [next(found) if is_to_be_checked else photo for photo, is_to_be_checked in looked_at]


def _looked_at(world: World, key: str, photo: Photo, job: Job, beside: Collection[str]) -> tuple[Photo, bool]:
    """Return ``photo`` as it is before the face check, and whether that is to be made.

    ``beside`` are the names of the set's photos and of those that came with this one.
    """
    verdict = verdict_from_object(photo.size)
    # Of what is too large its kind is asked for: a video is no better for being smaller.
    if verdict is not None and verdict is not Verdict.TOO_MANY_BYTES:
        return replace(photo, verdict=verdict, retry=None), False
    is_large = verdict is not None
    original = None if is_large else original_of(job.photo_set.photos, photo.name, photo)
    if original is not None:
        return as_duplicate(photo, original.name), False
    if not world.has_time_for(TIME_FOR_A_PHOTO_MS):
        return replace(photo, recorded_at=world.clock.now()), False
    piece = f"{job.person_key} photo {photo.etag}"
    if world.health.is_given_up(piece):
        detail = f"function_died: {DEATHS_ALLOWED} runs and more died while they looked at it"
        return replace(photo, verdict=Verdict.UNREADABLE, detail=detail, retry=None), False
    rests_until = world.health.left_alone_until(piece)
    if rests_until:
        retry = failed_again(photo.retry, FUNCTION_DIED, world.clock.now())
        return replace(photo, retry=replace(retry, next_try_at=rests_until)), False
    world.health.take_in_hand(piece)
    if photo.verdict is Verdict.UNPREPARED:
        unprepared = photo
        photo = _step(world, photo, Api.PROCESSING, lambda: _prepared(world, key, unprepared, job, beside))
    if photo.overruled and photo.verdict is Verdict.UNCHECKED:
        # An administrator has looked at it, and the check would say once more what they have overruled.
        return replace(photo, verdict=Verdict.USABLE, detail="", retry=None), False
    return photo, photo.verdict is Verdict.UNCHECKED


def _checked_each(world: World, photos: list[Photo], job: Job) -> list[Photo]:
    """Have the faces of ``photos`` checked, as many in a call as there may be, while there is time."""
    checked: list[Photo] = []
    for start in range(0, len(photos), CHECKED_TOGETHER):
        batch = photos[start : start + CHECKED_TOGETHER]
        is_late, now = not world.has_time_for(TIME_FOR_A_CHECK_MS), world.clock.now()
        checked += (
            [replace(one, recorded_at=now) for one in batch] if is_late else _checked(world, batch, job)
        )
    return checked


def _checked(world: World, photos: list[Photo], job: Job) -> list[Photo]:
    """Have the faces of ``photos`` checked in one call; where that tells nothing of any, one by one."""
    if len(photos) > 1 and world.rules.face_check:
        try:
            verdicts = check_faces(world, [photo.snapshot for photo in photos], job)
            world.health.passed(Api.FACE_CHECK)
            return [_with_finding(photo, *found) for photo, found in zip(photos, verdicts, strict=True)]
        except Trouble as trouble:
            if trouble.kind in (Kind.PASSING, Kind.PERSON) or trouble.kind.is_of_all:
                # Another call for each of them would only be throttled, or refused, as well.
                return [_step(world, photo, Api.FACE_CHECK, partial(_raise, trouble)) for photo in photos]
        except Exception as surprise:
            warn("unforeseen", photos=len(photos), error=repr(surprise)[:1000])
    return [_checked_in_time(world, photo, job) for photo in photos]


def _checked_in_time(world: World, photo: Photo, job: Job) -> Photo:
    if not world.has_time_for(TIME_FOR_A_CHECK_MS):
        return replace(photo, recorded_at=world.clock.now())
    return _step(world, photo, Api.FACE_CHECK, partial(_checked_alone, world, photo, job))


def _from_all_sides(world: World, unchecked: Photo, found: Photo, job: Job) -> Photo:
    """Return ``found``; one in which no face was found, once it has been looked at from its other sides."""
    if found.verdict is not Verdict.NO_FACE:
        return found
    # Imported here: most photos show a face.
    from shared.workflow.sideways import found_on_its_side

    return _step(world, unchecked, Api.FACE_CHECK, lambda: found_on_its_side(world, unchecked, job) or found)


def _raise(trouble: Trouble) -> Photo:
    raise trouble


def _step(world: World, photo: Photo, api: Api, take: Callable[[], Photo]) -> Photo:
    """Take a step to the verdict; a trouble, also one that nobody foresaw, stays with the photo."""
    try:
        return take()
    except NoConsent as refusal:
        # Imported here: most deployments ask for no consent.
        from shared.domain.consenting import waiting

        return waiting(photo, refusal.why, world.clock.now())
    except Trouble as trouble:
        cause = trouble.cause
    except Exception as surprise:
        cause = unforeseen(surprise).cause._replace(api=api)
        warn("unforeseen", photo=photo.name, error=repr(surprise)[:1000])
    cause = world.health.failed(cause, photo.retry)
    warn("photo_held_up", photo=photo.name, code=cause.code, message=cause.message, kind=cause.kind.value)
    retry = failed_again(photo.retry, cause, world.clock.now())
    if world.health.is_hopeless(retry, cause.api):
        verdict = Verdict.UNREADABLE if photo.verdict is Verdict.UNPREPARED else Verdict.NOT_JUDGED
        return replace(photo, verdict=verdict, detail=_detail(cause.code, cause.message), retry=None)
    return replace(photo, retry=retry)


def _prepared(world: World, key: str, photo: Photo, job: Job, beside: Collection[str]) -> Photo:
    """Have OSS make the snapshot; what is prepared is the very content that the record names.

    What is refused is looked at, so that its verdict says of which kind it is.
    """
    refused = verdict_from_object(photo.size)
    if refused is not None or may_be_raw(photo.name):
        from shared.workflow.identifying import identified, raw_file

        if refused is not None:
            return identified(world, key, photo, beside, refused)
        if raw := raw_file(world, key, photo):
            return raw
    snapshot = snapshot_key(job.job_id, world.token())
    try:
        size_bytes = world.bucket.prepare(key, snapshot, etag=photo.etag)
    except Trouble as refusal:
        if refusal.kind is not Kind.PICTURE:
            raise
        world.health.passed(Api.PROCESSING)
        return _refused(world, key, photo, beside, refusal)
    world.health.passed(Api.PROCESSING)
    start = world.bucket.read_range(snapshot, 0, HEADER_BYTES)
    world.health.passed(Api.READING)
    verdict = verdict_from_snapshot(size_bytes, start)
    if verdict in (Verdict.TOO_FEW_PIXELS, Verdict.TOO_NARROW):
        from shared.workflow.identifying import identified

        return identified(world, key, photo, beside, verdict)
    if verdict is not None:
        return replace(photo, verdict=verdict, retry=None)
    sides = jpeg_sides(start)
    pixels = sides[0] * sides[1] if sides else 0
    if carries_metadata(start):
        from shared.workflow.cleaning import without_its_metadata

        try:
            snapshot = without_its_metadata(world, snapshot, job.job_id)
        except ValueError as error:
            return replace(photo, verdict=Verdict.NOT_AN_IMAGE, detail=f"OSS made {error} of it", retry=None)
    return replace(photo, snapshot=snapshot, pixels=pixels, verdict=Verdict.UNCHECKED, retry=None)


def _refused(world: World, key: str, photo: Photo, beside: Collection[str], refusal: Trouble) -> Photo:
    """Return ``photo``, of which OSS makes no snapshot, with what its refusal or its kind says."""
    detail = _detail(refusal.code, refusal.message)
    verdict = verdict_from_refusal(refusal.code, refusal.message)
    if verdict is not Verdict.NOT_AN_IMAGE:
        return replace(photo, verdict=verdict, detail=detail, retry=None)
    from shared.workflow.identifying import identified

    return identified(world, key, photo, beside, verdict, detail)


def _checked_alone(world: World, photo: Photo, job: Job) -> Photo:
    """Have DashScope look for the face."""
    if not world.rules.face_check:
        return replace(photo, verdict=Verdict.USABLE, detail="", retry=None)
    try:
        ((is_face, why),) = check_faces(world, [photo.snapshot], job)
    except Trouble as trouble:
        if trouble.kind is not Kind.PICTURE or trouble.api is not Api.FACE_CHECK:
            raise
        world.health.passed(Api.FACE_CHECK)
        detail = _detail(trouble.code, trouble.message)
        return replace(photo, verdict=Verdict.UNFIT, detail=detail, retry=None)
    world.health.passed(Api.FACE_CHECK)
    return _with_finding(photo, is_face, why)


def _with_finding(photo: Photo, is_face: bool, why: str) -> Photo:
    return replace(photo, verdict=verdict_from_face_check(is_face, why), detail=why, retry=None)


def _detail(code: str, message: str) -> str:
    return f"{code}: {message}"[:MAX_DETAIL_CHARACTERS]
