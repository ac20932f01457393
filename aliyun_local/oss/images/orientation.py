"""How a picture is turned: what its file says, what OSS does about it, and up to which size it does so.

:mod:`aliyun_local.oss.images.processing` calls this once for each picture, before its actions. OSS,
"Auto-orient": it is on by default, it comes before the resize, and it is not for large pictures.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images.actions import integer

ORIENTATION = 0x0112
UPRIGHT = 1
MAX_ROTATED_SIDE = 4096
_Turn = Image.Transpose
_TURNS = {
    2: _Turn.FLIP_LEFT_RIGHT,
    3: _Turn.ROTATE_180,
    4: _Turn.FLIP_TOP_BOTTOM,
    5: _Turn.TRANSPOSE,
    6: _Turn.ROTATE_270,
    7: _Turn.TRANSVERSE,
    8: _Turn.ROTATE_90,
}
"""What a viewer does with the pixels as they are stored (EXIF 2.32, "Orientation")."""
_BACK = {**_TURNS, 6: _Turn.ROTATE_90, 8: _Turn.ROTATE_270}
_SWAPPING = (_Turn.TRANSPOSE, _Turn.TRANSVERSE, _Turn.ROTATE_90, _Turn.ROTATE_270)
_OTHER_SIDE = {"w": "h", "h": "w"}
_TURNED_BY_THE_DECODER = ("HEIF", "TIFF")


def orientation_of(image: Image.Image, exif: Image.Exif | None, behaviour: OssBehaviour) -> int:
    """Return 1 to 8, as in EXIF, of a picture whose pixels have not been decoded."""
    if image.format == "HEIF":
        return _of_heif(image) if behaviour.heic_orientation_counts else UPRIGHT
    number = exif.get(ORIENTATION, UPRIGHT) if exif else UPRIGHT
    return number if number in _TURNS else UPRIGHT


def stored_size(image: Image.Image, number: int) -> tuple[int, int]:
    """Return width and height of a picture as its file holds them."""
    is_turned = image.format in _TURNED_BY_THE_DECODER and _TURNS.get(number) in _SWAPPING
    return (image.height, image.width) if is_turned else image.size


def orients(actions: list[tuple[str, dict[str, str]]]) -> bool:
    """Return whether auto-orient applies: unless it is switched off, wherever in ``actions`` that stands.

    Raises:
        OssError: InvalidArgument for a value that is neither 0 nor 1.
    """
    values = [
        integer(parameters, "", 0, 1, default=1) for name, parameters in actions if name == "auto-orient"
    ]
    return not values or values[-1] == 1


def check_orientable(image: Image.Image, number: int, behaviour: OssBehaviour) -> None:
    """Refuse to turn a large picture.

    "Auto-orient" wants both sides of the source below 4,096 pixels.

    Raises:
        OssError: BadRequest.
    """
    if max(stored_size(image, number)) >= MAX_ROTATED_SIDE and not behaviour.orients_large_pictures:
        raise exceeds_rotation_range()


def pending_turn(image: Image.Image, number: int, *, upright: bool) -> Image.Transpose | None:
    """Return what is left to do, so that the picture becomes ``upright`` or as it is stored."""
    if image.format in _TURNED_BY_THE_DECODER:
        return None if upright else _BACK.get(number)
    return _TURNS.get(number) if upright else None


def turned_parameters(parameters: dict[str, str], turn: Image.Transpose) -> dict[str, str]:
    """Return the parameters of a resize for a picture that is turned after it instead of before it.

    The result is the same, and needs a fraction of the memory.
    """
    if turn not in _SWAPPING:
        return parameters
    return {_OTHER_SIDE.get(name, name): value for name, value in parameters.items()}


def exceeds_rotation_range() -> OssError:
    """400: the picture is too large to be turned ("FAQ about image processing")."""
    message = "Picture exceed the maximum allowable rotation range"
    return OssError(400, "BadRequest", message, "0040-00000006")


def _of_heif(image: Image.Image) -> int:
    """Return what the transformations of a HEIC's primary picture (``irot``, ``imir``) come to."""
    heif: Any = image
    # Six pixels tell all turns apart.
    stored = Image.frombytes("L", (2, 3), bytes(range(6)))
    seen = stored
    for name, value, *_ in heif._heif_file[heif.tell()]._c_image.transformations:
        if name == "irot":
            seen = seen.rotate(value, expand=True)
        elif name == "imir":
            seen = seen.transpose(_Turn.FLIP_LEFT_RIGHT if value == 1 else _Turn.FLIP_TOP_BOTTOM)
    found = (
        number
        for number, turn in _TURNS.items()
        if (turned := stored.transpose(turn)).size == seen.size and turned.tobytes() == seen.tobytes()
    )
    return next(found, UPRIGHT)
