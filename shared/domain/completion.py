"""When a photo set is complete, and when it is to be looked at next: pure functions over the set.

The theory. Nobody says for certain that the last photo of a delivery has come. A marker says so, and speaks
for the photos that were uploaded before it. A number of usable photos is as good; else a time without a new
one has to do. A set that was closed before and has taken more photos since has a deadline beside these. But
no set is complete while a photo of it has no last word: no unchecked photo is paid for, and no usable one is
left behind.

Called by :class:`shared.domain.photo_set.PhotoSet`. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from shared.domain.rules import Rules

if TYPE_CHECKING:
    from shared.domain.photo_set import PhotoSet
    from shared.domain.photos import Photo

NEVER = 2**62
"""A moment that does not come: the set waits for another photo."""
MARKER_TRAVELS_MS = 600_000
"""A marker that overtook its photos speaks for those that arrive so soon after it, once they have rested."""
RESTS_AFTER_MARKER_MS = 60_000
UNPACKING_TAKES_MS = 120_000
"""By then the run that began to unpack a zip is dead, and the next run continues."""


class ClosedBy(str, Enum):
    """The condition that completed a set."""

    MARKER = "marker"
    COUNT = "count"
    QUIET = "quiet"
    DEADLINE = "deadline"


def completed_by(photo_set: PhotoSet, rules: Rules, now: int, *, deadline: int = NEVER) -> ClosedBy | None:
    """Say what completes the set at ``now``, or None while it has to wait.

    Quiet time needs ``min_photos`` usable photos, or no new usable one at all, in which case the set is to be
    rejected. Carried photos complete nothing: they have been trained on. ``deadline``: a set that was closed
    before closes again by then.
    """
    if photo_set.unpacking or photo_set.unfinished or not _has_new(photo_set):
        return None
    if _is_full(photo_set, rules):
        return ClosedBy.COUNT
    # By a clock that is behind they have not rested at all.
    rested_ms = max(0, now - photo_set.last_photo_at)
    if is_marked(photo_set) or (is_overtaken_by_marker(photo_set) and rested_ms >= RESTS_AFTER_MARKER_MS):
        return ClosedBy.MARKER
    if now >= deadline:
        return ClosedBy.DEADLINE
    return ClosedBy.QUIET if rested_ms >= rules.quiet_ms and _is_enough(photo_set, rules) else None


def next_look_at(photo_set: PhotoSet, rules: Rules, *, deadline: int = NEVER) -> int:
    """When the set is to be looked at: at once, when it will be complete, or not before another photo."""
    if not _has_new(photo_set):
        return NEVER
    if photo_set.unpacking:
        return min(_goes_on_at(zipped) for zipped in photo_set.unpacking)
    if photo_set.unfinished:
        # In the order of arrival: whoever has many that nobody has looked at yet is not always the first.
        return min(
            photo.retry.next_try_at if photo.retry else photo.recorded_at for photo in photo_set.unfinished
        )
    last = photo_set.last_photo_at
    if is_marked(photo_set) or _is_full(photo_set, rules):
        return last
    moments = [deadline]
    if is_overtaken_by_marker(photo_set):
        moments.append(last + RESTS_AFTER_MARKER_MS)
    if _is_enough(photo_set, rules):
        moments.append(last + rules.quiet_ms)
    return min(moments)


def is_marked(photo_set: PhotoSet) -> bool:
    """Whether the marker speaks for all photos of the set: none was uploaded after it.

    The bucket's times are whole seconds; the folder is listed only after the marker's second has passed.
    """
    return bool(photo_set.ready_at) and all(
        photo.uploaded_at <= photo_set.ready_at for photo in photo_set.photos
    )


def is_overtaken_by_marker(photo_set: PhotoSet) -> bool:
    """Whether the marker came a little before the newest of the photos that it belongs to."""
    arrived = [photo.uploaded_at for photo in photo_set.photos if photo.is_new]
    return bool(photo_set.ready_at and arrived) and (
        0 < max(arrived) - photo_set.ready_at <= MARKER_TRAVELS_MS
    )


def _goes_on_at(zipped: Photo) -> int:
    """When the next run may go on with a zip."""
    by_then = zipped.recorded_at + UNPACKING_TAKES_MS
    return max(by_then, zipped.retry.next_try_at) if zipped.retry else by_then


def _has_new(photo_set: PhotoSet) -> bool:
    return any(photo.is_new for photo in photo_set.photos)


def _is_full(photo_set: PhotoSet, rules: Rules) -> bool:
    return 0 < rules.close_at <= len(photo_set.new_usable)


def _is_enough(photo_set: PhotoSet, rules: Rules) -> bool:
    return len(photo_set.usable) >= rules.min_photos or not photo_set.new_usable
