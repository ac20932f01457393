"""What every change of OSS's state goes through: its transaction, its blobs, its notification.

A change writes its bytes first, then commits one transaction that names them and holds the notification, and
only then removes what it replaced. Killed at any instant, the store is as before the change or as after it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aliyun_local.database import Database
from aliyun_local.oss.state import notifications
from aliyun_local.oss.state.blobs import Blobs, FileBlobs, MemoryBlobs, chunks
from aliyun_local.oss.state.checksums import crc64, md5_etag
from aliyun_local.oss.state.notifications import Notification
from aliyun_local.oss.state.objects import Origin, StoredObject

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from aliyun_local.clock import Clock

_WORTH_A_THREAD = 256 * 1024
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
# What a store that was made before these columns were there gets on its next start.
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
    """One transaction: its connection, what it makes obsolete, and whether it has something to tell."""

    connection: sqlite3.Connection
    obsolete: list[str] = field(default_factory=list)
    notified: bool = False


class Transactions:
    """The tables, the blobs and the outbox of notifications."""

    def __init__(self, data: Path | None, clock: Clock) -> None:
        """Open or create the state under the folder ``data`` (None: in memory)."""
        self.clock = clock
        self.blobs: Blobs = MemoryBlobs()
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
            self.blobs = FileBlobs(data / "objects")
        self._database = Database(data / "oss.sqlite" if data else None, _SCHEMA + notifications.SCHEMA)
        self._listeners: list[Callable[[], None]] = []
        if isinstance(self.blobs, FileBlobs):
            self._add_columns()
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

    def pending_notifications(self, limit: int = 100) -> list[Notification]:
        """Return the oldest notifications that nobody has acknowledged, in order."""
        with self.reading() as connection:
            return notifications.pending(connection, limit)

    def acknowledge(self, notification_id: int) -> None:
        """Forget a notification: whoever took it will deliver it, even after a crash."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM notifications WHERE id = ?", (notification_id,))

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

    def keep(self, content: bytes) -> tuple[str, str, int]:
        """Write a blob and return its id, its ETag and its CRC64.

        The MD5 that an ETag is takes longer than all else that an upload costs. While it is computed a large
        content is written and summed up on another thread; all of it leaves the interpreter to others.
        """
        if len(content) < _WORTH_A_THREAD:
            return self.blobs.write(content), md5_etag(content), crc64(content)
        writing = _writers().submit(lambda: (self.blobs.write(content), crc64(content)))
        etag = md5_etag(content)
        blob_id, crc = writing.result()
        return blob_id, etag, crc

    def checksum(self, segments: tuple[tuple[str, int], ...]) -> int:
        """Return the CRC64 of a segmented content."""
        crc = 0
        for piece in chunks(self.blobs, segments):
            crc = crc64(piece, crc)
        return crc

    def _add_columns(self) -> None:
        with self._database.transaction() as connection:
            for table, columns in _ADDED_COLUMNS.items():
                there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                for name in (name for name in columns if name not in there):
                    connection.execute(
                        f"ALTER TABLE {table} ADD COLUMN {name} TEXT NOT NULL DEFAULT {columns[name]}"
                    )


@functools.cache
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="blobs")
