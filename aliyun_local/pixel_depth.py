"""Grey pictures of 16 bits a pixel, as scanners and PNG have them, made into pictures of 8.

OSS's image processing and DashScope's face detection use it. Pillow's own conversion takes every value above
255 for white.
"""

from __future__ import annotations

from PIL import Image

_STEPS = 257  # of 16 bits in one of 8: white is 65,535 and 255


def eight_bit(image: Image.Image) -> Image.Image:
    """Return ``image``, or its like with 8 bits a pixel if it has 16."""
    if not image.mode.startswith("I;16"):
        return image
    # Of the kinds with 16 bits only the first can be scaled, and a file may hold any of them.
    small = image.convert("I").point(lambda value: value * (1 / _STEPS) + 0.5).convert("L")
    small.info.pop("transparency", None)  # one value of 16 bits, which none of 8 stands for
    return small
