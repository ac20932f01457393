"""Multipart uploads: begun, filled part by part, then completed into an object or aborted.

Completing moves no bytes: the parts' blobs become the object's segments.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, file_already_exists, invalid_argument, no_such_upload
from aliyun_local.oss.state.checksums import multipart_etag
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import Attributes, Origin, StoredObject

if TYPE_CHECKING:
    import sqlite3

    from aliyun_local.oss.state.models import ObjectStore

MIN_PART_BYTES = 100 * 1024
MAX_PART_NUMBER = 10_000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An upload that is neither completed nor aborted. ``started`` is in seconds since the epoch."""

    id: str
    bucket: str
    key: str
    started: float
    attributes: Attributes


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an upload. ``modified`` is in seconds since the epoch, ``size`` in bytes."""

    number: int
    blob: str
    size: int
    etag: str
    modified: float
    crc: int


class MultipartUploads:
    """The uploads of a store."""

    def __init__(self, store: ObjectStore) -> None:
        """Work on the tables and blobs of ``store``."""
        self._store = store

    def start(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        origin: Origin | None = None,
        forbid_overwrite: bool = False,
    ) -> Upload:
        """Begin an upload.

        Raises:
            OssError: NoSuchBucket, or FileAlreadyExists with ``forbid_overwrite``.
        """
        upload = Upload(
            id=secrets.token_hex(16).upper(),
            bucket=bucket,
            key=key,
            started=self._store.clock.now(),
            attributes=attributes,
        )
        with self._store.changing() as change:
            holder = self._store.bucket(bucket)
            find = "SELECT 1 FROM objects WHERE bucket = ? AND key = ?"
            forbid_overwrite = forbid_overwrite and not holder.versioning
            if forbid_overwrite and change.connection.execute(find, (bucket, key)).fetchone():
                raise file_already_exists()
            body = json.dumps(asdict(attributes))
            row = (upload.id, bucket, key, upload.started, body)
            change.connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)
            subject = self._subject(upload, 0, "")
            event = "ObjectCreated:InitiateMultipartUpload"
            self._store.notify(change, subject, origin or Origin(), event, delta=0)
        return upload

    def find(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            OssError: NoSuchUpload, also when it belongs to another key.
        """
        with self._store.reading() as connection:
            query = "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
            row = connection.execute(query, (upload_id, bucket, key)).fetchone()
        if row is None:
            self._store.bucket(bucket)
            raise no_such_upload(upload_id)
        return _upload(row)

    def put_part(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        number: int,
        content: bytes,
        *,
        origin: Origin | None = None,
        event: str = "ObjectCreated:UploadPart",
    ) -> Part:
        """Write part ``number`` (1..10,000), in place of what has the same number.

        Raises:
            OssError: NoSuchUpload, or InvalidArgument for the number.
        """
        if not 1 <= number <= MAX_PART_NUMBER:
            raise invalid_argument(
                "Part number must be an integer between 1 and 10000, inclusive.", ArgumentName="partNumber"
            )
        self.find(bucket, key, upload_id)
        blob, etag, crc = self._store.keep(content)
        part = Part(
            crc=crc,
            number=number,
            blob=blob,
            size=len(content),
            etag=etag,
            modified=self._store.clock.now(),
        )
        with self._store.changing(blob) as change:
            upload = self.find(bucket, key, upload_id)
            old = change.connection.execute(
                "SELECT blob FROM parts WHERE upload = ? AND number = ?", (upload_id, number)
            ).fetchone()
            change.obsolete.extend(old or ())
            row = (upload_id, number, blob, part.size, part.etag, part.modified, str(part.crc))
            change.connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            subject = self._subject(upload, part.size, part.etag)
            self._store.notify(change, subject, origin or Origin(), event, delta=0)
        return part

    def parts(
        self, bucket: str, key: str, upload_id: str, *, marker: int = 0, limit: int = 1000
    ) -> tuple[list[Part], bool]:
        """Return up to ``limit`` parts with numbers above ``marker``, and whether there are more.

        Raises:
            OssError: NoSuchUpload.
        """
        self.find(bucket, key, upload_id)
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT number, blob, size, etag, modified, crc FROM parts WHERE upload = ? AND number > ? "
                "ORDER BY number LIMIT ?",
                (upload_id, marker, limit + 1),
            ).fetchall()
        return [_part(row) for row in rows[:limit]], len(rows) > limit

    def complete(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        wanted: Sequence[tuple[int, str]] | None,
        *,
        acl: str = "",
        origin: Origin | None = None,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Make an object of the parts in ``wanted`` (number, ETag); None takes all that are there.

        ``acl`` is the object's when it is not empty.

        Raises:
            OssError: NoSuchUpload, InvalidPartOrder, InvalidPart, EntityTooSmall or FileAlreadyExists.
        """
        with self._store.changing() as change:
            upload = self.find(bucket, key, upload_id)
            rows = change.connection.execute(
                "SELECT number, blob, size, etag, modified, crc FROM parts WHERE upload = ? ORDER BY number",
                (upload_id,),
            ).fetchall()
            there = [_part(row) for row in rows]
            chosen = there if wanted is None else _choose(there, wanted)
            if not chosen:
                raise OssError(400, "InvalidPart", "An upload cannot be completed without parts.")
            if any(part.size < MIN_PART_BYTES for part in chosen[:-1]):
                message = "Your proposed upload is smaller than the minimum allowed size."
                raise OssError(400, "EntityTooSmall", message)
            segments = tuple((part.blob, part.size) for part in chosen)
            stored = StoredObject(
                bucket=bucket,
                key=key,
                size=sum(part.size for part in chosen),
                etag=multipart_etag(part.etag for part in chosen),
                crc=self._store.checksum(segments),
                kind="Multipart",
                modified=self._store.clock.now(),
                attributes=replace(upload.attributes, acl=acl or upload.attributes.acl),
                segments=segments,
            )
            stored = self._store.replace(
                change,
                stored,
                origin or Origin(),
                "ObjectCreated:CompleteMultipartUpload",
                forbid_overwrite=forbid_overwrite,
            )
            used = {part.blob for part in chosen}
            change.obsolete.extend(part.blob for part in there if part.blob not in used)
            self._forget(change.connection, upload_id)
        return stored

    def abort(self, bucket: str, key: str, upload_id: str, *, origin: Origin | None = None) -> None:
        """Drop an upload and its parts.

        Raises:
            OssError: NoSuchUpload.
        """
        with self._store.changing() as change:
            upload = self.find(bucket, key, upload_id)
            rows = change.connection.execute("SELECT blob FROM parts WHERE upload = ?", (upload_id,))
            change.obsolete.extend(blob for (blob,) in rows)
            self._forget(change.connection, upload_id)
            subject = self._subject(upload, 0, "")
            event = "ObjectRemoved:AbortMultipartUpload"
            self._store.notify(change, subject, origin or Origin(), event, delta=0)

    def list(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        upload_id_marker: str = "",
        limit: int = 1000,
    ) -> Page[Upload]:
        """Return a page of a bucket's uploads by key and then id.

        With ``upload_id_marker`` the page goes on within ``key_marker``, else behind it.

        Raises:
            OssError: NoSuchBucket.
        """
        self._store.bucket(bucket)
        # A NUL cannot follow a key in what a client sends, so it orders ids below the next key.
        marker = f"{key_marker}\0{upload_id_marker or chr(0x10FFFF)}" if key_marker else ""

        def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, Upload]]:
            with self._store.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM (SELECT *, key || char(0) || id AS place FROM uploads WHERE bucket = ?) "
                    "WHERE place >= ? AND (? IS NULL OR place < ?) ORDER BY place LIMIT ?",
                    (bucket, start, stop, stop, count),
                ).fetchall()
            return [(row[5], _upload(row[:5])) for row in rows]

        return list_page(
            fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit, end_of_name="\0"
        )

    @staticmethod
    def _forget(connection: sqlite3.Connection, upload_id: str) -> None:
        connection.execute("DELETE FROM parts WHERE upload = ?", (upload_id,))
        connection.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))

    @staticmethod
    def _subject(upload: Upload, size: int, etag: str) -> StoredObject:
        return StoredObject(
            bucket=upload.bucket,
            key=upload.key,
            size=size,
            etag=etag,
            crc=0,
            kind="Multipart",
            modified=upload.started,
            attributes=upload.attributes,
            segments=(),
        )


def _choose(there: Sequence[Part], wanted: Sequence[tuple[int, str]]) -> list[Part]:
    numbers = [number for number, _ in wanted]
    if numbers != sorted(set(numbers)):
        message = "The list of parts was not in ascending order."
        raise OssError(400, "InvalidPartOrder", message)
    by_number = {part.number: part for part in there}
    chosen = []
    for number, etag in wanted:
        part = by_number.get(number)
        if part is None or part.etag != etag.strip().strip('"').upper():
            message = "One or more of the specified parts could not be found or the ETag did not match."
            raise OssError(400, "InvalidPart", message, PartNumber=str(number))
        chosen.append(part)
    return chosen


def _upload(row: tuple[str, str, str, float, str]) -> Upload:
    attributes = Attributes(**json.loads(row[4]))
    return Upload(id=row[0], bucket=row[1], key=row[2], started=row[3], attributes=attributes)


def _part(row: tuple[int, str, int, str, float, str]) -> Part:
    return Part(number=row[0], blob=row[1], size=row[2], etag=row[3], modified=row[4], crc=int(row[5]))
