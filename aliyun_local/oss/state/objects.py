"""What an object, a bucket and the maker of a change are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)
DEFAULT_CONTENT_TYPE = "application/octet-stream"
NULL_VERSION = "null"
SYMLINK = "Symlink"
DELETE_MARKER = "DeleteMarker"


Row = tuple[str, str, int, str, str, str, float, str, str, str, str, str, str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket. ``created`` is in seconds since the epoch.

    ``versioning`` is empty as long as nobody has switched it on, then ``Enabled`` or ``Suspended`` for good.
    """

    name: str
    region: str
    acl: str
    storage_class: str
    created: float
    versioning: str = ""


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a writer says about an object besides its bytes.

    ``headers`` are those that OSS gives back as they came (Cache-Control, x-oss-meta-...), in lower case.
    An empty ``storage_class`` is that of the bucket.
    """

    content_type: str = DEFAULT_CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    acl: str = "default"
    storage_class: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """A version of an object as it stands; a symbolic link and a delete marker are versions too.

    ``segments`` are (blob id, size in bytes) in order; times are epoch seconds. ``target`` is the key that a
    symbolic link points to. ``restored`` says from when until when an archived object can be read, if ever.
    """

    bucket: str
    key: str
    size: int
    etag: str
    crc: int
    kind: str
    modified: float
    attributes: Attributes = field(default_factory=Attributes)
    segments: tuple[tuple[str, int], ...] = ()
    version: str = NULL_VERSION
    target: str = ""
    restored: tuple[float, float] | None = None

    @property
    def is_marker(self) -> bool:
        """Whether this says that the key is deleted."""
        return self.kind == DELETE_MARKER

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
            json.dumps(dict(attributes.tags)),
            self.version,
            self.target,
            json.dumps(self.restored),
        )

    @classmethod
    def from_row(cls, row: Row) -> StoredObject:
        """Rebuild an object from :meth:`row`."""
        restored = json.loads(row[15])
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
                content_type=row[8],
                headers=json.loads(row[9]),
                acl=row[10],
                storage_class=row[11],
                tags=json.loads(row[12]),
            ),
            version=row[13],
            target=row[14],
            restored=(restored[0], restored[1]) if restored else None,
        )


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whence a change comes: the request that made it and the address it came from."""

    request_id: str = ""
    source_ip: str = "127.0.0.1"
