"""The durable queue of asynchronous invocations: accepted means committed, done means removed.

The dispatcher writes it, ``FunctionCompute`` reads it. An invocation is in the table ``invocations`` while it
waits or runs, in ``abandoned`` after it was given up, and in neither after it has succeeded. A row is marked
as running before an instance gets its event. So if the process dies at any moment, the row is still there,
and opening the queue lets it wait again, with the retry count that it had (Function Compute, "Asynchronous
invocation", "Configure a retry mechanism"). An event may thus reach its handler twice, but it is not lost.

Ids that callers or triggers give are kept longer than the invocations, so that a repeated delivery is told
from a new one. Times are seconds since the epoch on the emulators' clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from aliyun_local.database import Database
from aliyun_local.function_compute.errors import InvocationIdInUse

T = TypeVar("T")
# Long enough for any trigger's own redelivery, short enough that the table stays small.
REMEMBER_INVOCATION_IDS_SECONDS = 7 * 86_400
# The beginning of the reason for which an invocation was abandoned because of its age.
EXPIRED = "expired"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS invocations (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted_at REAL NOT NULL,
    due_at REAL NOT NULL,
    retry_count INTEGER NOT NULL DEFAULT 0,
    throttle_count INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS invocations_due ON invocations (running, function, due_at, sequence);
CREATE TABLE IF NOT EXISTS invocation_ids (
    function TEXT NOT NULL,
    invocation_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    PRIMARY KEY (function, invocation_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS invocation_ids_age ON invocation_ids (accepted_at);
CREATE TABLE IF NOT EXISTS abandoned (
    request_id TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted_at REAL NOT NULL,
    abandoned_at REAL NOT NULL,
    retry_count INTEGER NOT NULL,
    reason TEXT NOT NULL
);
"""


@dataclass(frozen=True, kw_only=True)
class QueuedInvocation:
    """An asynchronous invocation that waits or runs."""

    request_id: str
    function: str
    payload: bytes
    accepted_at: float
    retry_count: int
    throttle_count: int


@dataclass(frozen=True, kw_only=True)
class AbandonedInvocation:
    """An asynchronous invocation that was given up, and why."""

    request_id: str
    function: str
    payload: bytes
    accepted_at: float
    retry_count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AsyncTask:
    """An asynchronous invocation that came with an id, and how far it is.

    ``status`` is one of Function Compute's own words (AsyncTask, "status"); ``payload`` is None once it has
    succeeded and is forgotten.
    """

    id: str
    request_id: str
    function: str
    accepted_at: float
    status: str
    retry_count: int
    ended_at: float | None
    error: str
    payload: bytes | None


class InvocationQueue:
    """The asynchronous invocations of all functions. Thread-safe."""

    def __init__(self, path: Path | None) -> None:
        """Open the queue in the file ``path`` (None: in memory); interrupted invocations wait again."""
        self._database = Database(path, _SCHEMA)
        self._execute("UPDATE invocations SET running = 0 WHERE running = 1")

    def accept(
        self, function: str, payload: bytes, request_id: str, now: float, invocation_id: str | None = None
    ) -> None:
        """Store an invocation; it is safe when this returns.

        Raises:
            InvocationIdInUse: ``invocation_id`` was accepted for this function before.
        """
        with self._database.transaction() as connection:
            if invocation_id is not None:
                connection.execute(
                    "DELETE FROM invocation_ids WHERE accepted_at < ?",
                    (now - REMEMBER_INVOCATION_IDS_SECONDS,),
                )
                row = connection.execute(
                    "SELECT request_id FROM invocation_ids WHERE function = ? AND invocation_id = ?",
                    (function, invocation_id),
                ).fetchone()
                if row is not None:
                    raise InvocationIdInUse(row[0])
                connection.execute(
                    "INSERT INTO invocation_ids VALUES (?, ?, ?, ?)",
                    (function, invocation_id, request_id, now),
                )
            connection.execute(
                "INSERT INTO invocations (request_id, function, payload, accepted_at, due_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (request_id, function, payload, now, now),
            )

    def functions_due(self, now: float) -> list[str]:
        """Return the functions that have an invocation due."""
        rows = self._read(
            "SELECT DISTINCT function FROM invocations WHERE running = 0 AND due_at <= ?", (now,)
        )
        return [row[0] for row in rows]

    def due(self, function: str, now: float, limit: int) -> list[QueuedInvocation]:
        """Return up to ``limit`` due invocations of ``function``, the longest due first."""
        columns = ", ".join(_columns(QueuedInvocation))
        rows = self._read(
            f"SELECT {columns} FROM invocations"
            " WHERE running = 0 AND function = ? AND due_at <= ? ORDER BY due_at, sequence LIMIT ?",
            (function, now, limit),
        )
        return _made_of(rows, QueuedInvocation)

    def mark_running(self, request_id: str) -> None:
        """Note that an instance is about to get the invocation."""
        self._execute("UPDATE invocations SET running = 1 WHERE request_id = ?", request_id)

    def finish(self, request_id: str) -> None:
        """Forget an invocation that succeeded."""
        self._execute("DELETE FROM invocations WHERE request_id = ?", request_id)

    def retry(self, request_id: str, due_at: float) -> None:
        """Have a failed invocation run again at ``due_at``."""
        self._execute(
            "UPDATE invocations SET running = 0, retry_count = retry_count + 1, throttle_count = 0,"
            " due_at = ? WHERE request_id = ?",
            due_at,
            request_id,
        )

    def postpone(self, request_id: str, due_at: float) -> None:
        """Have a throttled invocation try again at ``due_at``; that uses up none of its retries."""
        self._execute(
            "UPDATE invocations SET running = 0, throttle_count = throttle_count + 1, due_at = ?"
            " WHERE request_id = ?",
            due_at,
            request_id,
        )

    def abandon(self, request_id: str, reason: str, now: float) -> None:
        """Give an invocation up and keep a record of it."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO abandoned SELECT request_id, function, payload, accepted_at, ?,"
                " retry_count, ? FROM invocations WHERE request_id = ?",
                (now, reason, request_id),
            )
            connection.execute("DELETE FROM invocations WHERE request_id = ?", (request_id,))

    def abandoned(self) -> list[AbandonedInvocation]:
        """Return the invocations that were given up, oldest first."""
        columns = ", ".join(_columns(AbandonedInvocation))
        rows = self._read(f"SELECT {columns} FROM abandoned ORDER BY abandoned_at")
        return _made_of(rows, AbandonedInvocation)

    def tasks(self, function: str, task_id: str | None = None) -> list[AsyncTask]:
        """Return the invocations of ``function`` that came with an id, the newest first, or that of one."""
        rows = self._read(
            "SELECT ids.invocation_id, ids.request_id, ids.accepted_at, queued.running,"
            " COALESCE(queued.retry_count, abandoned.retry_count, 0),"
            " COALESCE(queued.payload, abandoned.payload), abandoned.abandoned_at, abandoned.reason"
            " FROM invocation_ids AS ids"
            " LEFT JOIN invocations AS queued ON queued.request_id = ids.request_id"
            " LEFT JOIN abandoned ON abandoned.request_id = ids.request_id"
            " WHERE ids.function = ? AND (? IS NULL OR ids.invocation_id = ?)"
            " ORDER BY ids.accepted_at DESC, ids.invocation_id",
            (function, task_id, task_id),
        )
        return [_task(function, row) for row in rows]

    def count(self) -> int:
        """Return how many invocations wait or run."""
        return int(self._read("SELECT COUNT(*) FROM invocations")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._database.reading() as connection:
            return connection.execute(query, values).fetchall()

    def _execute(self, statement: str, *values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _columns(kind: type[Any]) -> list[str]:
    """Return the columns that the fields of ``kind`` are named after."""
    return [field.name for field in fields(kind)]


def _made_of(rows: Iterable[tuple[Any, ...]], kind: type[T]) -> list[T]:
    """Return a ``kind`` for each of ``rows``, which hold its :func:`_columns`."""
    names = _columns(kind)
    return [kind(**dict(zip(names, row, strict=True))) for row in rows]


def _task(function: str, row: tuple[Any, ...]) -> AsyncTask:
    task_id, request_id, accepted_at, running, retry_count, payload, abandoned_at, reason = row
    if abandoned_at is not None:
        status = "Expired" if reason.startswith(EXPIRED) else "Failed"
    elif running is None:
        status = "Succeeded"
    else:
        status = "Running" if running else "Retrying" if retry_count else "Enqueued"
    return AsyncTask(
        id=task_id,
        request_id=request_id,
        function=function,
        accepted_at=accepted_at,
        status=status,
        retry_count=retry_count,
        ended_at=abandoned_at,
        error=reason or "",
        payload=payload,
    )
