"""The bytes of a zip around its files (PKWARE, APPNOTE.TXT 6.3.10; sections are named below).

A zip is written from its beginning on, in many runs, each of which knows no more than what the one before has
written down. Python's own writer makes the same bytes and cannot go on in another process, so this is none of
its work. Files are stored as they are, since photos do not shrink. What is known of a file only once it has
been read stands behind its data (4.3.9). Pure; :mod:`shared.workflow.zip_upload` puts the bytes into the
bucket, and :mod:`shared.domain.zip_format` reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LARGE_END = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_NOT_HERE_16, _NOT_HERE_32 = 0xFFFF, 0xFFFF_FFFF
"""In the large format these stand for values that are found elsewhere (4.4.1.4)."""
_PLAIN, _LARGE = 20, 45
"""The version of the format that a reader needs (4.4.3.2)."""
_MADE_ON_UNIX = 3 << 8 | _LARGE
_READABLE_FILE = 0o100644 << 16
_FLAGS = 0x0808
"""Checksum and sizes stand behind the data; names are UTF-8 (4.4.4)."""
_LARGE_SIZES = 0x0001
_BEIJING = timezone(timedelta(hours=8))
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


class Member(NamedTuple):
    """A file of the zip.

    Attributes:
        name: with ``/`` between folders.
        size: in bytes.
        modified_at: milliseconds since the epoch; shown as the time in Beijing.
        begins_at: where its head begins in the zip.
        crc: the CRC-32 of its bytes; not needed for the head.
    """

    name: str
    size: int
    modified_at: int
    begins_at: int = 0
    crc: int = 0

    @property
    def is_large(self) -> bool:
        """Whether its size takes the large format."""
        return self.size >= _NOT_HERE_32


def head_of(member: Member) -> bytes:
    """Return what stands before the data of a file (4.3.7)."""
    name = member.name.encode("utf-8")
    sizes, extra, needed = 0, b"", _PLAIN
    if member.is_large:
        sizes, needed = _NOT_HERE_32, _LARGE
        extra = struct.pack("<2H2Q", _LARGE_SIZES, 16, 0, 0)
    moment = _moment(member.modified_at)
    return (
        _LOCAL.pack(b"PK\3\4", needed, _FLAGS, 0, *moment, 0, sizes, sizes, len(name), len(extra))
        + name
        + extra
    )


def foot_of(member: Member) -> bytes:
    """Return what stands behind the data of a file (4.3.9)."""
    sizes = "<2Q" if member.is_large else "<2I"
    return struct.pack("<4sI", b"PK\7\x08", member.crc) + struct.pack(sizes, member.size, member.size)


def directory_of(members: Iterable[Member], begins_at: int) -> Iterator[bytes]:
    """Yield the directory, which begins there, and the end of the zip (4.3.12, 4.3.14 to 4.3.16)."""
    count = size = 0
    for member in members:
        entry = _entry(member)
        count, size = count + 1, size + len(entry)
        yield entry
    if count >= _NOT_HERE_16 or size >= _NOT_HERE_32 or begins_at >= _NOT_HERE_32:
        large = (b"PK\6\6", 44, _MADE_ON_UNIX, _LARGE, 0, 0, count, count, size, begins_at)
        yield _LARGE_END.pack(*large)
        yield _LOCATOR.pack(b"PK\6\7", 0, begins_at + size, 1)
    number, place, length = min(count, _NOT_HERE_16), min(begins_at, _NOT_HERE_32), min(size, _NOT_HERE_32)
    yield _END.pack(b"PK\5\6", 0, 0, number, number, length, place, 0)


def _entry(member: Member) -> bytes:
    name = member.name.encode("utf-8")
    values = (*((member.size, member.size) if member.is_large else ()),)
    if member.begins_at >= _NOT_HERE_32:
        values = (*values, member.begins_at)
    extra = struct.pack(f"<2H{len(values)}Q", _LARGE_SIZES, 8 * len(values), *values) if values else b""
    size, place = min(member.size, _NOT_HERE_32), min(member.begins_at, _NOT_HERE_32)
    needed = _LARGE if values else _PLAIN
    head = (b"PK\1\2", _MADE_ON_UNIX, needed, _FLAGS, 0, *_moment(member.modified_at), member.crc)
    rest = (size, size, len(name), len(extra), 0, 0, 0, _READABLE_FILE, place)
    return _ENTRY.pack(*head, *rest) + name + extra


def _moment(milliseconds: int) -> tuple[int, int]:
    """Return a time as a zip has it, in steps of two seconds (4.4.6)."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=_BEIJING)
    year = min(max(moment.year, _FIRST_YEAR), _LAST_YEAR)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
