"""Reading the state of objects: what a key stands for, its bytes, and what is in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aliyun_local.oss.errors import OssError, no_such_key
from aliyun_local.oss.state import versions
from aliyun_local.oss.state.archive import check_readable
from aliyun_local.oss.state.blobs import read_segments
from aliyun_local.oss.state.buckets import Buckets
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import SYMLINK, StoredObject

_READ_ATTEMPTS = 5


class Readers(Buckets):
    """What can be read of the buckets."""

    def find(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return what a key, or one version of it, is in itself: of a symbolic link, the link.

        Raises:
            OssError: NoSuchBucket, NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker.
        """
        with self.reading() as connection:
            if version:
                stored = versions.find(connection, bucket, key, versions.check_version_id(version))
                hidden = stored if stored and stored.is_marker else None
            else:
                stored = versions.current(connection, bucket, key)
                hidden = None if stored else versions.newest_marker(connection, bucket, key)
        if stored is not None and hidden is None:
            return stored
        self.bucket(bucket)
        if version:
            raise versions.missing_version(stored, version)
        error = no_such_key(key)
        if hidden is not None:
            error.headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": hidden.version}
        raise error

    def head(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return what a reader of a key gets, without its bytes.

        A symbolic link is described as OSS does it: size, ETag and content are those of its target, the time
        is the later of both, all else is the link's.

        Raises:
            OssError: what :meth:`find` raises, SymlinkTargetNotExist or InvalidTargetType.
        """
        stored = self.find(bucket, key, version)
        if stored.kind != SYMLINK:
            return stored
        try:
            target = self.find(bucket, stored.target)
        except OssError:
            message = "The symlink target object does not exist"
            raise OssError(404, "SymlinkTargetNotExist", message, "0026-00000012") from None
        if target.kind == SYMLINK:
            raise OssError(400, "InvalidTargetType", "The symbolic's target object type is invalid")
        return replace(
            stored,
            size=target.size,
            etag=target.etag,
            crc=target.crc,
            segments=target.segments,
            modified=max(stored.modified, target.modified),
        )

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
        self,
        bucket: str,
        key: str,
        choose: Callable[[StoredObject], tuple[int, int]],
        *,
        version: str = "",
    ) -> tuple[StoredObject, bytes]:
        """Return an object with the bytes from start to stop that ``choose`` picks for it.

        Raises:
            OssError: what :meth:`head` raises, InvalidObjectState for what is archived, or what ``choose``
                raises.
        """
        for _ in range(_READ_ATTEMPTS):
            stored = self.head(bucket, key, version)
            try:
                span = choose(stored)
                check_readable(stored, self.clock.now())
                return stored, self.read(stored, *span)
            except FileNotFoundError:
                # Replaced between the row and the file; the new row has a file of its own.
                continue
        raise OssError(500, "InternalError", "The object changed faster than it could be read.")

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
            query = f"SELECT * FROM objects WHERE bucket = ? AND key >= ? {bound} ORDER BY key LIMIT ?"
            values = [bucket, start, *([] if stop is None else [stop]), count]
            with self.reading() as connection:
                rows = connection.execute(query, values).fetchall()
            return [(row[1], StoredObject.from_row(row)) for row in rows]

        return list_page(fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit)
