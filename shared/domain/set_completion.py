"""When a photo set is complete: the first of marker, count and quiet time."""

from __future__ import annotations

from enum import Enum

from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState


class ClosedBy(str, Enum):
    """What completed a set."""

    MARKER = "marker"
    COUNT = "count"
    QUIET = "quiet"


def completed_by(job: Job, rules: Rules, now: int) -> ClosedBy | None:
    """Say what completes ``job``'s set at ``now``, or None while it has to wait.

    An unchecked photo holds the set open while the check is on, and so does a zip that is being unpacked:
    nothing unchecked is paid for, and nothing that may turn out usable is left behind. Quiet time needs
    ``min_photos`` usable photos, or no new one at all, in which case the set is to be rejected. Photos that
    were carried over complete nothing by themselves: they have been trained on.
    """
    if job.state is not JobState.COLLECTING or job.unpacking or (rules.face_check and job.unchecked):
        return None
    if not any(photo.is_new for photo in job.photos):
        return None
    usable = len(job.new_usable)
    if rules.close_at and usable >= rules.close_at:
        return ClosedBy.COUNT
    if job.is_marked:
        return ClosedBy.MARKER
    if now >= job.last_photo_at + rules.quiet and (len(job.usable) >= rules.min_photos or usable == 0):
        return ClosedBy.QUIET
    return None


def settled(job: Job, rules: Rules, now: int) -> Job:
    """Return ``job`` closed or rejected if its set is complete, else as it is."""
    why = completed_by(job, rules, now)
    if why is None:
        return job
    return job.closed(why.value, now) if job.new_usable else job.rejected(now)
