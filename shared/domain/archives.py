"""Which files of a zip are unpacked and which are refused: decided from the zip's directory alone.

A zip comes from a stranger: it may be a bomb, escape its folder by its names, or hold a disk image. A refusal
concerns one file and says why; only a zip that is too large as a whole is refused altogether. The directory
may lie: :mod:`shared.workflow.archive_reading` holds the data against it. Used by
:mod:`shared.workflow.taking_out`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.domain.object_keys import MAX_KEY_BYTES, is_system_file, upload_key
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict
from shared.domain.zip_format import LOCAL_HEAD_BYTES
from shared.domain.zip_names import own_names, printable

MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
MAX_DIRECTORY_BYTES = 1024 * 1024
MAX_ENTRIES = 500
"""Photos, and what may be one. What comes along with them (``ALONGSIDE``) is bounded by the directory."""
MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_RATIO = 100
RATIO_COUNTS_FROM = 1024 * 1024
"""Bytes. A smaller file may have any ratio: a plain white drawing has a high one."""

PACKING_ADDS = 64 * 1024
"""Bytes that packing may add to a file; an entry that claims more costs its reader time for nothing."""

MAX_GROWTH = 20
"""A zip may unpack to so many times its size. JPEG, HEIC and WebP hardly shrink in a zip, bitmaps of scans to
a tenth; deflate can reach 1032 times. So this bounds what one uploaded byte makes us store, also where each
file by itself is small enough to have any ratio."""

TINY_UNPACKED_BYTES = MAX_SOURCE_BYTES
"""A zip may unpack to so much however small it is: a few plain drawings. One photo may be as large."""

ALONGSIDE = frozenset({Verdict.SYSTEM_FILE, Verdict.LIVE_PHOTO_VIDEO, Verdict.VIDEO})
"""Verdicts on what lies beside the photos: such files count against no limit and become no uploads."""

STORED, DEFLATED = 0, 8
_AES = 99
_METHODS = {
    **{1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64"},
    **{12: "bzip2", 14: "LZMA", 20: "Zstandard", 93: "Zstandard", 95: "XZ", 96: "JPEG", 98: "PPMd"},
}
"""APPNOTE.TXT, 4.4.5: those that programs of today or of the past can make."""

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_SIDECARS = (
    *(".aae", ".csv", ".htm", ".html", ".json", ".plist", ".txt", ".xml", ".xmp"),
    *(".db", ".ini", ".lnk", ".url"),
)
"""What album exports, photo programs and computers lay beside photos."""
_STILLS = (".heic", ".heif", ".jpeg", ".jpg", ".png")
_VIDEOS = (".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm", ".wmv")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in a zip, as the zip's directory describes it. Sizes are bytes; the data may differ.

    ``index`` is its place in the directory, ``begins_at`` where its local head lies in the zip, and
    ``method`` the number of its compression (APPNOTE.TXT, 4.4.5). ``is_damaged``: the directory does not tell
    more of it than, perhaps, a name.
    """

    index: int
    begins_at: int
    name: str
    size: int
    packed_size: int
    method: int
    crc: int
    is_encrypted: bool
    is_link: bool
    is_damaged: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of an entry.

    Attributes:
        entry: the entry.
        key: where its file is to be stored.
        verdict: why it is refused; None means: read it and store it.
        detail: more words about the refusal.
        label: its name in the record of a refusal, unlike those of the zip's other files.
    """

    entry: Entry
    key: str
    verdict: Verdict | None
    detail: str
    label: str


def is_too_much(decisions: Sequence[Decision]) -> bool:
    """Whether a zip is refused as a whole, for the number of its photos."""
    return sum(one.verdict not in ALONGSIDE for one in decisions) > MAX_ENTRIES


def max_unpacked_bytes(archive_bytes: int) -> int:
    """Return how many bytes may be taken out of a zip of ``archive_bytes``."""
    return min(MAX_UNPACKED_BYTES, max(TINY_UNPACKED_BYTES, MAX_GROWTH * archive_bytes))


def decide_entries(entries: Sequence[Entry], *, folder: str, archive_bytes: int) -> list[Decision]:
    """Decide about all files of a zip, in their order; the same directory leads to the same decisions.

    Args:
        entries: the files.
        folder: the prefix of the keys that they are stored under.
        archive_bytes: the size of the zip.
    """
    misplaced = _misplaced(entries)
    stills = {_without_suffix(entry.name) for entry in entries if _has_suffix(entry.name, _STILLS)}
    verdicts: list[tuple[Verdict | None, str]] = []
    for entry in entries:
        verdict, detail = verdict_from_entry(entry, folder + entry.name, stills), ""
        if verdict is None and entry.index in misplaced:
            # Not EXPANDS_TOO_MUCH, though bombs are made so: it is also what a damaged directory looks like,
            # and there making the zip again helps.
            verdict, detail = Verdict.BROKEN_ENTRY, misplaced[entry.index]
        elif verdict is Verdict.UNUSUAL_COMPRESSION:
            detail = f"packed by {_METHODS.get(entry.method, f'method {entry.method}')}"
        verdicts.append((verdict, detail))
    verdicts = _rationed(entries, verdicts, max_unpacked_bytes(archive_bytes))
    taken = [entry for entry, (verdict, _) in zip(entries, verdicts, strict=True) if verdict is None]
    names = own_names([entry.name for entry in taken], MAX_KEY_BYTES - len(folder.encode()))
    own = dict(zip((entry.index for entry in taken), names, strict=True))
    given = frozenset(names)
    refused = Counter(printable(entry.name) for entry in entries if entry.index not in own)
    return [
        Decision(
            entry=entry,
            key=folder + own.get(entry.index, entry.name),
            verdict=verdict,
            detail=detail,
            label=own.get(entry.index) or _label(entry, refused, given),
        )
        for entry, (verdict, detail) in zip(entries, verdicts, strict=True)
    ]


def verdict_from_entry(entry: Entry, key: str, stills: Collection[str] = ()) -> Verdict | None:
    """Say why an entry is not unpacked; None means: store it under ``key`` as an upload of its own.

    ``stills``: the names of the zip's pictures without suffixes, in lower case; a video that is called like
    one is the moving part of a Live Photo.
    """
    if entry.is_damaged:
        return Verdict.BROKEN_ENTRY
    segments = entry.name.split("/")
    if _is_left_by_programs(segments):
        return Verdict.SYSTEM_FILE
    if entry.is_link:
        return Verdict.LINK
    if _is_unsafe(segments) or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        return Verdict.UNSAFE_NAME
    if _has_suffix(entry.name, _VIDEOS):
        return Verdict.LIVE_PHOTO_VIDEO if _without_suffix(entry.name) in stills else Verdict.VIDEO
    if entry.is_encrypted or entry.method == _AES:
        return Verdict.ENCRYPTED
    if _has_suffix(entry.name, _ARCHIVES):
        return Verdict.NESTED_ARCHIVE
    if entry.size == 0:
        return Verdict.EMPTY
    if entry.size > MAX_SOURCE_BYTES:
        return Verdict.TOO_MANY_BYTES
    if entry.method not in (STORED, DEFLATED):
        return Verdict.UNUSUAL_COMPRESSION
    if entry.packed_size > entry.size + PACKING_ADDS:
        return Verdict.BROKEN_ENTRY
    if entry.method == STORED and entry.packed_size != entry.size:
        return Verdict.BROKEN_ENTRY
    is_bomb = entry.size > max(RATIO_COUNTS_FROM, MAX_RATIO * entry.packed_size)
    return Verdict.EXPANDS_TOO_MUCH if is_bomb else None


def unpacked_key(person_id: str, archive: str, name: str) -> str:
    """Return where the file ``name`` of a person's zip is stored: in a folder called like the zip."""
    return f"{upload_key(person_id, archive)}/{name}"


def _misplaced(entries: Sequence[Entry]) -> dict[int, str]:
    """Return the indices of the entries whose data are not theirs alone, and what is wrong with each.

    One stretch of packed data that many entries quote is how a small zip unpacks to a large one. So an entry
    that reaches into the place of another is refused, and of several in one place the one that fills it best
    is taken. Whatever is left lies side by side, and an entry with a wrong size or place costs no more than
    itself and the one that it points into. A local head may push its data further back than the directory
    tells: the reading stops at the next entry.
    """
    found: dict[int, str] = {}
    placed = [entry for entry in entries if not entry.is_damaged]
    begins = sorted({entry.begins_at for entry in placed})
    following = dict(pairwise(begins))
    filled: set[int] = set()
    for entry in sorted(placed, key=lambda one: (one.begins_at, -one.packed_size, one.index)):
        end = entry.begins_at + LOCAL_HEAD_BYTES + entry.packed_size
        if entry.begins_at < 0:
            found[entry.index] = "it is said to begin before the zip"
        elif end > following.get(entry.begins_at, end):
            found[entry.index] = "its data overlap those of another file"
        elif entry.begins_at in filled:
            found[entry.index] = "its data overlap those of another file, being the same"
        else:
            filled.add(entry.begins_at)
    return found


def _rationed(
    entries: Sequence[Entry], verdicts: Sequence[tuple[Verdict | None, str]], left_bytes: int
) -> list[tuple[Verdict | None, str]]:
    """Refuse the files that make the zip unpack to too much: the largest, so that none takes others' room."""
    detail = f"of a zip of its size at most {left_bytes // 2**20} MB are unpacked"
    after = list(verdicts)
    for place in sorted(range(len(entries)), key=lambda place: (entries[place].size, place)):
        if after[place][0] is None:
            if entries[place].size > left_bytes:
                after[place] = Verdict.EXPANDS_TOO_MUCH, detail
            else:
                left_bytes -= entries[place].size
    return after


def _label(entry: Entry, refused: Counter[str], taken: frozenset[str]) -> str:
    label = printable(entry.name)
    return f"{label} ({entry.index})" if refused[label] > 1 or label in taken else label


def _is_left_by_programs(segments: list[str]) -> bool:
    """Whether it belongs to an operating system, or stands beside photos to describe them."""
    return is_system_file(segments) or segments[-1] == "Icon\r" or _has_suffix(segments[-1], _SIDECARS)


def _has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(suffixes)


def _without_suffix(name: str) -> str:
    return name.lower().rpartition(".")[0]


def _is_unsafe(segments: list[str]) -> bool:
    """Whether a name leads elsewhere than below its folder, or cannot be a key."""
    return any(
        segment in ("", ".", "..") or any(unicodedata.category(one) in ("Cc", "Cs") for one in segment)
        for segment in segments
    ) or (len(segments[0]) == 2 and segments[0][1] == ":")
