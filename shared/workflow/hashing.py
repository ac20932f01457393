"""Makes the difference hashes that the choice among more than 10 usable photos needs.

Called by :mod:`shared.workflow.closing` when a set is complete otherwise. OSS squeezes each snapshot to a few
pixels, and sends some hundred bytes. A hash stays with its photo's record, so no look makes it again. The
next look goes on where one has no time left, and the set stays open until then. A photo whose hash cannot be
made for its own sake counts as like no other: nobody waits for it.
"""

from __future__ import annotations

from shared.domain.difference_hash import HEIGHT, NO_HASH, WIDTH, hash_of_bitmap
from shared.domain.job import Job
from shared.domain.photos import Photo
from shared.domain.retry_state import RetryState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble, unforeseen
from shared.logs import warn
from shared.workflow.ports import World

TIME_FOR_A_HASH_MS = 20_000
"""What a call to OSS may take with its tries; a usual one takes a tenth of a second."""
_OF_THE_PHOTO = (Kind.PICTURE, Kind.OBJECT, Kind.GONE)


def unhashed(job: Job) -> list[Photo]:
    """Return the usable photos whose difference hash the choice still needs."""
    return [photo for photo in job.photo_set.usable if not photo.dhash]


def with_hashes(world: World, job: Job, before: RetryState | None) -> Job:
    """Return ``job`` with the hashes that its choice still needs, as many as there is time for.

    Args:
        world: the services.
        job: the job, its set complete.
        before: how the looks before this one have failed in a row, None when they have not.

    Raises:
        Trouble: OSS made not even the first of them; what passes is tried again for a while.
    """
    made: dict[Photo, str] = {}
    for photo in unhashed(job):
        if not world.has_time_for(TIME_FOR_A_HASH_MS):
            break
        try:
            made[photo] = _hash_of(world, job, photo, before)
        except Exception:
            # What has been made is saved; the next look meets this trouble again, as its first.
            if not made:
                raise
            break
    if not made:
        return job
    return job.with_photo_set(job.photo_set.with_hashes(made), world.rules, world.clock.now())


def _hash_of(world: World, job: Job, photo: Photo, before: RetryState | None) -> str:
    if not world.health.may_go_on(f"{job.person_key} hash {photo.etag}"):
        return NO_HASH
    try:
        hashed = hash_of_bitmap(world.bucket.bitmap(photo.snapshot, WIDTH, HEIGHT))
    except ValueError as problem:
        warn("photo_not_hashed", job=job.job_id, photo=photo.name, problem=str(problem))
        return NO_HASH
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        if trouble.kind not in _OF_THE_PHOTO and not world.health.is_hopeless(before, trouble.api):
            raise
        warn("photo_not_hashed", job=job.job_id, photo=photo.name, code=trouble.code)
        return NO_HASH
    world.health.passed(Api.PROCESSING)
    return hashed
