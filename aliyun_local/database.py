"""SQLite for the emulators: one file and one connection for each service; committed work survives SIGKILL.

Used by the state of every service.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aliyun_local.private_files import make_private_file


class Database:
    """A SQLite file (or memory) that many threads write, one at a time.

    WAL mode keeps committed work when the process is killed. One lock orders the threads of this process,
    so that none waits in SQLite's busy handler.
    """

    def __init__(self, path: Path | None, schema: str) -> None:
        """Open or create ``path`` (None: in memory) and run ``schema``, which must be repeatable."""
        self._lock = threading.RLock()
        if path is not None:
            # SQLite gives the write-ahead log and its index the rights of the database file.
            make_private_file(path)
        self._connection = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None, timeout=30
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside one transaction: all of it is committed or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection for reads."""
        with self._lock:
            yield self._connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
