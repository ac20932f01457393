"""Reading the objects of the account: a key's version, its bytes, and listings of a bucket.

A layer of :class:`aliyun_local.oss.state.models.ObjectStore`, on the buckets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state import versions
from aliyun_local.oss.state.archive import check_readable
from aliyun_local.oss.state.blobs import read_segments
from aliyun_local.oss.state.buckets import Buckets
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import SYMLINK, StoredObject
from aliyun_local.oss.state.versions import ListedVersion

_READ_ATTEMPTS = 5


class Readers(Buckets):
    """The buckets, and the methods that read objects."""

    def find(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return the current version of a key, or the one named; of a symbolic link, the link itself.

        Raises:
            OssError: NoSuchBucket, NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker.
        """
        with self.reading() as connection:
            if version:
                stored = versions.find(connection, bucket, key, versions.check_version_id(version))
                marker = stored if stored and stored.is_marker else None
            else:
                stored = versions.current(connection, bucket, key)
                marker = None if stored else versions.newest_marker(connection, bucket, key)
        if stored is not None and marker is None:
            return stored
        self.bucket(bucket)
        if version:
            raise versions.missing_version(stored, version)
        raise versions.missing_key(key, marker)

    def head(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return the object that a reader of a key gets, without its bytes.

        A symbolic link is described as OSS does it: size, ETag and content are those of its target, the time
        is the later of the two, everything else is the link's.

        Raises:
            OssError: as :meth:`find`; SymlinkTargetNotExist or InvalidTargetType.
        """
        stored = self.find(bucket, key, version)
        if stored.kind != SYMLINK:
            return stored
        target = self._target_of(stored)
        return replace(
            stored,
            size=target.size,
            etag=target.etag,
            crc=target.crc,
            segments=target.segments,
            modified_at=max(stored.modified_at, target.modified_at),
        )

    def _target_of(self, link: StoredObject) -> StoredObject:
        try:
            target = self.find(link.bucket, link.target)
        except OssError:
            message = "The symlink target object does not exist"
            raise OssError(404, "SymlinkTargetNotExist", message, "0026-00000012") from None
        if target.kind == SYMLINK:
            raise OssError(400, "InvalidTargetType", "The symbolic's target object type is invalid")
        return target

    def read(self, stored: StoredObject, start: int = 0, stop: int | None = None) -> bytes:
        """Return bytes of ``stored``; raises FileNotFoundError if it has been replaced."""
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
        """Return an object with the bytes between the start and the stop that ``choose`` returns for it.

        Raises:
            OssError: as :meth:`head`; InvalidObjectState for an archived object or the target of a link; the
                errors of ``choose``.
        """
        for _ in range(_READ_ATTEMPTS):
            stored = self.head(bucket, key, version)
            try:
                span = choose(stored)
                check_readable(stored, self.clock.now())
                if stored.kind == SYMLINK:
                    check_readable(self._target_of(stored), self.clock.now())
                return stored, self.read(stored, *span)
            except FileNotFoundError:
                # The object was replaced after its row was read; the new row names another blob.
                continue
        raise OssError(500, "InternalError", "The object changed faster than it could be read.")

    def list_objects(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", marker: str = "", limit: int = 100
    ) -> Page[StoredObject]:
        """Return a page of a bucket's objects by key.

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

    def list_versions(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        version_marker: str = "",
        limit: int = 100,
    ) -> Page[ListedVersion]:
        """Return a page of a bucket's versions and delete markers by key, the newest of a key first.

        With ``version_marker`` the page continues within ``key_marker``, otherwise after it.
        """

        def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, StoredObject]]:
            bounds = "place >= ? AND (? IS NULL OR place < ?) ORDER BY place LIMIT ?"
            with self.reading() as connection:
                first_key = start.partition("\0")[0]
                return versions.list_rows(connection, bucket, first_key, bounds, [start, stop, stop, count])

        marker = self._place(bucket, key_marker, version_marker) if key_marker else ""
        page = list_page(
            fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit, end_of_name="\0"
        )
        return Page(
            rows=[self._listed(stored) for stored in page.rows],
            common_prefixes=page.common_prefixes,
            next_marker=page.next_marker,
        )

    def _place(self, bucket: str, key: str, version: str) -> str:
        """Return the place of a version in a listing, or one after all versions of the key."""
        with self.reading() as connection:
            condition = "key = ? AND version = ?"
            found = versions.list_rows(connection, bucket, key, condition, [key, version])
        return found[0][0] if found else f"{key}\0{chr(0x10FFFF)}"

    def _listed(self, stored: StoredObject) -> ListedVersion:
        with self.reading() as connection:
            current = versions.current(connection, stored.bucket, stored.key)
            latest = current or versions.newest_marker(connection, stored.bucket, stored.key)
        return ListedVersion(stored=stored, is_latest=latest is not None and latest.version == stored.version)
