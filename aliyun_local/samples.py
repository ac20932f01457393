"""Drawn sample photos: portraits whose faces the emulated services find, and landscapes without people.

Demos and tests need photos that may be given away, that are the same on every machine, and in any number.
A drawn portrait meets all three; a photo of a person meets none. :func:`encoded` makes files of the kinds
that cameras write.
"""

# ruff: noqa: S311 (the generators choose hair and weather; nothing here is a secret)

from __future__ import annotations

import io
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageEnhance

Colour = tuple[int, int, int]
Turn = Image.Transpose

PHOTOS_PER_PERSON = 100
SKIN_TONES: tuple[Colour, ...] = (
    (252, 228, 208),
    (245, 206, 172),
    (232, 186, 148),
    (213, 160, 118),
    (184, 128, 88),
    (148, 98, 66),
    (112, 72, 48),
    (78, 50, 34),
)
_HAIR: tuple[Colour, ...] = (
    (24, 22, 26),
    (38, 34, 38),
    (66, 46, 36),
    (104, 66, 40),
    (200, 164, 96),
    (150, 150, 156),
)
_DARK_HAIR: tuple[Colour, ...] = ((20, 19, 24), (34, 32, 38))
_CLOTHES: tuple[Colour, ...] = (
    (44, 82, 140),
    (30, 110, 104),
    (86, 74, 150),
    (60, 70, 84),
    (46, 120, 70),
    (214, 220, 230),
)
_IRISES: tuple[Colour, ...] = ((52, 34, 24), (60, 92, 130), (70, 100, 66), (30, 26, 30))
_BACKGROUNDS: tuple[Colour, ...] = (
    (208, 222, 236),
    (192, 214, 204),
    (224, 226, 230),
    (150, 176, 200),
    (176, 184, 206),
    (120, 146, 150),
)
_HAIR_STYLES = ("short", "bob", "long", "bun")
# The drawing is made at twice its size, for smooth edges, but never larger than this; the rest is resized.
_LONGEST_DRAWN_SIDE = 1280
# A person is drawn in a cell of this many units, so that every picture keeps the same proportions.
_CELL_WIDTH, _CELL_HEIGHT = 80.0, 100.0


# How a camera that was turned stores the picture (EXIF 2.32, "Orientation"): the inverse of the turn that a
# viewer makes.
_STORED: dict[int, Turn] = {
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_90,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_270,
}
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, kw_only=True)
class _Person:
    """The features that are the same in every photo of one person."""

    skin: Colour
    hair: Colour
    hair_style: str
    clothes: Colour
    iris: Colour
    lips: Colour
    face_width: float
    face_height: float
    eye_distance: float


def portrait(
    seed: int, *, size: tuple[int, int] = (768, 1024), faces: int = 1, background: Colour | None = None
) -> Image.Image:
    """Draw a portrait; the same arguments give the same pixels.

    Args:
        seed: Which photo. Seeds with the same ``seed // 100`` show the same person in another pose.
        size: Width and height in pixels, each at least 1.
        faces: How many people stand side by side; the first is the person of ``seed``. At least 1.
        background: The wall behind, as red, green, blue; None lets the seed choose.

    Returns:
        An RGB picture.

    Raises:
        ValueError: ``faces`` or a side of ``size`` is below 1.
    """
    if faces < 1 or min(size) < 1:
        raise ValueError("a portrait needs at least one face and one pixel")
    pose = random.Random(f"pose {seed}")
    canvas = _canvas(size, background or pose.choice(_BACKGROUNDS))
    cell = canvas.width / faces
    for position in range(faces):
        person = _person(seed // PHOTOS_PER_PERSON + position)
        _draw_person(canvas, person, pose, left=cell * position, width=cell)
    lit = ImageEnhance.Brightness(canvas).enhance(pose.uniform(0.88, 1.06))
    return lit.resize(size, Image.Resampling.LANCZOS)


def landscape(seed: int, size: tuple[int, int] = (1024, 768)) -> Image.Image:
    """Draw hills under a sky, without people; the same arguments give the same pixels.

    Args:
        seed: Which landscape.
        size: Width and height in pixels.
    """
    weather = random.Random(f"landscape {seed}")
    sky = weather.choice(((120, 176, 230), (150, 196, 236), (140, 150, 196)))
    canvas = _canvas(size, sky)
    draw = ImageDraw.Draw(canvas)
    width, height = canvas.size
    sun = 0.05 * min(width, height)
    x, y = weather.uniform(0.15, 0.85) * width, weather.uniform(0.1, 0.3) * height
    draw.ellipse((x - sun, y - sun, x + sun, y + sun), fill=(252, 252, 240))
    for row, green in enumerate(((96, 140, 130), (74, 128, 88), (52, 104, 62))):
        base = height * (0.5 + 0.15 * row)
        ridge = [(0.0, float(height))]
        ridge += [(width * i / 8, base - weather.uniform(0, 0.14) * height) for i in range(9)]
        draw.polygon([*ridge, (float(width), float(height))], fill=green)
    for _ in range(weather.randint(3, 6)):
        x, y, tall = weather.random() * width, weather.uniform(0.72, 0.95) * height, 0.08 * height
        draw.rectangle((x - tall * 0.05, y - tall * 0.4, x + tall * 0.05, y), fill=(70, 62, 60))
        draw.polygon(
            [(x - tall * 0.35, y - tall * 0.3), (x + tall * 0.35, y - tall * 0.3), (x, y - tall * 1.3)],
            fill=(30, 82, 52),
        )
    return canvas.resize(size, Image.Resampling.LANCZOS)


def encoded(image: Image.Image, kind: str = "JPEG", *, orientation: int = 1, **options: object) -> bytes:
    """Return ``image`` as a file.

    Args:
        image: The picture, upright.
        kind: A format of Pillow's, or ``HEIF``, the format of iPhones.
        orientation: How the camera was turned, 1 to 8 as in EXIF: the pixels are stored turned, and the
            file says so.
        options: Options of the format's writer, such as ``quality``.
    """
    if kind == "HEIF":
        # The codec has 18 MB, and most samples do not need it.
        from pillow_heif import register_heif_opener

        register_heif_opener()
    if orientation != 1:
        image = image.transpose(_STORED[orientation])
        exif = Image.Exif()
        exif[_EXIF_ORIENTATION] = orientation
        options["exif"] = exif.tobytes()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _canvas(size: tuple[int, int], top: Colour) -> Image.Image:
    """Return a drawing surface in the proportions of ``size``, shaded darker towards the bottom."""
    scale = min(2.0, _LONGEST_DRAWN_SIDE / max(size))
    width, height = (max(1, round(side * scale)) for side in size)
    shade = (
        Image.linear_gradient("L").resize((width, height)).point([round(40 * i / 255) for i in range(256)])
    )
    flat = Image.new("RGB", (width, height), top)
    dark = Image.new("RGB", (width, height), (40, 48, 60))
    return Image.composite(dark, flat, shade)


def _person(identity: int) -> _Person:
    """Return the looks of the person with this number."""
    looks = random.Random(f"person {identity}")
    # Skin tones are taken in turn, so that eight people cover all of them.
    skin = SKIN_TONES[(identity * 3) % len(SKIN_TONES)]
    fair = sum(skin) > 360
    return _Person(
        skin=skin,
        hair=looks.choice(_HAIR if fair else _DARK_HAIR),
        hair_style=looks.choice(_HAIR_STYLES),
        clothes=looks.choice(_CLOTHES),
        iris=looks.choice(_IRISES if fair else _IRISES[:1]),
        lips=(round(skin[0] * 0.82), round(skin[1] * 0.5), round(skin[2] * 0.52)),
        face_width=looks.uniform(15.0, 16.8),
        face_height=looks.uniform(19.5, 21.5),
        eye_distance=looks.uniform(6.4, 7.2),
    )


def _draw_person(
    canvas: Image.Image, person: _Person, pose: random.Random, *, left: float, width: float
) -> None:
    """Draw ``person`` into the cell of ``canvas`` that begins at ``left``."""
    scale = min(width / _CELL_WIDTH, canvas.height / _CELL_HEIGHT) * pose.uniform(0.92, 1.06)
    x = left + width / 2 + pose.uniform(-3, 3) * scale
    y = canvas.height / 2 + pose.uniform(-4, 1) * scale
    pen = _Pen(ImageDraw.Draw(canvas), x, y, scale)
    _draw_back_hair(pen, person)
    _draw_body(pen, person)
    # The head is a layer of its own, so that it can tilt while the shoulders stay level.
    head = Image.new("RGBA", canvas.size, (*person.skin, 0))
    _draw_head(
        _Pen(ImageDraw.Draw(head), x, y, scale),
        person,
        smile=pose.uniform(0.6, 1.5),
        look=pose.uniform(-0.7, 0.7),
    )
    head = head.rotate(pose.uniform(-7, 7), Image.Resampling.BILINEAR, center=(x, y + 16 * scale))
    canvas.paste(head, (0, 0), head)


class _Pen:
    """Draws in units of the cell, with the middle of the cell as the origin."""

    def __init__(self, draw: ImageDraw.ImageDraw, x: float, y: float, scale: float) -> None:
        self._draw, self._x, self._y, self._scale = draw, x, y, scale

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        s = self._scale
        return (self._x + x0 * s, self._y + y0 * s, self._x + x1 * s, self._y + y1 * s)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self._draw.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=fill)

    def rounded(self, x0: float, y0: float, x1: float, y1: float, radius: float, fill: Colour) -> None:
        self._draw.rounded_rectangle(self._box(x0, y0, x1, y1), radius * self._scale, fill=fill)

    def half(self, x: float, y: float, rx: float, ry: float, start: int, end: int, fill: Colour) -> None:
        self._draw.chord(self._box(x - rx, y - ry, x + rx, y + ry), start, end, fill=fill)

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: int, end: int, width: float, fill: Colour
    ) -> None:
        thickness = max(1, round(width * self._scale))
        self._draw.arc(self._box(x - rx, y - ry, x + rx, y + ry), start, end, fill=fill, width=thickness)


def _draw_back_hair(pen: _Pen, person: _Person) -> None:
    """Draw the hair that falls behind the shoulders."""
    if person.hair_style == "long":
        pen.rounded(-20, -22, 20, 30, 16, person.hair)
    elif person.hair_style == "bob":
        pen.rounded(-19, -24, 19, 13, 14, person.hair)


def _draw_body(pen: _Pen, person: _Person) -> None:
    """Draw neck, shoulders and collar."""
    pen.rounded(-36, 24, 36, 400, 17, person.clothes)  # far below any picture: no lower edge shows
    pen.rounded(-6.5, 8, 6.5, 27, 4, _shaded(person.skin, 0.9))
    pen.half(0, 24, 9, 8, 0, 180, _shaded(person.skin, 0.95))


def _draw_head(pen: _Pen, person: _Person, *, smile: float, look: float) -> None:
    """Draw the head; ``smile`` is the height of the mouth and ``look`` shifts the irises."""
    wide, high = person.face_width, person.face_height
    if person.hair_style == "bun":
        pen.ellipse(0, -32, 7, 6, person.hair)
    pen.ellipse(0, -12, wide + 2.6, high - 2, person.hair)
    for side in (-1, 1):
        pen.ellipse(side * wide, -4, 2.6, 4.2, _shaded(person.skin, 0.92))
    pen.ellipse(0, -6, wide, high, person.skin)
    pen.half(0, -13, wide + 1.2, high - 4, 200, 340, person.hair)
    for side in (-1, 1):
        x = side * person.eye_distance
        pen.arc(x, -7, 4.4, 4.6, 215, 325, 1.1, _shaded(person.hair, 0.9))
        pen.ellipse(x, -6, 3.7, 2.5, (246, 247, 250))
        pen.ellipse(x + look, -6, 2.2, 2.3, person.iris)
        pen.ellipse(x + look, -6, 1.1, 1.2, (12, 12, 16))
        pen.ellipse(x + look + 0.7, -6.8, 0.5, 0.5, (255, 255, 255))
    pen.arc(0, -1, 2.4, 3.2, 20, 160, 0.8, _shaded(person.skin, 0.8))
    pen.half(0, 5.4, 5.2, 2.6 * smile, 0, 180, person.lips)


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (round(part * factor) for part in colour)
    return (red, green, blue)
