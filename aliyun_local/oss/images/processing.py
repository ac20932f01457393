"""OSS image processing: carries out the instructions in ``x-oss-process`` on the bytes of an image.

The handlers in :mod:`aliyun_local.oss.http.processing_responses` and the values of callbacks call this, and
so does the demo. OSS, "Image processing": actions run in the order in which they are written, except for
auto-orient, which comes first and is on by default: :mod:`aliyun_local.oss.images.orientation`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from PIL import Image

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError, invalid_argument, not_implemented
from aliyun_local.oss.images import orientation
from aliyun_local.oss.images.actions import crop, integer, parse_action, resize, rotate
from aliyun_local.oss.images.formats import (
    NAMES,
    TARGETS,
    bad_webp,
    encode,
    open_image,
    undecodable,
    unsupported,
)
from aliyun_local.oss.images.orientation import MAX_ROTATED_SIDE, ORIENTATION
from aliyun_local.oss.images.watermark import watermark
from aliyun_local.pixel_budget import DECODING
from aliyun_local.pixel_depth import eight_bit

DEFAULT_QUALITY = 75
_PIXEL_ACTIONS = {"resize": resize, "crop": crop, "rotate": rotate, "watermark": watermark}
_ACTIONS = ("info", "auto-orient", "format", "quality", *_PIXEL_ACTIONS)
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


def process(content: bytes, instructions: str, behaviour: OssBehaviour | None = None) -> Processed:
    """Carry out ``instructions`` (``image/...``) on the bytes of an image.

    Args:
        content: The file.
        instructions: What ``x-oss-process`` says, without saving.
        behaviour: The account's switches, by default the strict ones.

    Raises:
        OssError: 400 for a source or parameter that cannot be processed, 403 for a damaged source, 501 for an
            unknown action.
    """
    behaviour = behaviour or OssBehaviour()
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
    image = open_image(content, behaviour)
    try:
        if names == ["info"]:
            described = _info(image, len(content), behaviour)
            return Processed(content=described, content_type="application/json")
        with DECODING.reserved(image.width * image.height):
            return _run(image, actions, behaviour)
    except OssError:
        raise
    except Exception as problem:
        # Decoders raise nearly any exception on hostile bytes; for the caller all of them mean the same.
        raise undecodable(behaviour.damaged_picture_status) from problem


def _run(image: Image.Image, actions: list[tuple[str, dict[str, str]]], behaviour: OssBehaviour) -> Processed:
    target, quality = _writing(image, actions)
    exif = _exif(image)
    profile = image.info.get("icc_profile") or b""
    upright = orientation.orients(actions)
    _check_source(image, target, upright, behaviour)
    number = orientation.orientation_of(image, exif, behaviour)
    if upright and number != orientation.UPRIGHT:
        orientation.check_orientable(image, number, behaviour)
    if image.format == "TIFF":
        # Pillow turns it while it loads it, by the very EXIF that is changed below.
        image.load()
    turn = orientation.pending_turn(image, number, upright=upright)
    image = eight_bit(image)
    for name, parameters in actions:
        if name not in _PIXEL_ACTIONS:
            continue
        if name == "rotate" and integer(parameters, "", 0, 360) and max(image.size) > MAX_ROTATED_SIDE:
            raise orientation.exceeds_rotation_range()
        if name == "resize" and turn is not None:
            parameters = orientation.turned_parameters(parameters, turn)
        elif turn is not None:
            image, turn = image.transpose(turn), None
        image = _PIXEL_ACTIONS[name](image, parameters)
    image = image if turn is None else image.transpose(turn)
    if upright and exif is not None:
        exif.pop(ORIENTATION, None)
    described = exif.tobytes() if exif else b""
    content = encode(image, target, quality=quality, exif=described, profile=profile)
    return Processed(content=content, content_type=TARGETS[target][1])


def _writing(image: Image.Image, actions: list[tuple[str, dict[str, str]]]) -> tuple[str, int]:
    """Return the format and the quality of the result."""
    target, quality = NAMES[image.format or "JPEG"], DEFAULT_QUALITY
    for name, parameters in actions:
        if name == "format":
            target = _target(parameters)
        elif name == "quality":
            quality = _quality(parameters)
    return target, quality


def _check_source(image: Image.Image, target: str, upright: bool, behaviour: OssBehaviour) -> None:
    """Refuse what OSS does not do with some kinds of pictures.

    Raises:
        OssError: 400.
    """
    is_animated_webp = image.format == "WEBP" and getattr(image, "is_animated", False)
    if is_animated_webp and (upright or not behaviour.decodes_animated_webp):
        raise bad_webp()
    # "Format conversion" says that it cannot be, and not with which words.
    is_see_through = image.format == "HEIF" and image.has_transparency_data
    if is_see_through and TARGETS[target][0] == "JPEG" and not behaviour.flattens_heic:
        raise unsupported()


def _info(image: Image.Image, size: int, behaviour: OssBehaviour) -> bytes:
    exif = _exif(image) if image.format != "PNG" else None
    number = orientation.orientation_of(image, exif, behaviour)
    width, height = orientation.stored_size(image, number)
    facts = {
        "FileSize": str(size),
        "Format": NAMES[image.format or "JPEG"],
        "FrameCount": str(getattr(image, "n_frames", 1)),
        "ImageHeight": str(height),
        "ImageWidth": str(width),
    }
    for tag, name in _EXIF_NAMES.items():
        value = exif.get(tag) if exif else None
        if tag == ORIENTATION:
            if isinstance(value, int) and 1 <= value <= len(_ORIENTATION_NAMES):
                facts[name] = _ORIENTATION_NAMES[value - 1]
        elif value is not None:
            facts[name] = str(value)
    document = {name: {"value": facts[name]} for name in sorted(facts)}
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _exif(image: Image.Image) -> Image.Exif | None:
    try:
        exif = image.getexif()
        told = image.info.get("original_orientation")
        if image.format == "HEIF" and told:
            # The decoder has turned the picture, and has written so.
            exif[ORIENTATION] = told
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
