"""Image files that tests upload, and image files that they get back."""

from __future__ import annotations

import base64
import io

from PIL import Image

from tests.emulators.oss.support import BUCKET

ORIENTATION, MAKE = 0x0112, 0x010F


def picture(
    size: tuple[int, int],
    kind: str = "JPEG",
    mode: str = "RGB",
    *,
    orientation: int = 0,
    color: str | tuple[int, ...] | None = None,
) -> bytes:
    """Return an image file of one color, with EXIF if it has an ``orientation``."""
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION], exif[MAKE] = orientation, "Maker"
    return encoded(Image.new(mode, size, color), kind, exif.tobytes() if orientation else b"")


def encoded(image: Image.Image, kind: str, exif: bytes = b"") -> bytes:
    """Return the file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return the image in a file."""
    return Image.open(io.BytesIO(content))


def saving(process: str, key: str, bucket: str = BUCKET) -> str:
    """Return the instructions that store the result of ``process`` as an object."""
    names = (base64.urlsafe_b64encode(name.encode()).decode().rstrip("=") for name in (key, bucket))
    return "{}|sys/saveas,o_{},b_{}".format(process, *names)
