"""Bitmaps of 9 by 8 pixels, as OSS makes them of pictures that tests describe by a word."""

from __future__ import annotations

import random
import struct

from shared.domain.difference_hash import HEIGHT, WIDTH

HEADER = struct.Struct("<2sIHHIIiiHHIIiiII")
"""BITMAPFILEHEADER and BITMAPINFOHEADER."""


def bitmap_of(word: str | bytes, frame: int = 0) -> bytes:
    """The bitmap of a picture: the same for the same word, and of another one something else altogether.

    ``frame`` changes one pixel, and so two bits of the hash at most: frames of a burst differ so.
    """
    greys = bytearray(random.Random(word).randbytes(WIDTH * HEIGHT))
    if frame:
        greys[frame % len(greys)] ^= 0xFF
    return bitmap([greys[row * WIDTH : (row + 1) * WIDTH] for row in range(HEIGHT)])


def bitmap(rows: list[bytes] | list[bytearray], *, bits: int = 24, top_down: bool = False) -> bytes:
    """An uncompressed bitmap of these grey pixels, row by row from the top."""
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256)) if bits == 8 else b""
    lines = [
        b"".join(bytes([grey] * 3)[: bits // 8].ljust(bits // 8, b"\xff") for grey in row) for row in rows
    ]
    width = len(rows[0])
    padded = [line.ljust((width * bits + 31) // 32 * 4, b"\0") for line in lines]
    pixels = b"".join(padded if top_down else reversed(padded))
    start = HEADER.size + len(palette)
    height = -len(rows) if top_down else len(rows)
    sizes = (0, 0, 0, start, 40, width, height, 1, bits, 0, len(pixels), 0, 0, 0, 0)
    return HEADER.pack(b"BM", start + len(pixels), *sizes[1:]) + palette + pixels
