"""Which files of a zip are unpacked and which are refused: decided from the zip's directory alone.

A zip comes from a stranger: it may be a bomb, escape its folder by its names, or hold a disk image. A refusal
concerns one file and says why; only a zip that is too large as a whole is refused altogether. Used by
:mod:`shared.workflow.unpacking`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.object_keys import MAX_KEY_BYTES, is_system_file, person_folder
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

_STORED, _DEFLATED = 0, 8
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in a zip, as the zip's directory describes it. Sizes are bytes; the data may differ.

    ``index`` is its place in the directory, ``method`` the number of its compression (APPNOTE.TXT, 4.4.5).
    """

    index: int
    name: str
    size: int
    packed_size: int
    method: int
    is_encrypted: bool
    is_link: bool


def is_too_much(entries: Sequence[Entry]) -> bool:
    """Whether a zip of these ``entries`` is refused as a whole."""
    return len(entries) > MAX_ENTRIES or sum(entry.size for entry in entries) > MAX_UNPACKED_BYTES


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
    if entry.size > max(RATIO_COUNTS_FROM, MAX_RATIO * entry.packed_size):
        return Verdict.EXPANDS_TOO_MUCH
    return None if entry.method in (_STORED, _DEFLATED) else Verdict.BROKEN_ENTRY


def unpacked_key(person_id: str, archive: str, name: str) -> str:
    """Return where the file ``name`` of a person's zip is stored: in a folder called like the zip."""
    return f"{person_folder(person_id)}{archive}/{name}"


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


def _is_unsafe(segments: list[str]) -> bool:
    """Whether a name leads elsewhere than below its folder, or cannot be a key."""
    return any(
        segment in ("", ".", "..") or any(unicodedata.category(one) in ("Cc", "Cs") for one in segment)
        for segment in segments
    ) or (len(segments[0]) == 2 and segments[0][1] == ":")
