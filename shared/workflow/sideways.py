"""Looks for a face in a photo that lies on its side, or stands on its head, and does not say so.

Scans, screenshots and photos that a messenger has sent on have lost their EXIF orientation. So a photo in
which no face was found is turned by OSS three ways, and the face check looks at all three in one call, which
costs one turn of its rate limit. Called by :mod:`shared.workflow.checking` before it says ``no_face``.

The turned picture with the face becomes the photo's snapshot; the others are deleted. The picture as it lay
stays, as an object that no row names: the row names it until the next save. A run that dies in between leaves
up to three objects more, and the next one does all of it again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shared.domain.job import Job
from shared.domain.object_keys import snapshot_key
from shared.domain.photos import Photo, Verdict, verdict_from_face_check
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.photo_access import check_faces
from shared.workflow.ports import World

TURNS = (90, 270, 180)
"""Degrees clockwise. A camera on its side is the usual case, and one on its head the rarest."""
TIME_FOR_A_TURN_MS = 10_000
"""What must be left for each step: OSS turns a snapshot within a second."""


def found_on_its_side(world: World, photo: Photo, job: Job) -> Photo | None:
    """Return ``photo``, which shows no face as it lies, with the verdict on it as it should lie.

    Returns:
        The photo, usable with a turned snapshot, or with several faces; still unchecked where the invocation
        is too short; None: there is no face in it, whichever way it is turned.

    Raises:
        NoConsent: it may not be shown to DashScope any more.
        Trouble: OSS or the face check does not serve; all of it is to be done again.
    """
    turned: dict[str, int] = {}
    kept = ""
    try:
        for degrees in TURNS:
            if world.has_time_for(TIME_FOR_A_TURN_MS):
                key = snapshot_key(job.job_id, world.token())
                turned[key] = degrees
                world.bucket.turn(photo.snapshot, degrees, key)
        if not world.has_time_for(TIME_FOR_A_TURN_MS):
            return replace(photo, recorded_at=world.clock.now(), retry=None)
        world.health.passed(Api.PROCESSING)
        verdicts = [verdict_from_face_check(*seen) for seen in check_faces(world, list(turned), job)]
        world.health.passed(Api.FACE_CHECK)
        for (key, degrees), verdict in zip(turned.items(), verdicts, strict=True):
            if verdict is Verdict.USABLE:
                kept = key
                log("photo_turned", job=job.job_id, photo=photo.name, degrees=degrees)
                return replace(photo, snapshot=key, turned=degrees, verdict=verdict, detail="", retry=None)
        if Verdict.SEVERAL_FACES in verdicts:
            return replace(photo, verdict=Verdict.SEVERAL_FACES, detail="", retry=None)
        return None
    except Trouble as trouble:
        # A refusal of a turned picture is no finding about the photo.
        if trouble.kind is not Kind.PICTURE:
            raise
        return None
    finally:
        _delete(world, job, [key for key in turned if key != kept])


def _delete(world: World, job: Job, keys: Collection[str]) -> None:
    """Delete turned pictures that nobody needs; what stays behind stays in the account."""
    for key in keys:
        if not world.has_time_for(TIME_FOR_A_TURN_MS):
            return
        try:
            world.bucket.delete(key)
        except Trouble as trouble:
            warn("snapshot_not_deleted", job=job.job_id, code=trouble.code, message=trouble.message)
            return
