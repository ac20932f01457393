"""The values of the state: buckets, objects, their attributes, and the origins of changes.

Every module of the state and every handler uses these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aliyun_local.oss.errors import invalid_argument

BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)
STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
DEFAULT_CONTENT_TYPE = "application/octet-stream"
NULL_VERSION = "null"
SYMLINK = "Symlink"
DELETE_MARKER = "DeleteMarker"

Row = tuple[str, str, int, str, str, str, float, str, str, str, str, str, str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket. ``created_at`` is in seconds since the epoch.

    ``versioning`` is empty until it is switched on for the first time, then ``Enabled`` or ``Suspended``.
    """

    name: str
    region: str
    acl: str
    storage_class: str
    created_at: float
    versioning: str = ""


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """The description that a writer gives an object besides its bytes.

    ``headers`` are those that OSS returns unchanged (Cache-Control, x-oss-meta-...), in lower case. An empty
    ``storage_class`` is that of the bucket.
    """

    content_type: str = DEFAULT_CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    acl: str = "default"
    storage_class: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Restoration(NamedTuple):
    """The span in which an archived object can be read, in seconds since the epoch."""

    readable_from: float
    readable_until: float


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One version of an object; symbolic links and delete markers are versions too.

    ``size`` is in bytes, ``modified_at`` in seconds since the epoch. ``kind`` is OSS's object type.
    ``segments`` are (blob id, size in bytes) in order. ``target`` is the key that a symbolic link points to.
    ``restoration`` is set once an archived object is restored.
    """

    bucket: str
    key: str
    size: int
    etag: str
    crc: int
    kind: str
    modified_at: float
    attributes: Attributes = field(default_factory=Attributes)
    segments: tuple[tuple[str, int], ...] = ()
    version: str = NULL_VERSION
    target: str = ""
    restoration: Restoration | None = None

    @property
    def is_marker(self) -> bool:
        """Whether this is a delete marker."""
        return self.kind == DELETE_MARKER

    @property
    def blob_ids(self) -> list[str]:
        """The blobs that hold the content."""
        return [blob_id for blob_id, _ in self.segments]

    def row(self) -> tuple[object, ...]:
        """Return the values of the database row, in the order of the table's columns."""
        attributes = self.attributes
        return (
            self.bucket,
            self.key,
            self.size,
            self.etag,
            str(self.crc),
            self.kind,
            self.modified_at,
            json.dumps(self.segments),
            attributes.content_type,
            json.dumps(dict(attributes.headers)),
            attributes.acl,
            attributes.storage_class,
            json.dumps(dict(attributes.tags)),
            self.version,
            self.target,
            json.dumps(self.restoration),
        )

    @classmethod
    def from_row(cls, row: Row) -> StoredObject:
        """Return the object in a database row."""
        restoration = None if row[15] == "null" else json.loads(row[15])
        return cls(
            bucket=row[0],
            key=row[1],
            size=row[2],
            etag=row[3],
            crc=int(row[4]),
            kind=row[5],
            modified_at=row[6],
            segments=tuple((blob_id, size) for blob_id, size in json.loads(row[7])),
            attributes=Attributes(
                content_type=row[8],
                headers=_mapping(row[9]),
                acl=row[10],
                storage_class=row[11],
                tags=_mapping(row[12]),
            ),
            version=row[13],
            target=row[14],
            restoration=Restoration(*restoration) if restoration else None,
        )


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The request that makes a change, for the notification about it.

    An empty ``event`` is the usual event of the method that makes the change.
    """

    request_id: str = ""
    source_ip: str = "127.0.0.1"
    event: str = ""


NO_REQUEST = Origin()
"""The origin of changes that a program in the same process makes."""


def check_acl(acl: str, allowed: tuple[str, ...]) -> None:
    """Refuse an ACL that is not in ``allowed``.

    Raises:
        OssError: InvalidArgument.
    """
    if acl not in allowed:
        raise invalid_argument("The ACL is not one of those that OSS knows.", ArgumentName="x-oss-acl")


def check_storage_class(storage_class: str) -> None:
    """Refuse an unknown storage class.

    Raises:
        OssError: InvalidArgument.
    """
    if storage_class not in STORAGE_CLASSES:
        raise invalid_argument("The storage class is not one of those that OSS knows.")


def _mapping(text: str) -> dict[str, str]:
    found: dict[str, str] = {} if text == "{}" else json.loads(text)
    return found
