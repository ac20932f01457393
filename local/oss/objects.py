"""What an object, a bucket and the maker of a change are, and the checksums OSS keeps of contents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import crcmod

BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)
DEFAULT_CONTENT_TYPE = "application/octet-stream"

# CRC-64/XZ, which OSS calls crc64ecma. crcmod's C extension makes it 1 GB/s; it comes with oss2 anyway.
_crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


def crc64(content: bytes, previous: int = 0) -> int:
    """Return the CRC64-ECMA of ``content``, continued from that of what stands before it."""
    return int(_crc64(content, previous))


def md5_etag(content: bytes) -> str:
    """Return the ETag of an object that was written at once: its MD5 in upper-case hex."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest().upper()


def multipart_etag(part_etags: Iterable[str]) -> str:
    """Return the ETag of an object made of parts: the MD5 of their MD5s, a hyphen, their number."""
    digests = [bytes.fromhex(etag) for etag in part_etags]
    return f"{md5_etag(b''.join(digests))}-{len(digests)}"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket. ``created`` is in seconds since the epoch."""

    name: str
    region: str
    acl: str
    storage_class: str
    created: float


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a writer says about an object besides its bytes.

    ``headers`` are those that OSS gives back as they came (Cache-Control, x-oss-meta-...), in lower case.
    """

    content_type: str = DEFAULT_CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    acl: str = "default"
    storage_class: str = "Standard"


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object as it stands. ``segments`` are (blob id, size in bytes) in order; times are epoch seconds."""

    bucket: str
    key: str
    size: int
    etag: str
    crc: int
    kind: str
    modified: float
    attributes: Attributes
    segments: tuple[tuple[str, int], ...]

    def row(self) -> tuple[object, ...]:
        """Return the values of its row, in the order of the table's columns."""
        attributes = self.attributes
        return (
            self.bucket,
            self.key,
            self.size,
            self.etag,
            str(self.crc),
            self.kind,
            self.modified,
            json.dumps(self.segments),
            attributes.content_type,
            json.dumps(dict(attributes.headers)),
            attributes.acl,
            attributes.storage_class,
        )

    @classmethod
    def from_row(
        cls, row: tuple[str, str, int, str, str, str, float, str, str, str, str, str]
    ) -> StoredObject:
        """Rebuild an object from :meth:`row`."""
        return cls(
            bucket=row[0],
            key=row[1],
            size=row[2],
            etag=row[3],
            crc=int(row[4]),
            kind=row[5],
            modified=row[6],
            segments=tuple((blob_id, size) for blob_id, size in json.loads(row[7])),
            attributes=Attributes(
                content_type=row[8], headers=json.loads(row[9]), acl=row[10], storage_class=row[11]
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whence a change comes: the request that made it and the address it came from."""

    request_id: str = ""
    source_ip: str = "127.0.0.1"
