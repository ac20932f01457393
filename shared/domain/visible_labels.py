"""The visible label of a generated picture: what OSS is asked to write into it.

GB 45438-2025, 5.2 (pictures): a text that holds "AI" or its Chinese word, and "generated" or "synthesized",
at an edge or a corner, no lower than 5 % of the picture's shortest side. The standard does not say whether
the letters or the font's size have this height: here its lowest letters have it, the capitals of "AI". OSS,
"Add watermarks": ``size`` is the font's size in pixels, up to 1000; ``shadow`` lays a shadow below the
letters, which keeps white ones legible on white ground; the font WenQuanYi Micro Hei has capitals of 0.717
and Chinese ones of 0.899 of its size.

OSS makes the picture anew for this and may leave out its metadata, so the implicit label is written
afterwards (:mod:`shared.domain.content_labels`).
"""

from __future__ import annotations

import base64

TEXT = "AI生成"
FONT = "wqy-microhei"
HEIGHT_PERCENT = 5
_CAPITALS_PERCENT = 70
"""Of the font's size; a little less than they have."""
MAX_FONT_PIXELS = 1000
_QUALITY = {"JPEG": "/quality,Q_95", "WebP": "/quality,Q_95"}
"""OSS, "Adjust image quality": absolute, and never above the source's. Other formats have none."""


def visible_label(sides: tuple[int, int], form: str) -> str:
    """Return OSS's instructions to write the label into a picture, which keeps its format.

    Args:
        sides: the picture's width and height in pixels.
        form: its format, as :func:`shared.domain.picture_files.picture_format` says it.

    Raises:
        ValueError: the picture is larger than OSS has letters for, or has no pixels.
    """
    shortest = min(sides)
    size = -(-shortest * HEIGHT_PERCENT // _CAPITALS_PERCENT)
    if not 0 < size <= MAX_FONT_PIXELS:
        raise ValueError(f"no letters for a picture of {sides[0]} x {sides[1]} pixels")
    margin = size // 2
    watermark = (
        f"watermark,text_{_url_safe(TEXT)},type_{_url_safe(FONT)},size_{size},color_FFFFFF,shadow_50"
        f",g_se,x_{margin},y_{margin}"
    )
    return f"image/{watermark}{_QUALITY.get(form, '')}"


def _url_safe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")
