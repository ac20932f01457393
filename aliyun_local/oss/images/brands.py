"""Which of HEIC and AVIF a file is, by the brands that it names. Used by ``formats``.

Both are files of HEIF (ISO/IEC 23008-12, 10: ``mif1`` for pictures, ``msf1`` for sequences), which differ in
their codec. The general brands are true of both. The first brand, the major one, therefore decides only if it
tells the codec; else the compatible ones do.
"""

from __future__ import annotations

_HEVC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AV1 = frozenset({b"avif", b"avis"})
_GENERAL = frozenset({b"mif1", b"msf1", b"heif"})
_UNKNOWN_TO_DECODERS = b"heif"  # no standard has it; some cameras and converters write it
_MAX_BRANDS = 64
_MAJOR, _COMPATIBLE = slice(8, 12), 16


def kind_of(content: bytes) -> str | None:
    """Return HEIF or AVIF, Pillow's names of the two formats; None for any other file."""
    major, *others = _brands(content) or [b""]
    if major not in _HEVC | _AV1 | _GENERAL:
        return None
    telling = (
        major if major not in _GENERAL else next((brand for brand in others if brand in _HEVC | _AV1), b"")
    )
    return "AVIF" if telling in _AV1 else "HEIF"


def known_to_decoders(content: bytes) -> bytes:
    """Return ``content`` under a major brand by which decoders know it."""
    if content[_MAJOR] != _UNKNOWN_TO_DECODERS:
        return content
    return content[: _MAJOR.start] + b"mif1" + content[_MAJOR.stop :]


def _brands(content: bytes) -> list[bytes]:
    """Return the brands of the file type box, the major one first; of a file without such a box none."""
    if content[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(content[:4], "big"), _COMPATIBLE + 4 * _MAX_BRANDS, len(content))
    return [content[_MAJOR], *(content[at : at + 4] for at in range(_COMPATIBLE, end - 3, 4))]
