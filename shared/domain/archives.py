"""Which files of a zip are unpacked and which are refused: decided from the zip's directory alone.

A zip comes from a stranger: it may be a bomb, escape its folder by its names, or hold a disk image. A refusal
concerns one file and says why; only a zip that is too large as a whole is refused altogether. The directory
may lie: :mod:`shared.workflow.archive_reading` holds the data against it. Used by
:mod:`shared.workflow.unpacking`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.object_keys import MAX_KEY_BYTES, is_system_file, upload_key
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict

MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
MAX_DIRECTORY_BYTES = 1024 * 1024
MAX_ENTRIES = 500
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

_LOCAL_HEADER_BYTES = 30
"""APPNOTE.TXT, 4.3.7. A name and an extra field follow, so that the data end later than this tells."""

_STORED, _DEFLATED = 0, 8
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in a zip, as the zip's directory describes it. Sizes are bytes; the data may differ.

    ``index`` is its place in the directory, ``begins_at`` where its local header lies in the zip, and
    ``method`` the number of its compression (APPNOTE.TXT, 4.4.5).
    """

    index: int
    begins_at: int
    name: str
    size: int
    packed_size: int
    method: int
    is_encrypted: bool
    is_link: bool


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


def is_too_much(entries: Sequence[Entry]) -> bool:
    """Whether a zip of these ``entries`` is refused as a whole."""
    return len(entries) > MAX_ENTRIES or sum(entry.size for entry in entries) > MAX_UNPACKED_BYTES


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
    overlapping = _overlapping(entries)
    names = Counter(printable(entry.name) for entry in entries)
    most_bytes = left_bytes = max_unpacked_bytes(archive_bytes)
    taken: set[str] = set()
    decisions = []
    for entry in entries:
        key, label = folder + entry.name, printable(entry.name)
        verdict, detail = verdict_from_entry(entry, key), ""
        if key in taken:
            verdict, detail = Verdict.UNSAFE_NAME, "the name stands in the zip twice"
        elif verdict is None and entry.index in overlapping:
            # Not EXPANDS_TOO_MUCH, though bombs are made so: it is also what a damaged directory looks like,
            # and there making the zip again helps. No file has the better claim to shared bytes: all go.
            verdict, detail = Verdict.BROKEN_ENTRY, "its data overlap those of another file"
        elif verdict is None and entry.size > left_bytes:
            verdict = Verdict.EXPANDS_TOO_MUCH
            detail = f"of a zip of its size at most {most_bytes // 2**20} MB are unpacked"
        if verdict is None:
            taken.add(key)
            left_bytes -= entry.size
        elif names[label] > 1:
            label = f"{label} ({entry.index})"
        decisions.append(Decision(entry=entry, key=key, verdict=verdict, detail=detail, label=label))
    return decisions


def verdict_from_entry(entry: Entry, key: str) -> Verdict | None:
    """Say why an entry is not unpacked; None means: store it under ``key`` as an upload of its own."""
    segments = entry.name.split("/")
    if is_system_file(segments):
        return Verdict.SYSTEM_FILE
    if entry.is_link:
        return Verdict.LINK
    if _is_unsafe(segments) or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        return Verdict.UNSAFE_NAME
    if entry.is_encrypted:
        return Verdict.ENCRYPTED
    if entry.name.lower().endswith(_ARCHIVES):
        return Verdict.NESTED_ARCHIVE
    if entry.size == 0:
        return Verdict.EMPTY
    if entry.size > MAX_SOURCE_BYTES:
        return Verdict.TOO_MANY_BYTES
    if entry.packed_size > entry.size + PACKING_ADDS:
        return Verdict.BROKEN_ENTRY
    if entry.method == _STORED and entry.packed_size != entry.size:
        return Verdict.BROKEN_ENTRY
    if entry.size > max(RATIO_COUNTS_FROM, MAX_RATIO * entry.packed_size):
        return Verdict.EXPANDS_TOO_MUCH
    return None if entry.method in (_STORED, _DEFLATED) else Verdict.BROKEN_ENTRY


def unpacked_key(person_id: str, archive: str, name: str) -> str:
    """Return where the file ``name`` of a person's zip is stored: in a folder called like the zip."""
    return f"{upload_key(person_id, archive)}/{name}"


def entry_name(text: str, *, says_utf8: bool) -> str:
    """Return an entry's name with ``/`` between its folders.

    Without the flag for UTF-8 a name is in the code page of the zip's maker, and Python has read it as
    cp437 (APPNOTE.TXT, D.1). In China that code page is GBK; many programs write UTF-8 and forget the flag.
    """
    if not says_utf8:
        raw = text.encode("cp437", "surrogateescape")
        for encoding in ("utf-8", "gb18030"):
            try:
                text = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return text.replace("\\", "/")


def printable(name: str) -> str:
    """Return a refused entry's name without control characters, which a row or a page cannot hold."""
    return "".join(
        "\ufffd" if unicodedata.category(character) in ("Cc", "Cs") else character for character in name[:300]
    )


def _overlapping(entries: Sequence[Entry]) -> set[int]:
    """Return the indices of the entries that share bytes of the zip with another, by their headers' places.

    One stretch of packed data that many entries quote is how a small zip unpacks to a large one. A local
    header may push its data further back than the directory tells: the reading stops at the next entry.
    """
    found: set[int] = set()
    reached = 0
    ordered = sorted(entries, key=lambda entry: entry.begins_at)
    for entry, following in zip(ordered, [*ordered[1:], None], strict=False):
        end = entry.begins_at + _LOCAL_HEADER_BYTES + entry.packed_size
        if entry.begins_at < reached or (following is not None and following.begins_at < end):
            found.add(entry.index)
        reached = max(reached, end)
    return found


def _is_unsafe(segments: list[str]) -> bool:
    """Whether a name leads elsewhere than below its folder, or cannot be a key."""
    return any(
        segment in ("", ".", "..") or any(unicodedata.category(one) in ("Cc", "Cs") for one in segment)
        for segment in segments
    ) or (len(segments[0]) == 2 and segments[0][1] == ":")
