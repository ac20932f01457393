"""How a photo is turned, as the beginning of its file tells: EXIF in a JPEG, ``irot`` and ``imir`` in a HEIC.

Loaded only for a photo that OSS does not turn upright itself (:mod:`shared.clients.turning`). An orientation
is a number from 1, upright, to 8, as in EXIF 2.32, "Orientation". Half of them are mirrored, as the front
cameras of some telephones leave their pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shared.domain.jpeg import exif_of, jpeg_sides

HEADER_BYTES = 128 * 1024
"""EXIF has at most 64 KB and comes first; the tables of a HEIC have a few."""
UPRIGHT = 1
DEGREES = {3: 180, 6: 90, 8: 270}
"""By how much a picture that is not mirrored is turned, clockwise."""
SWAPPING = (5, 6, 7, 8)
"""These orientations make the width of the stored picture the height of the upright one."""
_EXIF_TAG = 0x0112
# First mirrored left to right or not, then turned clockwise by so many quarters.
_OF_TURNS = {
    (False, 0): 1,
    (True, 0): 2,
    (False, 2): 3,
    (True, 2): 4,
    (True, 3): 5,
    (False, 1): 6,
    (True, 1): 7,
    (False, 3): 8,
}
_NAMES = ("Top-left", "Top-right", "Bottom-right", "Bottom-left", "Left-top", "Right-top", "Right-bottom")
_INFO_NAMES = {name.lower(): number for number, name in enumerate((*_NAMES, "Left-bottom"), start=1)}


class Turned(NamedTuple):
    """What a file says.

    ``sides`` are width and height of the pixels as they are stored. ``may_be_turned`` is set where a decoder
    may have turned them before anybody asks it to, as decoders of HEIC do.
    """

    orientation: int
    sides: tuple[int, int] | None
    may_be_turned: bool


def turned_as_told(start: bytes) -> Turned | None:
    """Return what a file that begins with ``start`` says, or None for one that says nothing here."""
    if start[:2] == b"\xff\xd8":
        orientation = _of_exif(exif_of(start))
        return Turned(orientation, jpeg_sides(start), False) if orientation else None
    return _of_heic(start) if start[4:8] == b"ftyp" else None


def orientation_of_info(text: str) -> int | None:
    """Return what ``Orientation`` in OSS's ``image/info`` stands for: a number, or a name of libexif's."""
    number = int(text) if text in "12345678" and len(text) == 1 else _INFO_NAMES.get(text.strip().lower())
    return number or None


def _of_exif(tiff: bytes) -> int | None:
    """Return the orientation in EXIF (TIFF 6.0, 2: a header, then entries of 12 bytes)."""
    if tiff[:2] not in (b"II", b"MM"):
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if tiff[:1] == b"I" else "big")

    first = number(4, 4)
    for at in range(first + 2, min(first + 2 + 12 * number(first, 2), len(tiff)), 12):
        if number(at, 2) == _EXIF_TAG:
            found = number(at + 8, 2)
            return found if found in range(UPRIGHT, 9) else None
    return None


def _of_heic(content: bytes) -> Turned | None:
    """Return what the properties of the primary picture say (ISO/IEC 23008-12, 6.5.10 and 6.5.12)."""
    parts = dict(_boxes(content))
    meta = dict(_boxes(parts.get(b"meta", b"")[4:]))
    tables = dict(_boxes(meta.get(b"iprp", b"")))
    properties = list(_boxes(tables.get(b"ipco", b"")))
    primary = meta.get(b"pitm", b"")
    if not properties or not primary:
        return None
    item = int.from_bytes(primary[4:6] if primary[0] == 0 else primary[4:8], "big")
    mirrored, quarters, sides = False, 0, None
    for index in _properties_of(item, tables.get(b"ipma", b"")):
        if not 0 < index <= len(properties):
            continue
        kind, body = properties[index - 1]
        if kind == b"ispe" and len(body) >= 12:
            sides = (int.from_bytes(body[4:8], "big"), int.from_bytes(body[8:12], "big"))
        elif kind == b"irot" and body:
            quarters -= body[0] & 3
        elif kind == b"imir" and body:
            # Left to right, or upside down, which is left to right and half a turn.
            mirrored, quarters = not mirrored, (0 if body[0] & 1 else 2) - quarters
    return Turned(_OF_TURNS[mirrored, quarters % 4], sides, True)


def _properties_of(item: int, table: bytes) -> list[int]:
    """Return the numbers of an item's properties, in the order in which they are applied."""
    if len(table) < 8:
        return []
    id_bytes, index_bytes = (2 if table[0] == 0 else 4), (2 if table[3] & 1 else 1)
    at, found = 8, []
    for _ in range(int.from_bytes(table[4:8], "big")):
        if at + id_bytes >= len(table):
            break
        of, count = int.from_bytes(table[at : at + id_bytes], "big"), table[at + id_bytes]
        at += id_bytes + 1
        if of == item:
            # The first bit says whether a reader must know the property.
            mask = (1 << (8 * index_bytes - 1)) - 1
            ends = range(at, at + count * index_bytes, index_bytes)
            found += [int.from_bytes(table[each : each + index_bytes], "big") & mask for each in ends]
        at += count * index_bytes
    return found


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes in ``content`` with what there is of them (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(content):
        size, begins = int.from_bytes(content[at : at + 4], "big"), at + 8
        if size == 1:
            size, begins = int.from_bytes(content[begins : begins + 8], "big"), begins + 8
        ends = at + size if size else len(content)
        if ends < begins:
            return
        yield content[at + 4 : at + 8], content[begins:ends]
        at = ends
