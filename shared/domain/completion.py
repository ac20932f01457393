"""When a photo set is complete, and when it is to be looked at next: pure functions over the set.

The theory. One delivery is one training, and a photo that comes a moment after the submit begins another one,
which is paid for. Nobody says for certain that the last photo has come. A marker that names its photos comes
nearest: the set waits for these, and for no time. An empty marker says that all have been sent, and a number
of usable photos says that a training is worth it; but photos travel beside one another and beside the marker,
so both hold only once nothing has arrived for a while. Else a longer time without a new photo has to do. A
set that was closed before and has taken more photos since has a deadline beside these. And no set is complete
while a photo of it has no last word: no unchecked photo is paid for, and no usable one is left behind.

The bucket says when a photo arrived, so a set whose events were late has rested already when they come.

Called by :class:`shared.domain.photo_set.PhotoSet`. Times are milliseconds since the epoch.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

from shared.domain.object_keys import below_folder
from shared.domain.photos import NEEDS_NOTHING, Verdict
from shared.domain.rules import Rules

if TYPE_CHECKING:
    from shared.domain.photo_set import PhotoSet
    from shared.domain.photos import Photo

NEVER = 2**62
"""A moment that does not come: the set waits for another photo."""
MARKER_TRAVELS_MS = 600_000
"""A marker that overtook its photos speaks for those that arrive so soon after it, once they have rested."""
MARKER_RESTS_MS = 20_000
"""So long nothing may arrive beside an empty marker: 8 MB take 16 s at 4 Mbit/s."""
MARKER_WAITS_MS = 600_000
"""So long a marker waits for the photos that it names."""
UNPACKING_TAKES_MS = 120_000
"""By then the run that began to unpack a zip is dead, and the next run continues."""


class ClosedBy(str, Enum):
    """The condition that completed a set."""

    MARKER = "marker"
    MARKER_INCOMPLETE = "marker_incomplete"
    """The marker has waited long enough for photos that never came."""
    COUNT = "count"
    QUIET = "quiet"
    DEADLINE = "deadline"
    ADMINISTRATOR = "administrator"
    """Somebody has asked for the training of what is there now."""


def completed_by(photo_set: PhotoSet, rules: Rules, now: int, *, deadline: int = NEVER) -> ClosedBy | None:
    """Say what completes the set at ``now``, or None while it has to wait.

    Quiet time needs ``min_photos`` usable photos, or no new usable one at all, in which case the set is to be
    rejected. Carried photos complete nothing: they have been trained on. ``deadline``: a set that was closed
    before closes again by then.
    """
    if photo_set.unpacking or photo_set.unfinished or not _has_new(photo_set):
        return None
    if photo_set.train_asked_at:
        return ClosedBy.ADMINISTRATOR
    if is_announced(photo_set):
        if missing_photos(photo_set) == 0:
            return ClosedBy.MARKER
        is_waited_for = now < _marker_arrival(photo_set) + MARKER_WAITS_MS
        return None if is_waited_for else ClosedBy.MARKER_INCOMPLETE
    moments = closing_moments(photo_set, rules, deadline)
    return next((why for why, moment in moments.items() if moment <= now), None)


def closing_moments(photo_set: PhotoSet, rules: Rules, deadline: int = NEVER) -> dict[ClosedBy, int]:
    """Return when each condition completes a set with a new photo, unless something arrives; may be NEVER."""
    return {
        ClosedBy.COUNT: _full_at(photo_set, rules),
        ClosedBy.MARKER: _marked_at(photo_set, rules),
        ClosedBy.DEADLINE: deadline,
        ClosedBy.QUIET: _quiet_at(photo_set, rules),
    }


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
    if photo_set.train_asked_at:
        return photo_set.train_asked_at
    if is_announced(photo_set):
        return (
            _marker_arrival(photo_set) + MARKER_WAITS_MS
            if missing_photos(photo_set)
            else photo_set.last_photo_at
        )
    return min(closing_moments(photo_set, rules, deadline).values())


def is_announced(photo_set: PhotoSet) -> bool:
    """Whether a marker says which photos, or how many, the set is to wait for."""
    return bool(photo_set.ready_at) and not photo_set.announced.is_empty


def missing_names(photo_set: PhotoSet) -> tuple[str, ...]:
    """Return the names that the marker speaks for and that have not arrived."""
    there = {unicodedata.normalize("NFC", below_folder(photo.name)) for photo in photo_set.photos}
    return tuple(name for name in photo_set.announced.names if name not in there)


def missing_photos(photo_set: PhotoSet) -> int:
    """Return how many of the photos have not arrived that the marker speaks for.

    A photo has arrived whatever its verdict is; a zip stands for the photos in it, a refused one for none.
    """
    announced = photo_set.announced
    if announced.names:
        return len(missing_names(photo_set))
    arrived = sum(photo.is_new and photo.verdict not in _NO_PHOTOS for photo in photo_set.photos)
    return max(0, announced.photos - arrived)


_NO_PHOTOS = NEEDS_NOTHING | {
    Verdict.UNPACKING,
    Verdict.NOT_AN_ARCHIVE,
    Verdict.SPLIT_ARCHIVE,
    Verdict.SEVERAL_FOLDERS,
    Verdict.ARCHIVE_TOO_LARGE,
    Verdict.ARCHIVE_FAILED,
    Verdict.OTHER_ARCHIVE,
    Verdict.MISNAMED_ZIP,
    Verdict.LEFT_OUT,
}
"""A refused archive stands for photos that have yet to come, and what was left out has been taken back."""


def _goes_on_at(zipped: Photo) -> int:
    """When the next run may go on with a zip."""
    by_then = zipped.recorded_at + UNPACKING_TAKES_MS
    return max(by_then, zipped.retry.next_try_at) if zipped.retry else by_then


def _has_new(photo_set: PhotoSet) -> bool:
    return any(photo.is_new for photo in photo_set.photos)


def _newest_arrival(photo_set: PhotoSet) -> int:
    """When the newest photo arrived: by the bucket's clock, unless that is ahead of whoever recorded it."""
    return max(min(photo.uploaded_at, photo.recorded_at) for photo in photo_set.photos if photo.is_new)


def _full_at(photo_set: PhotoSet, rules: Rules) -> int:
    """When the set is complete by its number of photos."""
    if not 0 < rules.close_at <= len(photo_set.new_usable):
        return NEVER
    return _newest_arrival(photo_set) + rules.settle_ms


def _marked_at(photo_set: PhotoSet, rules: Rules) -> int:
    """When the set is complete by an empty marker, which speaks for no photo that came long after it."""
    overtaken_by_ms = (
        max(photo.uploaded_at for photo in photo_set.photos if photo.is_new) - photo_set.ready_at
    )
    if not photo_set.ready_at or overtaken_by_ms > MARKER_TRAVELS_MS:
        return NEVER
    if overtaken_by_ms > 0:
        return _newest_arrival(photo_set) + rules.settle_ms
    return _marker_arrival(photo_set) + min(MARKER_RESTS_MS, rules.settle_ms)


def _marker_arrival(photo_set: PhotoSet) -> int:
    """When the marker arrived, as for photos."""
    return min(photo_set.ready_at, photo_set.marker_noted_at)


def _quiet_at(photo_set: PhotoSet, rules: Rules) -> int:
    """When the set is complete by the time without another photo."""
    return photo_set.last_photo_at + rules.quiet_ms if _is_enough(photo_set, rules) else NEVER


def _is_enough(photo_set: PhotoSet, rules: Rules) -> bool:
    return len(photo_set.usable) >= rules.min_photos or not photo_set.new_usable
