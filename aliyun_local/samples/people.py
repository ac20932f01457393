"""Drawn people, with the lights and shades by which a trained detector knows a face.

:func:`aliyun_local.samples.portrait` places them. Such a detector looks for edges: lids, brows, the sides of
the nose, the line of the mouth, the jaw before the neck. Each of them is therefore drawn against a lighter or
darker ground, in every skin tone.
"""

# ruff: noqa: S311 (the generators choose hair and poses; nothing here is a secret)

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

SKIN_TONES: tuple[Colour, ...] = (
    (252, 228, 208),
    (245, 206, 172),
    (232, 186, 148),
    (213, 160, 118),
    (184, 128, 88),
    (148, 98, 66),
    (112, 72, 48),
    (100, 67, 48),
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
_EYE_WHITE: Colour = (246, 247, 250)
_PUPIL: Colour = (12, 12, 16)
_HAIR_STYLES = ("short", "bob", "long", "bun")
# A person is drawn in a cell of this many units, so that every picture keeps the same proportions.
_CELL_WIDTH, _CELL_HEIGHT = 80.0, 100.0
# Left, top, right and bottom of all that a head may cover, however it tilts, from the middle of its cell.
_HEAD = (-27.0, -43.0, 27.0, 20.0)


@dataclass(frozen=True, kw_only=True)
class Person:
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


def person_of(identity: int) -> Person:
    """Return the looks of the person with this number."""
    looks = random.Random(f"person {identity}")
    # Skin tones are taken in turn, so that eight people cover all of them.
    skin = SKIN_TONES[(identity * 3) % len(SKIN_TONES)]
    fair = sum(skin) > 360
    return Person(
        skin=skin,
        hair=looks.choice(_HAIR if fair else _DARK_HAIR),
        hair_style=looks.choice(_HAIR_STYLES),
        clothes=looks.choice(_CLOTHES),
        iris=looks.choice(_IRISES if fair else _IRISES[:1]),
        lips=(max(round(skin[0] * 0.82), 110), max(round(skin[1] * 0.5), 50), max(round(skin[2] * 0.52), 50)),
        face_width=looks.uniform(15.0, 16.8),
        face_height=looks.uniform(19.5, 21.5),
        eye_distance=looks.uniform(6.4, 7.2),
    )


def draw_person(
    canvas: Image.Image, person: Person, pose: random.Random, *, left: float, width: float
) -> None:
    """Draw ``person`` into the cell of ``canvas`` that begins at ``left``, in the next pose of ``pose``."""
    scale = min(width / _CELL_WIDTH, canvas.height / _CELL_HEIGHT) * pose.uniform(0.92, 1.06)
    x = left + width / 2 + pose.uniform(-3, 3) * scale
    y = canvas.height / 2 + pose.uniform(-4, 1) * scale
    pen = _Pen(ImageDraw.Draw(canvas), x, y, scale)
    _draw_back_hair(pen, person)
    _draw_body(pen, person)
    # The head is a layer of its own, so that it can tilt while the shoulders stay level.
    left, top, right, bottom = (
        round(at + side * scale) for at, side in zip((x, y, x, y), _HEAD, strict=True)
    )
    head = Image.new("RGBA", (max(1, right - left), max(1, bottom - top)), (*person.skin, 0))
    smile, look = pose.uniform(0.6, 1.5), pose.uniform(-0.7, 0.7)
    x, y = x - left, y - top
    pen = _Pen(ImageDraw.Draw(head), x, y, scale)
    _draw_skull(pen, person)
    _draw_nose(pen, person)
    for side in (-1, 1):
        _draw_eye(pen, person, side * person.eye_distance, look)
    _draw_mouth(pen, person, smile)
    head = head.rotate(pose.uniform(-7, 7), Image.Resampling.BILINEAR, center=(x, y + 16 * scale))
    canvas.paste(head, (left, top), head)


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


def _draw_back_hair(pen: _Pen, person: Person) -> None:
    """Draw the hair that falls behind the shoulders."""
    if person.hair_style == "long":
        pen.rounded(-20, -22, 20, 30, 16, person.hair)
    elif person.hair_style == "bob":
        pen.rounded(-19, -24, 19, 13, 14, person.hair)


def _draw_body(pen: _Pen, person: Person) -> None:
    """Draw neck, shoulders and collar; the neck lies in the shadow of the jaw."""
    pen.rounded(-36, 24, 36, 400, 17, person.clothes)  # far below any picture: no lower edge shows
    pen.rounded(-6.5, 8, 6.5, 27, 4, _shaded(person.skin, 0.75))
    pen.half(0, 24, 9, 8, 0, 180, _shaded(person.skin, 0.81))


def _draw_skull(pen: _Pen, person: Person) -> None:
    """Draw hair, ears and the face without its features."""
    wide, high = person.face_width, person.face_height
    if person.hair_style == "bun":
        pen.ellipse(0, -32, 7, 6, person.hair)
    pen.ellipse(0, -12, wide + 2.6, high - 2, person.hair)
    for side in (-1, 1):
        pen.ellipse(side * wide, -4, 2.6, 4.2, _shaded(person.skin, 0.92))
    pen.ellipse(0, -6, wide, high, _shaded(person.skin, 0.78))
    pen.ellipse(0, -6.8, wide - 1.2, high - 1.4, person.skin)
    pen.half(0, -13, wide + 1.2, high - 4, 200, 340, person.hair)


def _draw_nose(pen: _Pen, person: Person) -> None:
    """Draw the nose: its shade, its lit bridge, and its lower edge."""
    pen.rounded(-2.3, -5.2, 2.3, 2.8, 2, _shaded(person.skin, 0.85))
    pen.rounded(-1.1, -7.2, 1.4, 1.8, 1.2, _lit(person.skin, 0.15))
    pen.arc(0, 0.2, 2.6, 3.2, 20, 160, 0.9, _shaded(person.skin, 0.65))


def _draw_eye(pen: _Pen, person: Person, x: float, look: float) -> None:
    """Draw socket, brow, eye and lids around ``x``; ``look`` shifts the iris."""
    pen.ellipse(x, -5.8, 5.2, 3.8, _shaded(person.skin, 0.82))
    pen.arc(x, -6.5, 4.6, 4.6, 215, 325, 1.7, _shaded(person.hair, 0.9))
    pen.ellipse(x, -5.2, 3.4, 1.9, _EYE_WHITE)
    pen.ellipse(x + look, -5.2, 1.9, 1.9, person.iris)
    pen.ellipse(x + look, -5.2, 1.0, 1.1, _PUPIL)
    pen.ellipse(x + look + 0.6, -5.9, 0.45, 0.45, (255, 255, 255))
    pen.arc(x, -5.2, 3.6, 2.1, 190, 350, 1.6, _shaded(person.skin, 0.3))
    pen.arc(x, -5.2, 3.7, 2.3, 20, 160, 0.6, _shaded(person.skin, 0.55))


def _draw_mouth(pen: _Pen, person: Person, smile: float) -> None:
    """Draw the lit chin, and the lips, the lower of them ``smile`` times as high as at rest."""
    pen.ellipse(0, 11.4, 3.2, 1.4, _lit(person.skin, 0.08))
    pen.half(0, 6.5, 5.2, 2.6 * smile, 0, 180, person.lips)
    pen.half(0, 6.5, 5.2, 1.0, 180, 360, _shaded(person.lips, 0.85))
    pen.arc(0, 5.8, 5.8, 2.0, 5, 175, 0.8, _shaded(person.lips, 0.5))


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (round(part * factor) for part in colour)
    return (red, green, blue)


def _lit(colour: Colour, share: float) -> Colour:
    """Return ``colour`` with a ``share`` of white in it."""
    red, green, blue = (round(part + (255 - part) * share) for part in colour)
    return (red, green, blue)
