"""The layout of a zip: bytes in, plain values out (PKWARE, APPNOTE.TXT 6.3.10; sections are named below).

A zip is believed as desktop tools believe it. The directory at its end decides; of a local head only the two
lengths count that say where the data begin. Counts, versions, dates, disk numbers of single files, comments
and unknown extra fields are not needed and not looked at. A damaged entry of the directory costs itself and
no other. :mod:`shared.workflow.archive_reading` fetches the bytes, and :mod:`shared.domain.archives` decides
about the files.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

ENTRY_SIGNATURE = b"PK\1\2"
LOCAL_SIGNATURE = b"PK\3\4"
SPANNED_SIGNATURE = b"PK\7\x08"
"""The first part of a split zip begins with it (8.5.3)."""

LOCAL_HEAD_BYTES = 30
TAIL_BYTES = 128 * 1024
"""So much of a zip's end is looked at: the end record with the longest comment takes 65,557 bytes, the
records of the large format before it 76. The directory of most zips fits in besides."""

_END_SIGNATURE, _LARGE_END_SIGNATURE, _LOCATOR_SIGNATURE = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_BEHIND_AN_ENTRY = (ENTRY_SIGNATURE, b"PK\5\5", _LARGE_END_SIGNATURE)
"""Of these the second is the directory's signature (4.3.13)."""

_LOCAL_LENGTHS = struct.Struct("<2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LARGE_END = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_NOT_HERE_16, _NOT_HERE_32 = 0xFFFF, 0xFFFF_FFFF
"""In the large format these stand for values that are found elsewhere (4.4.1.4)."""

_LARGE_SIZES, _UNICODE_PATH = 0x0001, 0x7075
"""Extra fields: 4.5.3 and 4.6.9."""

_ENDS_TRIED = 8
"""The comment of a zip, and what stands behind a zip, may hold what looks like the end of one. Of either kind
so many are tried, from the last."""


@dataclass(frozen=True, kw_only=True)
class End:
    """What the end of a zip says of its directory. Places and sizes are bytes; either may be wrong.

    Attributes:
        at: where the directory ends at the latest.
        directory_at: where it begins, counted from the zip's beginning; a program may stand before that.
        directory_bytes: its size.
        count: its entries; counted up to 65,535 by programs that do not know the large format.
        is_split: whether other parts of the zip are other files.
    """

    at: int
    directory_at: int
    directory_bytes: int
    count: int
    is_split: bool

    @property
    def directory_places(self) -> tuple[int, ...]:
        """Where the directory may begin: before its end by its size, or where it is said to begin."""
        places = dict.fromkeys((self.at - self.directory_bytes, self.directory_at))
        return tuple(place for place in places if 0 <= place < self.at)


@dataclass(frozen=True, kw_only=True)
class DirectoryEntry:
    """A file as the directory describes it (4.3.12). Sizes and places are bytes.

    ``name`` is as its maker wrote it, and ``unicode_name`` the UTF-8 that came beside it, b"" without any
    that belongs to this name. ``attributes`` are those of the system ``made_on`` (4.4.2). ``is_damaged``: the
    entry does not end where it says, or it cannot be read at all.
    """

    name: bytes = b""
    unicode_name: bytes = b""
    flags: int = 0
    method: int = 0
    crc: int = 0
    size: int = 0
    packed_size: int = 0
    begins_at: int = 0
    made_on: int = 0
    attributes: int = 0
    is_damaged: bool = False


def ends(tail: bytes, tail_at: int) -> Iterator[End]:
    """Yield what may be the end of a zip whose last bytes are ``tail``, the likeliest first.

    ``tail_at`` is the tail's place in the zip. An end whose comment ends with the file comes before one that
    has other bytes behind it.
    """
    exact: list[int] = []
    others: list[int] = []
    at = tail.rfind(_END_SIGNATURE)
    while at >= 0:
        if at + _END.size <= len(tail):
            is_exact = at + _END.size + _END.unpack_from(tail, at)[-1] == len(tail)
            (exact if is_exact else others).append(at)
        at = tail.rfind(_END_SIGNATURE, 0, at)
    yield from (_end(tail, tail_at, at) for at in exact[:_ENDS_TRIED])
    likely = (_end(tail, tail_at, at) for at in others[:_ENDS_TRIED])
    # What stands somewhere in the last bytes by chance does not name disks that make sense.
    yield from (end for end in likely if not end.is_split)


def directory_entries(directory: bytes, count: int) -> list[DirectoryEntry]:
    """Return the entries of a directory; one that cannot be read is in its place, damaged.

    An entry whose lengths lead to no other entry ends where the next one begins.

    Args:
        directory: its bytes.
        count: how many entries there are said to be.
    """
    found: list[DirectoryEntry] = []
    at = max(0, directory.find(ENTRY_SIGNATURE))
    if at:
        found.append(DirectoryEntry(is_damaged=True))
    while directory.startswith(ENTRY_SIGNATURE, at) and at + _ENTRY.size <= len(directory):
        entry, ends_at = _entry(directory, at)
        following = ends_at
        if not _is_boundary(directory, ends_at):
            following = directory.find(ENTRY_SIGNATURE, at + _ENTRY.size)
            following = len(directory) if following < 0 else following
        if ends_at > following:
            # It runs into the next one: nothing but the beginning of its name can be told.
            entry = DirectoryEntry(name=entry.name[: following - at - _ENTRY.size], is_damaged=True)
        found.append(entry)
        if ends_at < following and (following < len(directory) or len(found) < count):
            found.append(DirectoryEntry(is_damaged=True))
        at = following
    if directory.startswith(ENTRY_SIGNATURE, at):
        found.append(DirectoryEntry(is_damaged=True))
    return found


def data_at(local_head: bytes) -> int | None:
    """Return how far behind its beginning a file's data begin, or None when no file begins there (4.3.7)."""
    if not local_head.startswith(LOCAL_SIGNATURE) or len(local_head) < LOCAL_HEAD_BYTES:
        return None
    name_bytes, extra_bytes = _LOCAL_LENGTHS.unpack_from(local_head, LOCAL_HEAD_BYTES - _LOCAL_LENGTHS.size)
    return int(LOCAL_HEAD_BYTES + name_bytes + extra_bytes)


def _end(tail: bytes, tail_at: int, at: int) -> End:
    """Return the end record at ``at`` (4.3.16), with the values of the large format before it (4.3.14)."""
    _, disk, directory_disk, _, count, directory_bytes, directory_at, _ = _END.unpack_from(tail, at)
    is_split = any(number not in (0, _NOT_HERE_16) for number in (disk, directory_disk))
    locator_at = at - _LOCATOR.size
    if locator_at >= 0 and tail.startswith(_LOCATOR_SIGNATURE, locator_at):
        is_split |= _LOCATOR.unpack_from(tail, locator_at)[3] > 1
        large_at = locator_at - _LARGE_END.size
        if large_at >= 0 and tail.startswith(_LARGE_END_SIGNATURE, large_at):
            *_, count, directory_bytes, directory_at = _LARGE_END.unpack_from(tail, large_at)
            at = large_at
    return End(
        at=tail_at + at,
        directory_at=directory_at,
        directory_bytes=directory_bytes,
        count=count,
        is_split=is_split,
    )


def _is_boundary(directory: bytes, at: int) -> bool:
    """Whether an entry may end at ``at``: before another record, or with the directory."""
    return at == len(directory) or directory.startswith(_BEHIND_AN_ENTRY, at)


def _entry(directory: bytes, at: int) -> tuple[DirectoryEntry, int]:
    """Return the entry at ``at``, and where it ends by its own lengths."""
    (_, made_by, _, flags, method, _, _, crc, packed_size, size, *lengths) = _ENTRY.unpack_from(directory, at)
    name_bytes, extra_bytes, comment_bytes, _, _, attributes, begins_at = lengths
    name_at = at + _ENTRY.size
    extra_at = name_at + name_bytes
    name = directory[name_at:extra_at]
    unicode_name = b""
    for kind, content in _extra_fields(directory[extra_at : extra_at + extra_bytes]):
        if kind == _LARGE_SIZES:
            size, packed_size, begins_at = _large_values(content, size, packed_size, begins_at)
        elif kind == _UNICODE_PATH and content[1:5] == zlib.crc32(name).to_bytes(4, "little"):
            unicode_name = content[5:]
    entry = DirectoryEntry(
        name=name,
        unicode_name=unicode_name,
        flags=flags,
        method=method,
        crc=crc,
        size=size,
        packed_size=packed_size,
        begins_at=begins_at,
        made_on=made_by >> 8,
        attributes=attributes,
    )
    return entry, extra_at + extra_bytes + comment_bytes


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kinds and contents of extra fields (4.5.1), up to one that does not fit."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            return
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _large_values(content: bytes, *values: int) -> tuple[int, ...]:
    """Return ``values``, those that 0xFFFFFFFF stands for from the extra field, in this order."""
    found, at = [], 0
    for value in values:
        if value == _NOT_HERE_32 and at + 8 <= len(content):
            value = int.from_bytes(content[at : at + 8], "little")
            at += 8
        found.append(value)
    return tuple(found)
