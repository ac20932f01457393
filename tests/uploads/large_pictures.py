"""Photos of tens of megapixels, made within little memory: a few rows of pixels at a time."""

from __future__ import annotations

import io
import re

from PIL import Image

_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_ROWS = 16
"""The height of a row of blocks at Pillow's subsampling; a strip has 60 of them."""
_STRIP = 60 * _ROWS
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")


def as_stored(upright: Image.Image, orientation: int) -> Image.Image:
    """The pixels as a camera stores them that was held so."""
    turn = _STORED[orientation]
    return upright if turn is None else upright.transpose(turn)


def large_jpeg(
    small: Image.Image, sides: tuple[int, int], orientation: int = 1, exif: Image.Exif | None = None
) -> bytes:
    """A JPEG of ``sides`` as a camera stores it, which shows the upright picture ``small``.

    Strips are coded one by one with a restart marker behind each row of blocks, and then joined: what stands
    between two restart markers is coded by itself (ITU-T T.81, B.2.1).
    """
    exif = exif or Image.Exif()
    exif[0x0112] = orientation
    stored = as_stored(small, orientation)
    width, height = sides
    head, coded = b"", []
    for top in range(0, height, _STRIP):
        rows = min(_STRIP, height - top)
        scale = stored.height / height
        box = (0, top * scale, stored.width, (top + rows) * scale)
        strip = stored.resize((width, rows), Image.Resampling.NEAREST, box=box)
        buffer = io.BytesIO()
        strip.save(buffer, "JPEG", quality=85, restart_marker_rows=1, exif=exif.tobytes())
        content = buffer.getvalue()
        begins = content.index(b"\xff\xda")
        begins += 2 + int.from_bytes(content[begins + 2 : begins + 4], "big")
        head = head or content[:begins]
        coded.append(content[begins:-2])
    frame = head.rindex(b"\xff\xc0") + 5
    head = head[:frame] + height.to_bytes(2, "big") + head[frame + 2 :]
    numbers = iter(range(1_000_000))
    joined = b"\xff\xd0".join(coded)
    return head + _RESTART.sub(lambda _: bytes((0xFF, 0xD0 + next(numbers) % 8)), joined) + b"\xff\xd9"
