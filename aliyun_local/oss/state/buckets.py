"""The buckets of the account: their names, their ACLs, their versioning, and the size of their content.

A layer of :class:`aliyun_local.oss.state.models.ObjectStore`, on the transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aliyun_local.oss.addressing import check_bucket_name
from aliyun_local.oss.errors import OssError, no_such_bucket
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import BUCKET_ACLS, DELETE_MARKER, Bucket, check_acl
from aliyun_local.oss.state.transactions import Transactions

VERSIONING_STATES = ("Enabled", "Suspended")
# OSS bills objects outside of the standard class as 64 KB at least, and GetBucketStat returns both sizes.
_MIN_BILLED_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class ClassStat:
    """The objects of one storage class in a bucket; sizes in bytes, ``billed_size`` as OSS bills them."""

    count: int = 0
    size: int = 0
    billed_size: int = 0


@dataclass(frozen=True, kw_only=True)
class BucketStat:
    """The content of a bucket. ``modified_at`` is in seconds since the epoch, 0 for an empty bucket."""

    classes: Mapping[str, ClassStat]
    uploads: int
    parts: int
    delete_markers: int
    modified_at: float


class Buckets(Transactions):
    """The buckets of one account."""

    def create_bucket(
        self, name: str, *, region: str = "cn-beijing", acl: str = "private", storage_class: str = "Standard"
    ) -> Bucket:
        """Create a bucket; one that exists keeps its creation time and gets the new ACL.

        Raises:
            OssError: an illegal name or ACL.
        """
        check_bucket_name(name)
        check_acl(acl, BUCKET_ACLS)
        with self.changing() as change:
            row = (name, region, acl, storage_class, self.clock.now())
            change.connection.execute(
                "INSERT INTO buckets (name, region, acl, storage_class, created) VALUES (?, ?, ?, ?, ?) "
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
        """Change the ACL of a bucket, which gives rights to anonymous callers.

        Raises:
            OssError: NoSuchBucket, or an unknown ACL.
        """
        check_acl(acl, BUCKET_ACLS)
        self._update(replace(self.bucket(name), acl=acl))

    def set_versioning(self, name: str, versioning: str) -> None:
        """Keep versions of objects from now on (``Enabled``), or make no new ones (``Suspended``).

        Raises:
            OssError: NoSuchBucket, or an unknown state.
        """
        if versioning not in VERSIONING_STATES:
            raise OssError(400, "MalformedXML", "The versioning status must be Enabled or Suspended.")
        self._update(replace(self.bucket(name), versioning=versioning))

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket.

        Raises:
            OssError: NoSuchBucket, or BucketNotEmpty if it holds objects, versions or uploads.
        """
        with self.changing() as change:
            self.bucket(name)
            for table in ("objects", "history", "uploads"):
                query = f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1"
                if change.connection.execute(query, (name,)).fetchone():
                    message = "The bucket you tried to delete is not empty."
                    raise OssError(409, "BucketNotEmpty", message, "0015-00000301", BucketName=name)
            change.connection.execute("DELETE FROM configurations WHERE bucket = ?", (name,))
            change.connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def stat(self, name: str) -> BucketStat:
        """Return how much a bucket holds, old versions included.

        Raises:
            OssError: NoSuchBucket.
        """
        self.bucket(name)
        with self.reading() as connection:
            rows = connection.execute(
                f"SELECT storage_class, COUNT(*), SUM(size), SUM(MAX(size, {_MIN_BILLED_BYTES})), "
                "MAX(modified) FROM (SELECT bucket, kind, storage_class, size, modified FROM objects "
                "UNION ALL SELECT bucket, kind, storage_class, size, modified FROM history) "
                "WHERE bucket = ? AND kind != ? GROUP BY storage_class",
                (name, DELETE_MARKER),
            ).fetchall()
            markers = connection.execute(
                "SELECT COUNT(*) FROM history WHERE bucket = ? AND kind = ?", (name, DELETE_MARKER)
            ).fetchone()
            uploads = connection.execute(
                "SELECT COUNT(DISTINCT uploads.id), COUNT(parts.number) FROM uploads "
                "LEFT JOIN parts ON parts.upload = uploads.id WHERE bucket = ?",
                (name,),
            ).fetchone()
        return BucketStat(
            classes={row[0]: ClassStat(count=row[1], size=row[2], billed_size=row[3]) for row in rows},
            uploads=uploads[0],
            parts=uploads[1],
            delete_markers=markers[0],
            modified_at=max((row[4] for row in rows), default=0),
        )

    def _update(self, bucket: Bucket) -> None:
        with self.changing() as change:
            change.connection.execute(
                "UPDATE buckets SET acl = ?, versioning = ? WHERE name = ?",
                (bucket.acl, bucket.versioning, bucket.name),
            )


def _bucket(row: tuple[str, str, str, str, float, str]) -> Bucket:
    return Bucket(
        name=row[0], region=row[1], acl=row[2], storage_class=row[3], created_at=row[4], versioning=row[5]
    )
