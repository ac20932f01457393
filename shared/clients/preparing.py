"""What OSS is asked to make of a photo, and what is done when it refuses the plain way.

The plain way is one call. OSS turns a photo upright before it shrinks it, and refuses to turn a large one
(OSS, "Auto-orient"; "FAQ about image processing"): then :mod:`shared.clients.turning` goes the way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.photos import PREPARED_SIDE_PIXELS
from shared.errors import Permanent

if TYPE_CHECKING:
    from shared.clients.photo_bucket import PhotoBucket

_SHRUNKEN = f"resize,m_lfit,l_{PREPARED_SIDE_PIXELS}"
_JPEG = "format,jpg/quality,q_90"
PREPARE = f"image/auto-orient,1/{_SHRUNKEN}/{_JPEG}"
AS_STORED = f"image/auto-orient,0/{_SHRUNKEN}/{_JPEG}"


def rotated(degrees: int) -> str:
    """Return the instructions to shrink a photo as it is stored, and to turn it clockwise then."""
    return f"image/auto-orient,0/{_SHRUNKEN}/rotate,{degrees}/{_JPEG}"


def prepare(bucket: PhotoBucket, key: str, snapshot: str, etag: str) -> int:
    """Have OSS write the upright, shrunken JPEG of ``key`` to ``snapshot``; returns its size in bytes.

    Raises:
        Permanent: OSS cannot process it, or nothing tells how a large photo is turned.
        Trouble: a call failed.
    """
    began = bucket.now()
    try:
        return bucket.process(key, PREPARE, snapshot)
    except Permanent as refusal:
        if refusal.code == "BadWebPImage":
            # An animation may be refused for the turn alone, and none is turned.
            return bucket.process(key, AS_STORED, snapshot)
        if "rotation range" not in refusal.message:
            raise
        from shared.clients.turning import turned

        return turned(bucket, key, snapshot, etag, refusal=refusal, began=began)
