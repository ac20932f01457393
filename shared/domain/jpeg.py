"""The JPEG file format, as far as the product reads it: sides, and metadata that must not leave the account.

ITU-T T.81, B.1: a file is a row of segments, each a marker and a length, from SOI to EOI; coded data follows
each SOS without a length, up to the next marker that is neither a restart nor a stuffed byte. Libraries that
read this for thirty formats cost a cold start more than all of our code, and leave in a file what they do not
know. Here only what a decoder needs is kept, so what nobody has thought of goes as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

HEADER_BYTES = 64 * 1024
"""So much of a snapshot holds its size in pixels, behind the EXIF block that OSS may have left in it."""
SOI, EOI, SOS, TEM = 0xD8, 0xD9, 0xDA, 0x01
APP0, APP1, APP2, APP14, APP15, COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
RESTARTS = range(0xD0, 0xD8)
_SIZES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
"""The frame headers, which tell the picture's sides: SOF0 to SOF15 without DHT, JPG and DAC."""
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JFIF = b"JFIF\x00"
_EXIF = b"Exif\x00\x00"
_ONE_ENTRY = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01%b\x00\x00\x00\x00\x00\x00"
"""EXIF with one entry, the orientation, whose value is a short."""
_JFIF_BYTES = 14
"""JFIF 1.02: identifier, version, units, densities, and the sides of a thumbnail, which follows."""


class Segment(NamedTuple):
    """A marker with what follows its length, and where in the file it begins.

    ``ends`` is behind the segment, ``coded_ends`` behind the coded data that follow an SOS.
    """

    marker: int
    content: bytes
    begins: int
    ends: int
    coded_ends: int


def jpeg_sides(start: bytes) -> tuple[int, int] | None:
    """Return width and height that a JPEG's first bytes tell, or None."""
    for segment in segments(start):
        if segment.marker in _SIZES and len(segment.content) >= 5:
            height, width = (int.from_bytes(segment.content[at : at + 2], "big") for at in (1, 3))
            return width, height
    return None


def carries_metadata(start: bytes) -> bool:
    """Whether a JPEG that begins with ``start`` holds more than its picture, or more may follow ``start``."""
    for segment in segments(start):
        if segment.marker == SOS:
            return False
        if _kept(segment) != start[segment.begins : segment.ends]:
            return True
    return True


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG's picture and nothing else.

    EXIF with its thumbnail and place, XMP, IPTC, comments, further pictures and whatever follows the end are
    gone; colour profiles and Adobe's marker stay, without which the colours would be others.

    Raises:
        ValueError: it is no whole JPEG.
    """
    parts = [b"\xff\xd8"]
    for segment in segments(content):
        parts += [_kept(segment), content[segment.ends : segment.coded_ends]]
        if segment.marker == EOI:
            return b"".join(parts)
    raise ValueError("no whole JPEG")


def reaches_its_end(content: bytes) -> bool:
    """Whether a JPEG has its end marker behind its coded data, and not in a preview within it."""
    return any(segment.marker == EOI for segment in segments(content))


def exif_of(start: bytes) -> bytes:
    """Return the EXIF of a JPEG that begins with ``start``, from its byte order on, b"" if it has none."""
    for segment in segments(start):
        if segment.marker == APP1 and segment.content.startswith(_EXIF):
            return segment.content[len(_EXIF) :]
    return b""


def with_orientation(content: bytes, orientation: int) -> bytes:
    """Return a JPEG's picture with ``orientation``, 1 to 8 as in EXIF, and no other metadata.

    Raises:
        ValueError: it is no whole JPEG.
    """
    picture = without_metadata(content)
    exif = _EXIF + _ONE_ENTRY % orientation.to_bytes(2, "big")
    first = next(segments(picture))
    # JFIF and EXIF each want to come first; readers of EXIF pass over JFIF.
    at = first.ends if first.marker == APP0 else 2
    return picture[:at] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + picture[at:]


def segments(content: bytes) -> Iterator[Segment]:
    """Yield the segments of a JPEG, as far as ``content`` has whole ones."""
    at = 2 if content[:2] == b"\xff\xd8" else len(content)
    while at + 2 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            # Any number of fill bytes may stand before a marker.
            at += 1
            continue
        has_length = marker not in (SOI, EOI, TEM, *RESTARTS)
        length = int.from_bytes(content[at + 2 : at + 4], "big") if has_length else 0
        ends = at + 2 + length
        if ends > len(content) or (has_length and length < 2):
            return
        following = _NEXT_MARKER.search(content, ends) if marker == SOS else None
        coded_ends = (following.start() if following else len(content)) if marker == SOS else ends
        yield Segment(marker, content[at + 4 : ends], at, ends, coded_ends)
        if marker == EOI:
            return
        at = coded_ends


def _kept(segment: Segment) -> bytes:
    """Return what a decoder needs of a segment, as bytes of a file."""
    marker, content = segment.marker, segment.content
    if marker in (EOI, TEM, *RESTARTS):
        return bytes((0xFF, marker))
    if marker == APP0 and content.startswith(_JFIF) and len(content) >= _JFIF_BYTES:
        # Without its thumbnail.
        content = content[: _JFIF_BYTES - 2] + bytes(2)
    elif not _is_of_the_picture(marker, content):
        return b""
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _is_of_the_picture(marker: int, content: bytes) -> bool:
    if marker == APP2:
        return content.startswith(b"ICC_PROFILE\x00")
    if marker == APP14:
        return content.startswith(b"Adobe")
    return not APP0 <= marker <= APP15 and marker not in (COM, SOI)
