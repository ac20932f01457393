"""The way round for a large photo, which OSS shrinks and does not turn upright by itself.

Its file says how it is turned; OSS shrinks it as it is stored, and turns the result by so many degrees. It
has no mirror. A mirrored photo is therefore shrunken first, given its orientation as its only metadata, and
turned upright by OSS as any small photo is. What a run leaves that dies in between is an object that no row
names. Called by :mod:`shared.clients.preparing`, for the photos that need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.clients.answers import REQUEST_DELAY_SECONDS
from shared.clients.preparing import AS_STORED, PREPARE, rotated
from shared.domain.jpeg import jpeg_sides, with_orientation
from shared.domain.orientation import (
    DEGREES,
    HEADER_BYTES,
    SWAPPING,
    UPRIGHT,
    Turned,
    orientation_of_info,
    turned_as_told,
)
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RequestTrouble, Trouble
from shared.logs import warn

if TYPE_CHECKING:
    from shared.clients.photo_bucket import PhotoBucket

NO_STEP_AFTER_SECONDS = 12
"""From the first call for the photo; most steps take a second, and the last may take what any call may."""


def turned(
    bucket: PhotoBucket, key: str, snapshot: str, etag: str, *, refusal: Permanent, began: float
) -> int:
    """Write the upright, shrunken JPEG of ``key`` to ``snapshot``; returns its size in bytes.

    Args:
        bucket: The bucket.
        key: The photo.
        snapshot: The key of the result.
        etag: The content that is meant, or "".
        refusal: OSS's word on the plain way.
        began: When the plain way began, by the bucket's own seconds.

    Raises:
        Permanent: the ``refusal``, if nothing tells how the photo is turned.
        RequestTrouble: OSS is too slow for so many steps.
        Trouble: a call failed.
    """
    steps = _Steps(bucket, began)
    found = told_by(steps.next, key, etag)
    if found.orientation == UPRIGHT:
        raise refusal
    if found.orientation not in DEGREES:
        return _mirrored(steps, key, snapshot, found)
    size_bytes = steps.next().process(key, rotated(DEGREES[found.orientation]), snapshot)
    if found.may_be_turned and found.orientation in SWAPPING:
        start = steps.next().read_range(snapshot, 0, HEADER_BYTES)
        if not stands(jpeg_sides(start), found, is_turned=True):
            # The decoder had turned it, and it has been turned twice.
            size_bytes = steps.next().process(key, AS_STORED, snapshot)
    return size_bytes


def told_by(next_step: Callable[[], PhotoBucket], key: str, etag: str = "") -> Turned:
    """Return how a photo is turned, as its file tells or else OSS; ``next_step`` gives a call's bucket.

    Raises:
        Trouble: a call failed.
    """
    found = turned_as_told(next_step().read_range(key, 0, HEADER_BYTES, etag=etag))
    if found is not None and found.orientation != UPRIGHT:
        return found
    orientation = orientation_of_info(next_step().info(key, "Orientation")) or UPRIGHT
    return Turned(orientation, None, False)


def _mirrored(steps: _Steps, key: str, snapshot: str, found: Turned) -> int:
    small = f"{snapshot.removesuffix('.jpg')}-as-stored.jpg"
    steps.next().process(key, AS_STORED, small)
    try:
        content = steps.next().read(small)
        orientation = found.orientation
        if found.may_be_turned and not stands(jpeg_sides(content), found, is_turned=False):
            orientation = UPRIGHT
        try:
            content = with_orientation(content, orientation)
        except ValueError:
            message = "OSS made no whole JPEG of the photo"
            raise _held_up("oss_answer_unreadable", message) from None
        steps.next().write(small, content)
        return steps.next().process(small, PREPARE, snapshot)
    finally:
        try:
            steps.bucket.delete(small)
        except Trouble as trouble:
            # It stays in the account: nobody is given it.
            warn("snapshot_not_deleted", code=trouble.code, message=trouble.message)


def stands(sides: tuple[int, int] | None, found: Turned, *, is_turned: bool) -> bool:
    """Whether a picture has the proportions that it has to have by now; also where nothing tells."""
    if sides is None or found.sides is None or found.orientation not in SWAPPING:
        return True
    width, height = reversed(found.sides) if is_turned else found.sides
    return (width - height) * (sides[0] - sides[1]) >= 0


class _Steps:
    """The steps of one photo, each of them begun in time."""

    def __init__(self, bucket: PhotoBucket, began: float) -> None:
        self.bucket = bucket
        self._ends = began + NO_STEP_AFTER_SECONDS

    def next(self) -> PhotoBucket:
        """Return the bucket for one step more; raises RequestTrouble when it is too late for one."""
        if self.bucket.now() <= self._ends:
            return self.bucket
        message = f"the photo needs several calls, and OSS took {NO_STEP_AFTER_SECONDS} s for the first ones"
        raise _held_up("oss_too_slow", message)


def _held_up(code: str, message: str) -> RequestTrouble:
    return RequestTrouble(
        code, message, delay_seconds=REQUEST_DELAY_SECONDS, kind=Kind.UNKNOWN, api=Api.PROCESSING
    )
