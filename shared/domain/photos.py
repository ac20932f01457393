"""A photo, its verdict, and the rules that tell from cheap facts whether it can be used.

Limits: DashScope, "Portrait detection" (the criteria that facechain training shares): 256 to 4096 px a
side, at most 5 MB, one face; OSS, "Image processing": sources of at most 20 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MIN_SIDE_PIXELS = 256
MAX_SOURCE_BYTES = 20 * 1024 * 1024
PREPARED_SIDE_PIXELS = 2048


class Verdict(str, Enum):
    """What became of a photo. Everything but ``USABLE`` and ``UNCHECKED`` is a reason not to use it."""

    USABLE = "usable"
    UNCHECKED = "unchecked"
    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_AN_IMAGE = "not_an_image"
    TOO_FEW_PIXELS = "too_few_pixels"
    DUPLICATE = "duplicate"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    UNFIT = "unfit"
    OVER_LIMIT = "over_limit"


REASONS: dict[Verdict, str] = {
    Verdict.USABLE: "The photo can be used for training.",
    Verdict.UNCHECKED: "The photo waits for the face check; it is checked again by itself.",
    Verdict.EMPTY: "The file is empty; upload it again.",
    Verdict.TOO_MANY_BYTES: "The file is larger than 20 MB; upload a smaller version.",
    Verdict.NOT_AN_IMAGE: "The file cannot be read as a picture; upload a JPEG, PNG or WebP.",
    Verdict.TOO_FEW_PIXELS: "The picture has fewer than 256 pixels on a side; upload a larger one.",
    Verdict.DUPLICATE: "The same picture is already in this set.",
    Verdict.NO_FACE: "No face was found; upload a photo that shows the face from the front.",
    Verdict.SEVERAL_FACES: "More than one face was found; upload a photo of this person alone.",
    Verdict.UNFIT: "The face check refused the photo; upload a clear photo of one face.",
    Verdict.OVER_LIMIT: "A set trains on its 10 newest photos; this one is not among them.",
}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An uploaded object as the bucket has it now. ``modified_at`` in milliseconds since the epoch."""

    etag: str
    size: int
    modified_at: int


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What OSS says of a picture: its format, and its sides in pixels."""

    format: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Photo:
    """An upload and what became of it.

    ``snapshot`` is the key of its prepared copy, if it has one; ``uploaded_at`` is the bucket's time of the
    upload and ``recorded_at`` ours of the verdict, both in milliseconds since the epoch. ``from_revision`` is
    the revision that the photo came to first, when it has been carried over into this set.
    """

    name: str
    etag: str
    size: int
    verdict: Verdict
    detail: str = ""
    snapshot: str = ""
    uploaded_at: int = 0
    recorded_at: int = 0
    from_revision: int = 0

    @property
    def is_new(self) -> bool:
        """Whether the photo arrived for this very set."""
        return not self.from_revision

    @property
    def may_be_used(self) -> bool:
        """Whether the photo is usable or may yet turn out to be."""
        return self.verdict in (Verdict.USABLE, Verdict.UNCHECKED)

    @property
    def reason(self) -> str:
        """The verdict in plain words, with what to do."""
        return REASONS[self.verdict]


def verdict_from_object(stored: Stored) -> Verdict | None:
    """Refuse what the stored object alone shows to be unusable; None means: look at the picture."""
    if stored.size == 0:
        return Verdict.EMPTY
    if stored.size > MAX_SOURCE_BYTES:
        return Verdict.TOO_MANY_BYTES
    return None


def verdict_from_picture(picture: Picture) -> Verdict | None:
    """Refuse a picture that stays too small after preparing; None means: prepare it.

    Preparing shrinks the long side to 2048 px, so a panorama may lose its short side to it.
    """
    shrink = min(1.0, PREPARED_SIDE_PIXELS / max(picture.width, picture.height, 1))
    if min(picture.width, picture.height) * shrink < MIN_SIDE_PIXELS:
        return Verdict.TOO_FEW_PIXELS
    return None


def verdict_from_face_check(is_face: bool, failed_reason: str) -> Verdict:
    """Turn one entry of the face check's answer into a verdict.

    DashScope, "Portrait detection": ``failed_reason`` may be absent; "no face detected" is the only
    documented text, so anything else that does not speak of several faces is kept as ``UNFIT``.
    """
    if is_face:
        return Verdict.USABLE
    reason = failed_reason.lower()
    if any(word in reason for word in ("multi", "several", "more than one")):
        return Verdict.SEVERAL_FACES
    return Verdict.NO_FACE if not reason or "no face" in reason else Verdict.UNFIT
