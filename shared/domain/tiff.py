"""The TIFF file format, as far as a kind of file is told by it: the entries of the first directory.

TIFF 6.0, section 2: a header with the byte order and the place of the first directory; a directory is a count
and entries of 12 bytes (tag, type, count, and the value or where it lies). Used by
:mod:`shared.domain.picture_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

_BYTES_OF_TYPE = {1: 1, 3: 2, 4: 4}
"""BYTE, SHORT and LONG: no other type counts, measures or places anything here."""
_MOST_ENTRIES = 1000


class Tiff:
    """The first directory of a TIFF that begins with ``start``, as far as ``start`` holds it."""

    NEW_SUBFILE_TYPE, WIDTH, HEIGHT = 254, 256, 257
    STRIP_OFFSETS, STRIP_BYTES = 273, 279
    TILE_OFFSETS, TILE_BYTES = 324, 325
    SUB_IFDS, DNG_VERSION = 330, 50706

    def __init__(self, start: bytes) -> None:
        self._start = start
        self._order: Literal["little", "big"] = "little" if start[:2] == b"II" else "big"
        self._directory_at = self._int(4, 4)
        self._entries: dict[int, int] = {}
        count = self._int(self._directory_at, 2) if self._directory_at + 2 <= len(start) else 0
        for number in range(min(count, _MOST_ENTRIES)):
            at = self._directory_at + 2 + 12 * number
            if at + 12 > len(start):
                break
            self._entries.setdefault(self._int(at, 2), at)

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def number(self, tag: int) -> int | None:
        """Return the first value of an entry, or None."""
        values = self.numbers(tag)
        return values[0] if values else None

    def numbers(self, tag: int) -> Sequence[int]:
        """Return the values of an entry; none where they are not in hand."""
        at = self._entries.get(tag)
        if at is None:
            return ()
        size, count = _BYTES_OF_TYPE.get(self._int(at + 2, 2), 0), self._int(at + 4, 4)
        begins = at + 8 if size * count <= 4 else self._int(at + 8, 4)
        if not size or begins + size * count > len(self._start):
            return ()
        return [self._int(begins + size * index, size) for index in range(count)]

    def reaches_to(self) -> int:
        """Return how many bytes the file must have, as far as its directory and its picture's places tell."""
        ends = [self._directory_at + 2]
        for offsets, lengths in (
            (self.STRIP_OFFSETS, self.STRIP_BYTES),
            (self.TILE_OFFSETS, self.TILE_BYTES),
        ):
            ends += [
                at + count for at, count in zip(self.numbers(offsets), self.numbers(lengths), strict=False)
            ]
        return max(ends)

    def _int(self, at: int, size: int) -> int:
        return int.from_bytes(self._start[at : at + size], self._order)
