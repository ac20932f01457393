"""The metadata of a picture file, to be read and to be given an XMP packet, without a look at its pixels.

Where the packet stands: "XMP Specification Part 3" (Adobe; ISO 16684-1): in a JPEG an APP1 segment with
Adobe's name, in a PNG the iTXt chunk ``XML:com.adobe.xmp``, in a WebP (RFC 9649) the chunk "XMP " of the
extended format. The rest of the file is copied as it is, with coded data, order, and what follows the end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from shared.domain.jpeg import APP0, APP1, APP15, COM, EOI, Segment, segments
from shared.domain.picture_files import PNG, picture_format, picture_sides

_ADOBE = b"http://ns.adobe.com/xap/1.0/\x00"
_EXIF = b"Exif\x00"
_MOST_SEGMENT_BYTES = 0xFFFF - 2
_PNG_KEYWORD = b"XML:com.adobe.xmp\x00"
_PNG_PICTURE = (b"IHDR", b"PLTE", b"IDAT", b"fdAT", b"IEND")
_MOST_UNPACKED_BYTES = 4 * 1024 * 1024
"""Of all packed texts of a PNG together: more is no metadata of ours, and would only take time."""
_WEBP_CODED = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_WEBP_PICTURE = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP")
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10


class CannotBeLabelled(ValueError):
    """The bytes are no whole JPEG, PNG or WebP, or their metadata leave no place for a label."""


@dataclass(frozen=True, kw_only=True)
class OpenedPicture:
    """A picture's metadata.

    Attributes:
        metadata: every piece that is no part of the picture, unpacked.
        packet: its XMP, b"" if it has none.
        with_packet: returns the file with another packet; raises :class:`CannotBeLabelled` for one too long.
    """

    metadata: tuple[bytes, ...]
    packet: bytes
    with_packet: Callable[[bytes], bytes]


class Chunk(NamedTuple):
    """A chunk of a PNG or a WebP: its name, its content, and where in the file it begins and ends."""

    kind: bytes
    content: bytes
    begins: int
    ends: int


def opened(content: bytes) -> OpenedPicture:
    """Return the metadata of a picture.

    Raises:
        CannotBeLabelled: it is no whole JPEG, PNG or WebP.
    """
    read = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp}.get(picture_format(content) or "")
    if read is None:
        raise CannotBeLabelled("neither JPEG nor PNG nor WebP")
    return read(content)


# -- JPEG ---------------------------------------------------------------------------------------------


def _jpeg(content: bytes) -> OpenedPicture:
    found = list(segments(content))
    if not found or found[-1].marker != EOI or not any(one.coded_ends > one.ends for one in found):
        raise CannotBeLabelled("no whole JPEG")
    free = [one for one in found if APP0 <= one.marker <= APP15 or one.marker == COM]
    ours = [one for one in free if one.marker == APP1 and one.content.startswith(_ADOBE)]
    begins, ends = (ours[0].begins, ours[0].ends) if ours else (_behind_the_first(found),) * 2
    return OpenedPicture(
        metadata=tuple(one.content for one in free),
        packet=ours[0].content[len(_ADOBE) :] if ours else b"",
        with_packet=partial(_with_segment, content, begins, ends),
    )


def _behind_the_first(found: list[Segment]) -> int:
    """Return the place behind JFIF and EXIF, each of which wants to come first."""
    at = 2
    for one in found:
        if one.marker != APP0 and not (one.marker == APP1 and one.content.startswith(_EXIF)):
            break
        at = one.ends
    return at


def _with_segment(content: bytes, begins: int, ends: int, packet: bytes) -> bytes:
    inner = _ADOBE + packet
    if len(inner) > _MOST_SEGMENT_BYTES:
        raise CannotBeLabelled("the XMP packet does not fit into a segment")
    segment = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    return content[:begins] + segment + content[ends:]


# -- PNG ----------------------------------------------------------------------------------------------


def _png(content: bytes) -> OpenedPicture:
    chunks = list(_png_chunks(content))
    kinds = [one.kind for one in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise CannotBeLabelled("no whole PNG")
    pieces, packet, place = [], b"", (chunks[0].ends, chunks[0].ends)
    left = _MOST_UNPACKED_BYTES
    for one in chunks:
        if one.kind in _PNG_PICTURE:
            continue
        piece = _unpacked(one, left)
        left -= len(piece) if piece is not one.content else 0
        pieces.append(piece)
        if one.kind == b"iTXt" and one.content.startswith(_PNG_KEYWORD) and place[0] == place[1]:
            packet, place = _text_of(piece), (one.begins, one.ends)
    return OpenedPicture(
        metadata=tuple(pieces), packet=packet, with_packet=partial(_with_chunk, content, *place)
    )


def _png_chunks(content: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to IEND, as far as ``content`` has whole ones ("PNG (Third Edition)", 5.3)."""
    at = len(PNG)
    while at + 12 <= len(content):
        ends = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if ends > len(content):
            return
        yield Chunk(content[at + 4 : at + 8], content[at + 8 : ends - 4], at, ends)
        if content[at + 4 : at + 8] == b"IEND":
            return
        at = ends


def _unpacked(chunk: Chunk, most_bytes: int) -> bytes:
    """Return the content of a chunk, its text unpacked if it is packed ("PNG (Third Edition)", 11.3.3)."""
    keyword, _, rest = chunk.content.partition(b"\x00")
    if chunk.kind == b"iTXt" and rest[:1] == b"\x01":
        language, translated, packed = (*rest[2:].split(b"\x00", 2), b"", b"")[:3]
        head = keyword + b"\x00\x00\x00" + language + b"\x00" + translated + b"\x00"
    elif chunk.kind == b"zTXt":
        head, packed = keyword + b"\x00", rest[1:]
    else:
        return chunk.content
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, max(most_bytes, 1))
    except zlib.error:
        return chunk.content
    if unpacking.unconsumed_tail:
        raise CannotBeLabelled("the PNG has more text than can be read")
    return head + text


def _text_of(international: bytes) -> bytes:
    """Return the text of an iTXt chunk that is not packed: behind keyword, two flags and two more names."""
    return (*international[len(_PNG_KEYWORD) + 2 :].split(b"\x00", 2), b"", b"")[2]


def _with_chunk(content: bytes, begins: int, ends: int, packet: bytes) -> bytes:
    inner = b"iTXt" + _PNG_KEYWORD + b"\x00\x00\x00\x00" + packet
    chunk = (len(inner) - 4).to_bytes(4, "big") + inner + zlib.crc32(inner).to_bytes(4, "big")
    return content[:begins] + chunk + content[ends:]


# -- WebP ---------------------------------------------------------------------------------------------


def _webp(content: bytes) -> OpenedPicture:
    chunks = list(_webp_chunks(content))
    kinds = [one.kind for one in chunks]
    sides = picture_sides(content)
    is_whole = bool(chunks) and chunks[-1].ends == _webp_ends(content) and bool(_WEBP_CODED & set(kinds))
    if not is_whole or not sides or 0 in sides or (kinds[0] == b"VP8X" and len(chunks[0].content) < 10):
        raise CannotBeLabelled("no whole WebP")
    ours = [one for one in chunks if one.kind == b"XMP "]
    return OpenedPicture(
        metadata=tuple(one.content for one in chunks if one.kind not in _WEBP_PICTURE),
        packet=ours[0].content if ours else b"",
        with_packet=partial(_with_webp_chunk, content, chunks, sides),
    )


def _webp_ends(content: bytes) -> int:
    return 8 + int.from_bytes(content[4:8], "little")


def _webp_chunks(content: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a RIFF file, as far as it has whole ones (RFC 9649, 2.3: an odd one is padded)."""
    at, end = 12, min(_webp_ends(content), len(content))
    while at + 8 <= end:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        ends = at + 8 + size + size % 2
        if ends > end:
            return
        yield Chunk(content[at : at + 4], content[at + 8 : at + 8 + size], at, ends)
        at = ends


def _with_webp_chunk(content: bytes, chunks: list[Chunk], sides: tuple[int, int], packet: bytes) -> bytes:
    """Return the extended format with the packet as its last chunk (RFC 9649, 2.7)."""
    first, rest = chunks[0], chunks
    if first.kind == b"VP8X":
        head, rest = first.content, chunks[1:]
    else:
        # Of the simple formats only the lossless one can be transparent: a bit behind its sides tells.
        is_transparent = first.kind == b"VP8L" and content[24] & 0x10
        head = bytes((_ALPHA_FLAG if is_transparent else 0, 0, 0, 0))
        head += b"".join((side - 1).to_bytes(3, "little") for side in sides)
    kept = b"".join(content[one.begins : one.ends] for one in rest if one.kind != b"XMP ")
    body = b"WEBP" + _riff(b"VP8X", bytes((head[0] | _XMP_FLAG,)) + head[1:]) + kept + _riff(b"XMP ", packet)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + content[_webp_ends(content) :]


def _riff(kind: bytes, inner: bytes) -> bytes:
    return kind + len(inner).to_bytes(4, "little") + inner + b"\x00" * (len(inner) % 2)
