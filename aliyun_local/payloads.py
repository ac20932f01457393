"""Bodies of any length: bytes in memory, or a temporary file where they would take too much of it.

The server makes a :class:`Spooled` of a large upload, and the local OSS stores it piece by piece. Both kinds
have a ``len``, and :func:`pieces_of` reads both.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

PIECE_BYTES = 1024 * 1024


class Spooled:
    """Bytes in a file without a name, which its owner alone can read and which ends when it is closed."""

    def __init__(self, folder: Path | None) -> None:
        """Make an empty file on the disk of ``folder`` (None: that of temporary files)."""
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (close is the owner's)
        self._size = 0

    def append(self, piece: bytes) -> None:
        """Write ``piece`` behind what is there."""
        left = memoryview(piece)
        while left:
            left = left[self._file.write(left) :]
        self._size += len(piece)

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def read(self, start: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``start``; threads may read at the same time."""
        return os.pread(self._file.fileno(), size, start)

    def close(self) -> None:
        """Remove the bytes."""
        self._file.close()


Payload = bytes | Spooled


def pieces_of(content: Payload) -> Iterator[bytes]:
    """Yield ``content`` in pieces: whole if it is in memory, else a megabyte each."""
    if isinstance(content, bytes):
        yield content
        return
    for start in range(0, len(content), PIECE_BYTES):
        yield content.read(start, PIECE_BYTES)
