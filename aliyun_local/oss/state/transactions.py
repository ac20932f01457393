"""The tables of OSS and the way in which every change of them is made: blobs, transaction, notification.

The lowest layer of :class:`aliyun_local.oss.state.models.ObjectStore`. A change

1. writes its bytes into blobs with new names,
2. commits one transaction with the rows that name these blobs and with the notification about the change,
3. removes the blobs that the change has replaced.

A process that is killed at any instant therefore leaves the store as it was before the change or as it is
after it. The blobs of a change that was not committed are orphans, which the next start sweeps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aliyun_local.database import Database
from aliyun_local.oss.state import notifications
from aliyun_local.oss.state.blobs import Blobs, FileBlobs, MemoryBlobs, chunks
from aliyun_local.oss.state.checksums import crc64, md5_etag
from aliyun_local.oss.state.notifications import Notification
from aliyun_local.oss.state.objects import Origin, StoredObject
from aliyun_local.private_files import make_private_folder

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from aliyun_local.clock import Clock
    from aliyun_local.payloads import Payload

_BYTES_WORTH_A_THREAD = 256 * 1024
_OBJECT_COLUMNS = """
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, crc TEXT NOT NULL,
    kind TEXT NOT NULL, modified REAL NOT NULL, segments TEXT NOT NULL, content_type TEXT NOT NULL,
    headers TEXT NOT NULL, acl TEXT NOT NULL, storage_class TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '{}',
    version TEXT NOT NULL DEFAULT 'null', target TEXT NOT NULL DEFAULT '',
    restored TEXT NOT NULL DEFAULT 'null'
"""
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, region TEXT NOT NULL, acl TEXT NOT NULL, storage_class TEXT NOT NULL,
    created REAL NOT NULL, versioning TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS configurations (
    bucket TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects ({_OBJECT_COLUMNS}, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY AUTOINCREMENT, {_OBJECT_COLUMNS});
CREATE INDEX IF NOT EXISTS history_by_key ON history (bucket, key, id);
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started REAL NOT NULL,
    attributes TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified REAL NOT NULL, crc TEXT NOT NULL DEFAULT '0', PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""
# Columns that a store made by an older release gets on its next start, with their defaults.
_ADDED_COLUMNS = {
    "buckets": {"versioning": "''"},
    "objects": {"tags": "'{}'", "version": "'null'", "target": "''", "restored": "'null'"},
    "parts": {"crc": "'0'"},
}
_ALL_BLOBS = """
SELECT (SELECT group_concat(json_extract(value, '$[0]')) FROM json_each(segments)) FROM objects
WHERE segments != '[]' UNION ALL
SELECT (SELECT group_concat(json_extract(value, '$[0]')) FROM json_each(segments)) FROM history
WHERE segments != '[]' UNION ALL SELECT blob FROM parts
"""


@dataclass
class Change:
    """One transaction: its connection, the blobs that it replaces, and whether it holds a notification."""

    connection: sqlite3.Connection
    obsolete: list[str] = field(default_factory=list)
    notified: bool = False


class WrittenBlob(NamedTuple):
    """A blob that was written, with the checksums of its content."""

    id: str
    etag: str
    crc: int


class Transactions:
    """The tables, the blobs and the outbox of notifications."""

    def __init__(self, data: Path | None, clock: Clock) -> None:
        """Open or create the state under the folder ``data`` (None: in memory)."""
        self.clock = clock
        self.blobs: Blobs = MemoryBlobs()
        if data is not None:
            make_private_folder(data)
            self.blobs = FileBlobs(data / "objects")
        self._database = Database(data / "oss.sqlite" if data else None, _SCHEMA + notifications.SCHEMA)
        self._listeners: list[Callable[[], None]] = []
        if isinstance(self.blobs, FileBlobs):
            self._add_columns()
            with self.reading() as connection:
                referenced = {blob for (text,) in connection.execute(_ALL_BLOBS) for blob in text.split(",")}
            self.blobs.sweep(referenced)

    def close(self) -> None:
        """Close the files; committed changes stay."""
        self._database.close()
        if isinstance(self.blobs, FileBlobs):
            self.blobs.close()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each commit with a notification."""
        self._listeners.append(listener)

    def pending_notifications(self, limit: int = 100) -> list[Notification]:
        """Return the oldest notifications that are not acknowledged, in order."""
        with self.reading() as connection:
            return notifications.pending(connection, limit)

    def acknowledge(self, notification_id: int) -> None:
        """Remove a notification; its reader has made sure that it is delivered, even after a crash."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM notifications WHERE id = ?", (notification_id,))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for reads."""
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def changing(self, *new_blobs: str) -> Iterator[Change]:
        """Make one change: commit it, remove the blobs that it replaces, call the listeners.

        ``new_blobs`` were written for this change and are removed if it fails.
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

    def notify(
        self,
        change: Change,
        stored: StoredObject,
        origin: Origin,
        event: str,
        *,
        delta_size: int = 0,
        position: int | None = None,
    ) -> None:
        """Put a notification about ``stored`` into the outbox, as part of ``change``.

        The event is that of ``origin`` if it has one, else ``event``. ``delta_size`` is in bytes.
        """
        change.notified = True
        notifications.record(
            change.connection,
            Notification(
                event_name=origin.event or event,
                bucket=stored.bucket,
                key=stored.key,
                size=stored.size,
                delta_size=delta_size,
                etag=stored.etag,
                content_type=stored.attributes.content_type,
                changed_at=self.clock.now(),
                request_id=origin.request_id,
                source_ip=origin.source_ip,
                position=position,
            ),
        )

    def write_blob(self, content: Payload) -> WrittenBlob:
        """Write a blob and compute its checksums.

        The MD5 of an ETag takes longer than everything else in an upload. A large content is therefore
        written, and its CRC64 computed, on another thread at the same time. All of this releases the
        interpreter's lock.
        """
        if len(content) < _BYTES_WORTH_A_THREAD:
            return WrittenBlob(self.blobs.write(content), md5_etag(content), crc64(content))
        writing = _writers().submit(lambda: (self.blobs.write(content), crc64(content)))
        etag = md5_etag(content)
        blob_id, crc = writing.result()
        return WrittenBlob(blob_id, etag, crc)

    def crc64_of(self, segments: tuple[tuple[str, int], ...]) -> int:
        """Return the CRC64 of the content of (blob id, size) segments."""
        crc = 0
        for piece in chunks(self.blobs, segments):
            crc = crc64(piece, crc)
        return crc

    def _add_columns(self) -> None:
        with self._database.transaction() as connection:
            for table, columns in _ADDED_COLUMNS.items():
                existing = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                for name, default in columns.items():
                    if name not in existing:
                        column = f"{name} TEXT NOT NULL DEFAULT {default}"
                        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


@functools.cache
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="blobs")
