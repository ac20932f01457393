"""The pictures that the questions show: drawn here, so that nobody's face is needed for what is free."""

from __future__ import annotations

import functools
import io

import pillow_heif
from PIL import Image

from aliyun_local.samples import landscape

PHONE_SIDES = (5712, 4284)
"""A phone's 24-megapixel picture, as it lies in the file."""
HEIC_SIDES = (4352, 320)
"""Above the limit of 4,096 a side and quickly encoded."""
UPRIGHT = 6
"""The EXIF orientation of a phone that was held upright."""
_ORIENTATION = 0x0112


@functools.cache
def faceless() -> bytes:
    """Return a JPEG that DashScope can take and that shows nobody."""
    return _encoded(landscape(1, (640, 480)), "JPEG")


@functools.cache
def upright_jpeg() -> bytes:
    """Return a JPEG of 24 megapixels that has to be turned."""
    return _encoded(_plain(PHONE_SIDES), "JPEG", _turned())


@functools.cache
def upright_heic() -> bytes:
    """Return a HEIC over 4,096 px a side whose own ``irot`` turns it, without an EXIF orientation."""
    pillow_heif.register_heif_opener()
    # The encoder writes the orientation as irot and takes it out of the EXIF.
    return _encoded(_plain(HEIC_SIDES), "HEIF", _turned())


@functools.cache
def damaged_jpeg() -> bytes:
    """Return a JPEG whose header is whole and whose picture is not."""
    whole = faceless()
    scan = whole.index(b"\xff\xda")
    return whole[: scan + 20]


def sides_of(content: bytes) -> tuple[int, int]:
    """Return width and height as they lie in the file."""
    with Image.open(io.BytesIO(content)) as image:
        return image.width, image.height


def _plain(sides: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").resize(sides).convert("RGB")


def _turned() -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = UPRIGHT
    return exif.tobytes()


def _encoded(image: Image.Image, kind: str, exif: bytes = b"") -> bytes:
    file = io.BytesIO()
    image.save(file, kind, quality=50, **({"exif": exif} if exif else {}))
    return file.getvalue()
