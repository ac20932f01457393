"""Versions of objects: what a bucket with versioning keeps when objects are overwritten or deleted.

The current version of a key is its row in ``objects``, so that reads and listings cost the same with and
without versioning. Everything older stands in ``history``, as do delete markers, the newest with the highest
id; a key whose newest row in ``history`` is a marker and which is not in ``objects`` counts as deleted.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.state.listing import Page, list_page
from aliyun_local.oss.state.objects import DELETE_MARKER, NULL_VERSION, Bucket, StoredObject

if TYPE_CHECKING:
    import sqlite3

    from aliyun_local.oss.state.transactions import Change, Transactions

_COLUMNS = (
    "bucket, key, size, etag, crc, kind, modified, segments, content_type, headers, acl, storage_class, "
    "tags, version, target, restored"
)
_PLACES = ", ".join("?" * 16)
_LAST_ID = 10**15
_VERSION_ID = re.compile(r"null|CAEQ[A-Za-z0-9+/=_-]{16,96}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A version in a listing."""

    stored: StoredObject
    is_latest: bool


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """What a delete did: whether something was there, the version it names, and whether that is a marker."""

    existed: bool = False
    version: str = ""
    is_marker: bool = False


def check_version_id(version: str) -> str:
    """Return ``version`` when it can be one.

    Raises:
        OssError: InvalidArgument.
    """
    if not _VERSION_ID.fullmatch(version):
        raise invalid_argument(
            "Invalid version id specified", ArgumentName="versionId", ArgumentValue=version[:100]
        )
    return version


def current(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    """Return the object that a key stands for now."""
    query = "SELECT * FROM objects WHERE bucket = ? AND key = ?"
    row = connection.execute(query, (bucket, key)).fetchone()
    return StoredObject.from_row(row) if row else None


def newest_marker(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    """Return the delete marker that hides a key which is not in ``objects``."""
    newest = _newest(connection, bucket, key)
    return newest[1] if newest and newest[1].kind == DELETE_MARKER else None


def find(connection: sqlite3.Connection, bucket: str, key: str, version: str) -> StoredObject | None:
    """Return one version of a key, which may be a delete marker."""
    for table in ("objects", "history"):
        query = f"SELECT {_COLUMNS} FROM {table} WHERE bucket = ? AND key = ? AND version = ?"
        row = connection.execute(query, (bucket, key, version)).fetchone()
        if row:
            return StoredObject.from_row(row)
    return None


def store(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Make ``stored`` the current version of its key, in place of what is there."""
    connection.execute(f"INSERT OR REPLACE INTO objects VALUES ({_PLACES})", stored.row())


def rewrite(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Change what is said about a version, current or not, and nothing else."""
    names = [f"{name} = ?" for name in _COLUMNS.split(", ")]
    for table in ("objects", "history"):
        connection.execute(
            f"UPDATE {table} SET {', '.join(names)} WHERE bucket = ? AND key = ? AND version = ?",
            (*stored.row(), stored.bucket, stored.key, stored.version),
        )


def make_way(change: Change, bucket: Bucket, key: str, old: StoredObject | None) -> str:
    """Keep or drop ``old``, which a new version of ``key`` replaces, and return the id of the new version."""
    version = _version_id() if bucket.versioning == "Enabled" else NULL_VERSION
    if old is not None and old.version != version:
        change.connection.execute(
            f"INSERT INTO history ({_COLUMNS}) VALUES ({_PLACES})",
            old.row(),
        )
    elif old is not None:
        change.obsolete.extend(blob_id for blob_id, _ in old.segments)
    if bucket.versioning == "Suspended":
        _drop_from_history(change, bucket.name, key, NULL_VERSION)
    return version


def mark_deleted(change: Change, bucket: Bucket, key: str, old: StoredObject | None, now: float) -> str:
    """Hide ``key``, which stands for ``old``, behind a new delete marker and return the marker's id."""
    version = make_way(change, bucket, key, old)
    change.connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket.name, key))
    marker = StoredObject(
        bucket=bucket.name, key=key, size=0, etag="", crc=0, kind=DELETE_MARKER, modified=now, version=version
    )
    change.connection.execute(
        f"INSERT INTO history ({_COLUMNS}) VALUES ({_PLACES})",
        marker.row(),
    )
    return version


def remove(change: Change, bucket: str, key: str, version: str) -> StoredObject | None:
    """Delete one version for good and return it; the newest that is left becomes the current one."""
    old = find(change.connection, bucket, key, version)
    if old is None:
        return None
    change.connection.execute(
        "DELETE FROM objects WHERE bucket = ? AND key = ? AND version = ?", (bucket, key, version)
    )
    _drop_from_history(change, bucket, key, version)
    change.obsolete.extend(blob_id for blob_id, _ in old.segments if blob_id not in change.obsolete)
    if current(change.connection, bucket, key) is None:
        newest = _newest(change.connection, bucket, key)
        if newest is not None and newest[1].kind != DELETE_MARKER:
            change.connection.execute("DELETE FROM history WHERE id = ?", (newest[0],))
            store(change.connection, newest[1])
    return old


def list_versions(
    transactions: Transactions,
    bucket: str,
    *,
    prefix: str = "",
    delimiter: str = "",
    key_marker: str = "",
    version_marker: str = "",
    limit: int = 100,
) -> Page[Listed]:
    """Return a page of a bucket's versions and delete markers by key, the newest of a key first.

    With ``version_marker`` the page goes on within ``key_marker``, else behind it.
    """
    # A NUL orders the versions of a key below the next key; the current version has the least place.
    union = (
        f"SELECT {_COLUMNS}, key || char(0) AS place FROM objects WHERE bucket = ? AND key >= ? UNION ALL "
        f"SELECT {_COLUMNS}, key || char(0) || printf('%016d', {_LAST_ID} - id) AS place "
        "FROM history WHERE bucket = ? AND key >= ?"
    )

    def rows(where: str, key: str, values: list[object]) -> list[tuple[str, StoredObject]]:
        with transactions.reading() as connection:
            found = connection.execute(
                f"SELECT * FROM ({union}) WHERE {where}",
                [bucket, key, bucket, key, *values],
            ).fetchall()
        return [(row[16], StoredObject.from_row(row[:16])) for row in found]

    def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, StoredObject]]:
        bounds = "place >= ? AND (? IS NULL OR place < ?) ORDER BY place LIMIT ?"
        return rows(bounds, start.partition("\0")[0], [start, stop, stop, count])

    marker = ""
    if key_marker:
        places = rows("key = ? AND version = ?", key_marker, [key_marker, version_marker])
        marker = places[0][0] if places else f"{key_marker}\0{chr(0x10FFFF)}"
    page = list_page(fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit, end_of_name="\0")
    return Page(
        rows=[_listed(transactions, stored) for stored in page.rows],
        common_prefixes=page.common_prefixes,
        next_marker=page.next_marker,
    )


def _listed(transactions: Transactions, stored: StoredObject) -> Listed:
    with transactions.reading() as connection:
        now = current(connection, stored.bucket, stored.key)
        latest = now or newest_marker(connection, stored.bucket, stored.key)
    return Listed(stored=stored, is_latest=latest is not None and latest.version == stored.version)


def _newest(connection: sqlite3.Connection, bucket: str, key: str) -> tuple[int, StoredObject] | None:
    row = connection.execute(
        f"SELECT id, {_COLUMNS} FROM history WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1",
        (bucket, key),
    ).fetchone()
    return (row[0], StoredObject.from_row(row[1:])) if row else None


def _drop_from_history(change: Change, bucket: str, key: str, version: str) -> None:
    where = "WHERE bucket = ? AND key = ? AND version = ?"
    rows = change.connection.execute(
        f"SELECT {_COLUMNS} FROM history {where}",
        (bucket, key, version),
    )
    change.obsolete.extend(blob_id for row in rows for blob_id, _ in StoredObject.from_row(row).segments)
    change.connection.execute(f"DELETE FROM history {where}", (bucket, key, version))


def _version_id() -> str:
    return "CAEQ" + base64.b64encode(secrets.token_bytes(33)).decode().replace("+", "-").replace("/", "_")


def missing_version(stored: StoredObject | None, version: str) -> OssError:
    """404 or 405: there is no such version, or it is a delete marker, which has no content."""
    if stored is None:
        message = "The specified version does not exist."
        return OssError(404, "NoSuchVersion", message, VersionId=version)
    message = "The specified method is not allowed against this resource."
    error = OssError(405, "MethodNotAllowed", message, ResourceType=DELETE_MARKER)
    error.headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": version}
    return error
