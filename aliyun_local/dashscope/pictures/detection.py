"""The faces in a picture, by dlib's trained detector. Used by ``inspection`` and ``stand_ins``.

The detector is a part of the library (``dlib-bin``: dlib, built), so nothing is downloaded. It finds faces
that look into the camera, which the page of facechain-facedetect asks for, and knows a face by 80 pixels.
Pictures are scaled so that these 80 are the 128 that the page asks for; small pictures are looked at more
closely, in a size in which the smallest face is an eighth of the longer side.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from aliyun_local.pixel_depth import eight_bit

LEAST_FACE = 128
"""Sides of the smallest face that the service takes, in pixels of the picture ("人物图像检测")."""
_KNOWN_FACE = 80
_LEAST_SIDE = 640
# The detector's scores of the photos in tests/real_photos.py, in sizes of 300 to 4096 pixels: 0.34 or more
# for the only face, 0.14 or less for things. Of drawn portraits it is 0.3 or more.
_LEAST_SCORE = 0.2
_WHITE = (255, 255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class Face:
    """The place of a face, from the brows to the chin, in shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


def count_faces(image: Image.Image) -> int:
    """Return the number of faces that ``image`` shows. Any thread may call it."""
    return len(find_faces(image))


def find_faces(image: Image.Image) -> list[Face]:
    """Return the faces that ``image`` shows, the clearest first. Any thread may call it."""
    return _detector()(_analysed(image))


def _analysed(image: Image.Image) -> Image.Image:
    """Return ``image`` as the detector looks at it: in grey, scaled, and on white if it is see-through."""
    longer = max(image.size)
    scale = max(_LEAST_SIDE, longer * _KNOWN_FACE / LEAST_FACE) / longer
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # A JPEG can be decoded in grey, and at a fraction of its size, many times faster.
    image.draft("L", size)
    image = eight_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return image.convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


@cache
def _detector() -> Callable[[Image.Image], list[Face]]:
    """Return the detector. It is loaded with the first picture: it needs numpy and a fifth of a second."""
    dlib: Any = importlib.import_module("dlib")
    numpy: Any = importlib.import_module("numpy")
    detector = dlib.get_frontal_face_detector()
    # It keeps the scaled copies of the picture that it looks at.
    one_at_a_time = threading.Lock()

    def detect(grey: Image.Image) -> list[Face]:
        with one_at_a_time:
            faces, *_ = detector.run(numpy.asarray(grey), upsample_num_times=0, adjust_threshold=_LEAST_SCORE)
        width, height = grey.size
        return [
            Face(
                left=face.left() / width,
                top=face.top() / height,
                right=face.right() / width,
                bottom=face.bottom() / height,
            )
            for face in faces
        ]

    return detect
