"""The difference hash of a picture (dHash): 64 bits that change little when the picture does.

OSS squeezes a picture to 9 by 8 pixels and sends it as a bitmap (BMP), which needs no library to be read.
Each bit says whether a pixel is brighter than its right neighbour. Size, compression and light hardly change
that; another pose or another place does. :mod:`shared.workflow.hashing` makes the hashes, and
:mod:`shared.domain.choosing` says how near two have to be.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

WIDTH, HEIGHT = 9, 8
BITS = (WIDTH - 1) * HEIGHT
NO_HASH = "-"
"""In place of a hash that cannot be made."""

_FILE_HEADER_BYTES = 14
_UNCOMPRESSED, _WITH_MASKS = 0, 3
_LUMA = (114, 587, 299)
"""Weights of blue, green and red in a thousand (ITU-R BT.601), in the order of a bitmap."""
_BYTES_OF_A_COLOUR = 4
"""An entry of the palette: blue, green, red, and one unused."""


def hash_of_bitmap(content: bytes) -> str:
    """Return the difference hash of a bitmap of 9 by 8 pixels, in 16 hexadecimal digits.

    It may have any form without compression: 24 or 32 bits a pixel, or 8 with a palette, which is how a grey
    picture may come; its rows from the bottom up or from the top down (Microsoft, "BITMAPINFOHEADER").

    Raises:
        ValueError: it is no such bitmap.
    """
    bits = 0
    for row in _greys(content):
        for left, right in itertools.pairwise(row):
            bits = bits << 1 | (left > right)
    return f"{bits:0{BITS // 4}x}"


def is_hash(text: str) -> bool:
    """Whether ``text`` is a hash, and not the word for none."""
    return text not in ("", NO_HASH)


def distance(one: str, other: str) -> int:
    """Return in how many of the 64 bits two hashes differ (their Hamming distance)."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _greys(content: bytes) -> list[list[int]]:
    """Return the brightness of each pixel, row by row from the top."""
    try:
        magic, start = struct.unpack_from("<2s8xI", content)
        size, width, height, bits, form = struct.unpack_from("<Iii2xHI", content, _FILE_HEADER_BYTES)
    except struct.error:
        raise ValueError("the bitmap has no whole header") from None
    is_plain = form == _UNCOMPRESSED or (form == _WITH_MASKS and bits == 32)
    if magic != b"BM" or not is_plain or bits not in (8, 24, 32) or (width, abs(height)) != (WIDTH, HEIGHT):
        raise ValueError("the bitmap is of another kind or size")
    palette = content[_FILE_HEADER_BYTES + size : start] if bits == 8 else b""
    row_bytes = (width * bits + 31) // 32 * 4
    if len(content) < start + row_bytes * HEIGHT:
        raise ValueError("the bitmap is cut")
    rows = [
        _row(content[at : at + row_bytes], bits // 8, palette)
        for at in range(start, start + row_bytes * HEIGHT, row_bytes)
    ]
    return rows if height < 0 else rows[::-1]


def _row(stored: bytes, pixel_bytes: int, palette: bytes) -> list[int]:
    if pixel_bytes > 1:
        return [_brightness(stored[at : at + 3]) for at in range(0, WIDTH * pixel_bytes, pixel_bytes)]
    colours = (palette[index * _BYTES_OF_A_COLOUR :][:3] for index in stored[:WIDTH])
    return [_brightness(colour) for colour in colours]


def _brightness(colour: Sequence[int]) -> int:
    return sum(part * weight for part, weight in zip(colour, _LUMA, strict=True))
