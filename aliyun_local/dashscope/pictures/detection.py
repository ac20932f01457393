"""The number of faces in a picture, by the best detector that is installed. Used by ``inspection``.

OpenCV 4 judges photos where it is installed (``opencv-python-headless``, which carries its trained cascades
and downloads nothing). :mod:`aliyun_local.dashscope.pictures.faces` judges by colours: without OpenCV it is
the only detector; with it, it adds the drawn portraits of :mod:`aliyun_local.samples`, of which OpenCV finds
two in three.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from aliyun_local.dashscope.pictures import faces

_CASCADE = "haarcascade_frontalface_alt2.xml"
_ANALYSED_SIDE = 640
# A face of 128 pixels, the least that the service takes, in a photo of 2560; smaller ones are mostly leaves.
_LEAST_FACE = 32
_SCALE_STEP = 1.1
_NEIGHBOURS = 5


def count_faces(image: Image.Image) -> int:
    """Return the number of faces that ``image`` shows."""
    detect = trained_detector()
    if detect is None:
        return faces.count_faces(image)
    return max(detect(image), faces.count_faces_with_eyes(image))


@cache
def trained_detector() -> Callable[[Image.Image], int] | None:
    """Return OpenCV's detector of faces that look into the camera; None where it is not installed."""
    try:
        cv2: Any = importlib.import_module("cv2")
        numpy: Any = importlib.import_module("numpy")
        cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / _CASCADE))
        if cascade.empty():
            return None
    except (ImportError, AttributeError):  # not installed, or a version that has left the cascades out
        return None
    one_at_a_time = threading.Lock()

    def detect(image: Image.Image) -> int:
        grey = image.convert("L")
        grey.thumbnail((_ANALYSED_SIDE, _ANALYSED_SIDE))
        with one_at_a_time:
            found = cascade.detectMultiScale(
                cv2.equalizeHist(numpy.asarray(grey)),
                scaleFactor=_SCALE_STEP,
                minNeighbors=_NEIGHBOURS,
                minSize=(_LEAST_FACE, _LEAST_FACE),
            )
        return len(found)

    return detect
