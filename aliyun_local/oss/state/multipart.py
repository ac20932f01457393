"""Multipart uploads: started, filled part by part, then completed into an object or aborted.

``ObjectStore.uploads``, which the multipart operations use. Completing an upload copies no bytes: the blobs
of the parts become the segments of the object. Every method that changes an upload looks it up again inside
of its transaction, because another request may have completed or aborted it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import file_already_exists, invalid_argument, no_such_upload
from aliyun_local.oss.state import versions
from aliyun_local.oss.state.checksums import multipart_etag
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import NO_REQUEST, Attributes, Origin, StoredObject
from aliyun_local.oss.state.parts import MAX_PART_NUMBER, Part, Upload, choose_parts

if TYPE_CHECKING:
    import sqlite3

    from aliyun_local.oss.state.writers import Writers
    from aliyun_local.payloads import Payload

_PARTS = "SELECT number, blob, size, etag, modified, crc FROM parts WHERE upload = ?"


class MultipartUploads:
    """The uploads of a store."""

    def __init__(self, store: Writers) -> None:
        """Keep the uploads in the tables and blobs of ``store``."""
        self._store = store

    def start(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        origin: Origin = NO_REQUEST,
        forbid_overwrite: bool = False,
    ) -> Upload:
        """Start an upload.

        Raises:
            OssError: NoSuchBucket, or FileAlreadyExists with ``forbid_overwrite``.
        """
        upload = Upload(
            id=secrets.token_hex(16).upper(),
            bucket=bucket,
            key=key,
            started_at=self._store.clock.now(),
            attributes=attributes,
        )
        with self._store.changing() as change:
            forbid_overwrite = forbid_overwrite and not self._store.bucket(bucket).versioning
            if forbid_overwrite and versions.current(change.connection, bucket, key) is not None:
                raise file_already_exists()
            change.connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", upload.row())
            event = "ObjectCreated:InitiateMultipartUpload"
            self._store.notify(change, upload.described(), origin, event)
        return upload

    def find(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            OssError: NoSuchUpload, also for an upload of another key.
        """
        with self._store.reading() as connection:
            query = "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
            row = connection.execute(query, (upload_id, bucket, key)).fetchone()
        if row is None:
            self._store.bucket(bucket)
            raise no_such_upload(upload_id)
        return Upload.from_row(row)

    def put_part(self, upload: Upload, number: int, content: Payload, *, origin: Origin = NO_REQUEST) -> Part:
        """Write part ``number`` (1 to 10,000), in place of the one with the same number.

        Raises:
            OssError: NoSuchUpload, or InvalidArgument for the number.
        """
        if not 1 <= number <= MAX_PART_NUMBER:
            raise invalid_argument(
                "Part number must be an integer between 1 and 10000, inclusive.", ArgumentName="partNumber"
            )
        blob = self._store.write_blob(content)
        part = Part(
            number=number,
            blob_id=blob.id,
            size=len(content),
            etag=blob.etag,
            modified_at=self._store.clock.now(),
            crc=blob.crc,
        )
        with self._store.changing(blob.id) as change:
            self._find_again(upload)
            old = change.connection.execute(
                "SELECT blob FROM parts WHERE upload = ? AND number = ?", (upload.id, number)
            ).fetchone()
            change.obsolete.extend(old or ())
            row = (upload.id, number, blob.id, part.size, part.etag, part.modified_at, str(part.crc))
            change.connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._store.notify(change, upload.described(part), origin, "ObjectCreated:UploadPart")
        return part

    def list_parts(self, upload: Upload, *, marker: int = 0, limit: int = 1000) -> tuple[list[Part], bool]:
        """Return up to ``limit`` parts with numbers above ``marker``, and whether more follow."""
        with self._store.reading() as connection:
            query = f"{_PARTS} AND number > ? ORDER BY number LIMIT ?"
            rows = connection.execute(query, (upload.id, marker, limit + 1)).fetchall()
        return [Part.from_row(row) for row in rows[:limit]], len(rows) > limit

    def complete(
        self,
        upload: Upload,
        wanted: Sequence[tuple[int, str]] | None,
        *,
        acl: str = "",
        origin: Origin = NO_REQUEST,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Make an object of the parts with the numbers and ETags in ``wanted``; None takes all parts.

        ``acl`` is the ACL of the object, empty for the one that the upload was started with.

        Raises:
            OssError: NoSuchUpload, InvalidPartOrder, InvalidPart, EntityTooSmall or FileAlreadyExists.
        """
        with self._store.changing() as change:
            self._find_again(upload)
            rows = change.connection.execute(f"{_PARTS} ORDER BY number", (upload.id,)).fetchall()
            parts = [Part.from_row(row) for row in rows]
            chosen = choose_parts(parts, wanted)
            segments = tuple((part.blob_id, part.size) for part in chosen)
            stored = replace(
                upload.described(),
                size=sum(part.size for part in chosen),
                etag=multipart_etag(part.etag for part in chosen),
                crc=self._store.crc64_of(segments),
                modified_at=self._store.clock.now(),
                attributes=replace(upload.attributes, acl=acl or upload.attributes.acl),
                segments=segments,
            )
            event = "ObjectCreated:CompleteMultipartUpload"
            stored = self._store.make_current(
                change, stored, origin, event, forbid_overwrite=forbid_overwrite
            )
            used = {part.blob_id for part in chosen}
            change.obsolete.extend(part.blob_id for part in parts if part.blob_id not in used)
            self._remove(change.connection, upload)
        return stored

    def abort(self, upload: Upload, *, origin: Origin = NO_REQUEST) -> None:
        """Remove an upload and its parts.

        Raises:
            OssError: NoSuchUpload.
        """
        with self._store.changing() as change:
            self._find_again(upload)
            rows = change.connection.execute("SELECT blob FROM parts WHERE upload = ?", (upload.id,))
            change.obsolete.extend(blob_id for (blob_id,) in rows)
            self._remove(change.connection, upload)
            event = "ObjectRemoved:AbortMultipartUpload"
            self._store.notify(change, upload.described(), origin, event)

    def list_uploads(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        upload_id_marker: str = "",
        limit: int = 1000,
    ) -> Page[Upload]:
        """Return a page of a bucket's uploads by key and then by id.

        With ``upload_id_marker`` the page continues within ``key_marker``, otherwise after it.

        Raises:
            OssError: NoSuchBucket.
        """
        self._store.bucket(bucket)
        # A NUL separates a key from an id, because it sorts below every character of a longer key.
        marker = f"{key_marker}\0{upload_id_marker or chr(0x10FFFF)}" if key_marker else ""

        def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, Upload]]:
            with self._store.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM (SELECT *, key || char(0) || id AS place FROM uploads WHERE bucket = ?) "
                    "WHERE place >= ? AND (? IS NULL OR place < ?) ORDER BY place LIMIT ?",
                    (bucket, start, stop, stop, count),
                ).fetchall()
            return [(row[5], Upload.from_row(row[:5])) for row in rows]

        return list_page(
            fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit, end_of_name="\0"
        )

    def _find_again(self, upload: Upload) -> None:
        self.find(upload.bucket, upload.key, upload.id)

    @staticmethod
    def _remove(connection: sqlite3.Connection, upload: Upload) -> None:
        connection.execute("DELETE FROM parts WHERE upload = ?", (upload.id,))
        connection.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
