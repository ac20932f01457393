"""Documents, archives of other kinds, programs and texts: small, and with the structure of real ones."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

from tests.uploads import pictures as p
from tests.uploads.zips import zip_of, zipped


def compound_file() -> bytes:
    """The header of a compound file ([MS-CFB], 2.2), as documents of Office 97 have it, and a sector."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    return head.ljust(512, b"\xff") + bytes(512)


def office(folder: str = "word") -> bytes:
    """A document of Office as ECMA-376 has it: a zip with its content types first."""
    return zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": b"<Relationships/>",
            f"{folder}/document.xml": b"<document/>",
            f"{folder}/media/image1.jpeg": p.jpeg(),
        },
        zipfile.ZIP_DEFLATED,
    )


def with_type(kind: bytes) -> bytes:
    """A zip that says first, unpacked, what it is: EPUB, OpenDocument, OpenRaster."""
    return zip_of(("mimetype", kind), ("META-INF/container.xml", b"<container/>"))


def app() -> bytes:
    return zipped({"AndroidManifest.xml": b"\3\0\x08\0", "classes.dex": b"dex\n035\0", "res/a.png": b""})


def tar(compression: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:" + compression) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("1.jpg")
        info.size = len(p.jpeg())
        archive.addfile(info, io.BytesIO(p.jpeg()))
    return buffer.getvalue()


def rar4() -> bytes:
    return b"Rar!\x1a\x07\x00" + struct.pack("<HBHH6x", 0x90CF, 0x73, 0, 13) + bytes(300)


def rar5() -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + bytes.fromhex("3392b5e50a01050600050101808000") + bytes(300)


def seven_zip() -> bytes:
    following = struct.pack("<QQI", 0, 0, 0)
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(following)) + following + bytes(60)


def zstandard() -> bytes:
    """A frame of one raw block (RFC 8878, 3.1.1)."""
    return b"\x28\xb5\x2f\xfd\x20\x05" + struct.pack("<I", 5 << 3 | 1)[:3] + b"photo"


def bzip2() -> bytes:
    return bz2.compress(p.jpeg())


def xz() -> bytes:
    return lzma.compress(p.jpeg())


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def windows_program() -> bytes:
    return (
        b"MZ\x90\x00\x03\0\0\0\x04\0\0\0\xff\xff".ljust(60, b"\0")
        + struct.pack("<I", 64)
        + b"PE\0\0"
        + bytes(300)
    )


def linux_program() -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(300)


def database() -> bytes:
    return b"SQLite format 3\x00" + struct.pack(">HBBBBBB", 4096, 1, 1, 0, 64, 32, 32) + bytes(400)


def takeout(name: str = "IMG_0001.JPG") -> bytes:
    """The JSON that an export of Google Photos lays beside each photo."""
    properties = {
        "title": name,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": "1258549448", "formatted": "18 Nov 2009, 13:04:08 UTC"},
        "photoTakenTime": {"timestamp": "1258375918", "formatted": "16 Nov 2009, 12:51:58 UTC"},
        "geoData": {"latitude": 30.6, "longitude": 104.0, "altitude": 0.0},
    }
    return json.dumps(properties, indent=2).encode()


def adjustments() -> bytes:
    """The edits of a photo as Apple Photos exports them."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
        b'<plist version="1.0"><dict><key>adjustmentBaseVersion</key><integer>0</integer>'
        b"<key>adjustmentFormatIdentifier</key><string>com.apple.photo</string></dict></plist>\n"
    )


def xmp() -> bytes:
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>\n<?xpacket end="w"?>'
    )


def cloud_error(code: str = "NoSuchKey") -> bytes:
    """The error document of OSS, of which other clouds have the same elements."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n'
        f"  <Code>{code}</Code>\n  <Message>The specified key does not exist.</Message>\n"
        "  <RequestId>6A000000000000000000</RequestId>\n  <HostId>bucket.example</HostId>\n</Error>\n"
    ).encode()


def mail() -> bytes:
    return (
        b"Received: from mail.example\r\nMIME-Version: 1.0\r\nMessage-ID: <1@example>\r\nSubject: photos\r\n"
        b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4AAQSkZJRg==\r\n"
    )
