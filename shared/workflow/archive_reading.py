"""A zip in the bucket, read in place: its directory and single entries, by ranged requests.

Used by :mod:`shared.workflow.taking_out`. Nothing is written to disk and no more than one entry is in memory.
:mod:`shared.domain.zip_format` knows the layout. This module bounds how much a hostile zip can make it read,
and holds the data against the directory: they end before the next entry begins, they are as long as was said,
and they have its CRC.

:mod:`zipfile` is not used. It refuses a whole zip for one name, and files whose local heads differ from the
directory, and does either differently from one version of Python to the next; desktop tools open such zips.
"""

from __future__ import annotations

import stat
import zlib
from bisect import bisect_right
from collections.abc import Callable

from shared.domain.archive_formats import archive_format
from shared.domain.archives import MAX_DIRECTORY_BYTES, STORED, Entry
from shared.domain.photos import Verdict
from shared.domain.zip_format import (
    ENTRY_SIGNATURE,
    LOCAL_HEAD_BYTES,
    LOCAL_SIGNATURE,
    SPANNED_SIGNATURE,
    TAIL_BYTES,
    DirectoryEntry,
    End,
    data_at,
    directory_entries,
    ends,
)
from shared.domain.zip_names import entry_name
from shared.errors import RetryLater

WINDOW = 64 * 1024
_BEHIND_A_HEAD = 1024
"""Bytes that a name and an extra field behind a local head take; where there are more, one read is added."""
_SIGNATURE_BYTES = 4
_ENCRYPTED = 0x1
_UNIX = 3
_DOS_FOLDER = 0x10


class UnusableArchive(ValueError):
    """It is no zip, or one that is not read.

    Attributes:
        verdict: the verdict on it.
        detail: more words, or "".
    """

    def __init__(self, verdict: Verdict, detail: str = "") -> None:
        super().__init__(f"{verdict.value}: {detail}")
        self.verdict = verdict
        self.detail = detail


class BrokenEntry(ValueError):
    """An entry's data are not what the directory says."""


class Archive:
    """A zip of ``size`` bytes; ``read`` returns up to so many bytes from a place on.

    ``entries`` are its files in the order of the directory; folders are left out.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """Read the directory.

        Raises:
            UnusableArchive: it cannot be used.
            Trouble: the error of ``read``, or RetryLater when that returned fewer bytes than there are.
        """
        self._source = _Source(read, size)
        end, self._directory_at = self._find_directory()
        listed = self._listed(end)
        shift = self._shift(end, listed)
        entries = (_entry(index, one, shift) for index, one in enumerate(listed))
        self.entries = [
            entry
            for entry, one in zip(entries, listed, strict=True)
            if not (entry.name.endswith("/") or _is_folder(one))
        ]
        self._begins = sorted(
            {one.begins_at + shift for one in listed if not one.is_damaged} | {self._directory_at}
        )

    def read(self, entry: Entry) -> bytes:
        """Return an entry's bytes, exactly as many as its directory entry says.

        Raises:
            BrokenEntry: it is damaged, or of another size.
            Trouble: the error of the underlying ``read``, as at the beginning.
        """
        content = _unpacked(self._packed(entry), entry)
        if len(content) != entry.size:
            raise BrokenEntry(f"its data are not the {entry.size} bytes that the directory says")
        if zlib.crc32(content) != entry.crc:
            raise BrokenEntry("its data do not have the CRC that the directory says")
        return content

    def _packed(self, entry: Entry) -> bytes:
        """Return an entry's data as they are stored; its local head tells where they begin, nothing else."""
        at = bisect_right(self._begins, entry.begins_at)
        room = self._begins[at] - entry.begins_at if at < len(self._begins) else 0
        likely_bytes = LOCAL_HEAD_BYTES + _BEHIND_A_HEAD + entry.packed_size
        beginning = self._source.read(entry.begins_at, min(likely_bytes, room))
        offset = data_at(beginning[:LOCAL_HEAD_BYTES])
        if offset is None:
            raise BrokenEntry("it does not begin where the directory says")
        ends_at = offset + entry.packed_size
        if ends_at > room:
            raise BrokenEntry("its data overlap those of another file")
        read_to = max(offset, len(beginning))
        rest = self._source.read(entry.begins_at + read_to, ends_at - read_to)
        return beginning[offset:ends_at] + rest

    def _find_directory(self) -> tuple[End, int]:
        """Return the end of the zip, and where the directory begins."""
        for end in ends(self._source.tail, self._source.tail_at):
            if end.is_split:
                raise UnusableArchive(Verdict.SPLIT_ARCHIVE)
            for place in end.directory_places:
                if self._source.read(place, _SIGNATURE_BYTES) == ENTRY_SIGNATURE:
                    return end, place
            if not end.count and not end.directory_bytes:
                return end, end.at
            if len(end.directory_places) == 1 and self._is_directory(end):
                return end, end.directory_at
        raise self._no_zip()

    def _is_directory(self, end: End) -> bool:
        """Whether a directory that begins in a damaged entry is one: it is where it is said to be."""
        is_there = end.directory_at + end.directory_bytes == end.at
        is_small = end.directory_bytes <= MAX_DIRECTORY_BYTES
        return (
            is_there
            and is_small
            and ENTRY_SIGNATURE in self._source.read(end.directory_at, end.directory_bytes)
        )

    def _listed(self, end: End) -> list[DirectoryEntry]:
        directory_bytes = end.at - self._directory_at
        if directory_bytes > MAX_DIRECTORY_BYTES:
            raise UnusableArchive(Verdict.ARCHIVE_TOO_LARGE)
        return directory_entries(self._source.read(self._directory_at, directory_bytes), end.count)

    def _shift(self, end: End, listed: list[DirectoryEntry]) -> int:
        """Return how many bytes stand before the zip, which places are not counted from.

        A program that unpacks the zip may stand there, and makers differ in whether they count it. A RAR or
        another archive may hold a zip that ends like this one, and is no zip for that.
        """
        begins_at = min((one.begins_at for one in listed if not one.is_damaged), default=0)
        shift = self._directory_at - end.directory_at
        if begins_at + shift and archive_format(self._source.read_beginning()):
            raise self._no_zip()
        if shift and not self._begins_file(begins_at + shift) and self._begins_file(begins_at):
            return 0
        return shift

    def _begins_file(self, place: int) -> bool:
        is_inside = 0 <= place <= self._directory_at - _SIGNATURE_BYTES
        return is_inside and self._source.read(place, _SIGNATURE_BYTES) == LOCAL_SIGNATURE

    def _no_zip(self) -> UnusableArchive:
        beginning = self._source.read_beginning()
        if what := archive_format(beginning):
            return UnusableArchive(Verdict.OTHER_ARCHIVE, f"{what} archive")
        if beginning.startswith(SPANNED_SIGNATURE):
            return UnusableArchive(Verdict.SPLIT_ARCHIVE)
        is_cut_off = beginning.startswith(LOCAL_SIGNATURE)
        return UnusableArchive(Verdict.NOT_AN_ARCHIVE, "its end is missing" if is_cut_off else "")


class _Source:
    """The bytes of the zip; keeps its tail and the last window, since small files lie close together."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read = read
        self._size = size
        self.tail_at = max(0, size - TAIL_BYTES)
        self.tail = self._fetch(self.tail_at, size - self.tail_at)
        self._window_at = 0
        self._window = b""

    def read_beginning(self) -> bytes:
        return self.read(0, WINDOW)

    def read(self, start: int, count: int) -> bytes:
        """Return the bytes from ``start`` on; fewer where the zip ends, none before it begins."""
        count = min(count, self._size - start)
        if start < 0 or count <= 0:
            return b""
        if start >= self.tail_at:
            return self.tail[start - self.tail_at : start - self.tail_at + count]
        if count > WINDOW:
            return self._fetch(start, count)
        at = start - self._window_at
        if not 0 <= at <= at + count <= len(self._window):
            self._window_at, at = start, 0
            self._window = self._fetch(start, min(WINDOW, self._size - start))
        return self._window[at : at + count]

    def _fetch(self, start: int, count: int) -> bytes:
        if count <= 0:
            return b""
        content = self._read(start, count)
        if len(content) != count:
            # A connection that broke off is no fault of the zip.
            raise RetryLater(
                "short_answer", f"OSS sent {len(content)} of {count} bytes of a zip", delay_seconds=2
            )
        return content


def _unpacked(packed: bytes, entry: Entry) -> bytes:
    """Return an entry's data, at most one byte more than there should be."""
    if entry.method == STORED:
        return packed
    try:
        # Deflate without a head of its own (APPNOTE.TXT, 4.4.5; RFC 1951).
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, entry.size + 1)
    except (zlib.error, MemoryError) as problem:
        raise BrokenEntry(f"{type(problem).__name__}: {problem}"[:200]) from problem


def _entry(index: int, listed: DirectoryEntry, shift: int) -> Entry:
    return Entry(
        index=index,
        begins_at=listed.begins_at + shift,
        name="?" if listed.is_damaged and not listed.name else entry_name(listed.name, listed.unicode_name),
        size=listed.size,
        packed_size=listed.packed_size,
        method=listed.method,
        crc=listed.crc,
        is_encrypted=bool(listed.flags & _ENCRYPTED),
        is_link=listed.made_on == _UNIX and stat.S_ISLNK(listed.attributes >> 16),
        is_damaged=listed.is_damaged,
    )


def _is_folder(listed: DirectoryEntry) -> bool:
    """Whether it is a folder though its name does not say so (APPNOTE.TXT, 4.4.15)."""
    return not listed.is_damaged and not listed.size and bool(listed.attributes & _DOS_FOLDER)
