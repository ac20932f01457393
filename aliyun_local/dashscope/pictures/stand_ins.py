"""Stand-ins for portraits: a photo of the person, cut to the asked size, tinted by the style, and captioned.

``account.portrait_studio`` shows one in place of each portrait of a fine-tune whose photos are kept. No
machine learning: whoever looks at the picture sees whose it is, and reads in it that FaceChain has not made
it. The same photos and order give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from aliyun_local.dashscope.pictures.detection import Face, find_faces
from aliyun_local.dashscope.pictures.inspection import MAX_IMAGE_BYTES, MAX_SIDE
from aliyun_local.pixel_budget import DECODING
from aliyun_local.pixel_depth import eight_bit

CAPTION = "local cloud: a stand-in, no portrait by FaceChain"
"""The second line in each picture; the first names the style."""
_TINT_SHARE = 0.14
_BORDER, _BAND = 0.025, 0.085  # of the width, of the height
_TEXT, _LEAST_TEXT = 0.026, 8  # of the height; in pixels
# Photos are looked at in this size: it is above that of the portraits, and quick to search.
_LONGEST_SIDE = 1536
# A cut is this many times as wide as the face, and the face's middle lies at this share of its height. The
# detector's faces reach from the brows to the chin.
_CUT_WIDTH, _FACE_HEIGHT = 2.7, 0.44
_CLOSER = 0.86


def stand_in(photos: Sequence[bytes], style: str, width: int, height: int, number: int) -> bytes | None:
    """Return the JPEG of picture ``number`` (they count from 1); None when no photo can be decoded.

    Photos with exactly one face are taken before others, a different one for each number as long as there
    are several; the same photo comes again mirrored, then closer.

    Args:
        photos: Image files of the person.
        style: Names the style in the caption and chooses the tint.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        number: Which picture of its task.
    """
    found = _photo_for(photos, number)
    if found is None:
        return None
    photo, face, earlier = found
    border, band = max(1, round(width * _BORDER)), max(3 * _LEAST_TEXT, round(height * _BAND))
    inner = (max(1, width - 2 * border), max(1, height - border - band))
    shown = photo.resize(
        inner, Image.Resampling.LANCZOS, box=_cut(photo.size, face, inner, _CLOSER ** (earlier // 2))
    )
    if earlier % 2:
        shown = ImageOps.mirror(shown)
    hue = int.from_bytes(hashlib.sha256(style.encode("utf-8", "replace")).digest()[:2], "big") % 360
    tint = ImageColor.getrgb(f"hsv({hue}, 60%, 50%)")
    canvas = Image.new("RGB", (width, height), tint)
    canvas.paste(Image.blend(shown, Image.new("RGB", inner, tint), _TINT_SHARE), (border, border))
    _write_caption(canvas, (style, CAPTION), band, border)
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=90)
    return file.getvalue()


def _photo_for(photos: Sequence[bytes], number: int) -> tuple[Image.Image, Face | None, int] | None:
    """Return a photo, the face in it, and how many pictures of lower numbers show the same photo."""
    fit: list[tuple[Image.Image, Face]] = []
    others: list[Image.Image] = []
    for content in photos:
        photo = _decoded(content)
        if photo is None:
            continue
        faces = find_faces(photo)
        if len(faces) == 1:
            fit.append((photo, faces[0]))
            if len(fit) == number:
                break
        else:
            others.append(photo)
    chosen: Sequence[tuple[Image.Image, Face | None]] = fit or [(photo, None) for photo in others]
    if not chosen:
        return None
    return (*chosen[(number - 1) % len(chosen)], (number - 1) // len(chosen))


def _decoded(content: bytes) -> Image.Image | None:
    """Return the picture in an image file, small, upright and without transparency; None if there is none."""
    if len(content) > MAX_IMAGE_BYTES:
        return None
    try:
        # Only the header is read here, so a decompression bomb is refused before it is unpacked.
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            if max(image.size) > MAX_SIDE:
                return None
            with DECODING.reserved(image.width * image.height):
                # A JPEG can be decoded at a fraction of its size, many times faster.
                image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
                small = eight_bit(image)
                small = small.convert("RGBA" if small.has_transparency_data else "RGB")
                small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), reducing_gap=2.0)
                small = ImageOps.exif_transpose(small)
    except Exception:  # decoders raise many kinds of exception on damaged files, warnings as errors included
        return None
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    return small.convert("RGB")


def _cut(
    size: tuple[int, int], face: Face | None, inner: tuple[int, int], closer: float
) -> tuple[float, float, float, float]:
    """Return the part of a picture of ``size`` to show, in the proportions of ``inner``: around the face."""
    width, height = size
    widest = min(float(width), height * inner[0] / inner[1])
    x, y, cut_width = width / 2, height / 2, widest
    if face is not None:
        face_width, face_height = (face.right - face.left) * width, (face.bottom - face.top) * height
        x, y = (face.left + face.right) / 2 * width, (face.top + face.bottom) / 2 * height
        cut_width = min(widest, _CUT_WIDTH * max(face_width, face_height))
    cut_width *= closer
    cut_height = cut_width * inner[1] / inner[0]
    left = min(max(0.0, x - cut_width / 2), width - cut_width)
    top = min(max(0.0, y - cut_height * (0.5 if face is None else _FACE_HEIGHT)), height - cut_height)
    return left, top, left + cut_width, top + cut_height


def _write_caption(canvas: Image.Image, lines: tuple[str, str], band: int, border: int) -> None:
    """Write two lines into the band at the lower edge of ``canvas``, as small as its width demands."""
    draw = ImageDraw.Draw(canvas)
    room = canvas.width - 2 * border
    size = max(_LEAST_TEXT, round(canvas.height * _TEXT))
    font = ImageFont.load_default(size)
    while size > _LEAST_TEXT and max(draw.textlength(line, font) for line in lines) > room:
        size -= 1
        font = ImageFont.load_default(size)
    top = canvas.height - band
    for row, line in enumerate(lines):
        middle = (canvas.width / 2, top + band * (0.3 + 0.42 * row))
        draw.text(middle, line, fill="white", font=font, anchor="mm")
