"""The rows of versions: which version of a key is the current one, and which ones lie behind it.

Readers and writers of the store call this inside their transactions. The current version of a key is its row
in ``objects``, so that reads and listings cost the same with and without versioning. Older versions and
delete markers are rows in ``history``; the newest one has the highest id. A key counts as deleted when its
newest row in ``history`` is a delete marker and it has no row in ``objects``.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, invalid_argument, no_such_key
from aliyun_local.oss.state.objects import DELETE_MARKER, NULL_VERSION, Bucket, StoredObject

if TYPE_CHECKING:
    import sqlite3

    from aliyun_local.oss.state.transactions import Change

_COLUMNS = (
    "bucket, key, size, etag, crc, kind, modified, segments, content_type, headers, acl, storage_class, "
    "tags, version, target, restored"
)
_COLUMN_COUNT = 16
_PLACES = ", ".join("?" * _COLUMN_COUNT)
_LAST_ID = 10**15
_VERSION_ID = re.compile(r"null|CAEQ[A-Za-z0-9+/=_-]{16,96}", re.ASCII)
_ONE_VERSION = "WHERE bucket = ? AND key = ? AND version = ?"


@dataclass(frozen=True, kw_only=True)
class ListedVersion:
    """A version in a listing."""

    stored: StoredObject
    is_latest: bool


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """The result of a deletion: the version that it is about, and whether that is a delete marker."""

    version: str
    is_marker: bool


def check_version_id(version: str) -> str:
    """Return ``version`` if it has the form of a version id.

    Raises:
        OssError: InvalidArgument.
    """
    if not _VERSION_ID.fullmatch(version):
        raise invalid_argument(
            "Invalid version id specified", ArgumentName="versionId", ArgumentValue=version[:100]
        )
    return version


def missing_version(stored: StoredObject | None, version: str) -> OssError:
    """404 or 405: the version does not exist, or it is the delete marker ``stored``, which has no content."""
    if stored is None:
        message = "The specified version does not exist."
        return OssError(404, "NoSuchVersion", message, VersionId=version)
    message = "The specified method is not allowed against this resource."
    error = OssError(405, "MethodNotAllowed", message, ResourceType=DELETE_MARKER)
    error.headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": version}
    return error


def missing_key(key: str, marker: StoredObject | None) -> OssError:
    """404: the key does not exist, perhaps since a delete marker is its newest version."""
    error = no_such_key(key)
    if marker is not None:
        error.headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": marker.version}
    return error


def current(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    """Return the current version of a key."""
    query = "SELECT * FROM objects WHERE bucket = ? AND key = ?"
    row = connection.execute(query, (bucket, key)).fetchone()
    return StoredObject.from_row(row) if row else None


def newest_marker(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    """Return the delete marker of a key that has no row in ``objects``."""
    newest = _newest(connection, bucket, key)
    return newest[1] if newest and newest[1].is_marker else None


def find(connection: sqlite3.Connection, bucket: str, key: str, version: str) -> StoredObject | None:
    """Return one version of a key, which may be a delete marker."""
    for table in ("objects", "history"):
        query = f"SELECT {_COLUMNS} FROM {table} {_ONE_VERSION}"
        row = connection.execute(query, (bucket, key, version)).fetchone()
        if row:
            return StoredObject.from_row(row)
    return None


def list_rows(
    connection: sqlite3.Connection, bucket: str, from_key: str, condition: str, values: Sequence[object]
) -> list[tuple[str, StoredObject]]:
    """Return the versions from ``from_key`` on that fulfil a ``condition`` in SQL, each with its place.

    Places are strings in the order of a listing: by key, and from the newest version of a key to the oldest.
    A NUL separates the key from the rest, because it sorts below every character of a longer key.
    """
    union = (
        f"SELECT {_COLUMNS}, key || char(0) AS place FROM objects WHERE bucket = ? AND key >= ? UNION ALL "
        f"SELECT {_COLUMNS}, key || char(0) || printf('%016d', {_LAST_ID} - id) AS place "
        "FROM history WHERE bucket = ? AND key >= ?"
    )
    query = f"SELECT * FROM ({union}) WHERE {condition}"
    rows = connection.execute(query, [bucket, from_key, bucket, from_key, *values]).fetchall()
    return [(row[_COLUMN_COUNT], StoredObject.from_row(row[:_COLUMN_COUNT])) for row in rows]


def store(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Make ``stored`` the current version of its key, in place of the one before."""
    connection.execute(f"INSERT OR REPLACE INTO objects VALUES ({_PLACES})", stored.row())


def rewrite(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Replace the row of a version, current or not."""
    names = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
    for table in ("objects", "history"):
        connection.execute(
            f"UPDATE {table} SET {names} {_ONE_VERSION}",
            (*stored.row(), stored.bucket, stored.key, stored.version),
        )


def supersede(change: Change, bucket: Bucket, key: str, old: StoredObject | None) -> str:
    """Move ``old`` to the history, or drop it, and return the id of the version that replaces it."""
    version = _new_version_id() if bucket.versioning == "Enabled" else NULL_VERSION
    if old is not None and old.version != version:
        _add_to_history(change, old)
    elif old is not None:
        change.obsolete.extend(old.blob_ids)
    if bucket.versioning == "Suspended":
        _drop_from_history(change, bucket.name, key, NULL_VERSION)
    return version


def mark_deleted(change: Change, bucket: Bucket, key: str, old: StoredObject | None, now: float) -> str:
    """Put a new delete marker in place of ``old``, the current version of ``key``, and return its id."""
    version = supersede(change, bucket, key, old)
    change.connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket.name, key))
    marker = StoredObject(
        bucket=bucket.name,
        key=key,
        size=0,
        etag="",
        crc=0,
        kind=DELETE_MARKER,
        modified_at=now,
        version=version,
    )
    _add_to_history(change, marker)
    return version


def remove(change: Change, bucket: str, key: str, version: str) -> StoredObject | None:
    """Delete one version for good and return it; the newest remaining one becomes the current version."""
    old = find(change.connection, bucket, key, version)
    if old is None:
        return None
    change.connection.execute(f"DELETE FROM objects {_ONE_VERSION}", (bucket, key, version))
    _drop_from_history(change, bucket, key, version)
    change.obsolete.extend(blob_id for blob_id in old.blob_ids if blob_id not in change.obsolete)
    if current(change.connection, bucket, key) is None:
        newest = _newest(change.connection, bucket, key)
        if newest is not None and not newest[1].is_marker:
            change.connection.execute("DELETE FROM history WHERE id = ?", (newest[0],))
            store(change.connection, newest[1])
    return old


def _newest(connection: sqlite3.Connection, bucket: str, key: str) -> tuple[int, StoredObject] | None:
    row = connection.execute(
        f"SELECT id, {_COLUMNS} FROM history WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1",
        (bucket, key),
    ).fetchone()
    return (row[0], StoredObject.from_row(row[1:])) if row else None


def _add_to_history(change: Change, stored: StoredObject) -> None:
    change.connection.execute(f"INSERT INTO history ({_COLUMNS}) VALUES ({_PLACES})", stored.row())


def _drop_from_history(change: Change, bucket: str, key: str, version: str) -> None:
    found = change.connection.execute(
        f"SELECT {_COLUMNS} FROM history {_ONE_VERSION}", (bucket, key, version)
    )
    for row in found:
        change.obsolete.extend(StoredObject.from_row(row).blob_ids)
    change.connection.execute(f"DELETE FROM history {_ONE_VERSION}", (bucket, key, version))


def _new_version_id() -> str:
    return "CAEQ" + base64.b64encode(secrets.token_bytes(33)).decode().replace("+", "-").replace("/", "_")
