"""The service's judgement of an image: format, size, pixels, faces.

Used by ``account`` for training files and face detection, and by ``portraits`` for the user's photos. Source:
the criteria of the facechain-facedetect page, which calls them the standard for training images; codes and
messages from Model Studio, "Error messages".
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from PIL import Image

from aliyun_local.dashscope.errors import Problem
from aliyun_local.dashscope.pictures.detection import count_faces
from aliyun_local.pixel_budget import DECODING

MAX_IMAGE_BYTES = 5 * 1024**2
MIN_SIDE = 256
MAX_SIDE = 4096
NO_FACE = "no face detected"
SEVERAL_FACES = "multiple faces detected"
# Pillow names a JPEG that carries further pictures (many phones make them) MPO.
_FORMATS = {"JPEG", "MPO", "PNG", "WEBP"}


UNREADABLE = Problem(code="InvalidImageFormat", message="The input image is in invalid format.")
TOO_LARGE = Problem(
    code="InvalidFile.Size", message="Invalid file size, The image file size must be smaller than 5MB."
)
WRONG_RESOLUTION = Problem(
    code="InvalidImageResolution", message="The input image resolution is too large or small."
)
NOBODY = Problem(
    code="InvalidFile.NoHuman",
    message="The input image has no human body. Please upload other image with single person.",
)
SEVERAL_PEOPLE = Problem(
    code="InvalidFile.MultiHuman",
    message="The input image has multi human bodies. Please upload other image with single person.",
)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The result for one image: a problem with its file, or the number of its faces."""

    problem: Problem | None
    faces: int = 0

    @property
    def failed_reason(self) -> str:
        """The reason in the words of face detection; empty when there is exactly one face."""
        return "" if self.faces == 1 else SEVERAL_FACES if self.faces else NO_FACE

    @property
    def training_problem(self) -> Problem | None:
        """The reason why the image is unfit for training; None when it is fit."""
        return self.problem or (None if self.faces == 1 else SEVERAL_PEOPLE if self.faces else NOBODY)


def inspect(content: bytes) -> Inspection:
    """Inspect the bytes of an image file; never raises for what is in them."""
    if len(content) > MAX_IMAGE_BYTES:
        return Inspection(problem=TOO_LARGE)
    try:
        # Only the header is read here, so a decompression bomb is refused before it is unpacked.
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.format not in _FORMATS:
                return Inspection(problem=UNREADABLE)
            if min(image.size) < MIN_SIDE or max(image.size) > MAX_SIDE:
                return Inspection(problem=WRONG_RESOLUTION)
            with DECODING.reserved(image.width * image.height):
                return Inspection(problem=None, faces=count_faces(image))
    except Exception:  # decoders raise many kinds of exception on damaged files, warnings as errors included
        return Inspection(problem=UNREADABLE)


def images_of(content: bytes, limit: int) -> list[bytes]:
    """Return the images in an uploaded file: its own bytes, or the files in it if it is a zip.

    At most ``limit`` + 1 images are returned, so that the caller can see that there are too many. A member
    above the size limit of an image is cut to one byte more than the limit. A broken zip has no images.
    """
    if not content.startswith(b"PK\x03\x04"):
        return [content]
    images: list[bytes] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if len(images) > limit:
                    break
                name = member.filename
                if member.is_dir() or name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith("."):
                    continue
                with archive.open(member) as file:
                    images.append(file.read(MAX_IMAGE_BYTES + 1))
    except Exception:  # encrypted, damaged or of an unknown method: a different exception for each
        return []
    return images
