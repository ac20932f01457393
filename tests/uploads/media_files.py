"""Films, Live Photos and sound recordings, small, with the structure that the formats ask for."""

from __future__ import annotations

import struct

ASSET = b"764134D7-D2D7-4B70-99FE-63FCF10E57BC"


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO/IEC 14496-12, 4.2."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full_box(kind: bytes, *content: bytes) -> bytes:
    return box(kind, bytes(4), *content)


def film(brand: bytes = b"isom", *, picture_bytes: int = 3000, properties: bytes = b"") -> bytes:
    """A film of one second that nobody can decode: the file type, the data, and the tables behind."""
    duration = struct.pack(">5I", 0, 0, 1000, 1000, 0x10000) + bytes(76)
    track = box(b"trak", full_box(b"tkhd", bytes(80)))
    return (
        box(b"ftyp", brand, struct.pack(">I", 512), brand)
        + box(b"wide")
        + box(b"mdat", bytes(range(256)) * (picture_bytes // 256))
        + box(b"moov", full_box(b"mvhd", duration), track, properties)
    )


def quicktime_properties(key: bytes, value: bytes) -> bytes:
    """A metadata atom (Apple, "QuickTime File Format"): its handler, its keys and their values."""
    handler = full_box(b"hdlr", bytes(4), b"mdta", bytes(13))
    keys = full_box(b"keys", struct.pack(">I", 1), box(b"mdta", key))
    data = box(b"data", struct.pack(">II", 1, 0), value)
    return box(b"meta", handler, keys, box(b"ilst", box(struct.pack(">I", 1), data)))


def live_photo_film(*, picture_bytes: int = 3000) -> bytes:
    """The moving part of a Live Photo: it names its still picture at the end of the file."""
    properties = quicktime_properties(b"com.apple.quicktime.content.identifier", ASSET)
    return film(b"qt  ", picture_bytes=picture_bytes, properties=properties)


def old_film() -> bytes:
    """A QuickTime film of before the file type box."""
    return box(b"mdat", bytes(range(256))) + box(b"moov", full_box(b"mvhd", bytes(96)))


def avi() -> bytes:
    header = b"avih" + struct.pack("<I", 56) + bytes(56)
    streams = b"LIST" + struct.pack("<I", 4 + len(header)) + b"hdrl" + header
    return b"RIFF" + struct.pack("<I", 4 + len(streams)) + b"AVI " + streams


def matroska(kind: bytes = b"matroska") -> bytes:
    """An EBML header (RFC 8794, 11.2) with its document type, and a segment of unknown length."""
    fields = b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08"
    fields += b"\x42\x82" + bytes([0x80 | len(kind)]) + kind
    return b"\x1aE\xdf\xa3" + bytes([0x80 | len(fields)]) + fields + b"\x18S\x80g\x01" + b"\xff" * 7


def windows_media() -> bytes:
    header = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    return header + struct.pack("<QI", 30, 0) + b"\x01\x02" + bytes(500)


def flash() -> bytes:
    return b"FLV\x01\x05" + struct.pack(">II", 9, 0) + b"\x09" + bytes(10)


def program_stream() -> bytes:
    return b"\x00\x00\x01\xba\x44\x00\x04\x00\x04\x01\x01\x89\xc3\xf8" + bytes(2034)


def transport_stream(packets: int = 20) -> bytes:
    return b"".join(b"\x47\x40\x11\x10" + bytes([number]) * 184 for number in range(packets))


def ogg(codec: bytes) -> bytes:
    """The first page of an Ogg stream (RFC 3533, 6)."""
    head = b"OggS\x00\x02" + bytes(8) + struct.pack("<III", 1, 0, 0)
    return head + bytes([1, len(codec)]) + codec


def wave() -> bytes:
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 800)
    return b"RIFF" + struct.pack("<I", 4 + len(form) + 800) + b"WAVE" + form + bytes(800)


def mp3() -> bytes:
    return b"ID3\x03\x00\x00\x00\x00\x00\x00" + (b"\xff\xfb\x90\x64" + bytes(413)) * 4
