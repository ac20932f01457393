"""Pictures of the formats that OSS processes, and why one of them is refused all the same.

OSS, "Image processing": JPG, PNG, BMP, GIF, WebP, TIFF, HEIC and AVIF; animated WebP only for accounts that
have asked for it, and a HEIC with transparency not into a JPEG. A picture whose end is missing begins as it
should: each format says in its own way where it ends. TIFF is also the form of most raw files; their first
picture is a small preview, which OSS may take for the photo.

Sources: ITU-T T.81 (JPEG), "PNG (Third Edition)", GIF89a, "WebP Container Specification", ISO/IEC 23008-12
(HEIF), AOMedia "AV1 Image File Format", TIFF 6.0, Adobe "Digital Negative Specification" 1.7 (DNGVersion),
ISO 12234-2 (TIFF/EP: a reduced picture first, the sensor's data in SubIFDs), and the signatures of raw files
in LibRaw and file(1).
"""

from __future__ import annotations

from shared.domain.file_facts import FileFacts, Kind
from shared.domain.jpeg import jpeg_sides, reaches_its_end
from shared.domain.orientation import turned_as_told
from shared.domain.photos import Verdict, may_be_raw
from shared.domain.tiff import Tiff

PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""The sizes of a bitmap's second header, by which its versions are told."""
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    **dict.fromkeys((b"heif", b"mif1", b"msf1"), "HEIF"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_TRANSPARENCY = (b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
ENDS_TELL = ("JPEG", "PNG", "GIF")
"""Only the last bytes of these tell whether they are whole; the others begin with their length."""
_RAW_STARTS = (
    (b"II\x1a\x00\x00\x00HEAPCCDR", "Canon CRW"),
    (b"IIRO", "Olympus ORF"),
    (b"IIRS", "Olympus ORF"),
    (b"MMOR", "Olympus ORF"),
    (b"IIU\x00", "Panasonic RW2"),
    (b"FUJIFILMCCD-RAW", "Fujifilm RAF"),
    (b"FOVb", "Sigma X3F"),
    (b"\x00MRM", "Minolta MRW"),
)


def picture_format(start: bytes) -> str | None:
    """Return the format of a picture that OSS processes, by its first bytes, or None."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(PNG):
        return "PNG"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start.startswith((b"II*\x00", b"MM\x00*")):
        return "TIFF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    if start[4:8] == b"ftyp" and start[8:12] in _BRANDS:
        return _BRANDS[start[8:12]]
    is_bitmap = start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in _BMP_HEADERS
    return "BMP" if is_bitmap else None


def kind_of_raw(facts: FileFacts) -> Kind | None:
    """Return the kind of a camera's raw file, None for another file."""
    raw = _raw_format(facts)
    return Kind(Verdict.RAW_FILE, raw) if raw else None


def kind_of_picture(facts: FileFacts) -> Kind | None:
    """Say of a picture why it is refused: it is an animation, of a rare kind, or its end is missing.

    None: it is no picture of these formats, or nothing is wrong that can be seen here.
    """
    form, start = picture_format(facts.start), facts.start
    if form is None:
        return None
    if _is_cut_off(form, facts):
        return Kind(Verdict.CUT_OFF, f"{form} without its end")
    if form == "WebP" and start[12:16] == b"VP8X" and start[20:21] and start[20] & 2:
        return Kind(Verdict.ANIMATION, "animated WebP")
    if form in _BRANDS.values() and b"moov" in start:
        # Pictures one after the other are a track, as in a film (ISO/IEC 23008-12, 7).
        return Kind(Verdict.ANIMATION, f"{form} of several pictures")
    if form in ("HEIC", "HEIF") and any(mark in start for mark in _TRANSPARENCY):
        return Kind(Verdict.OTHER_FORMAT, "HEIC with transparency")
    if form == "PNG" and start[12:16] == b"CgBI":
        return Kind(Verdict.OTHER_FORMAT, "PNG out of an iPhone app")
    return None


def picture_sides(start: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture, in the order in which they are stored, where its start tells."""
    form = picture_format(start)
    if form == "JPEG":
        return jpeg_sides(start)
    if form == "PNG" and len(start) >= 24:
        return int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")
    if form == "GIF" and len(start) >= 10:
        return int.from_bytes(start[6:8], "little"), int.from_bytes(start[8:10], "little")
    if form == "BMP" and len(start) >= 26 and start[14] != _BMP_HEADERS[0]:
        width, height = (int.from_bytes(start[at : at + 4], "little", signed=True) for at in (18, 22))
        # A negative height means that the rows go downwards.
        return abs(width), abs(height)
    if form == "WebP":
        return _sides_of_webp(start)
    if form == "TIFF":
        tiff = Tiff(start)
        sides = tiff.number(Tiff.WIDTH), tiff.number(Tiff.HEIGHT)
        return (sides[0], sides[1]) if sides[0] and sides[1] else None
    told = turned_as_told(start) if form in _BRANDS.values() else None
    return told.sides if told else None


def _sides_of_webp(start: bytes) -> tuple[int, int] | None:
    """RFC 9649, 2.5 to 2.7: the simple lossy and lossless formats, and the extended one."""
    if start[12:16] == b"VP8X" and len(start) >= 30:
        return int.from_bytes(start[24:27], "little") + 1, int.from_bytes(start[27:30], "little") + 1
    if start[12:16] == b"VP8L" and len(start) >= 25:
        bits = int.from_bytes(start[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if start[12:16] == b"VP8 " and len(start) >= 30:
        width, height = (int.from_bytes(start[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return width, height
    return None


def _raw_format(facts: FileFacts) -> str | None:
    start = facts.start
    for signature, what in _RAW_STARTS:
        if start.startswith(signature):
            return what
    if start[4:12] == b"ftypcrx ":
        return "Canon CR3"
    if not start.startswith((b"II*\x00", b"MM\x00*")):
        return None
    if start[8:10] == b"CR":
        return "Canon CR2"
    tiff = Tiff(start)
    if Tiff.DNG_VERSION in tiff:
        return "DNG"
    has_reduced_picture_first = bool((tiff.number(Tiff.NEW_SUBFILE_TYPE) or 0) & 1) and Tiff.SUB_IFDS in tiff
    if has_reduced_picture_first or may_be_raw(facts.name):
        return f"{facts.suffix.upper()} (TIFF/EP)" if may_be_raw(facts.name) else "TIFF/EP"
    return None


def _is_cut_off(form: str, facts: FileFacts) -> bool:
    """Whether the end of a picture is missing, by what its format says of the end."""
    start, size = facts.start, facts.size
    if form in ENDS_TELL and not facts.end:
        return False
    if form == "JPEG":
        if facts.is_in_hand:
            return not (reaches_its_end(start) or start.rstrip(b"\x00").endswith(b"\xff\xd9"))
        # Between two markers of the coded data, no byte 0xFF stands before 0xD9 (T.81, B.1.1.5).
        return b"\xff\xd9" not in facts.end
    if form == "PNG":
        return _PNG_END not in facts.end
    if form == "GIF":
        # A trailer stands behind the empty block that ends the last picture (GIF89a, 16 and 27).
        return not facts.end.rstrip(b"\x00\r\n").endswith(b"\x00;")
    if form == "WebP":
        return int.from_bytes(start[4:8], "little") + 8 > size
    if form == "BMP":
        return int.from_bytes(start[2:6], "little") > size
    if form == "TIFF":
        return Tiff(start).reaches_to() > size
    has_no_tables = facts.is_in_hand and b"meta" not in start and b"moov" not in start
    return has_no_tables or _boxes_reach_to(start, size) > size


def _boxes_reach_to(start: bytes, size: int) -> int:
    """Return where the last box ends whose beginning is in ``start`` (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(start) and at < size:
        length = int.from_bytes(start[at : at + 4], "big")
        if length == 1 and at + 16 <= len(start):
            length = int.from_bytes(start[at + 8 : at + 16], "big")
        if length == 0:
            # It goes on to the end of the file, wherever that is.
            return size
        if length < 8:
            break
        at += length
    # A box that has not even its own head is missing as well.
    return at + 8 if len(start) == size and 0 < size - at < 8 else at
