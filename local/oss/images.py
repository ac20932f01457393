"""OSS image processing with Pillow: info, resize, auto-orient, format and quality.

OSS, "Image processing": actions run in the order written, ``image/resize,l_2048/auto-orient,1/format,jpg``.
What is not here answers 501, so that nothing passes locally that was never done.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from local.oss.errors import OssError, invalid_argument, not_implemented

MAX_SOURCE_BYTES = 20 * 1024 * 1024
MAX_SIDE = 30_000
MAX_PIXELS = 250_000_000
MAX_TARGET_PIXELS = 4096 * 4096
MAX_TARGET_SIDE = 16_384
DEFAULT_QUALITY = 75

# Pillow itself refuses above twice its limit while it opens a file, before it decodes a pixel.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2

# Only these decoders may see a stranger's bytes. HEIC and AVIF, which OSS also takes, are not here yet.
_SOURCES = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_NAMES = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "BMP": "bmp",
    "GIF": "gif",
    "WEBP": "webp",
    "TIFF": "tiff",
}
_TARGETS = {
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
    "bmp": ("BMP", "image/bmp"),
    "gif": ("GIF", "image/gif"),
    "tiff": ("TIFF", "image/tiff"),
}
_ORIENTATION = 0x0112
_EXIF_NAMES = {
    0x010F: "Make",
    0x0110: "Model",
    0x0112: "Orientation",
    0x0131: "Software",
    0x0132: "DateTime",
    0x0213: "YCbCrPositioning",
}
_ORIENTATION_NAMES = (
    "Top-left",
    "Top-right",
    "Bottom-right",
    "Bottom-left",
    "Left-top",
    "Right-top",
    "Right-bottom",
    "Left-bottom",
)


@dataclass(frozen=True, kw_only=True)
class Processed:
    """What processing gave: the bytes and their media type."""

    content: bytes
    content_type: str


@dataclass
class _Settings:
    target: str
    quality: int | None = None
    oriented: bool = False


def process(content: bytes, instructions: str) -> Processed:
    """Carry out ``instructions`` (``image/...``) on the bytes of an image.

    Raises:
        OssError: 400 for a source or parameter that cannot be processed, 501 for an action not here.
    """
    kind, _, rest = instructions.partition("/")
    if kind != "image" or not rest:
        raise not_implemented(f"The processing {kind!r}")
    actions = [_parse_action(text) for text in rest.split("/")]
    names = [name for name, _ in actions]
    if "info" in names and len(names) > 1:
        raise invalid_argument("The info action cannot stand beside other actions.")
    for name in names:
        if name not in ("info", "resize", "auto-orient", "format", "quality"):
            raise not_implemented(f"The image action {name!r}")
    image = _open(content)
    try:
        if names == ["info"]:
            return Processed(content=_info(image, len(content)), content_type="application/json")
        return _run(image, actions)
    except OssError:
        raise
    except Exception as problem:
        # Decoders raise nearly anything on hostile bytes; to the caller all of it is one fact.
        raise _undecodable() from problem


def _run(image: Image.Image, actions: list[tuple[str, dict[str, str]]]) -> Processed:
    settings = _Settings(target=_NAMES[image.format or "JPEG"])
    exif = _exif(image)
    profile = image.info.get("icc_profile")
    for name, parameters in actions:
        if name == "resize":
            image = _resize(image, parameters)
        elif name == "auto-orient":
            image = _orient(image, parameters, settings)
        elif name == "format":
            settings.target = _target(parameters)
        else:
            settings.quality = _quality(parameters)
    plugin, content_type = _TARGETS[settings.target]
    options: dict[str, object] = {}
    if plugin in ("JPEG", "WEBP"):
        options["quality"] = settings.quality or DEFAULT_QUALITY
        if settings.oriented and exif is not None:
            del exif[_ORIENTATION]
        if exif:
            options["exif"] = exif.tobytes()
    if plugin == "JPEG":
        image = _flatten(image)
        if profile and image.mode == "RGB":
            options["icc_profile"] = profile
    elif plugin == "WEBP" and image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif plugin in ("PNG", "GIF", "BMP") and image.mode not in ("1", "L", "P", "RGB", "RGBA"):
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, plugin, **options)
    return Processed(content=buffer.getvalue(), content_type=content_type)


def _open(content: bytes) -> Image.Image:
    if len(content) > MAX_SOURCE_BYTES:
        raise OssError(400, "ImageTooLarge", "The size of the source image exceeds 20 MB.")
    # Pillow's remarks about damaged EXIF or large pictures are no concern of whoever runs this service.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=_SOURCES)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        message = "This image format is not supported."
        raise invalid_argument(message, "0040-00000005") from None
    except Exception as problem:
        raise _undecodable() from problem
    if max(image.size) > MAX_SIDE:
        message = f"The side length of the source image exceeds {MAX_SIDE} pixels."
        raise OssError(400, "ImageTooLarge", message, "0040-00000019")
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    return image


def _info(image: Image.Image, size: int) -> bytes:
    facts = {
        "FileSize": str(size),
        "Format": _NAMES[image.format or "JPEG"],
        "FrameCount": str(getattr(image, "n_frames", 1)),
        "ImageHeight": str(image.height),
        "ImageWidth": str(image.width),
    }
    exif = _exif(image) if image.format != "PNG" else None
    for tag, name in _EXIF_NAMES.items():
        value = exif.get(tag) if exif else None
        if tag == _ORIENTATION:
            if isinstance(value, int) and 1 <= value <= len(_ORIENTATION_NAMES):
                facts[name] = _ORIENTATION_NAMES[value - 1]
        elif value is not None:
            facts[name] = str(value)
    document = {name: {"value": facts[name]} for name in sorted(facts)}
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _exif(image: Image.Image) -> Image.Exif | None:
    try:
        exif = image.getexif()
        return exif if len(exif) else None
    except Exception:
        return None


def _resize(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    mode = parameters.get("m", "lfit")
    if mode not in ("lfit", "mfit", "fixed"):
        raise not_implemented(f"The resize mode {mode!r}")
    sizes = {name: _integer(parameters, name, 1, MAX_TARGET_SIDE) for name in "wlsh" if name in parameters}
    width, height = image.size
    if "p" in parameters:
        factor = _integer(parameters, "p", 1, 1000) / 100
        target = (width * factor, height * factor)
    elif mode == "fixed" and "w" in sizes and "h" in sizes:
        target = (sizes["w"], sizes["h"])
    else:
        factors = [
            limit / side
            for limit, side in (
                (sizes.get("w"), width),
                (sizes.get("h"), height),
                (sizes.get("l"), max(width, height)),
                (sizes.get("s"), min(width, height)),
            )
            if limit is not None
        ]
        if not factors:
            raise invalid_argument("The resize action needs one of w, h, l, s and p.")
        factor = max(factors) if mode == "mfit" else min(factors)
        target = (width * factor, height * factor)
    size = (max(1, round(target[0])), max(1, round(target[1])))
    enlarges = size[0] > width or size[1] > height
    if size == image.size or (enlarges and _integer(parameters, "limit", 0, 1, default=1)):
        return image
    if size[0] * size[1] > MAX_TARGET_PIXELS or max(size) > MAX_TARGET_SIDE:
        raise invalid_argument("The target image is larger than 4096 x 4096 pixels.", "0040-00000007")
    # A JPEG decodes at 1/2, 1/4 or 1/8 of its size for a fraction of the time and memory.
    image.draft(None, size)
    if image.mode in ("1", "P"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _orient(image: Image.Image, parameters: dict[str, str], settings: _Settings) -> Image.Image:
    if _integer(parameters, "", 0, 1) == 0 or settings.oriented:
        return image
    settings.oriented = True
    turned = ImageOps.exif_transpose(image)
    return image if turned is None else turned


def _target(parameters: dict[str, str]) -> str:
    name = parameters.get("", "")
    if name in ("heic", "avif"):
        raise not_implemented(f"The image format {name!r}")
    if name not in _TARGETS:
        raise invalid_argument("The value of the format action is not an image format.")
    return name


def _quality(parameters: dict[str, str]) -> int:
    # q is relative to the source's own quality, which only the encoder of the source knew; Q is absolute.
    return _integer(parameters, "Q" if "Q" in parameters else "q", 1, 100)


def _flatten(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        page = Image.new("RGB", layer.size, "white")
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _parse_action(text: str) -> tuple[str, dict[str, str]]:
    name, *pieces = text.split(",")
    parameters: dict[str, str] = {}
    for piece in pieces:
        key, underscore, value = piece.partition("_")
        parameters.update({key: value} if underscore else {"": key})
    return name, parameters


def _integer(
    parameters: dict[str, str], name: str, low: int, high: int, *, default: int | None = None
) -> int:
    text = parameters.get(name, "" if default is None else str(default))
    if text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high:
        return int(text)
    raise invalid_argument(f"The value {text[:40]!r} of the parameter {name!r} is invalid.")


def _too_many_pixels() -> OssError:
    message = f"The source image has more than {MAX_PIXELS} pixels."
    return OssError(400, "ImageTooLarge", message, "0040-00000012")


def _undecodable() -> OssError:
    return invalid_argument("The source image cannot be decoded.")
