"""The small picture of a photo, for pages: upright, and without its metadata, which tells place and camera.

OSS makes it of the upload and keeps nothing of it. A large photo it does not turn, so that its file is asked
how it is turned, as in :mod:`shared.clients.turning`. Called by :mod:`shared.clients.photo_bucket`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clients.answers import REQUEST_DELAY_SECONDS
from shared.domain.jpeg import jpeg_sides, without_metadata
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RequestTrouble

if TYPE_CHECKING:
    from shared.clients.photo_bucket import PhotoBucket

MAX_BYTES = 128 * 1024
_SHRUNKEN = "resize,m_lfit,l_320"
_JPEG = "format,jpg/quality,q_75"
UPRIGHT = f"image/auto-orient,1/{_SHRUNKEN}/{_JPEG}"
AS_STORED = f"image/auto-orient,0/{_SHRUNKEN}/{_JPEG}"


def rotated(degrees: int) -> str:
    """Return the instructions to shrink a photo as it is stored, and to turn it clockwise then."""
    return f"image/auto-orient,0/{_SHRUNKEN}/rotate,{degrees}/{_JPEG}"


def small_picture(bucket: PhotoBucket, key: str) -> bytes:
    """Return a small JPEG of the photo under ``key``.

    Raises:
        NotFound: there is no such object, or it is a link.
        Permanent: OSS cannot process it, or it is large and mirrored.
        Trouble: a call failed.
    """
    try:
        content = bucket.processed(key, UPRIGHT, MAX_BYTES)
    except Permanent as refusal:
        if "rotation range" not in refusal.message:
            raise
        content = _turned(bucket, key, refusal)
    try:
        return without_metadata(content)
    except ValueError:
        message = "OSS made no whole JPEG of the photo"
        raise RequestTrouble(
            "oss_answer_unreadable",
            message,
            delay_seconds=REQUEST_DELAY_SECONDS,
            kind=Kind.UNKNOWN,
            api=Api.PROCESSING,
        ) from None


def _turned(bucket: PhotoBucket, key: str, refusal: Permanent) -> bytes:
    from shared.clients.turning import stands, told_by
    from shared.domain.orientation import DEGREES, SWAPPING

    found = told_by(lambda: bucket, key)
    if found.orientation not in DEGREES:
        # A mirrored one would have to be written to the bucket first, only to be looked at.
        raise refusal
    content = bucket.processed(key, rotated(DEGREES[found.orientation]), MAX_BYTES)
    is_sideways = found.may_be_turned and found.orientation in SWAPPING
    if is_sideways and not stands(jpeg_sides(content), found, is_turned=True):
        # The decoder had turned it, and it has been turned twice.
        return bucket.processed(key, AS_STORED, MAX_BYTES)
    return content
