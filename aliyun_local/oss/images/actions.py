"""The actions of OSS image processing on pixels: resize, crop, rotate.

:mod:`aliyun_local.oss.images.processing` runs them. An action or a mode that is missing here is answered with
501, so that no image passes for processed that is not.
"""

from __future__ import annotations

from PIL import Image

from aliyun_local.oss.errors import invalid_argument, not_implemented

MAX_TARGET_PIXELS = 4096 * 4096
MAX_TARGET_SIDE = 16_384
# Averaging leaves three pixels for each one of the target, from which a good filter makes it.
_GAP = 3
_LARGE_PIXELS = 64_000_000
_STRIP_PIXELS = 4_000_000
_GRAVITIES = ("nw", "north", "ne", "west", "center", "east", "sw", "south", "se")


def resize(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    """Scale to a width, a height, a side or a percentage.

    By default the image fits into that size and never grows.
    """
    mode = parameters.get("m", "lfit")
    if mode not in ("lfit", "mfit", "fixed"):
        raise not_implemented(f"The resize mode {mode!r}")
    sizes = {name: integer(parameters, name, 1, MAX_TARGET_SIDE) for name in "wlsh" if name in parameters}
    width, height = image.size
    if "p" in parameters:
        factor = integer(parameters, "p", 1, 1000) / 100
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
    if size == image.size or (enlarges and integer(parameters, "limit", 0, 1, default=1)):
        return image
    if size[0] * size[1] > MAX_TARGET_PIXELS or max(size) > MAX_TARGET_SIDE:
        raise invalid_argument("The target image is larger than 4096 x 4096 pixels.", "0040-00000007")
    # A JPEG decodes at 1/2, 1/4 or 1/8 of its size for a fraction of the time and memory.
    image.draft(None, size)
    image = _with_colors(_averaged(image, size))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)


def _with_colors(image: Image.Image) -> Image.Image:
    """Return an image whose pixels can be averaged, which black and white and palettes cannot."""
    if image.mode in ("1", "P"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _averaged(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """Return a very large image with blocks of pixels averaged, still ``_GAP`` times the ``target`` or more.

    Strip by strip: to convert and to scale all pixels at once would take a second and a third gigabyte.
    """
    across, down = (max(1, image.width // (_GAP * target[0])), max(1, image.height // (_GAP * target[1])))
    if image.width * image.height <= _LARGE_PIXELS or (across, down) == (1, 1):
        return image
    rows = down * max(1, _STRIP_PIXELS // (image.width * down))
    small = Image.new(
        _with_colors(image.crop((0, 0, 1, 1))).mode, (image.width // across, image.height // down)
    )
    for top in range(0, small.height * down, rows):
        strip = image.crop((0, top, small.width * across, min(top + rows, small.height * down)))
        small.paste(_with_colors(strip).reduce((across, down)), (0, top // down))
    small.info = image.info.copy()
    return small


def crop(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    """Cut out ``w`` by ``h`` pixels, ``x`` and ``y`` pixels from the corner, edge or center ``g``."""
    width = min(integer(parameters, "w", 1, MAX_TARGET_SIDE, default=image.width), image.width)
    height = min(integer(parameters, "h", 1, MAX_TARGET_SIDE, default=image.height), image.height)
    gravity = parameters.get("g", "nw")
    if gravity not in _GRAVITIES:
        raise invalid_argument(f"The value: {gravity[:40]} of parameter: g is invalid.")
    row, column = divmod(_GRAVITIES.index(gravity), 3)
    left = (image.width - width) * column // 2 + integer(parameters, "x", 0, MAX_TARGET_SIDE, default=0)
    top = (image.height - height) * row // 2 + integer(parameters, "y", 0, MAX_TARGET_SIDE, default=0)
    if left >= image.width or top >= image.height:
        raise invalid_argument("The area to crop lies outside of the image.")
    return image.crop((left, top, min(left + width, image.width), min(top + height, image.height)))


def rotate(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    """Turn clockwise by a number of degrees; the new corners are white."""
    degrees = integer(parameters, "", 0, 360)
    white = "white" if image.mode in ("L", "RGB") else None
    return image.rotate(-degrees, expand=True, fillcolor=white)


def parse_action(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of ``name,key_value,value``.

    A value without a key has the key ``""``.
    """
    name, *pieces = text.split(",")
    parameters: dict[str, str] = {}
    for piece in pieces:
        key, underscore, value = piece.partition("_")
        parameters.update({key: value} if underscore else {"": key})
    return name, parameters


def integer(parameters: dict[str, str], name: str, low: int, high: int, *, default: int | None = None) -> int:
    """Return a parameter that is a whole number.

    Raises:
        OssError: InvalidArgument for a value that is not a whole number from ``low`` to ``high``.
    """
    text = parameters.get(name, "" if default is None else str(default))
    if text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high:
        return int(text)
    raise invalid_argument(f"The value: {text[:40]} of parameter: {name} is invalid.")
