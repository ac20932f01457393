"""The bytes of objects: files that are written once, under a random name, and never changed.

:mod:`aliyun_local.oss.state.transactions` owns them. Because no file is ever rewritten, a reader with an old
row still reads the old content whole. A process that is killed between writing a file and committing the row
with its name leaves an orphan and no other damage.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Protocol

from aliyun_local.payloads import Payload, pieces_of
from aliyun_local.private_files import make_private_folder, open_private

if sys.platform != "win32":
    import fcntl

_CHUNK_BYTES = 1024 * 1024
_RECENT_BYTES = 32 * 1024 * 1024


class Blobs(Protocol):
    """A place for immutable byte strings."""

    def write(self, content: Payload) -> str:
        """Write ``content`` and return its new id."""

    def read(self, blob_id: str, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` to ``stop``; raises FileNotFoundError when the blob is removed."""

    def remove(self, blob_id: str) -> None:
        """Remove a blob, if it exists."""


class MemoryBlobs:
    """Blobs in the memory of the process."""

    def __init__(self) -> None:
        """Start empty."""
        self._contents: dict[str, bytes] = {}

    def write(self, content: Payload) -> str:
        """Write ``content`` and return its new id."""
        blob_id = secrets.token_hex(16)
        self._contents[blob_id] = b"".join(pieces_of(content))
        return blob_id

    def read(self, blob_id: str, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` to ``stop``."""
        content = self._contents.get(blob_id)
        if content is None:
            raise FileNotFoundError(blob_id)
        return content[start:stop]

    def remove(self, blob_id: str) -> None:
        """Remove a blob."""
        self._contents.pop(blob_id, None)


class FileBlobs:
    """Blobs in files under one folder, in sub-folders by the first two digits of their ids."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which is made if it is missing."""
        make_private_folder(folder)
        self._folder = folder
        self._lock: IO[bytes] | None = None
        self._recent = _Recent()

    def write(self, content: Payload) -> str:
        """Write ``content`` and return its new id."""
        blob_id = secrets.token_hex(16)
        path = self._path(blob_id)
        try:
            file = open_private(path, "wb", buffering=0)
        except FileNotFoundError:
            make_private_folder(path.parent)
            file = open_private(path, "wb", buffering=0)
        with file:
            for piece in pieces_of(content):
                left = memoryview(piece)
                while left:
                    left = left[file.write(left) :]
        if isinstance(content, bytes):
            self._recent.add(blob_id, content)
        return blob_id

    def read(self, blob_id: str, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` to ``stop``; only these are read from the disk."""
        content = self._recent.find(blob_id)
        if content is not None:
            return content[start:stop]
        with self._path(blob_id).open("rb") as file:
            file.seek(start)
            return file.read(stop - start)

    def remove(self, blob_id: str) -> None:
        """Remove a blob."""
        self._recent.discard(blob_id)
        self._path(blob_id).unlink(missing_ok=True)

    def sweep(self, referenced: Collection[str]) -> int:
        """Remove every file that is not in ``referenced``, and return the number of removed files.

        A killed process leaves such orphans. One may be a photo that its owner had erased. Another
        living process may have written a file without having committed its row yet. Therefore only the
        process that holds the folder's lock sweeps.
        """
        if not self._lock_folder():
            return 0
        orphans = [path for path in self._folder.glob("??/*") if path.name not in referenced]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    def close(self) -> None:
        """Release the folder's lock, so that another process can sweep."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _lock_folder(self) -> bool:
        if self._lock is None and sys.platform != "win32":
            lock = open_private(self._folder / ".lock", "wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                return False
            self._lock = lock
        return self._lock is not None

    def _path(self, blob_id: str) -> Path:
        return self._folder / blob_id[:2] / blob_id


class _Recent:
    """The contents that were written last, for readers that follow a writer at once."""

    def __init__(self) -> None:
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._size_bytes = 0
        self._lock = threading.Lock()

    def find(self, blob_id: str) -> bytes | None:
        return self._contents.get(blob_id)

    def add(self, blob_id: str, content: bytes) -> None:
        if len(content) > _RECENT_BYTES // 4:
            return
        with self._lock:
            self._contents[blob_id] = content
            self._size_bytes += len(content)
            while self._size_bytes > _RECENT_BYTES:
                self._size_bytes -= len(self._contents.popitem(last=False)[1])

    def discard(self, blob_id: str) -> None:
        with self._lock:
            self._size_bytes -= len(self._contents.pop(blob_id, b""))


def read_segments(blobs: Blobs, segments: Collection[tuple[str, int]], start: int, stop: int) -> bytes:
    """Return the bytes ``start`` to ``stop`` of a content that consists of (blob id, size) segments."""
    pieces: list[bytes] = []
    offset = 0
    for blob_id, size in segments:
        low, high = max(start - offset, 0), min(stop - offset, size)
        if low < high:
            pieces.append(blobs.read(blob_id, low, high))
        offset += size
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def chunks(blobs: Blobs, segments: Collection[tuple[str, int]]) -> Iterator[bytes]:
    """Yield the content of (blob id, size) segments in pieces of at most 1 MiB, to hash it piece by piece."""
    for blob_id, size in segments:
        for start in range(0, size, _CHUNK_BYTES):
            yield blobs.read(blob_id, start, min(start + _CHUNK_BYTES, size))
