"""OSS image processing: carries out the instructions in ``x-oss-process`` on the bytes of an image.

The handlers in :mod:`aliyun_local.oss.http.processing_responses` and the values of callbacks call this, and
so does the demo. OSS, "Image processing": actions run in the order in which they are written,
``image/resize,l_2048/auto-orient,1/format,jpg``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from PIL import Image

from aliyun_local.oss.errors import OssError, invalid_argument, not_implemented
from aliyun_local.oss.images.actions import crop, integer, orient, parse_action, resize, rotate
from aliyun_local.oss.images.formats import NAMES, TARGETS, encode, open_image, undecodable
from aliyun_local.pixel_budget import DECODING

DEFAULT_QUALITY = 75
_PIXEL_ACTIONS = {"resize": resize, "crop": crop, "rotate": rotate}
_ACTIONS = ("info", "auto-orient", "format", "quality", *_PIXEL_ACTIONS)
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
    """The result of processing: bytes and their media type."""

    content: bytes
    content_type: str


def process(content: bytes, instructions: str) -> Processed:
    """Carry out ``instructions`` (``image/...``) on the bytes of an image.

    Raises:
        OssError: 400 for a source or parameter that cannot be processed, 501 for an unknown action.
    """
    kind, _, rest = instructions.partition("/")
    if kind != "image" or not rest:
        raise not_implemented(f"The processing {kind!r}")
    actions = [parse_action(text) for text in rest.split("/")]
    names = [name for name, _ in actions]
    if "info" in names and len(names) > 1:
        raise invalid_argument("The info action cannot stand beside other actions.")
    for name in names:
        if name not in _ACTIONS:
            raise not_implemented(f"The image action {name!r}")
    image = open_image(content)
    try:
        if names == ["info"]:
            return Processed(content=_info(image, len(content)), content_type="application/json")
        with DECODING.reserved(image.width * image.height):
            return _run(image, actions)
    except OssError:
        raise
    except Exception as problem:
        # Decoders raise nearly any exception on hostile bytes; for the caller all of them mean the same.
        raise undecodable() from problem


def _run(image: Image.Image, actions: list[tuple[str, dict[str, str]]]) -> Processed:
    target = NAMES[image.format or "JPEG"]
    exif = _exif(image)
    profile = image.info.get("icc_profile") or b""
    quality, oriented = DEFAULT_QUALITY, False
    for name, parameters in actions:
        if name == "auto-orient":
            if integer(parameters, "", 0, 1) and not oriented:
                image, oriented = orient(image), True
        elif name == "format":
            target = _target(parameters)
        elif name == "quality":
            quality = _quality(parameters)
        else:
            image = _PIXEL_ACTIONS[name](image, parameters)
    if oriented and exif is not None:
        exif.pop(_ORIENTATION, None)
    described = exif.tobytes() if exif else b""
    content = encode(image, target, quality=quality, exif=described, profile=profile)
    return Processed(content=content, content_type=TARGETS[target][1])


def _info(image: Image.Image, size: int) -> bytes:
    facts = {
        "FileSize": str(size),
        "Format": NAMES[image.format or "JPEG"],
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


def _target(parameters: dict[str, str]) -> str:
    name = parameters.get("", "")
    if name not in TARGETS:
        raise invalid_argument("The value of the format action is not an image format.")
    return name


def _quality(parameters: dict[str, str]) -> int:
    # q is relative to the quality of the source. A decoder cannot know that, so q is absolute here, like Q.
    return integer(parameters, "Q" if "Q" in parameters else "q", 1, 100)
