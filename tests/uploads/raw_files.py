"""Raw files of cameras, whose preview any reader of TIFF takes for the picture, and rare picture formats."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from PIL import Image

from tests.uploads import pictures as p
from tests.uploads.media_files import box

Entry = tuple[int, int, Sequence[int] | bytes]
"""Tag, type and values (TIFF 6.0, section 2); bytes for types of one byte."""
BYTE, ASCII, SHORT, LONG = 1, 2, 3, 4
_FORMS = {SHORT: "H", LONG: "I"}
_REDUCED = 1


def tiff(entries: Sequence[Entry], picture: bytes, order: str = "<", head: bytes = b"") -> bytes:
    """A TIFF whose directory comes first, then long values, then its picture (one strip)."""
    count = len(entries) + 2
    begins = 8 + len(head)
    values_at = begins + 2 + 12 * count + 4
    packed = {tag: _packed(kind, values, order) for tag, kind, values in entries}
    picture_at = values_at + sum(len(value) for value in packed.values() if len(value) > 4)
    strip = [(273, LONG, [picture_at]), (279, LONG, [len(picture)])]
    packed |= {tag: _packed(kind, values, order) for tag, kind, values in strip}
    body, rest = b"", b""
    for tag, kind, values in sorted([*entries, *strip]):
        value = packed[tag]
        if len(value) > 4:
            place = struct.pack(f"{order}I", values_at + len(rest))
            rest += value
        else:
            place = value.ljust(4, b"\0")
        body += struct.pack(f"{order}HHI", tag, kind, len(values)) + place
    mark = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}H", count) + body + bytes(4)
    return mark + struct.pack(f"{order}I", begins) + head + directory + rest + picture


def _packed(kind: int, values: Sequence[int] | bytes, order: str) -> bytes:
    return (
        values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{_FORMS[kind]}", *values)
    )


def raw(
    maker: bytes = b"NIKON CORPORATION\0",
    *,
    order: str = "<",
    size: tuple[int, int] = (320, 400),
    dng: bool = False,
    reduced: bool = True,
    head: bytes = b"",
) -> bytes:
    """A raw file of the TIFF family: a preview first, and the sensor's data in a directory of its own."""
    preview = p.face().resize(size, Image.Resampling.BOX).convert("RGB").tobytes()
    entries: list[Entry] = [
        (254, LONG, [_REDUCED if reduced else 0]),
        (256, LONG, [size[0]]),
        (257, LONG, [size[1]]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, [1]),
        (262, SHORT, [2]),
        (271, ASCII, maker),
        (277, SHORT, [3]),
        (278, LONG, [size[1]]),
    ]
    if reduced:
        entries.append((330, LONG, [8]))
    if dng:
        entries.append((50706, BYTE, bytes([1, 7, 0, 0])))
    return tiff(entries, preview, order, head)


def canon_cr2() -> bytes:
    return raw(b"Canon\0", reduced=False, head=b"CR\x02\x00" + struct.pack("<I", 0))


def canon_cr3() -> bytes:
    return (
        box(b"ftyp", b"crx ", struct.pack(">I", 1), b"crx isom")
        + box(b"moov", bytes(200))
        + box(b"mdat", bytes(900))
    )


def fujifilm() -> bytes:
    """A preview in JPEG lies inside, as in every file of this kind."""
    head = b"FUJIFILMCCD-RAW 0201FF383501X-T3".ljust(84, b"\0") + struct.pack(">II", 148, len(p.jpeg()))
    return head.ljust(148, b"\0") + p.jpeg()


def bigtiff() -> bytes:
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 0)


def photoshop() -> bytes:
    """A document of one layer: signature, version, channels, sides, depth, mode, and empty sections."""
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, 400, 320, 8, 3)
    return head + struct.pack(">III", 0, 0, 0) + b"\0\0" + bytes(3 * 400 * 320)


def jpeg_xl() -> bytes:
    return (
        box(b"JXL ", b"\r\n\x87\n")
        + box(b"ftyp", b"jxl \0\0\0\0jxl ")
        + box(b"jxlc", b"\xff\x0a" + bytes(90))
    )


def open_exr() -> bytes:
    return struct.pack("<II", 20000630, 2) + b"channels\0chlist\0" + bytes(100)


def radiance() -> bytes:
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 400 +X 320\n" + bytes(100)


def dicom() -> bytes:
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0)


def enhanced_metafile() -> bytes:
    head = struct.pack("<II", 1, 108) + bytes(32) + b" EMF" + struct.pack("<II", 0x10000, 108)
    return head.ljust(108, b"\0")
