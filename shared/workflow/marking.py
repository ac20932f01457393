"""Notes the marker of a person's folder on the set, with the photos that it speaks for.

Called by :mod:`shared.workflow.closing` in each look. A marker is read once, and then stands in the row. One
that cannot be understood, or not be read in several tries, counts as an empty one: it says at least that the
photos have been sent.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.markers import MAX_MARKER_BYTES, NOTHING, Announced, UnusableMarker, announced_by
from shared.domain.retry_state import RetryState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.ports import Listed, World

UNUSABLE = "unusable_marker"


def marked(world: World, job: Job, marker: Listed | None, before: RetryState | None) -> Job:
    """Return ``job`` with the marker, if it is new; the set decides whether it speaks for its photos.

    ``before``: how the looks before this one have failed in a row, None when they have not.

    Raises:
        Trouble: the marker has content and cannot be read now.
    """
    if marker is None or not job.photo_set.is_new_marker(marker.stored.modified_at):
        return job
    announced, now = _announced(world, marker, before), world.clock.now()
    log("marker_noted", job=job.job_id, photos=announced.photos, names=len(announced.names))
    photo_set = job.photo_set.with_marker(marker.stored.modified_at, now, announced)
    return job.with_photo_set(photo_set, world.rules, now)


def _announced(world: World, marker: Listed, before: RetryState | None) -> Announced:
    if not marker.stored.size or marker.stored.is_link:
        return NOTHING
    try:
        content = world.bucket.read(marker.key, max_bytes=MAX_MARKER_BYTES)
        world.health.passed(Api.READING)
        return announced_by(content)
    except UnusableMarker as problem:
        reason = str(problem)
    except Trouble as trouble:
        is_of_the_marker = trouble.kind in (Kind.OBJECT, Kind.GONE)
        if not is_of_the_marker and not world.health.is_hopeless(before, trouble.api):
            raise
        reason = trouble.code
    warn(UNUSABLE, key=marker.key, problem=reason)
    world.ignored.note({marker.key: UNUSABLE}, world.clock.now())
    return NOTHING
