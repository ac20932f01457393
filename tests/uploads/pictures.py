"""Picture files of every kind, whole and broken, all of the same drawn portrait."""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib

from PIL import Image, ImageDraw

from aliyun_local.samples import encoded, landscape, portrait

SIZE = (320, 400)
MARK = (20, 60, 200)
_MARK_BOX = (0, 0, 40, 40)


@functools.cache
def face(seed: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """A portrait with a blue square in its upper left corner, which tells how it is turned."""
    picture = portrait(seed, size=size)
    ImageDraw.Draw(picture).rectangle(_MARK_BOX, fill=MARK)
    return picture


def is_upright(picture: Image.Image) -> bool:
    """Whether the blue square is where it was drawn, and nowhere else."""
    right, bottom = picture.width - 8, picture.height - 8
    corners = [
        picture.convert("RGB").getpixel(at) for at in ((8, 8), (right, 8), (8, bottom), (right, bottom))
    ]
    return [_is_mark(corner) for corner in corners] == [True, False, False, False]


def _is_mark(colour: object) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(part - wanted) < 30 for part, wanted in zip(colour, MARK, strict=True))


@functools.cache
def jpeg(seed: int = 1) -> bytes:
    return encoded(face(seed), "JPEG", quality=85)


class InParts(bytes):
    """A content that is uploaded in parts, and so has an ETag of its own (OSS, "Multipart upload")."""


def in_parts(seed: int = 1) -> InParts:
    return InParts(jpeg(seed))


@functools.cache
def nobody(seed: int = 3) -> bytes:
    return encoded(landscape(seed, size=(400, 320)), "JPEG", quality=85)


@functools.cache
def heic(orientation: int = 1, mode: str = "RGB") -> bytes:
    return encoded(face().convert(mode), "HEIF", orientation=orientation, quality=80)


def twelve_megapixels() -> bytes:
    """As large as a phone's photo, and as a phone saves it that is held upright."""
    return encoded(face().resize((3024, 4032), Image.Resampling.BOX), orientation=6, quality=85)


def sized(width: int, height: int, kind: str = "JPEG") -> bytes:
    """The portrait in the middle of a wall of other proportions."""
    wall = Image.new("RGB", (width, height), (200, 214, 230))
    side = min(width / 4, height / 5)
    small = face().resize((max(1, int(side * 4)), max(1, int(side * 5))), Image.Resampling.BOX)
    wall.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
    return encoded(wall, kind)


@functools.cache
def before_wall(seed: int, *, moved: int = 0, with_a_shelf: bool = False) -> bytes:
    """The portrait before a wall of grey panels, so that pictures differ as much as their walls do.

    ``moved``: by so many pixels, as a camera moves between two frames. ``with_a_shelf``: the rows of panels
    at the top and at the bottom are others.
    """
    across, down, side = 9, 8, 80
    choice = random.Random(f"wall {seed}")
    panels = [[choice.randrange(70, 236, 15) for _ in range(across)] for _ in range(down)]
    if with_a_shelf:
        panels[0] = panels[-1] = [235 - 18 * (column % 2) * column for column in range(across)]
    wall = Image.new("RGB", (across * side, down * side))
    paint = ImageDraw.Draw(wall)
    for y, row in enumerate(panels):
        for x, grey in enumerate(row):
            paint.rectangle(
                (x * side, y * side, (x + 1) * side, (y + 1) * side), fill=(grey, grey, grey + 15)
            )
    wall.paste(face(1, (240, 300)), (240, 300))
    return encoded(wall.crop((moved, moved, wall.width, wall.height)), "JPEG", quality=90)


def smaller(content: bytes) -> bytes:
    """The same picture as a messenger sends it on."""
    picture = decoded(content)
    return encoded(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4)), "JPEG", quality=70)


def crowd(faces: int) -> bytes:
    return encoded(portrait(900, size=(300 * faces, 400), faces=faces), "JPEG", quality=85)


def tiny_face() -> bytes:
    """A portrait as far away as somebody on a hill."""
    picture = landscape(5, size=(1200, 900))
    picture.paste(face().resize((32, 40)), (600, 500))
    return encoded(picture, "JPEG", quality=90)


def animated(kind: str) -> bytes:
    # A picture remembers how it was last saved, so these are copies.
    first, *others = (face(seed).copy() for seed in (1, 2, 3))
    return encoded(first, kind, save_all=True, append_images=others)


def mpo() -> bytes:
    """Two pictures in a JPEG, as many phones save them."""
    return encoded(face(), "MPO", save_all=True, append_images=[face(2)], quality=85)


def with_exif(kind: str, orientation: int) -> bytes:
    """A picture that says how it is turned, also where that makes no sense."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(face(), kind, exif=exif.tobytes())


def sixteen_bit(kind: str) -> bytes:
    """A grey picture that uses the whole range of 16 bits."""
    grey = face().convert("L")
    deep = b"".join(bytes((value, value)) for value in grey.tobytes())
    return encoded(Image.frombytes("I;16", grey.size, deep), kind)


def branded(kind: str, brand: str) -> bytes:
    """A HEIC or AVIF under another major brand (ISO/IEC 14496-12, 4.3)."""
    content = heic() if kind == "HEIF" else encoded(face(), kind, quality=80, speed=10)
    return content[:8] + brand.encode() + content[12:]


def interlaced() -> bytes:
    """A PNG in seven passes (PNG, third edition, 8.2), which Pillow reads and does not write."""
    pixels = face().convert("RGB")
    lines = bytearray()
    for left, top, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        for y in range(top, pixels.height, down):
            row = pixels.crop((0, y, pixels.width, y + 1)).tobytes()
            starts = range(left * 3, len(row), across * 3)
            lines += b"\0" + b"".join(row[at : at + 3] for at in starts)
    header = struct.pack(">IIBBBBB", *pixels.size, 8, 2, 0, 0, 1)
    return _png((b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines))), (b"IEND", b""))


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of few bytes and any number of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _png((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def with_segment(marker: int, content: bytes, picture: bytes = b"") -> bytes:
    """A JPEG with a segment of one's own right behind its first marker."""
    picture = picture or jpeg()
    return picture[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + picture[2:]


def with_large_exif() -> bytes:
    """60 KB of EXIF, such as a camera's own notes and a preview are."""
    exif = Image.Exif()
    exif[0x9286] = "x" * 60_000
    return encoded(face(), "JPEG", exif=exif.tobytes())


def with_large_profile(size: tuple[int, int] = SIZE) -> bytes:
    """200 KB of colour profile, so that the picture's size stands far behind the first 64 KB."""
    return encoded(face(1, size), "JPEG", icc_profile=b"profile " * 25_000)


def padded(count: int) -> bytes:
    """A JPEG of exactly ``count`` bytes; bytes after its end are ignored."""
    return jpeg() + bytes(count - len(jpeg()))


def cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def decoded(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture
