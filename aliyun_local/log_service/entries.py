"""The log entries of all projects and Logstores, on disk or in memory.

A template or a stack makes Logstores. What is logged to one that does not exist is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from aliyun_local.clock import Clock
from aliyun_local.database import Database
from aliyun_local.log_service.errors import invalid_timestamp, logstore_not_found, project_not_found
from aliyun_local.log_service.queries import Condition

KEPT_DAYS = 30
"""How long a Logstore keeps its entries whose declaration does not say so."""
PAST_SECONDS, AHEAD_SECONDS = 7 * 86_400, 15 * 60
"""PutLogs takes entries of up to so long ago, and of so far ahead."""
_DAY_SECONDS = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS logstores (project TEXT, name TEXT, PRIMARY KEY (project, name));
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, logstore TEXT NOT NULL, logged_at INTEGER NOT NULL,
    topic TEXT NOT NULL, contents TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS retentions (project TEXT, name TEXT, days INTEGER, PRIMARY KEY (project, name));
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (project, logstore, logged_at);
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One log entry: when it was logged, in seconds since the epoch, its topic, and its fields."""

    logged_at: int
    topic: str
    contents: Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        """Return the entry as GetLogs does: all values are texts, and reserved fields have underscores."""
        return {"__time__": str(self.logged_at), "__source__": "", "__topic__": self.topic, **self.contents}


class LogEntries:
    """Projects, Logstores and their entries. Thread-safe."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        """Open the file at ``path`` (None: in memory), and forget what no Logstore keeps any more."""
        self._clock = clock
        self._database = Database(path, _SCHEMA)
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM entries WHERE logged_at < ? - ? * coalesce((SELECT days FROM retentions"
                " WHERE retentions.project = entries.project AND name = logstore), ?)",
                (int(clock.now()), _DAY_SECONDS, KEPT_DAYS),
            )

    def create_logstore(self, project: str, name: str, *, days: int = KEPT_DAYS) -> None:
        """Make a Logstore, and its project, unless it is there; it keeps entries for ``days`` from now on."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO logstores VALUES (?, ?)", (project, name))
            connection.execute("INSERT OR REPLACE INTO retentions VALUES (?, ?, ?)", (project, name, days))

    def delete_logstore(self, project: str, name: str) -> None:
        """Delete a Logstore with its entries, if it is there."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM logstores WHERE project = ? AND name = ?", (project, name))
            connection.execute("DELETE FROM retentions WHERE project = ? AND name = ?", (project, name))
            connection.execute("DELETE FROM entries WHERE project = ? AND logstore = ?", (project, name))

    def append(self, project: str, logstore: str, topic: str, contents: Mapping[str, str]) -> None:
        """Write an entry with the time of now; without the Logstore it is lost."""
        row = (project, logstore, int(self._clock.now()), topic, json.dumps(contents, ensure_ascii=False))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO entries (project, logstore, logged_at, topic, contents) SELECT ?, ?, ?, ?, ?"
                " WHERE EXISTS (SELECT 1 FROM logstores WHERE project = ? AND name = ?)",
                (*row, project, logstore),
            )

    def put(self, project: str, logstore: str, entries: Sequence[Entry]) -> None:
        """Write a client's entries, each with its own time: all, or none of them.

        Raises:
            LogServiceError: the project or the Logstore does not exist, or a time is not taken.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._check(connection, project, logstore)
            if any(not now - PAST_SECONDS <= one.logged_at <= now + AHEAD_SECONDS for one in entries):
                raise invalid_timestamp()
            connection.executemany(
                "INSERT INTO entries (project, logstore, logged_at, topic, contents) VALUES (?, ?, ?, ?, ?)",
                [
                    (project, logstore, one.logged_at, one.topic, json.dumps(dict(one.contents)))
                    for one in entries
                ],
            )

    def _check(self, connection: Connection, project: str, logstore: str) -> int:
        """Return for how many days a Logstore keeps its entries."""
        known = connection.execute("SELECT name FROM logstores WHERE project = ?", (project,)).fetchall()
        if not known:
            raise project_not_found(project)
        if (logstore,) not in known:
            raise logstore_not_found(logstore)
        kept = connection.execute(
            "SELECT days FROM retentions WHERE project = ? AND name = ?", (project, logstore)
        ).fetchone()
        return int(kept[0]) if kept else KEPT_DAYS

    def search(
        self, project: str, logstore: str, condition: Condition, *, since: int, until: int, newest_first: bool
    ) -> Iterator[Entry]:
        """Yield the entries from ``since`` on and before ``until`` for which ``condition`` holds.

        Raises:
            LogServiceError: the project or the Logstore does not exist.
        """
        order = "DESC" if newest_first else "ASC"
        with self._database.reading() as connection:
            days = self._check(connection, project, logstore)
            since = max(since, int(self._clock.now()) - days * _DAY_SECONDS)
            rows = connection.execute(
                "SELECT logged_at, topic, contents FROM entries WHERE project = ? AND logstore = ?"
                f" AND logged_at >= ? AND logged_at < ? ORDER BY logged_at {order}, id {order}",
                (project, logstore, since, until),
            ).fetchall()
        for logged_at, topic, contents in rows:
            entry = Entry(logged_at=logged_at, topic=topic, contents=json.loads(contents))
            if condition({"__topic__": topic, **entry.contents}):
                yield entry

    def close(self) -> None:
        """Close the file."""
        self._database.close()
