"""A photo, its verdict, and the rules that decide from cheap facts whether it can be used.

Limits: DashScope, "Portrait detection" (as for training): 256 to 4096 px a side, at most 5 MB, one face; OSS,
"Image processing": sources of at most 20 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from shared.domain.object_keys import ARCHIVE_SUFFIX, below_folder
from shared.domain.retry_state import RetryState

MIN_SIDE_PIXELS = 256
MAX_SOURCE_BYTES, MAX_PREPARED_BYTES = 20 * 1024 * 1024, 5 * 1024 * 1024
PREPARED_SIDE_PIXELS = 2048
_RAW_SUFFIXES = (
    "3fr ari arw bay cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf "
    "pef ptx pxn r3d raf raw rw2 rwl rwz sr2 srf srw x3f"
)
"""Names of the raw files that LibRaw reads."""


class Verdict(str, Enum):
    """The outcome of a file. Only ``USABLE`` is trained on; :mod:`shared.domain.reasons` has the words."""

    USABLE = "usable"
    UNPREPARED = "unprepared"
    UNCHECKED = "unchecked"
    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_AN_IMAGE = "not_an_image"
    TOO_FEW_PIXELS = "too_few_pixels"
    TOO_NARROW = "too_narrow"
    TOO_MANY_PIXELS = "too_many_pixels"
    DUPLICATE = "duplicate"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    UNFIT = "unfit"
    UNREADABLE = "unreadable"
    NOT_JUDGED = "not_judged"
    SIMILAR = "similar"
    OVER_LIMIT = "over_limit"
    LEFT_OUT = "left_out"
    # A file that is no photo, or was not uploaded as it is (shared.domain.file_kinds):
    CUT_OFF = "cut_off"
    ALL_ZEROS = "all_zeros"
    SENT_AS_TEXT = "sent_as_text"
    SENT_AS_FORM = "sent_as_form"
    SENT_COMPRESSED = "sent_compressed"
    STRAY_BYTES = "stray_bytes"
    WEB_PAGE = "web_page"
    SERVICE_ANSWER = "service_answer"
    ENCRYPTED_FILE = "encrypted_file"
    RAW_FILE = "raw_file"
    OTHER_FORMAT = "other_format"
    ANIMATION = "animation"
    DRAWING = "drawing"
    VIDEO = "video"
    LIVE_PHOTO_VIDEO = "live_photo_video"
    SIDECAR = "sidecar"
    DOCUMENT = "document"
    TEXT_FILE = "text_file"
    OTHER_ARCHIVE = "other_archive"
    MISNAMED_ZIP = "misnamed_zip"
    OTHER_FILE = "other_file"
    # A zip, and refused files of its content:
    UNPACKING = "unpacking"
    UNPACKED = "unpacked"
    NOT_AN_ARCHIVE = "not_an_archive"
    SPLIT_ARCHIVE = "split_archive"
    SEVERAL_FOLDERS = "several_folders"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    ARCHIVE_FAILED = "archive_failed"
    NESTED_ARCHIVE = "nested_archive"
    ENCRYPTED = "encrypted"
    UNSAFE_NAME = "unsafe_name"
    LINK = "link"
    SYSTEM_FILE = "system_file"
    UNUSUAL_COMPRESSION = "unusual_compression"
    EXPANDS_TOO_MUCH = "expands_too_much"
    BROKEN_ENTRY = "broken_entry"


JUDGED_AGAIN = frozenset(
    {
        Verdict.NOT_AN_IMAGE,
        Verdict.TOO_FEW_PIXELS,
        Verdict.TOO_NARROW,
        Verdict.TOO_MANY_PIXELS,
        Verdict.CUT_OFF,
        Verdict.OTHER_FORMAT,
        Verdict.ANIMATION,
        Verdict.NO_FACE,
        Verdict.SEVERAL_FACES,
        Verdict.UNFIT,
        Verdict.UNREADABLE,
        Verdict.NOT_JUDGED,
        Verdict.LEFT_OUT,
        Verdict.LINK,
        Verdict.ARCHIVE_FAILED,
    }
)
"""Refusals that are made again when the same bytes are sent again."""

NEEDS_NOTHING = frozenset({Verdict.UNPACKED, Verdict.SYSTEM_FILE, Verdict.LIVE_PHOTO_VIDEO, Verdict.SIDECAR})
"""Verdicts on what comes along with photos and asks nothing of anybody: neither that it is used nor done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An uploaded object as the bucket has it now. ``modified_at`` in milliseconds since the epoch.

    A link is never read: OSS would read its target with our rights, not with those of whoever made the link.
    Its ``etag`` is its own in a listing, and its target's when it is looked at alone (OSS, "HeadObject").

    ``crc64`` is the CRC-64 of the content, in decimal digits as OSS says it, or "" where nothing tells it: in
    listings, in events, and perhaps of an object that OSS has copied (OSS, "Check data integrity by using
    CRC-64"). To an appendable object more bytes may be added at any time (OSS, "AppendObject").

    ``taken_from`` is the mark of the zip that we have taken it out of, "" for none, and None where that is
    not told: a listing has no metadata.
    """

    etag: str
    size: int
    modified_at: int
    is_link: bool = False
    is_appendable: bool = False
    crc64: str = ""
    taken_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class Photo:
    """An upload and its outcome.

    ``snapshot`` is the key of its prepared copy, if it has one; ``uploaded_at`` is the bucket's time of the
    upload and ``recorded_at`` ours of the verdict, both in milliseconds since the epoch. ``from_revision`` is
    the revision that the photo came to first, when it has been carried over into this set. ``archive`` is the
    zip that a refused file lies in (an unpacked file is an upload of its own, and ``taken_from`` is the mark
    of its zip: :mod:`shared.domain.taken_out`). ``retry`` is how the tries to prepare or check it have gone,
    while its verdict is still to come. Of a zip, ``tries`` counts the runs that began to unpack it and did
    not get further, ``taken_out`` the files that are uploads now and ``refused`` those that are not; the next
    run goes on behind them. ``crc64`` is that of its object, ``pixels`` are those of its snapshot ("" and 0
    where nobody knows them), ``dhash`` is its hash, ``turned`` by how many degrees it was turned clockwise,
    ``overruled`` the verdict that an administrator has overruled, and ``unknown`` what :mod:`.formats` says.
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
    archive: str = ""
    taken_from: str = ""
    tries: int = 0
    taken_out: int = 0
    refused: int = 0
    retry: RetryState | None = None
    crc64: str = ""
    pixels: int = 0
    dhash: str = ""
    turned: int = 0
    overruled: str = ""
    unknown: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the photo arrived for this very set."""
        return not self.from_revision

    @property
    def may_be_used(self) -> bool:
        """Whether the photo is usable or may yet turn out to be."""
        return self.verdict in (Verdict.USABLE, Verdict.UNPREPARED, Verdict.UNCHECKED)

    @property
    def is_unfinished(self) -> bool:
        """Whether its preparation or its face check is still to come."""
        return self.verdict in (Verdict.UNPREPARED, Verdict.UNCHECKED)

    @property
    def is_pending(self) -> bool:
        """Whether the last word on it is still to come."""
        return self.is_unfinished or self.verdict is Verdict.UNPACKING

    @property
    def is_left_over(self) -> bool:
        """Whether it could be trained on, and enough others are."""
        return self.verdict in (Verdict.SIMILAR, Verdict.OVER_LIMIT) and bool(self.snapshot)

    def chosen_anew(self) -> Photo:
        """Return the photo, which could be trained on, as one that may be chosen again."""
        detail = "" if self.verdict is Verdict.SIMILAR else self.detail
        return replace(self, verdict=Verdict.USABLE, detail=detail)

    @property
    def known_until(self) -> int:
        """The latest modification time of the object that the verdict is of.

        A file out of a zip has arrived with the zip and was stored later, before it was recorded.
        """
        is_unpacked = lies_in_zip_folder(self.name)
        return max(self.uploaded_at, self.recorded_at) if is_unpacked else self.uploaded_at

    def outdates(self, stored: Stored) -> bool:
        """Whether ``stored`` is what the object of its name was before."""
        return self.etag != stored.etag and stored.modified_at <= self.uploaded_at

    def stands_for(self, stored: Stored) -> bool:
        """Whether it is the record of ``stored``, the object of its name.

        A refused picture that is sent again is judged again, even when no byte of it has changed: a verdict
        may have been of a bad hour. A copy of a usable one is news to nobody.
        """
        is_sent_again = self.verdict in JUDGED_AGAIN and stored.modified_at > self.known_until
        return has_content_of(self, stored) and not is_sent_again


def has_content_of(one: Photo | Stored, other: Photo | Stored) -> bool:
    """Whether two objects have the same bytes.

    The ETag is the MD5 of an object that was put in one piece, and something else of one that came in parts
    (OSS, "Overview of data verification"), so a difference says nothing. The CRC-64 and the size are the same
    however the bytes came. Where either has no CRC-64, the ETags are believed.
    """
    is_same_checksum = bool(one.crc64) and (one.crc64, one.size) == (other.crc64, other.size)
    return one.etag == other.etag or is_same_checksum


UNKNOWN_MARK = "?"
"""In the place of a mark that nobody has told."""


def mark_on_record(name: str, stored: Stored) -> str:
    """Return what is recorded of the zip that the upload ``name`` was taken out of."""
    if stored.taken_from is None and lies_in_zip_folder(name):
        return UNKNOWN_MARK
    return stored.taken_from or ""


def lies_in_zip_folder(name: str) -> bool:
    """Whether an upload lies in a folder that is called like a zip: it may have been taken out of one."""
    return any(folder.endswith(ARCHIVE_SUFFIX) for folder in below_folder(name).lower().split("/")[:-1])


def may_be_raw(name: str) -> bool:
    """Whether a file is called like a camera's raw file, of which OSS may take the preview for the photo."""
    return name.rpartition(".")[2].lower() in _RAW_SUFFIXES.split()


def verdict_from_object(size_bytes: int) -> Verdict | None:
    """Refuse an object by its size alone; None means: look at the picture."""
    if size_bytes == 0:
        return Verdict.EMPTY
    return Verdict.TOO_MANY_BYTES if size_bytes > MAX_SOURCE_BYTES else None


def verdict_from_refusal(code: str, message: str = "") -> Verdict:
    """Say what OSS's refusal of a picture means, by its code and message (OSS, "Image processing", FAQ)."""
    is_too_large = code in ("ImageTooLarge", "MemLimitExceeded") or "rotation range" in message
    return Verdict.TOO_MANY_PIXELS if is_too_large else Verdict.NOT_AN_IMAGE


def verdict_from_snapshot(size_bytes: int, start: bytes) -> Verdict | None:
    """Refuse a prepared photo of ``size_bytes`` that begins with ``start``; None means: check the face.

    The snapshot is never larger than its source, and its long side is shrunk to 2048 px, so the short side of
    a long screenshot may become too small: ``TOO_NARROW``, unless the source was too small itself. A header
    that cannot be read is left to the face check.
    """
    # Not for ``status``, which meets no snapshot.
    from shared.domain.jpeg import jpeg_sides

    if size_bytes > MAX_PREPARED_BYTES:
        return Verdict.TOO_MANY_BYTES
    sides = jpeg_sides(start)
    if sides is None or min(sides) >= MIN_SIDE_PIXELS:
        return None
    return Verdict.TOO_NARROW if max(sides) == PREPARED_SIDE_PIXELS else Verdict.TOO_FEW_PIXELS


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
