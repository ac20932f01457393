"""The image formats that OSS reads and writes, decoded and encoded with Pillow, HEIC with pillow-heif.

:mod:`aliyun_local.oss.images.processing` opens and encodes images here. Decoders run on bytes of unknown
origin. This module therefore decides which decoders may run, and how many pixels they may produce.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import brands

MAX_SOURCE_BYTES = 20 * 1024 * 1024
MAX_SIDE = 30_000
_SIDE_LIMITS = {"TIFF": (16_384, "0040-00000018"), "AVIF": (10_000, "0040-00000014")}
"""Of formats with a smaller limit, as the pages of these ECs tell it."""
MAX_PIXELS = 250_000_000

# Pillow itself refuses above twice its limit while it opens a file, before it decodes a pixel.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2

_SOURCES = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_ANIMATED = ("GIF", "WEBP")
NAMES = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "BMP": "bmp",
    "GIF": "gif",
    "WEBP": "webp",
    "TIFF": "tiff",
    "AVIF": "avif",
    "HEIF": "heic",
}
TARGETS = {
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
    "bmp": ("BMP", "image/bmp"),
    "gif": ("GIF", "image/gif"),
    "tiff": ("TIFF", "image/tiff"),
    "avif": ("AVIF", "image/avif"),
    "heic": ("HEIF", "image/heic"),
}


def open_image(content: bytes, behaviour: OssBehaviour) -> Image.Image:
    """Return the image in ``content`` after reading its header, without its pixels.

    Args:
        content: The file.
        behaviour: The account's switches.

    Raises:
        OssError: ``content`` is not an image, or larger than OSS processes.
    """
    if len(content) > MAX_SOURCE_BYTES:
        raise OssError(400, "ImageTooLarge", "The size of the source image exceeds 20 MB.")
    # Pillow warns about damaged EXIF and large images, which the operator of this service cannot change.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    formats: tuple[str, ...] = _SOURCES
    if kind := brands.kind_of(content):
        content, formats = brands.known_to_decoders(content), (kind,)
    if kind == "HEIF":
        _register_heif()
    if behaviour.decodes_unended_jpeg and content.startswith(_JPEG_START):
        content += _JPEG_END  # behind the end of a whole picture nothing is read
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise unsupported() from None
    except Exception as problem:
        raise undecodable(behaviour.damaged_picture_status) from problem
    side, ec = _SIDE_LIMITS.get(image.format or "", (MAX_SIDE, "0040-00000019"))
    if max(image.size) > side:
        message = f"The side length of the source image exceeds {side} pixels."
        raise OssError(400, "ImageTooLarge", message, ec)
    if image.width * image.height * _frames(image) > MAX_PIXELS:
        raise _too_many_pixels()
    return image


def encode(image: Image.Image, target: str, *, quality: int, exif: bytes, profile: bytes) -> bytes:
    """Return the bytes of ``image`` in the format ``target``, a name in ``TARGETS``."""
    plugin, _ = TARGETS[target]
    options: dict[str, object] = {}
    if plugin in ("JPEG", "WEBP", "HEIF", "AVIF"):
        options["quality"] = quality
        if exif:
            options["exif"] = exif
    if plugin == "HEIF":
        _register_heif()
    if plugin == "JPEG":
        image = _flatten(image)
        if profile and image.mode == "RGB":
            options["icc_profile"] = profile
    elif plugin in ("WEBP", "HEIF", "AVIF") and image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif plugin in ("PNG", "GIF", "BMP") and image.mode not in ("1", "L", "P", "RGB", "RGBA"):
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, plugin, **options)
    return buffer.getvalue()


def undecodable(status: int = 403) -> OssError:
    """The content has the form of an image and cannot be decoded. The documents say 403; others saw 400."""
    return OssError(status, "ImageDamage", "The image file may be damaged.")


def unsupported() -> OssError:
    """400: not an image, or not one of a kind that OSS processes."""
    return OssError(400, "BadRequest", "This image format is not supported.", "0040-00000005")


def bad_webp() -> OssError:
    """400: a WebP that is damaged or animated (EC 0040-00000010)."""
    return OssError(400, "BadWebPImage", "The webp image file may be damaged.", "0040-00000010")


def _frames(image: Image.Image) -> int:
    """Return the number of pictures that count: of an animation all ("Resize": width x height x frames)."""
    if image.format not in _ANIMATED:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:
        # The file is damaged; decoding it will tell.
        return 1


def _register_heif() -> None:
    # The codec is 18 MB, so it is loaded only with the first image that needs it.
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _flatten(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        page = Image.new("RGB", layer.size, "white")
        page.paste(layer, mask=layer)
        return page
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _too_many_pixels() -> OssError:
    message = f"The source image has more than {MAX_PIXELS} pixels."
    return OssError(400, "ImageTooLarge", message, "0040-00000012")
