"""The state of buckets: which there are, who may use them, whether they keep versions, what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aliyun_local.oss.addressing import check_bucket_name
from aliyun_local.oss.errors import OssError, invalid_argument, no_such_bucket
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import BUCKET_ACLS, DELETE_MARKER, Bucket
from aliyun_local.oss.state.transactions import Transactions

VERSIONING_STATES = ("Enabled", "Suspended")
# Whatever is not of the standard class is billed as 64 KB at least; GetBucketStat tells both sizes.
_BILLED_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class ClassStat:
    """What a bucket holds of one storage class; ``billed`` counts small objects as OSS bills them."""

    count: int = 0
    size: int = 0
    billed: int = 0


@dataclass(frozen=True, kw_only=True)
class BucketStat:
    """What a bucket holds. ``modified`` is in seconds since the epoch, 0 for a bucket that is empty."""

    classes: Mapping[str, ClassStat]
    uploads: int
    parts: int
    delete_markers: int
    modified: float


class Buckets(Transactions):
    """The buckets of one account."""

    def create_bucket(
        self, name: str, *, region: str = "cn-beijing", acl: str = "private", storage_class: str = "Standard"
    ) -> Bucket:
        """Create a bucket; one that is there already keeps its creation time and takes the new ACL.

        Raises:
            OssError: the name or the ACL is not legal.
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
        """Change who may use a bucket without signing.

        Raises:
            OssError: NoSuchBucket, or an ACL that is none.
        """
        check_acl(acl, BUCKET_ACLS)
        self._set(replace(self.bucket(name), acl=acl))

    def set_versioning(self, name: str, versioning: str) -> None:
        """Keep versions of objects from now on (``Enabled``), or stop making new ones (``Suspended``).

        Raises:
            OssError: NoSuchBucket, or a state that is none.
        """
        if versioning not in VERSIONING_STATES:
            raise OssError(400, "MalformedXML", "The versioning status must be Enabled or Suspended.")
        self._set(replace(self.bucket(name), versioning=versioning))

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket.

        Raises:
            OssError: NoSuchBucket, or BucketNotEmpty while objects, versions or uploads are in it.
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
        """Count what is in a bucket, old versions included.

        Raises:
            OssError: NoSuchBucket.
        """
        self.bucket(name)
        with self.reading() as connection:
            rows = connection.execute(
                f"SELECT storage_class, COUNT(*), SUM(size), SUM(MAX(size, {_BILLED_BYTES})), MAX(modified) "
                "FROM (SELECT bucket, kind, storage_class, size, modified FROM objects UNION ALL "
                "SELECT bucket, kind, storage_class, size, modified FROM history) "
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
            classes={row[0]: ClassStat(count=row[1], size=row[2], billed=row[3]) for row in rows},
            uploads=uploads[0],
            parts=uploads[1],
            delete_markers=markers[0],
            modified=max((row[4] for row in rows), default=0),
        )

    def _set(self, bucket: Bucket) -> None:
        with self.changing() as change:
            change.connection.execute(
                "UPDATE buckets SET acl = ?, versioning = ? WHERE name = ?",
                (bucket.acl, bucket.versioning, bucket.name),
            )


def check_acl(acl: str, allowed: tuple[str, ...]) -> None:
    """Refuse an ACL that is not in ``allowed``.

    Raises:
        OssError: InvalidArgument.
    """
    if acl not in allowed:
        raise invalid_argument("The ACL is not one of those that OSS knows.", ArgumentName="x-oss-acl")


def _bucket(row: tuple[str, str, str, str, float, str]) -> Bucket:
    return Bucket(
        name=row[0], region=row[1], acl=row[2], storage_class=row[3], created=row[4], versioning=row[5]
    )
