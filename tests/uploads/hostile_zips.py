"""Zips put together by hand, whose heads and directory say what the test wants."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16: the head of a file, its entry in the directory, the end of all.
_LOCAL, _ENTRY, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_VERSION, _DATE = 20, 1 << 5 | 1
_QUOTED = "<BHH"
"""A block of deflate whose bytes are stored: it is not the last, its length, and the same inverted."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a zip: its packed bytes, and what is said about it.

    Attributes:
        extra: the extra field of the local head, which the directory does not know.
        at: where the directory says that the local head lies; None for the truth.
    """

    name: str
    packed: bytes
    method: int
    size: int
    crc: int
    extra: bytes = b""
    at: int | None = None

    def head(self) -> bytes:
        """The local head."""
        name = self.name.encode()
        return (
            struct.pack(_LOCAL, b"PK\3\4", _VERSION, *self._facts(), len(name), len(self.extra))
            + name
            + (self.extra)
        )

    def directory_entry(self, at: int) -> bytes:
        """The entry in the directory; ``at`` is where the local head lies."""
        name, place = self.name.encode(), at if self.at is None else self.at
        facts = (*self._facts(), len(name), 0, 0, 0, 0, 0, place)
        return struct.pack(_ENTRY, b"PK\1\2", _VERSION, _VERSION, *facts) + name

    def _facts(self) -> tuple[int, ...]:
        return (0, self.method, 0, _DATE, self.crc, len(self.packed), self.size)


def stored(name: str, content: bytes) -> File:
    return File(
        name=name, packed=content, method=zipfile.ZIP_STORED, size=len(content), crc=zlib.crc32(content)
    )


def deflated(name: str, content: bytes) -> File:
    return replace(stored(name, content), packed=deflate(content), method=zipfile.ZIP_DEFLATED)


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(content) + packer.flush()


def of_size(file: File, size: int, content: bytes) -> File:
    """The file with another size in head and directory, and the CRC that a reader of so many bytes finds."""
    return replace(file, size=size, crc=zlib.crc32(content[:size]))


def zip_of_files(files: Iterable[File]) -> bytes:
    body, entries = bytearray(), []
    for file in files:
        entries.append(file.directory_entry(len(body)))
        body += file.head() + file.packed
    return bytes(body) + directory(entries, len(body))


def directory(entries: Sequence[bytes], at: int) -> bytes:
    listed = b"".join(entries)
    count = len(entries)
    return listed + struct.pack(_END, b"PK\5\6", 0, 0, count, count, len(listed), at, 0)


def quoting_each_other(count: int, content: bytes) -> bytes:
    """A zip in which each file's data are the next one's head, quoted, and the next one's data.

    So ``count`` files of the size of ``content`` take the room of one (David Fifield, "A better zip bomb").
    """
    file = deflated(f"{count - 1:03}.jpg", content)
    files, body = [file], file.head() + file.packed
    for number in reversed(range(count - 1)):
        head = file.head()
        content = head + content
        quote = struct.pack(_QUOTED, 0, len(head), len(head) ^ 0xFFFF)
        file = replace(
            deflated(f"{number:03}.jpg", b""), packed=quote + body, size=len(content), crc=zlib.crc32(content)
        )
        files.insert(0, file)
        body = file.head() + file.packed
    places = [0]
    for file in files[:-1]:
        places.append(places[-1] + len(file.head()) + struct.calcsize(_QUOTED))
    entries = [file.directory_entry(at) for file, at in zip(files, places, strict=True)]
    return body + directory(entries, len(body))
