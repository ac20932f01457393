"""Documents, pictures of rare formats, programs and the rest, each told by fixed bytes at a fixed place.

Kinds that a signature alone does not tell have rules of their own (:mod:`shared.domain.file_kinds`).

Sources: ISO 32000-2 (PDF), Adobe "PostScript Language Reference", [MS-CFB], [MS-SHLLINK], [MS-EMF], [MS-WMF],
"Adobe Photoshop File Formats", ISO/IEC 15444-1 (JPEG 2000), ISO/IEC 18181-2 (JPEG XL), ISO/IEC 29199-2
(JPEG XR), DICOM PS3.10, OpenEXR, "The QOI Image Format", OpenType, "SQLite File Format", RFC 4880 (OpenPGP),
age-encryption.org, the WHATWG's "MIME Sniffing", file(1). The caches of WeChat are described by those who
read them; there is no document of its maker.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.file_facts import FileFacts, Kind
from shared.domain.photos import Verdict


class Signature(NamedTuple):
    """Bytes that stand ``at`` a place in every file of a kind."""

    verdict: Verdict
    what: str
    content: bytes
    at: int = 0


SIGNATURES = (
    Signature(Verdict.DOCUMENT, "PDF", b"%PDF-"),
    Signature(Verdict.DOCUMENT, "PostScript", b"%!PS"),
    Signature(Verdict.DOCUMENT, "PostScript", b"\xc5\xd0\xd3\xc6"),
    Signature(Verdict.DOCUMENT, "RTF", b"{\\rtf"),
    Signature(Verdict.DOCUMENT, "Office 97 document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Signature(Verdict.DOCUMENT, "DjVu", b"AT&TFORM"),
    Signature(Verdict.DOCUMENT, "e-book", b"BOOKMOBI", 60),
    Signature(Verdict.OTHER_FORMAT, "Photoshop", b"8BPS"),
    Signature(Verdict.OTHER_FORMAT, "JPEG 2000", b"\x00\x00\x00\x0cjP  \r\n\x87\n"),
    Signature(Verdict.OTHER_FORMAT, "JPEG 2000", b"\xff\x4f\xff\x51"),
    Signature(Verdict.OTHER_FORMAT, "JPEG XL", b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
    Signature(Verdict.OTHER_FORMAT, "JPEG XL", b"\xff\x0a"),
    Signature(Verdict.OTHER_FORMAT, "JPEG XR", b"II\xbc\x01"),
    Signature(Verdict.OTHER_FORMAT, "BigTIFF", b"II+\x00"),
    Signature(Verdict.OTHER_FORMAT, "BigTIFF", b"MM\x00+"),
    Signature(Verdict.OTHER_FORMAT, "OpenEXR", b"\x76\x2f\x31\x01"),
    Signature(Verdict.OTHER_FORMAT, "Radiance HDR", b"#?RADIANCE"),
    Signature(Verdict.OTHER_FORMAT, "Radiance HDR", b"#?RGBE"),
    Signature(Verdict.OTHER_FORMAT, "GIMP", b"gimp xcf"),
    Signature(Verdict.OTHER_FORMAT, "DirectDraw", b"DDS "),
    Signature(Verdict.OTHER_FORMAT, "QOI", b"qoif"),
    Signature(Verdict.OTHER_FORMAT, "BPG", b"BPG\xfb"),
    Signature(Verdict.OTHER_FORMAT, "FLIF", b"FLIF"),
    Signature(Verdict.OTHER_FORMAT, "DICOM", b"DICM", 128),
    Signature(Verdict.OTHER_FORMAT, "FITS", b"SIMPLE  ="),
    Signature(Verdict.OTHER_FORMAT, "MNG", b"\x8aMNG\r\n\x1a\n"),
    Signature(Verdict.OTHER_FORMAT, "DPX", b"SDPX"),
    Signature(Verdict.OTHER_FORMAT, "icon of a Mac", b"icns"),
    Signature(Verdict.OTHER_FORMAT, "Clip Studio", b"CSFCHUNK"),
    Signature(Verdict.OTHER_FORMAT, "Affinity", b"\x00\xffKA"),
    Signature(Verdict.DRAWING, "EMF", b" EMF\x00\x00\x01\x00", 40),
    Signature(Verdict.DRAWING, "WMF", b"\xd7\xcd\xc6\x9a"),
    Signature(Verdict.DRAWING, "AutoCAD", b"AC10"),
    Signature(Verdict.LINK, "shortcut of Windows", b"L\x00\x00\x00\x01\x14\x02\x00"),
    Signature(Verdict.LINK, "alias of a Mac", b"book\x00\x00\x00\x00mark\x00\x00\x00\x00"),
    Signature(Verdict.SYSTEM_FILE, "AppleDouble", b"\x00\x05\x16\x07"),
    Signature(Verdict.SYSTEM_FILE, "AppleSingle", b"\x00\x05\x16\x00"),
    Signature(Verdict.SYSTEM_FILE, "folder settings of a Mac", b"\x00\x00\x00\x01Bud1"),
    Signature(Verdict.ENCRYPTED_FILE, "OpenSSL", b"Salted__"),
    Signature(Verdict.ENCRYPTED_FILE, "age", b"age-encryption.org/"),
    Signature(Verdict.ENCRYPTED_FILE, "AES Crypt", b"AES\x02"),
    Signature(Verdict.ENCRYPTED_FILE, "AxCrypt", b"\xc0\xb9\x07\x2e\x4f\x93\xf1\x46"),
    Signature(Verdict.ENCRYPTED_FILE, "cache of WeChat", b"\x07\x08V1\x08\x07"),
    Signature(Verdict.ENCRYPTED_FILE, "cache of WeChat", b"\x07\x08V2\x08\x07"),
    Signature(Verdict.OTHER_FILE, "program of Windows", b"MZ\x90\x00"),
    Signature(Verdict.OTHER_FILE, "program of Linux", b"\x7fELF"),
    Signature(Verdict.OTHER_FILE, "program of a Mac", b"\xcf\xfa\xed\xfe"),
    Signature(Verdict.OTHER_FILE, "program", b"\xca\xfe\xba\xbe"),
    Signature(Verdict.OTHER_FILE, "program", b"dex\n"),
    Signature(Verdict.OTHER_FILE, "program", b"\x00asm"),
    Signature(Verdict.OTHER_FILE, "SQLite database", b"SQLite format 3\x00"),
    Signature(Verdict.OTHER_FILE, "font", b"OTTO\x00"),
    Signature(Verdict.OTHER_FILE, "font", b"\x00\x01\x00\x00\x00"),
    Signature(Verdict.OTHER_FILE, "font", b"ttcf\x00"),
    Signature(Verdict.OTHER_FILE, "font", b"wOFF"),
    Signature(Verdict.OTHER_FILE, "font", b"wOF2"),
    Signature(Verdict.OTHER_FILE, "torrent", b"d8:announce"),
    Signature(Verdict.OTHER_FILE, "NumPy array", b"\x93NUMPY"),
)

_ICONS = {b"\x00\x00\x01\x00": "icon", b"\x00\x00\x02\x00": "cursor"}
_PORTABLE_MAPS = tuple(b"P%d%c" % (number, blank) for number in range(1, 8) for blank in b" \t\r\n")
_TARGA_END = b"TRUEVISION-XFILE.\x00"
TARGA_SUFFIX = ".tga"
"""The only kind that has its signature at its end, and is looked for there by its name."""


def kind_by_signature(facts: FileFacts) -> Kind | None:
    """Return the kind of a file by the bytes that stand at a fixed place, None where none are known."""
    start = facts.start
    if start[:4] in _ICONS and 0 < int.from_bytes(start[4:6], "little") < 1000 and start[9:10] == b"\x00":
        return Kind(Verdict.OTHER_FORMAT, _ICONS[start[:4]])
    for signature in SIGNATURES:
        if start.startswith(signature.content, signature.at):
            return Kind(signature.verdict, signature.what)
    if start.startswith(_PORTABLE_MAPS):
        return Kind(Verdict.OTHER_FORMAT, "portable map")
    if facts.end.endswith(_TARGA_END):
        return Kind(Verdict.OTHER_FORMAT, "Targa")
    if start.startswith(b"bplist00"):
        return _of_property_list(facts)
    return None


def _of_property_list(facts: FileFacts) -> Kind:
    if facts.suffix == "aae" or b"adjustmentFormatIdentifier" in facts.start:
        return Kind(Verdict.SIDECAR, "edits of a photo")
    if facts.suffix == "webloc":
        return Kind(Verdict.LINK, "link of a Mac")
    return Kind(Verdict.OTHER_FILE, "property list")
