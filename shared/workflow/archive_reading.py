"""A zip in the bucket, read in place: its directory and single entries, by ranged requests.

Used by :mod:`shared.workflow.unpacking`. Nothing is written to disk and no more than one entry is in memory.
:mod:`zipfile` does the reading; this module bounds how much a hostile zip can make it read.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from typing import TypeVar

from shared.domain.archives import MAX_DIRECTORY_BYTES, Entry, entry_name
from shared.errors import Trouble

WINDOW = 64 * 1024
_UTF8, _ENCRYPTED = 0x800, 0x1
_UNIX = 3

_T = TypeVar("_T")


class UnreadableArchive(ValueError):
    """It is no zip, or a broken one; the text is that of :mod:`zipfile`."""


class TooLargeArchive(ValueError):
    """Its directory alone is larger than the limit."""


class Archive:
    """A zip of ``size`` bytes; ``read`` returns up to so many bytes from a place on."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """Read the directory.

        Raises:
            UnreadableArchive, TooLargeArchive: it is not one that can be used.
            Trouble: the error of ``read``.
        """
        file = _RemoteFile(read, size, largest_read=MAX_DIRECTORY_BYTES)
        self._zip = _guarded(lambda: zipfile.ZipFile(file))  # type: ignore[arg-type, type-var, unused-ignore]  # all that zipfile asks of a file
        file.largest_read = size
        entries = (_entry(index, info) for index, info in enumerate(self._zip.infolist()))
        self.entries = [entry for entry in entries if not entry.name.endswith("/")]

    def read(self, entry: Entry) -> bytes:
        """Return an entry's bytes, never more than its directory entry said.

        Raises:
            UnreadableArchive: it is damaged, or packed in a way that is not read.
            Trouble: the error of the underlying ``read``.
        """
        info = self._zip.infolist()[entry.index]

        def unpack() -> bytes:
            with self._zip.open(info) as file:
                return file.read(entry.size + 1)

        return _guarded(unpack)


class _RemoteFile:
    """The file that :mod:`zipfile` reads from; keeps the last window, since it reads small pieces."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, *, largest_read: int) -> None:
        self._read = read
        self._size = size
        self._at = 0
        self._window_at = 0
        self._window = b""
        self.largest_read = largest_read

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
        left = max(0, self._size - self._at)
        count = left if count is None or count < 0 else min(count, left)
        if count > self.largest_read:
            raise TooLargeArchive(f"{count} bytes at once")
        if count == 0:
            return b""
        start = self._at - self._window_at
        if not 0 <= start <= start + count <= len(self._window):
            if count > WINDOW:
                self._at += count
                return self._read(self._at - count, count)
            # The end of a zip is read first, and backwards: the window lies before its last bytes then.
            self._window_at = min(self._at, max(0, self._size - WINDOW))
            self._window = self._read(self._window_at, min(WINDOW, self._size - self._window_at))
            start = self._at - self._window_at
        self._at += count
        return self._window[start : start + count]


def _entry(index: int, info: zipfile.ZipInfo) -> Entry:
    return Entry(
        index=index,
        # Not ``filename``: that ends at a NUL, so that a name could show one thing and mean another.
        name=entry_name(info.orig_filename, says_utf8=bool(info.flag_bits & _UTF8)),
        size=info.file_size,
        packed_size=info.compress_size,
        method=info.compress_type,
        is_encrypted=bool(info.flag_bits & _ENCRYPTED),
        is_link=info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16),
    )


def _guarded(do: Callable[[], _T]) -> _T:
    try:
        return do()
    except (Trouble, TooLargeArchive):
        raise
    except Exception as problem:
        # Hostile bytes make a decoder raise nearly any error; to the caller all of them mean the same.
        raise UnreadableArchive(f"{type(problem).__name__}: {problem}"[:200]) from problem
