"""The action ``watermark`` of OSS image processing, as far as it writes text, drawn with Pillow.

OSS, "Add watermarks": the parameters, their ranges and defaults; ``fill`` stands in the editions up to
2024. Text and font come in Base64 for URLs, the text of at most 64 bytes. Watermarks that are pictures are
answered with 501. OSS's fonts are its own. A machine that has one of them, or another font with Chinese
letters, shows those; any other draws "AI" in a box in place of a text that is not Latin.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from aliyun_local.oss.errors import OssError, invalid_argument, not_implemented

MAX_TEXT_BYTES = 64
MAX_MARGIN, MAX_OFFSET, MAX_SIZE = 4096, 1000, 1000
GRAVITIES = ("nw", "north", "ne", "west", "center", "east", "sw", "south", "se")
FONTS = (
    "wqy-zenhei",
    "wqy-microhei",
    "fangzhengshusong",
    "fangzhengkaiti",
    "fangzhengheiti",
    "fangzhengfangsong",
    "droidsansfallback",
)
STAND_IN = "AI"
_FONT_FILES = (
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "simhei.ttf",
)
_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
_SHADOW_PER_SIZE = 20
"""The shadow lies a twentieth of the font's size to the right and below: the documents do not say where."""
_LEAST_TILE_PIXELS = 16
_MOST_TEXT_PIXELS = 16_384
_OF_PICTURES = ("image", "order", "align", "interval")


def watermark(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    """Write a text into an image.

    Raises:
        OssError: 400 for parameters that OSS does not take, 501 for a watermark that is a picture.
    """
    if any(name in parameters for name in _OF_PICTURES):
        raise not_implemented("A watermark that is a picture")
    if not parameters.get("text"):
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments.")
    text = _decoded(parameters["text"])
    if not text.strip() or len(text.encode("utf-8")) > MAX_TEXT_BYTES:
        raise _refused(parameters, "text")
    if "type" in parameters and _decoded(parameters["type"]) not in FONTS:
        raise _refused(parameters, "type")
    color = parameters.get("color", "000000")
    if not _COLOR.fullmatch(color):
        raise _refused(parameters, "color")
    size, shadow = _number(parameters, "size", 1, MAX_SIZE, 40), _number(parameters, "shadow", 0, 100, 0)
    opacity, tiles = _number(parameters, "t", 0, 100, 100), _number(parameters, "fill", 0, 1, 0)
    degrees = _number(parameters, "rotate", 0, 360, 0)
    place = _place(parameters)
    letters = _letters(text, size, (*bytes.fromhex(color),), shadow)
    _check_size(letters.width + letters.height if degrees % 180 else 0)
    letters = letters.rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
    letters.putalpha(letters.getchannel("A").point(lambda alpha: alpha * opacity // 100))
    marked = image.convert("RGBA" if image.has_transparency_data else "RGB")
    for at in _tiles(image.size, letters.size) if tiles else [_corner(image.size, letters.size, place)]:
        box = (*at, at[0] + letters.width, at[1] + letters.height)
        part = Image.alpha_composite(marked.crop(box).convert("RGBA"), letters)
        marked.paste(part.convert(marked.mode), at)
    return marked


def _letters(text: str, size: int, color: tuple[int, ...], shadow: int) -> Image.Image:
    """Return the text on a transparent ground that is no larger than its ink."""
    file = None if text.isascii() else _font_file()
    is_missing = file is None and not text.isascii()
    font = ImageFont.load_default(size) if file is None else ImageFont.truetype(file, size)
    text, room = (STAND_IN, size // 4) if is_missing else (text, 0)
    left, top, right, bottom = (
        round(side) for side in ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font)
    )
    offset = max(1, size // _SHADOW_PER_SIZE) if shadow else 0
    more = offset + 2 * room
    _check_size(right - left)
    ground = Image.new("RGBA", (max(1, right - left + more), max(1, bottom - top + more)))
    draw, at = ImageDraw.Draw(ground), (room - left, room - top)
    if shadow:
        below = (at[0] + offset, at[1] + offset)
        draw.text(below, text, font=font, fill=(0, 0, 0, 255 * shadow // 100))
    draw.text(at, text, font=font, fill=(*color, 255))
    if is_missing:
        draw.rectangle(
            (0, 0, ground.width - 1, ground.height - 1), outline=(*color, 255), width=max(1, size // 20)
        )
    return ground.crop(ground.getbbox() or (0, 0, 1, 1))


def _check_size(side: int) -> None:
    """Refuse a long text in large letters, which would take gigabytes to draw and to turn."""
    if side > _MOST_TEXT_PIXELS:
        raise OssError(400, "WatermarkError", "A watermark processing error occurred.")


@functools.cache
def _font_file() -> str | None:
    """Return the name of a font with Chinese letters that this machine has."""
    for name in _FONT_FILES:
        try:
            ImageFont.truetype(name, 10)
        except OSError:
            continue
        return name
    return None


class _Place(NamedTuple):
    """Corner, edge or center; the margins; the offset from the middle line."""

    gravity: str
    across: int
    down: int
    offset: int


def _place(parameters: dict[str, str]) -> _Place:
    gravity = parameters.get("g", "se")
    if gravity not in GRAVITIES:
        raise _refused(parameters, "g")
    across, down = (_number(parameters, name, 0, MAX_MARGIN, 10) for name in "xy")
    return _Place(gravity, across, down, _number(parameters, "voffset", -MAX_OFFSET, MAX_OFFSET, 0))


def _corner(size: tuple[int, int], letters: tuple[int, int], place: _Place) -> tuple[int, int]:
    """Return where the upper left corner of the letters stands; margins count at the edges only."""
    row, column = divmod(GRAVITIES.index(place.gravity), 3)
    free = (size[0] - letters[0], size[1] - letters[1])
    left = (place.across, free[0] // 2, free[0] - place.across)[column]
    return left, (place.down, free[1] // 2 + place.offset, free[1] - place.down)[row]


def _tiles(size: tuple[int, int], letters: tuple[int, int]) -> list[tuple[int, int]]:
    across, down = (max(_LEAST_TILE_PIXELS, side) for side in letters)
    return [(left, top) for top in range(0, size[1], down) for left in range(0, size[0], across)]


def _decoded(value: str) -> str:
    try:
        padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise OssError(400, "BadRequest", "Input is not base64 decoding.") from None


def _number(parameters: dict[str, str], name: str, low: int, high: int, default: int) -> int:
    text = parameters.get(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise _refused(parameters, name)
    return int(text)


def _refused(parameters: dict[str, str], name: str) -> OssError:
    return invalid_argument(f"The value: {parameters.get(name, '')[:40]} of parameter: {name} is invalid.")
