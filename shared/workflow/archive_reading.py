"""A zip in the bucket, read in place: its directory and single entries, by ranged requests.

Used by :mod:`shared.workflow.unpacking`. Nothing is written to disk and no more than one entry is in memory.
:mod:`zipfile` does the reading. This module bounds how much a hostile zip can make it read, and holds the
data against the directory: they end before the next entry begins, and they are as long as was said.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from typing import TypeVar

from shared.domain.archives import MAX_DIRECTORY_BYTES, Entry, entry_name
from shared.errors import RetryLater, Trouble

WINDOW = 64 * 1024
_UTF8, _ENCRYPTED = 0x800, 0x1
_UNIX = 3

_T = TypeVar("_T")


class UnreadableArchive(ValueError):
    """It is no zip, or a broken one, or an entry of it is; the text is mostly that of :mod:`zipfile`."""


class TooLargeArchive(ValueError):
    """Its directory alone is larger than the limit."""


class Archive:
    """A zip of ``size`` bytes; ``read`` returns up to so many bytes from a place on."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """Read the directory.

        Raises:
            UnreadableArchive, TooLargeArchive: it is not one that can be used.
            Trouble: the error of ``read``, or RetryLater when that returned fewer bytes than there are.
        """
        self._file = _RemoteFile(read, size, largest_read=MAX_DIRECTORY_BYTES)

        def open_it() -> zipfile.ZipFile:
            return zipfile.ZipFile(self._file)  # type: ignore[call-overload, unused-ignore]  # all that zipfile asks of a file

        self._zip = _guarded(open_it, TooLargeArchive)
        self._file.largest_read = size
        entries = _guarded(lambda: [_entry(index, info) for index, info in enumerate(self._zip.infolist())])
        self.entries = [entry for entry in entries if not entry.name.endswith("/")]
        self._begins = sorted([*(entry.begins_at for entry in entries), self._zip.start_dir])

    def read(self, entry: Entry) -> bytes:
        """Return an entry's bytes, exactly as many as its directory entry says.

        Raises:
            UnreadableArchive: it is damaged, or packed in a way that is not read, or of another size.
            Trouble: the error of the underlying ``read``, as at the beginning.
        """
        info = self._zip.infolist()[entry.index]
        # zipfile silently cuts off what goes beyond the size that it knows: one byte more shows longer data.
        info.file_size = entry.size + 1
        self._file.ends_at = next((at for at in self._begins if at > entry.begins_at), 0)

        def unpack() -> bytes:
            with self._zip.open(info) as file:
                return file.read(info.file_size + 1)

        content = _guarded(unpack)
        if len(content) != entry.size:
            raise UnreadableArchive(f"its data are not the {entry.size} bytes that the directory says")
        return content


class _RemoteFile:
    """The file that :mod:`zipfile` reads from; keeps the last window, since it reads small pieces."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, *, largest_read: int) -> None:
        self._read = read
        self._size = size
        self._at = 0
        self._window_at = 0
        self._window = b""
        self.largest_read = largest_read
        self.ends_at = size

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = max(0, min(self.ends_at, self._size) - self._at)
        count = left if count is None or count < 0 else min(count, left)
        if count > self.largest_read:
            raise TooLargeArchive(f"{count} bytes at once")
        if count == 0:
            return b""
        start = self._at - self._window_at
        if not 0 <= start <= start + count <= len(self._window):
            if count > WINDOW:
                self._at += count
                return self._fetch(self._at - count, count)
            # The end of a zip is read first, and backwards: the window lies before its last bytes then.
            self._window_at = min(self._at, max(0, self._size - WINDOW))
            self._window = self._fetch(self._window_at, min(WINDOW, self._size - self._window_at))
            start = self._at - self._window_at
        self._at += count
        return self._window[start : start + count]

    def _fetch(self, start: int, count: int) -> bytes:
        content = self._read(start, count)
        if len(content) != count:
            # A connection that broke off is no fault of the zip.
            raise RetryLater(
                "short_answer", f"OSS sent {len(content)} of {count} bytes of a zip", delay_seconds=2
            )
        return content


def _entry(index: int, info: zipfile.ZipInfo) -> Entry:
    return Entry(
        index=index,
        begins_at=info.header_offset,
        # Not ``filename``: that ends at a NUL, so that a name could show one thing and mean another.
        name=entry_name(info.orig_filename, says_utf8=bool(info.flag_bits & _UTF8)),
        size=info.file_size,
        packed_size=info.compress_size,
        method=info.compress_type,
        is_encrypted=bool(info.flag_bits & _ENCRYPTED),
        is_link=info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16),
    )


def _guarded(do: Callable[[], _T], *expected: type[Exception]) -> _T:
    try:
        return do()
    except Exception as problem:
        if isinstance(problem, (Trouble, *expected)):
            raise
        # Hostile bytes make a decoder raise nearly any error, MemoryError and RecursionError among them; to
        # the caller all of them mean the same. What ends the process (BaseException) goes its way.
        raise UnreadableArchive(f"{type(problem).__name__}: {problem}"[:200]) from problem
