"""Films and sound recordings, the moving part of a Live Photo among them.

A file of ISO/IEC 14496-12 (MP4 and its kin) or QuickTime is told by the brand in its file type box; pictures
are of that form too and come first in the order. The moving part of a Live Photo is a QuickTime film that
names its still picture under ``com.apple.quicktime.content.identifier`` or
``com.apple.quicktime.still-image-time`` (Apple, "AVMetadataIdentifier"). Tools drop these; then the still of
the same name beside it tells.

Sources: the brands of mp4ra.org; Apple, "QuickTime File Format"; RFC 8794 and RFC 9559 (Matroska, WebM);
Microsoft, "AVI RIFF File Reference" and "Advanced Systems Format"; ISO/IEC 13818-1 (MPEG); RFC 3533 (Ogg);
RFC 4867 (AMR); ID3v2; file(1).
"""

from __future__ import annotations

from shared.domain.file_facts import FileFacts, Kind, stem_of
from shared.domain.photos import Verdict
from shared.domain.picture_files import picture_format

_OTHER_PICTURES = {b"jxl ": "JPEG XL", b"jp2 ": "JPEG 2000", b"jpx ": "JPEG 2000", b"jpm ": "JPEG 2000"}
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"F4A ")
_QUICKTIME_ATOMS = (b"moov", b"mdat", b"wide", b"pnot")
"""QuickTime films of before the file type box begin with one of these."""
_LIVE_PHOTO = (b"com.apple.quicktime.content.identifier", b"com.apple.quicktime.still-image-time")
_STILL_SUFFIXES = ("heic", "heif", "jpg", "jpeg", "png")
_PACKETS = 3
"""Transport streams repeat their sync byte with every packet; three of them are no accident."""

_FILMS = (
    (b"FLV\x01", "Flash"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (b"\x00\x00\x01\xba", "MPEG"),
    (b"\x00\x00\x01\xb3", "MPEG"),
    (b".RMF", "RealMedia"),
)
_SOUNDS = (
    (b"ID3", "MP3"),
    (b"fLaC", "FLAC"),
    (b"#!AMR", "AMR"),
    (b"#!SILK_V3", "SILK"),
    (b"\x02#!SILK_V3", "SILK"),
    (b"MThd", "MIDI"),
    (b"caff", "CAF"),
)


def is_film(start: bytes) -> bool:
    """Whether a file is a film whose properties may stand at its end."""
    has_brand = start[4:8] == b"ftyp" and picture_format(start) is None
    return has_brand or start[4:8] in _QUICKTIME_ATOMS


def kind_of_media(facts: FileFacts) -> Kind | None:
    """Say what kind of film or sound recording a file is, None for another."""
    start = facts.start
    if picture_format(start) is not None:
        return None
    if start[4:8] == b"ftyp" and len(start) >= 12:
        return _of_brand(facts, start[8:12])
    if start[4:8] in _QUICKTIME_ATOMS:
        return _film(facts, "QuickTime video")
    if start[:4] == b"RIFF":
        return _of_riff(start)
    if start.startswith(b"\x1aE\xdf\xa3"):
        return Kind(Verdict.VIDEO, "WebM video" if b"webm" in start[:64] else "Matroska video")
    if start.startswith(b"OggS"):
        is_film = b"theora" in start[:256]
        return Kind(Verdict.VIDEO, "Ogg video") if is_film else Kind(Verdict.OTHER_FILE, "Ogg sound")
    for signature, what in _FILMS:
        if start.startswith(signature):
            return Kind(Verdict.VIDEO, f"{what} video")
    for signature, what in _SOUNDS:
        if start.startswith(signature):
            return Kind(Verdict.OTHER_FILE, f"{what} sound")
    if start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
        return Kind(Verdict.OTHER_FILE, "AIFF sound")
    if _is_transport_stream(start):
        return Kind(Verdict.VIDEO, "MPEG transport stream")
    # A frame of MPEG audio begins with eleven bits only: without the name these prove nothing.
    if start[:1] == b"\xff" and start[1:2] >= b"\xe0" and facts.suffix in ("mp3", "aac"):
        return Kind(Verdict.OTHER_FILE, f"{facts.suffix.upper()} sound")
    return None


def _of_brand(facts: FileFacts, brand: bytes) -> Kind:
    if brand in _OTHER_PICTURES:
        return Kind(Verdict.OTHER_FORMAT, _OTHER_PICTURES[brand])
    if brand in _SOUND_BRANDS:
        return Kind(Verdict.OTHER_FILE, "MPEG-4 sound")
    if brand == b"qt  ":
        return _film(facts, "QuickTime video")
    return _film(facts, "3GPP video" if brand[:3] in (b"3gp", b"3g2") else "MPEG-4 video")


def _film(facts: FileFacts, what: str) -> Kind:
    names_its_still = any(mark in facts.start or mark in facts.end for mark in _LIVE_PHOTO)
    if names_its_still or _has_still_beside(facts):
        return Kind(Verdict.LIVE_PHOTO_VIDEO, what)
    return Kind(Verdict.VIDEO, what)


def _has_still_beside(facts: FileFacts) -> bool:
    return any(
        stem_of(name) == facts.stem and name.rpartition(".")[2].lower() in _STILL_SUFFIXES
        for name in facts.beside
        if name != facts.name
    )


def _of_riff(start: bytes) -> Kind | None:
    form = start[8:12]
    if form == b"AVI ":
        return Kind(Verdict.VIDEO, "AVI video")
    if form == b"WAVE":
        return Kind(Verdict.OTHER_FILE, "WAVE sound")
    return Kind(Verdict.DRAWING, "CorelDRAW") if form[:3] in (b"CDR", b"cdr") else None


def _is_transport_stream(start: bytes) -> bool:
    return any(
        len(start) > first + length * (_PACKETS - 1)
        and all(start[first + length * number] == 0x47 for number in range(_PACKETS))
        for first, length in ((0, 188), (4, 192))
    )
