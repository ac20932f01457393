"""Uploads of every format, size and orientation, and files that are no picture at all."""

from __future__ import annotations

from functools import partial
from typing import Any

from aliyun_local.samples import encoded
from tests.uploads import pictures as p
from tests.uploads.case import Case, one
from tests.uploads.zips import zipped

MEGABYTE = 1024 * 1024


def _format(what: str, kind: str, **options: Any) -> Case:
    return one(what, lambda: encoded(p.face(), kind, **options))


def _on_its_side(kind: str, orientation: int) -> bytes:
    return encoded(p.face(), kind, orientation=orientation)


def _laid_down(degrees: int) -> bytes:
    """The portrait as a camera stores it that does not know how it is held."""
    return encoded(p.face().rotate(degrees, expand=True), "JPEG", quality=90)


FORMATS = [
    _format("a JPEG", "JPEG"),
    _format("a progressive JPEG", "JPEG", progressive=True),
    _format("a JPEG without subsampling", "JPEG", subsampling=0, quality=95),
    _format("a JPEG with restart markers", "JPEG", restart_marker_rows=1),
    _format("a JPEG of the lowest quality", "JPEG", quality=10),
    one("a CMYK JPEG", lambda: encoded(p.face().convert("CMYK")), upright=False),
    one("a grey JPEG", lambda: encoded(p.face().convert("L")), upright=False),
    one("an MPO of two pictures", p.mpo),
    _format("a PNG", "PNG"),
    one("a PNG with transparency", lambda: encoded(p.face().convert("RGBA"), "PNG")),
    one("a PNG with a palette", lambda: encoded(p.face().quantize(128), "PNG"), upright=True),
    one("a grey PNG of 16 bits", partial(p.sixteen_bit, "PNG"), upright=False),
    one("a grey TIFF of 16 bits", partial(p.sixteen_bit, "TIFF"), upright=False),
    one("a PNG in black and white", lambda: encoded(p.face().convert("1"), "PNG"), upright=False),
    one("a grey PNG with transparency", lambda: encoded(p.face().convert("LA"), "PNG"), upright=False),
    one("an interlaced PNG", p.interlaced),
    _format("a WebP", "WEBP"),
    _format("a lossless WebP", "WEBP", lossless=True, method=0),
    one("a WebP with transparency", lambda: encoded(p.face().convert("RGBA"), "WEBP")),
    _format("a GIF", "GIF"),
    one("an animated GIF", lambda: p.animated("GIF")),
    one("an animated PNG", lambda: p.animated("PNG")),
    _format("a BMP", "BMP"),
    _format("a TIFF", "TIFF"),
    _format("a compressed TIFF", "TIFF", compression="tiff_lzw"),
    one("a TIFF of several pages", lambda: p.animated("TIFF")),
    one("a HEIC", p.heic),
    *(
        one(f"a HEIC of the brand {brand}", partial(p.branded, "HEIF", brand))
        for brand in ("heif", "mif1", "msf1", "heix", "hevc")
    ),
    _format("an AVIF", "AVIF", quality=80, speed=10),
    *(
        one(f"an AVIF of the brand {brand}", partial(p.branded, "AVIF", brand))
        for brand in ("heif", "mif1", "msf1")
    ),
]

SIZES = [
    one("1 by 1 pixel", lambda: p.sized(1, 1), "too_few_pixels"),
    one("255 by 255 pixels", lambda: p.sized(255, 255), "too_few_pixels"),
    one("256 by 256 pixels", lambda: p.sized(256, 256), sides=(256, 256)),
    one("256 by 255 pixels", lambda: p.sized(256, 255), "too_few_pixels"),
    one("255 by 400 pixels", lambda: p.sized(255, 400), "too_few_pixels"),
    one("2048 by 2048 pixels", lambda: p.sized(2048, 2048), sides=(2048, 2048)),
    one("2049 by 2047 pixels", lambda: p.sized(2049, 2047), sides=(2048, 2046)),
    one("4096 by 4096 pixels", lambda: p.sized(4096, 4096), sides=(2048, 2048)),
    one(
        "12 megapixels on its side",
        p.twelve_megapixels,
        sides=(1536, 2048),
    ),
    one(
        "4096 by 512 pixels, in which a face is small",
        lambda: p.sized(4096, 512),
        "no_face",
        sides=(2048, 256),
    ),
    one("4096 by 510 pixels, which preparing makes too low", lambda: p.sized(4096, 510), "too_narrow"),
    one("30000 by 10 pixels", lambda: p.sized(30_000, 10), "too_few_pixels"),
    one("30001 by 10 pixels", lambda: p.sized(30_001, 10), "too_many_pixels"),
    one("10 by 30001 pixels", lambda: p.sized(10, 30_001, "PNG"), "too_many_pixels"),
    one("more than 250 megapixels", lambda: p.png_that_claims(16_000, 16_000), "too_many_pixels"),
    one(
        "more pixels than any machine has", lambda: p.png_that_claims(2**31 - 1, 2**31 - 1), "too_many_pixels"
    ),
    one("no pixels", lambda: p.png_that_claims(0, 0), "not_an_image"),
    one("0 bytes", lambda: b"", "empty"),
    one("20 MB", lambda: p.padded(20 * MEGABYTE)),
    one("20 MB and a byte", lambda: p.padded(20 * MEGABYTE + 1), "too_many_bytes"),
]

ORIENTATIONS = [
    *(
        one(
            f"a JPEG turned as EXIF's {number} says",
            partial(_on_its_side, "JPEG", number),
        )
        for number in range(1, 9)
    ),
    *(
        one(
            f"a JPEG with the orientation {number}, which does not exist",
            partial(p.with_exif, "JPEG", number),
        )
        for number in (0, 9, 65_535)
    ),
    *(one(f"a {kind} on its side", partial(_on_its_side, kind, 6)) for kind in ("PNG", "WEBP", "TIFF")),
    one("a HEIC on its side", lambda: p.heic(6)),
    *(
        one(
            f"a JPEG that lies turned by {degrees} degrees, and does not say so", partial(_laid_down, degrees)
        )
        for degrees in (90, 180, 270)
    ),
]

BROKEN = [
    one(
        "a PNG with a wrong CRC in its header",
        lambda: p.flipped(encoded(p.face(), "PNG"), 20),
        "not_an_image",
    ),
    one("a PNG with a wrong CRC behind its data", lambda: p.flipped(encoded(p.face(), "PNG"), -13)),
    one("60 KB of EXIF", p.with_large_exif),
    one("200 KB of colour profile", p.with_large_profile),
    one(
        "too few pixels behind 200 KB of profile",
        lambda: p.with_large_profile((200, 250)),
        "unfit",
        sides=(200, 250),
    ),
    one("a comment that is a web page", lambda: p.with_segment(0xFE, b"<script>alert(1)</script>")),
    one("EXIF that cannot be read", lambda: p.with_segment(0xE1, b"Exif\0\0" + bytes(range(200)))),
    one("a picture that is a zip as well", lambda: p.jpeg() + zipped({"2.jpg": p.jpeg(2)})),
    one("a picture that is a PDF as well", lambda: p.with_segment(0xFE, b"%PDF-1.4\n1 0 obj\n")),
    one("a GIF that is a script as well", lambda: encoded(p.face(), "GIF") + b";alert(1)//"),
]
