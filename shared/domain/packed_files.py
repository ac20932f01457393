"""Zips that are not called so, files that are zips inside, and archives of other kinds, as uploads.

A zip by another name is of no use until it is renamed, but office documents and apps are zips as well and
hold no photos: the names of their first files tell. A photo that an upload has compressed with gzip is no
archive to its owner either.

Sources: APPNOTE.TXT 4.3.7 (zip), ECMA-376 part 2 and OpenDocument 1.3 part 2 (documents as zips), EPUB 3.3
(OCF), RFC 1952 (gzip).
"""

from __future__ import annotations

import re
import zlib

from shared.domain.archive_formats import archive_format
from shared.domain.file_facts import FileFacts, Kind
from shared.domain.photos import Verdict
from shared.domain.picture_files import picture_format

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")
_ENTRY_HEAD = re.compile(rb"PK\x03\x04.{22}(?P<name_bytes>..)..", re.DOTALL)
_MOST_ENTRIES = 50
_DOCUMENT_NAMES = (
    "[Content_Types].xml",
    "word/",
    "xl/",
    "ppt/",
    "Index/Document.iwa",
    "Index.zip",
    "META-INF/container.xml",
)
_PROGRAM_NAMES = ("AndroidManifest.xml", "META-INF/MANIFEST.MF", "classes.dex", "Payload/")
_DOCUMENT_TYPES = (b"application/epub+zip", b"application/vnd.oasis.opendocument")
_PICTURE_TYPES = (b"image/openraster", b"application/x-krita")
_DOCUMENT_SUFFIXES = ("docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "pages", "numbers", "key")
_PEEKED_BYTES = 64


def kind_of_packed(facts: FileFacts) -> Kind | None:
    """Say what kind of archive a file is, or what its being an archive says of it; None for another."""
    start = facts.start
    if is_zip(start):
        return _of_zip(facts)
    what = archive_format(start)
    packed = _packed_picture(start) if what == "gzip" else None
    if packed is not None:
        return Kind(Verdict.SENT_COMPRESSED, f"{packed} in gzip")
    return Kind(Verdict.OTHER_ARCHIVE, f"{what} archive") if what else None


def is_zip(start: bytes) -> bool:
    """Whether a file begins like a zip."""
    return start.startswith(_ZIP)


def _of_zip(facts: FileFacts) -> Kind:
    names = _first_names(facts.start)
    if names[:1] == ["mimetype"]:
        if any(kind in facts.start[:256] for kind in _PICTURE_TYPES):
            return Kind(Verdict.OTHER_FORMAT, "layered picture")
        if any(kind in facts.start[:256] for kind in _DOCUMENT_TYPES):
            return Kind(Verdict.DOCUMENT, "document (zip)")
    if any(name.startswith(_PROGRAM_NAMES) for name in names):
        return Kind(Verdict.OTHER_FILE, "program (zip)")
    if facts.suffix in _DOCUMENT_SUFFIXES or any(name.startswith(_DOCUMENT_NAMES) for name in names):
        return Kind(Verdict.DOCUMENT, "document (zip)")
    return Kind(Verdict.MISNAMED_ZIP, "zip")


def _first_names(start: bytes) -> list[str]:
    """Return the names of the first files of a zip, by their local headers."""
    names = []
    for head, _ in zip(_ENTRY_HEAD.finditer(start), range(_MOST_ENTRIES), strict=False):
        count = int.from_bytes(head["name_bytes"], "little")
        names.append(start[head.end() : head.end() + count].decode("utf-8", "replace"))
    return names


def _packed_picture(start: bytes) -> str | None:
    """Return the format of a picture that gzip has packed, None where something else is packed."""
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(start, _PEEKED_BYTES)
    except zlib.error:
        return None
    return picture_format(unpacked)
