"""The number of faces in a picture, without machine learning. Used by ``detection``.

The real service runs a face detector; so does ``detection``, if one is installed. Here the number of faces
only decides a verdict: no person, one person, several people. The skin-coloured areas of a picture tell these
apart for the drawn portraits of :mod:`aliyun_local.samples`, and count a photo of one person as one face.

A face is a connected area of skin colour, of sensible size and shape, with two eyes in it: two
enclosed spots of another colour, of like size, side by side. Only areas with eyes count as several
faces, because hands and arms are skin too; without any eyes the picture counts as one face if there is
such an area at all, and as none if there is not. An area from the left to the right edge is scenery
(sand, dusk) unless it has eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops

# Enough for an eye of a face that fills a tenth of the picture to be two pixels high.
_ANALYSED_SIDE = 224
# In YCbCr, skin from very light to very dark differs in Y and hardly in the other two.
_MIN_LUMA = 24
_CB = (76, 125)
_CR = (132, 178)
_MIN_AREA = 0.012  # of the picture
_ASPECT = (0.3, 1.7)  # width by height, of the face with hair and neck of the same colour
_MIN_FILL = 0.35  # of the bounding box; an ellipse fills 0.79
_EYE_AREA = (0.001, 0.06)  # of the area's bounding box


@dataclass(kw_only=True)
class _Area:
    """A connected area: its pixels and its bounding box, right and bottom exclusive."""

    pixels: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def count_faces(image: Image.Image) -> int:
    """Return the number of faces that ``image`` shows; the module's text defines a face."""
    with_eyes, without = _candidates(image)
    return with_eyes or int(without)


def count_faces_with_eyes(image: Image.Image) -> int:
    """Return the number of faces in ``image`` whose eyes can be seen, as those of drawn portraits can."""
    return _candidates(image)[0]


def _candidates(image: Image.Image) -> tuple[int, bool]:
    """Return how many areas have eyes, and whether any area at all may be a face rather than scenery."""
    small = _flattened(image)
    skin = _skin_mask(small)
    width, height = small.size
    candidates = [area for area in _areas(skin, width, b"\xff+") if _may_be_a_face(area, width, height)]
    if not candidates:
        return 0, False
    holes = [
        hole
        for hole in _areas(skin, width, b"\x00+")
        if hole.left > 0 and hole.top > 0 and hole.right < width and hole.bottom < height
    ]
    with_eyes = sum(_has_eyes(area, holes) for area in candidates)
    return with_eyes, any(area.left > 0 or area.right < width for area in candidates)


def _flattened(image: Image.Image) -> Image.Image:
    """Return ``image`` scaled down, in RGB, with white behind its transparent parts."""
    scale = _ANALYSED_SIDE / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        if image.mode == "P":
            image = image.convert("RGBA")
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if image.mode in ("RGBA", "LA", "PA", "P"):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _skin_mask(image: Image.Image) -> bytes:
    """Return one byte a pixel, row by row: 255 where the colour is one of skin, else 0."""
    luma, blue, red = image.convert("YCbCr").split()
    return ImageChops.darker(
        luma.point([255 * (value >= _MIN_LUMA) for value in range(256)]),
        ImageChops.darker(
            blue.point([255 * (_CB[0] <= value <= _CB[1]) for value in range(256)]),
            red.point([255 * (_CR[0] <= value <= _CR[1]) for value in range(256)]),
        ),
    ).tobytes()


def _areas(mask: bytes, width: int, run: bytes) -> Iterator[_Area]:
    """Yield the areas of ``mask`` whose rows match ``run``, joined along edges but not corners.

    Works on runs of pixels, found by a regular expression, as a loop over pixels is ten times slower.
    """
    pattern = re.compile(run)
    owner: list[int] = []
    areas: dict[int, _Area] = {}

    def root(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    above: list[tuple[int, int, int]] = []
    for y in range(len(mask) // width):
        current: list[tuple[int, int, int]] = []
        for match in pattern.finditer(mask[y * width : (y + 1) * width]):
            start, end = match.span()
            index = len(owner)
            owner.append(index)
            areas[index] = _Area(pixels=end - start, left=start, top=y, right=end, bottom=y + 1)
            for other_start, other_end, other in above:
                if other_start < end and start < other_end:
                    old, new = root(other), root(index)
                    if old != new:
                        owner[new] = old
                        areas[old] = _joined(areas[old], areas.pop(new))
            current.append((start, end, index))
        above = current
    yield from areas.values()


def _joined(one: _Area, other: _Area) -> _Area:
    return _Area(
        pixels=one.pixels + other.pixels,
        left=min(one.left, other.left),
        top=min(one.top, other.top),
        right=max(one.right, other.right),
        bottom=max(one.bottom, other.bottom),
    )


def _may_be_a_face(area: _Area, width: int, height: int) -> bool:
    return (
        area.pixels >= _MIN_AREA * width * height
        and _ASPECT[0] <= area.width / area.height <= _ASPECT[1]
        and area.pixels >= _MIN_FILL * area.width * area.height
    )


def _has_eyes(area: _Area, holes: list[_Area]) -> bool:
    """Whether two of ``holes`` lie in ``area`` as eyes lie in a face."""
    box = area.width * area.height
    eyes = [
        hole
        for hole in holes
        if area.left < hole.left
        and hole.right < area.right
        and area.top < hole.top
        and hole.bottom < area.top + 0.8 * area.height
        and _EYE_AREA[0] * box <= hole.pixels <= _EYE_AREA[1] * box
    ]
    return any(_look_like_a_pair(one, other, area) for i, one in enumerate(eyes) for other in eyes[i + 1 :])


def _look_like_a_pair(one: _Area, other: _Area, area: _Area) -> bool:
    apart = abs((one.left + one.right) - (other.left + other.right)) / 2
    level = abs((one.top + one.bottom) - (other.top + other.bottom)) / 2
    small, large = sorted((one.pixels, other.pixels))
    return 0.12 * area.width <= apart <= 0.75 * area.width and level <= 0.35 * apart and large <= 4 * small
