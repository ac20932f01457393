"""Drawn sample photos: portraits whose faces the emulated services find, and landscapes without people.

Demos and tests need photos that may be given away, that are the same on every machine, and in any number.
A drawn portrait meets all three; a photo of a person meets none. :func:`encoded` makes files of the kinds
that cameras write, and :mod:`aliyun_local.samples.people` draws the people.
"""

# ruff: noqa: S311 (the generators choose poses and weather; nothing here is a secret)

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageEnhance

from aliyun_local.samples.people import Colour, draw_person, person_of

Turn = Image.Transpose

PHOTOS_PER_PERSON = 100
_BACKGROUNDS: tuple[Colour, ...] = (
    (208, 222, 236),
    (192, 214, 204),
    (224, 226, 230),
    (150, 176, 200),
    (176, 184, 206),
    (120, 146, 150),
)
# The drawing is made at twice its size, for smooth edges, but never larger than this; the rest is resized.
_LONGEST_DRAWN_SIDE = 1280
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
        person = person_of(seed // PHOTOS_PER_PERSON + position)
        draw_person(canvas, person, pose, left=cell * position, width=cell)
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
