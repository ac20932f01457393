"""Small whole files, and what accidents and strangers make of them.

Everything follows from a number, so a file that once did harm can be made again.
"""

from __future__ import annotations

import functools
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence

from aliyun_local.samples import encoded, portrait
from local.demo.zips import chat_zip
from tests.uploads import zips as z

_HEAD_BYTES = 46
"""Of a file in a zip's directory, before its name; the other heads are shorter."""

_PICTURES_HEAD_BYTES = 700

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)


@functools.cache
def pictures() -> Mapping[str, bytes]:
    """A small picture in each format."""
    small = portrait(1, size=(64, 80))
    colours = small.quantize(64)
    pages = [small.rotate(90), small.rotate(180)]

    def animated(kind: str) -> bytes:
        return encoded(small.copy(), kind, save_all=True, append_images=pages)

    return {
        "JPEG": encoded(small.copy(), orientation=6, quality=80),
        "progressive JPEG": encoded(small.copy(), quality=80, progressive=True),
        "CMYK JPEG": encoded(small.convert("CMYK"), quality=80),
        "MPO": animated("MPO"),
        "PNG": encoded(small.convert("RGBA"), "PNG", orientation=6),
        "palette PNG": encoded(colours, "PNG"),
        "animated PNG": animated("PNG"),
        "WebP": encoded(small.copy(), "WEBP", orientation=6),
        "lossless WebP": encoded(small.copy(), "WEBP", lossless=True),
        "animated WebP": animated("WEBP"),
        "GIF": encoded(small.copy(), "GIF"),
        "animated GIF": animated("GIF"),
        "BMP": encoded(small.copy(), "BMP"),
        "TIFF": encoded(small.copy(), "TIFF", orientation=6),
        "LZW TIFF": encoded(small.copy(), "TIFF", compression="tiff_lzw"),
        "JPEG TIFF": encoded(small.copy(), "TIFF", compression="jpeg"),
        "HEIC": encoded(small.copy(), "HEIF", quality=60),
        "AVIF": encoded(small.copy(), "AVIF", quality=60, speed=10),
    }


@functools.cache
def archives() -> Mapping[str, bytes]:
    """A small zip of each kind; those that hold pictures hold such as can be prepared."""
    files = {"1.jpg": pictures()["JPEG"], "照片/2.png": pictures()["palette PNG"], "notes.tif": b"x" * 900}
    return {
        "stored": z.zipped(files),
        "packed": z.zipped(files, zipfile.ZIP_DEFLATED),
        "in GBK": chat_zip(files, protected=["notes.tif"]),
        "written to a pipe": z.streamed(files),
        "in the large format": z.large_format(files),
        "with a comment": z.zip_of(*files.items(), comment=b"PK\5\6" * 20),
        "of many": z.zipped({f"{number}.jpg": b"%d" % number for number in range(40)}),
        "behind a program": bytes(70_000) + z.zipped(files, zipfile.ZIP_DEFLATED),
        "nested": z.zipped({"a.zip": z.zipped(files), "1.jpg": b"\xff\xd8\xff\xd9"}),
    }


def mutants(name: str, seeds: Mapping[str, bytes], count: int) -> list[bytes]:
    """``count`` files made of the one called ``name``, and of pieces of the others."""
    dice = random.Random(f"mutants of {name}")
    made = []
    for _ in range(count):
        content = bytearray(seeds[name])
        for _ in range(dice.choice((1, 1, 1, 2, 4))):
            if content:
                dice.choice(_MUTATIONS)(content, dice, list(seeds.values()))
        made.append(bytes(content))
    return made


def _flip(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    for _ in range(dice.choice((1, 1, 3, 16))):
        content[_somewhere(content, dice)] ^= 1 << dice.randrange(8)


def _overwrite(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    at = _somewhere(content, dice)
    count = dice.choice((1, 4, 32))
    content[at : at + count] = dice.choice((b"\0", b"\xff", dice.randbytes(1))) * count


def _inflate(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    """Write an edge case over what may be a length, a count or an offset."""
    at, form = _somewhere(content, dice), dice.choice("<>") + dice.choice("HI")
    value = dice.choice(_EDGES) + dice.choice((-1, 0, 0, 1))
    content[at : at + struct.calcsize(form)] = struct.pack(form, value % 2 ** (8 * struct.calcsize(form)))


def _truncate(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    del content[dice.randrange(len(content)) :]


def _cut_out(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    at = _somewhere(content, dice)
    del content[at : at + dice.choice((1, 2, 50, len(content)))]


def _repeat(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    at = _somewhere(content, dice)
    content[at:at] = content[at : at + dice.choice((4, 60, 1000))]


def _splice(content: bytearray, dice: random.Random, others: Sequence[bytes]) -> None:
    other = dice.choice(others)
    content[dice.randrange(len(content)) :] = other[dice.randrange(len(other)) :]


_MUTATIONS: tuple[Callable[[bytearray, random.Random, Sequence[bytes]], None], ...] = (
    _flip,
    _overwrite,
    _inflate,
    _inflate,
    _truncate,
    _cut_out,
    _repeat,
    _splice,
)


def _somewhere(content: bytearray, dice: random.Random) -> int:
    """A place in the file: mostly in a head, since in the middle of a picture there is little to break."""
    heads = [match.start() for match in re.finditer(rb"PK[\1-\7][\2-\10]", content)]
    if dice.random() < 0.3:
        return dice.randrange(len(content))
    at = dice.choice(heads) + dice.randrange(_HEAD_BYTES) if heads else dice.randrange(_PICTURES_HEAD_BYTES)
    return min(at, len(content) - 1)
