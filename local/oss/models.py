"""The state of OSS: buckets, objects, multipart uploads and the outbox of notifications; knows no HTTP.

A change writes its bytes first, then commits one transaction that names them and holds the notification, and
only then removes what it replaced. Killed at any instant, the store is as before the change or as after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from local.database import Database
from local.oss import notifications
from local.oss.addressing import check_bucket_name, check_key
from local.oss.blobs import Blobs, FileBlobs, MemoryBlobs, chunks, read_segments
from local.oss.errors import (
    OssError,
    file_already_exists,
    invalid_argument,
    no_such_bucket,
    no_such_key,
    position_not_equal_to_length,
)
from local.oss.listing import Page, list_page
from local.oss.multipart import SCHEMA as MULTIPART_SCHEMA
from local.oss.multipart import MultipartUploads
from local.oss.notifications import Notification
from local.oss.objects import (
    BUCKET_ACLS,
    OBJECT_ACLS,
    Attributes,
    Bucket,
    Origin,
    StoredObject,
    crc64,
    md5_etag,
)

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from local.clock import Clock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, region TEXT NOT NULL, acl TEXT NOT NULL, storage_class TEXT NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, crc TEXT NOT NULL,
    kind TEXT NOT NULL, modified REAL NOT NULL, segments TEXT NOT NULL, content_type TEXT NOT NULL,
    headers TEXT NOT NULL, acl TEXT NOT NULL, storage_class TEXT NOT NULL, PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
"""
_READ_ATTEMPTS = 5


@dataclass
class Change:
    """One transaction: its connection, what it makes obsolete, and whether it has something to tell."""

    connection: sqlite3.Connection
    obsolete: list[str] = field(default_factory=list)
    notified: bool = False


class ObjectStore:
    """Everything that one account keeps in OSS, in one region."""

    def __init__(self, data: Path | None, clock: Clock) -> None:
        """Open or create the state under the folder ``data`` (None: in memory)."""
        self.clock = clock
        self.blobs: Blobs = MemoryBlobs()
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
            self.blobs = FileBlobs(data / "objects")
        schema = _SCHEMA + MULTIPART_SCHEMA + notifications.SCHEMA
        self._database = Database(data / "oss.sqlite" if data else None, schema)
        self._listeners: list[Callable[[], None]] = []
        self.uploads = MultipartUploads(self)
        if isinstance(self.blobs, FileBlobs):
            with self.reading() as connection:
                held = {blob for (text,) in connection.execute(_ALL_BLOBS) for blob in text.split(",")}
            self.blobs.sweep(held)

    def close(self) -> None:
        """Close the files; what was committed stays."""
        self._database.close()
        if isinstance(self.blobs, FileBlobs):
            self.blobs.close()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each commit that added a notification."""
        self._listeners.append(listener)

    # Buckets

    def create_bucket(
        self, name: str, *, region: str = "cn-beijing", acl: str = "private", storage_class: str = "Standard"
    ) -> Bucket:
        """Create a bucket; one that is there already keeps its creation time and takes the new ACL.

        Raises:
            OssError: the name or the ACL is not legal.
        """
        check_bucket_name(name)
        _check_acl(acl, BUCKET_ACLS)
        with self.changing() as change:
            row = (name, region, acl, storage_class, self.clock.now())
            change.connection.execute(
                "INSERT INTO buckets VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET acl = excluded.acl",
                row,
            )
        return self.bucket(name)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket.

        Raises:
            OssError: NoSuchBucket.
        """
        with self.reading() as connection:
            row = connection.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise no_such_bucket(name)
        return _bucket(row)

    def buckets(self, *, prefix: str = "", marker: str = "", limit: int = 100) -> Page[Bucket]:
        """Return a page of the account's buckets by name."""

        def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, Bucket]]:
            with self.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM buckets WHERE name >= ? AND (? IS NULL OR name < ?) ORDER BY name LIMIT ?",
                    (start, stop, stop, count),
                ).fetchall()
            return [(row[0], _bucket(row)) for row in rows]

        return list_page(fetch, prefix=prefix, marker=marker, limit=limit)

    def set_bucket_acl(self, name: str, acl: str) -> None:
        """Change who may use a bucket without signing.

        Raises:
            OssError: NoSuchBucket, or an ACL that is none.
        """
        _check_acl(acl, BUCKET_ACLS)
        self.bucket(name)
        with self.changing() as change:
            change.connection.execute("UPDATE buckets SET acl = ? WHERE name = ?", (acl, name))

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket.

        Raises:
            OssError: NoSuchBucket, or BucketNotEmpty while objects or unfinished uploads are in it.
        """
        with self.changing() as change:
            self.bucket(name)
            for table in ("objects", "uploads"):
                query = f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1"  # noqa: S608 (two fixed names)
                if change.connection.execute(query, (name,)).fetchone():
                    message = "The bucket you tried to delete is not empty."
                    raise OssError(409, "BucketNotEmpty", message, "0015-00000301", BucketName=name)
            change.connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    # Objects

    def put(
        self,
        bucket: str,
        key: str,
        content: bytes,
        attributes: Attributes | None = None,
        *,
        origin: Origin | None = None,
        event: str = "ObjectCreated:PutObject",
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Write an object, in place of what has the same key.

        Raises:
            OssError: NoSuchBucket, InvalidObjectName, or FileAlreadyExists with ``forbid_overwrite``.
        """
        self.bucket(bucket)
        check_key(key)
        blob_id = self.blobs.write(content)
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=len(content),
            etag=md5_etag(content),
            crc=crc64(content),
            kind="Normal",
            modified=self.clock.now(),
            attributes=attributes or Attributes(),
            segments=((blob_id, len(content)),),
        )
        _check_acl(stored.attributes.acl, OBJECT_ACLS)
        with self.changing(blob_id) as change:
            self.replace(change, stored, origin or Origin(), event, forbid_overwrite=forbid_overwrite)
        return stored

    def append(
        self,
        bucket: str,
        key: str,
        content: bytes,
        position: int,
        attributes: Attributes | None = None,
        *,
        origin: Origin | None = None,
    ) -> StoredObject:
        """Append to an appendable object, or begin one at position 0.

        Raises:
            OssError: PositionNotEqualToLength or ObjectNotAppendable, both 409.
        """
        self.bucket(bucket)
        check_key(key)
        blob_id = self.blobs.write(content)
        with self.changing(blob_id) as change:
            old = self._find(change.connection, bucket, key)
            if old is not None and old.kind != "Appendable":
                message = "The object is not appendable."
                raise OssError(409, "ObjectNotAppendable", message, "0026-00000017")
            if position != (old.size if old else 0):
                raise position_not_equal_to_length(old.size if old else 0)
            size = position + len(content)
            stored = StoredObject(
                bucket=bucket,
                key=key,
                size=size,
                etag=f"{md5_etag(content)[:16]}{size:016X}",
                crc=crc64(content, old.crc if old else 0),
                kind="Appendable",
                modified=self.clock.now(),
                attributes=old.attributes if old else attributes or Attributes(),
                segments=((*old.segments, (blob_id, len(content))) if old else ((blob_id, len(content)),)),
            )
            self.replace(change, stored, origin or Origin(), "ObjectCreated:AppendObject", position=position)
        return stored

    def copy(
        self,
        source: tuple[str, str],
        bucket: str,
        key: str,
        attributes: Attributes | None = None,
        *,
        acl: str = "default",
        check: Callable[[StoredObject], None] | None = None,
        origin: Origin | None = None,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Copy the object of ``source`` (bucket, key) when ``check`` does not raise for it.

        ``attributes`` None keeps those of the source, with ``acl`` in place of its ACL.

        Raises:
            OssError: NoSuchBucket, NoSuchKey, FileAlreadyExists, or what ``check`` raises.
        """
        found, content = self.get_range(
            *source, lambda stored: (check and check(stored), (0, stored.size))[1]
        )
        kept = replace(found.attributes, acl=acl)
        return self.put(
            bucket,
            key,
            content,
            attributes or kept,
            origin=origin,
            event="ObjectCreated:CopyObject",
            forbid_overwrite=forbid_overwrite,
        )

    def head(self, bucket: str, key: str) -> StoredObject:
        """Return what an object is, without its bytes.

        Raises:
            OssError: NoSuchBucket or NoSuchKey.
        """
        with self.reading() as connection:
            stored = self._find(connection, bucket, key)
        if stored is None:
            self.bucket(bucket)
            raise no_such_key(key)
        return stored

    def read(self, stored: StoredObject, start: int = 0, stop: int | None = None) -> bytes:
        """Return bytes of what ``stored`` describes; FileNotFoundError when it was replaced."""
        return read_segments(self.blobs, stored.segments, start, stored.size if stop is None else stop)

    def get(self, bucket: str, key: str) -> tuple[StoredObject, bytes]:
        """Return an object with its bytes, both of one moment.

        Raises:
            OssError: NoSuchBucket or NoSuchKey.
        """
        return self.get_range(bucket, key, lambda stored: (0, stored.size))

    def get_range(
        self, bucket: str, key: str, choose: Callable[[StoredObject], tuple[int, int]]
    ) -> tuple[StoredObject, bytes]:
        """Return an object with the bytes from start to stop that ``choose`` picks for it.

        Raises:
            OssError: NoSuchBucket, NoSuchKey, or what ``choose`` raises.
        """
        for _ in range(_READ_ATTEMPTS):
            stored = self.head(bucket, key)
            try:
                return stored, self.read(stored, *choose(stored))
            except FileNotFoundError:
                # Replaced between the row and the file; the new row has a file of its own.
                continue
        raise OssError(500, "InternalError", "The object changed faster than it could be read.")

    def delete(
        self,
        bucket: str,
        key: str,
        *,
        origin: Origin | None = None,
        event: str = "ObjectRemoved:DeleteObject",
    ) -> bool:
        """Delete an object and return whether it was there; deleting nothing is no error and no event."""
        self.bucket(bucket)
        with self.changing() as change:
            old = self._find(change.connection, bucket, key)
            if old is None:
                return False
            change.connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            change.obsolete.extend(blob_id for blob_id, _ in old.segments)
            self.notify(change, old, origin or Origin(), event, delta=-old.size)
        return True

    def set_object_acl(self, bucket: str, key: str, acl: str) -> None:
        """Change who may use one object without signing; ``default`` follows the bucket.

        Raises:
            OssError: NoSuchKey, or an ACL that is none.
        """
        _check_acl(acl, OBJECT_ACLS)
        self.head(bucket, key)
        with self.changing() as change:
            query = "UPDATE objects SET acl = ? WHERE bucket = ? AND key = ?"
            change.connection.execute(query, (acl, bucket, key))

    def list_objects(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", marker: str = "", limit: int = 100
    ) -> Page[StoredObject]:
        """Return a page of a bucket's objects in the byte order of their keys.

        Raises:
            OssError: NoSuchBucket.
        """
        self.bucket(bucket)

        def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, StoredObject]]:
            bound = "" if stop is None else "AND key < ?"
            query = f"SELECT * FROM objects WHERE bucket = ? AND key >= ? {bound} ORDER BY key LIMIT ?"  # noqa: S608
            values = [bucket, start, *([] if stop is None else [stop]), count]
            with self.reading() as connection:
                rows = connection.execute(query, values).fetchall()
            return [(row[1], StoredObject.from_row(row)) for row in rows]

        return list_page(fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit)

    # Notifications

    def pending_notifications(self, limit: int = 100) -> list[Notification]:
        """Return the oldest notifications that nobody has acknowledged, in order."""
        with self.reading() as connection:
            return notifications.pending(connection, limit)

    def acknowledge(self, notification_id: int) -> None:
        """Forget a notification: whoever took it will deliver it, even after a crash."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM notifications WHERE id = ?", (notification_id,))

    # For the parts of the state that stand in modules of their own

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for reads."""
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def changing(self, *new_blobs: str) -> Iterator[Change]:
        """Run one change: commit, then remove what it made obsolete, then tell the listeners.

        ``new_blobs`` were written for this change and are removed when it fails.
        """
        try:
            with self._database.transaction() as connection:
                change = Change(connection)
                yield change
        except BaseException:
            for blob_id in new_blobs:
                self.blobs.remove(blob_id)
            raise
        for blob_id in change.obsolete:
            self.blobs.remove(blob_id)
        if change.notified:
            for listener in self._listeners:
                listener()

    def replace(
        self,
        change: Change,
        stored: StoredObject,
        origin: Origin,
        event: str,
        *,
        forbid_overwrite: bool = False,
        position: int | None = None,
    ) -> None:
        """Make ``stored`` the object of its key inside ``change``.

        Raises:
            OssError: FileAlreadyExists; NoSuchBucket when the bucket went away meanwhile.
        """
        self.bucket(stored.bucket)
        old = self._find(change.connection, stored.bucket, stored.key)
        if old is not None:
            if forbid_overwrite:
                raise file_already_exists(completing=stored.kind == "Multipart")
            kept = {blob_id for blob_id, _ in stored.segments}
            change.obsolete.extend(blob_id for blob_id, _ in old.segments if blob_id not in kept)
        row = stored.row()
        change.connection.execute(
            f"INSERT OR REPLACE INTO objects VALUES ({', '.join('?' * len(row))})",  # noqa: S608
            row,
        )
        delta = stored.size - (old.size if old else 0)
        self.notify(change, stored, origin, event, delta=delta, position=position)

    def notify(
        self,
        change: Change,
        stored: StoredObject,
        origin: Origin,
        event: str,
        *,
        delta: int,
        position: int | None = None,
    ) -> None:
        """Put a notification about ``stored`` into the outbox, inside ``change``."""
        change.notified = True
        notifications.record(
            change.connection,
            Notification(
                event_name=event,
                bucket=stored.bucket,
                key=stored.key,
                size=stored.size,
                delta_size=delta,
                etag=stored.etag,
                content_type=stored.attributes.content_type,
                time=self.clock.now(),
                request_id=origin.request_id,
                source_ip=origin.source_ip,
                position=position,
            ),
        )

    def checksum(self, segments: tuple[tuple[str, int], ...]) -> int:
        """Return the CRC64 of a segmented content."""
        crc = 0
        for piece in chunks(self.blobs, segments):
            crc = crc64(piece, crc)
        return crc

    @staticmethod
    def _find(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
        query = "SELECT * FROM objects WHERE bucket = ? AND key = ?"
        row = connection.execute(query, (bucket, key)).fetchone()
        return StoredObject.from_row(row) if row else None


_ALL_BLOBS = """
SELECT (SELECT group_concat(json_extract(value, '$[0]')) FROM json_each(segments)) FROM objects
WHERE segments != '[]' UNION ALL SELECT blob FROM parts
"""


def _bucket(row: tuple[str, str, str, str, float]) -> Bucket:
    return Bucket(name=row[0], region=row[1], acl=row[2], storage_class=row[3], created=row[4])


def _check_acl(acl: str, allowed: tuple[str, ...]) -> None:
    if acl not in allowed:
        raise invalid_argument("The ACL is not one of those that OSS knows.", ArgumentName="x-oss-acl")
