"""Zips byte for byte, as desktop programs make them: what stands in the heads, in the directory and between.

Unlike :mod:`tests.uploads.hostile_zips` these are honest; unlike :mod:`zipfile` this writes what programs
write and Python does not: names in code pages, extra fields, descriptors, heads that differ from the entries.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.14, 4.3.15 and 4.3.16.
_LOCAL, _ENTRY, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_LARGE_END, _LOCATOR = "<4sQ2H2I4Q", "<4sIQI"
_TIME, _DATE = 0x6C00, (2026 - 1980) << 9 | 5 << 5 | 17
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFF_FFFF

STREAMED, UTF8, PROTECTED = 0x8, 0x800, 0x1
DOS, UNIX, MAC_ARCHIVE_UTILITY, SEVEN_ZIP = 0x0014, 0x031E, 0x0315, 0x003F
"""The program that made it (4.4.2): the system in the upper byte, the version in the lower."""
FILE_OF_DOS, FOLDER_OF_DOS, FILE_OF_UNIX, FOLDER_OF_UNIX = 0x20, 0x10, 0o100644 << 16, 0o040755 << 16 | 0x10
DEFLATE64, LZMA, ZSTANDARD, XZ, PPMD, AES = 9, 14, 93, 95, 98, 99

DESCRIPTORS = {"signed": "<4s3I", "bare": "<3I", "large": "<4sI2Q"}
"""4.3.9: with its signature as nearly everybody writes it, without, and with sizes of eight bytes."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of a zip. What is None is as in the directory, or as it follows from the content.

    ``local_...`` is what its own head says instead. ``descriptor`` is the kind that follows its data.
    """

    name: bytes
    content: bytes = b""
    packed: bytes | None = None
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    made_by: int = DOS
    attributes: int = FILE_OF_DOS
    extra: bytes = b""
    size: int | None = None
    crc: int | None = None
    large_sizes: bool = False
    at: int | None = None
    descriptor: str = ""
    local_name: bytes | None = None
    local_flags: int | None = None
    local_method: int | None = None
    local_extra: bytes = b""
    local_facts: tuple[int, int, int] | None = None

    @property
    def data(self) -> bytes:
        """The packed data."""
        if self.packed is not None:
            return self.packed
        if self.method == zipfile.ZIP_DEFLATED:
            packer = zlib.compressobj(6, wbits=-15)
            return packer.compress(self.content) + packer.flush()
        return self.content

    @property
    def facts(self) -> tuple[int, int, int]:
        """CRC, packed size and size."""
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return crc, len(self.data), len(self.content) if self.size is None else self.size

    def local(self) -> bytes:
        """The head, the data and the descriptor."""
        name = self.name if self.local_name is None else self.local_name
        flags = self.flags if self.local_flags is None else self.local_flags
        method = self.method if self.local_method is None else self.local_method
        facts = self.local_facts or ((0, 0, 0) if self.descriptor else self.facts)
        head = struct.pack(
            _LOCAL, b"PK\3\4", 20, flags, method, _TIME, _DATE, *facts, len(name), len(self.local_extra)
        )
        behind = b""
        if self.descriptor:
            form = DESCRIPTORS[self.descriptor]
            behind = struct.pack(form, *((b"PK\7\x08",) if "s" in form else ()), *self.facts)
        return head + name + self.local_extra + self.data + behind

    def entry(self, at: int) -> bytes:
        """The entry in the directory; ``at`` is where the head lies."""
        crc, packed_size, size = self.facts
        at = at if self.at is None else self.at
        extra = self.extra
        if self.large_sizes:
            extra += struct.pack("<2H3Q", 1, 24, size, packed_size, at)
            size = packed_size = at = _FULL_32
        lengths = (len(self.name), len(extra), 0, 0, 0, self.attributes, at)
        facts = (self.flags, self.method, _TIME, _DATE, crc, packed_size, size)
        return struct.pack(_ENTRY, b"PK\1\2", self.made_by, 20, *facts, *lengths) + self.name + extra


def made_zip(
    members: Iterable[Member],
    *,
    before: bytes = b"",
    counts_before: bool = False,
    signature: bytes = b"",
    behind: bytes = b"",
    comment: bytes = b"",
    large_end: bool = False,
    disk: int = 0,
    count: int | None = None,
    directory_bytes: int | None = None,
) -> bytes:
    """A zip of ``members``.

    Args:
        members: its files.
        before: what stands before the zip.
        counts_before: whether places count from the file's beginning all the same.
        signature: what follows the entries in the directory.
        behind: what stands behind the zip.
        comment: the zip's comment.
        large_end: whether the end has the records of the large format, and their values alone.
        disk: the number of this part.
        count: how many entries the end says that there are, if not the truth.
        directory_bytes: how large the end says that the directory is, if not the truth.
    """
    base = len(before) if counts_before else 0
    body, entries = bytearray(), []
    for member in members:
        entries.append(member.entry(base + len(body)))
        body += member.local()
    directory = b"".join(entries) + signature
    number = len(entries) if count is None else count
    size = len(directory) if directory_bytes is None else directory_bytes
    at = base + len(body)
    end = b""
    if large_end:
        end = struct.pack(_LARGE_END, b"PK\6\6", 44, 45, 45, 0, 0, number, number, size, at)
        end += struct.pack(_LOCATOR, b"PK\6\7", 0, at + len(directory), 1)
        number, size, at = _FULL_16, _FULL_32, _FULL_32
    end += struct.pack(_END, b"PK\5\6", disk, disk, number, number, size, at, len(comment)) + comment
    return before + bytes(body) + directory + end + behind


def unicode_path(name: str, raw: bytes) -> bytes:
    """The extra field of Info-ZIP with a name in UTF-8 beside the one in a code page (4.6.9)."""
    content = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
    return struct.pack("<2H", 0x7075, len(content)) + content


def of_explorer(files: dict[str, bytes], encoding: str = "gbk") -> bytes:
    """Windows Explorer, "Compressed folder": deflate, names in the code page, no extra fields."""
    return made_zip(Member(name=name.encode(encoding), content=content) for name, content in files.items())


def of_archive_utility(files: dict[str, bytes]) -> bytes:
    """The Finder's "Compress": a stream with descriptors, names in UTF-8 without a flag, forks beside."""
    members: list[Member] = []
    for name, content in files.items():
        folder, slash, file = name.rpartition("/")
        parts = [(name.encode(), content)]
        if content:
            parts.append(
                (f"__MACOSX/{folder}{slash}._{file}".encode(), b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(100))
            )
        members += [
            Member(
                name=raw,
                content=part,
                method=zipfile.ZIP_DEFLATED if part else zipfile.ZIP_STORED,
                flags=STREAMED if part else 0,
                descriptor="signed" if part else "",
                made_by=MAC_ARCHIVE_UTILITY,
                attributes=FILE_OF_UNIX if part else FOLDER_OF_UNIX,
                extra=struct.pack("<2H2I", 0x5855, 8, 0, 0),
                local_extra=struct.pack("<2H2I2H", 0x5855, 12, 0, 0, 501, 20),
            )
            for raw, part in parts
        ]
    return made_zip(members)


def of_seven_zip(
    files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, packed: bytes | None = None
) -> bytes:
    """7-Zip: times of NTFS in the directory alone, the flag for UTF-8 where a name needs it."""
    times = struct.pack("<2HI2H3Q", 0x000A, 32, 0, 1, 24, 0, 0, 0)
    return made_zip(
        Member(
            name=name.encode(),
            content=content,
            method=method,
            packed=packed,
            flags=0 if name.isascii() else UTF8,
            made_by=SEVEN_ZIP,
            extra=times,
        )
        for name, content in files.items()
    )


def of_winrar(files: dict[str, bytes]) -> bytes:
    """WinRAR: names in the code page, and beside them in UTF-8."""
    return made_zip(
        Member(
            name=raw,
            content=content,
            extra=unicode_path(name, raw),
            local_extra=unicode_path(name, raw),
        )
        for name, content in files.items()
        for raw in [name.encode("gbk", "replace")]
    )


def of_linux(files: dict[str, bytes]) -> bytes:
    """Info-ZIP's ``zip -r``: times and owners in extra fields, names in UTF-8 with a field of their own."""
    local = struct.pack("<2HB2I", 0x5455, 9, 3, 0, 0) + struct.pack(
        "<2H2BIBI", 0x7875, 11, 1, 4, 1000, 4, 1000
    )
    short = struct.pack("<2HBI", 0x5455, 5, 3, 0) + struct.pack("<2H2BIBI", 0x7875, 11, 1, 4, 1000, 4, 1000)
    members = []
    for name, content in files.items():
        raw = name.encode("ascii", "replace")
        path = b"" if name.isascii() else unicode_path(name, raw)
        members.append(
            Member(
                name=raw,
                content=content,
                method=zipfile.ZIP_DEFLATED if content else zipfile.ZIP_STORED,
                made_by=UNIX,
                attributes=FILE_OF_UNIX if content else FOLDER_OF_UNIX,
                extra=short + path,
                local_extra=local + path,
            )
        )
    return made_zip(members)


def of_an_export(files: dict[str, bytes]) -> bytes:
    """A photo service in the web: a stream in UTF-8, stored as it is, with the end of the large format."""
    return made_zip(
        (
            Member(
                name=name.encode(),
                content=content,
                method=zipfile.ZIP_STORED,
                flags=STREAMED | UTF8,
                descriptor="signed",
            )
            for name, content in files.items()
        ),
        large_end=True,
    )


def with_a_password(files: dict[str, bytes], *, aes: bool, of: Sequence[str] = ()) -> bytes:
    """WinRAR or 7-Zip with a password for the files ``of``, or all: AES-256, or the old way of PKWARE.

    What is ciphered looks like noise; that it is noise here makes no difference to whoever has no password.
    """
    field = struct.pack("<3H2sBH", 0x9901, 7, 2, b"AE", 3, zipfile.ZIP_DEFLATED) if aes else b""
    members = []
    for name, content in files.items():
        plain = Member(name=name.encode(), content=content)
        if name in of or not of:
            noise = bytes(number * 89 % 251 for number in range(len(plain.data) + (28 if aes else 12)))
            plain = replace(
                plain,
                packed=noise,
                flags=PROTECTED,
                method=AES if aes else zipfile.ZIP_DEFLATED,
                crc=0 if aes else None,
                extra=field,
                local_extra=field,
            )
        members.append(plain)
    return made_zip(members)


def stored_blocks(content: bytes) -> bytes:
    """Data of deflate in blocks that are stored, which are the same in Deflate64 (RFC 1951, 3.2.4)."""
    blocks = [content[at : at + 0xFFFF] for at in range(0, len(content), 0xFFFF)]
    return b"".join(
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks, 1)
    )


def zstandard_frame(content: bytes) -> bytes:
    """A frame of Zstandard with one raw block (RFC 8878, 3.1.1)."""
    assert len(content) < 2**17
    return (
        b"\x28\xb5\x2f\xfd\xa0"
        + struct.pack("<I", len(content))
        + (1 | len(content) << 3).to_bytes(3, "little")
        + content
    )
