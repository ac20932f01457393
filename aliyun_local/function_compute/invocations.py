"""The durable queue of asynchronous invocations: accepted means committed, finished means removed.

Whatever was waiting or running when the process died is waiting again when the queue is opened, with the
retry count it had (Function Compute, "Asynchronous invocation", "Configure a retry mechanism"). Knows nothing
of instances; times are seconds since the epoch on the emulators' clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aliyun_local.database import Database

# Long enough for any trigger's own redelivery, short enough that the table stays small.
REMEMBER_INVOCATION_IDS_SECONDS = 7 * 86_400
# How the reason begins when an invocation was given up because of its age.
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


class InvocationIdInUse(Exception):
    """The function was invoked with this id before; ``request_id`` is that invocation's."""

    def __init__(self, request_id: str) -> None:
        """Name the earlier request."""
        super().__init__(request_id)
        self.request_id = request_id


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """An accepted asynchronous invocation."""

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
    abandoned_at: float
    retry_count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """An asynchronous invocation that its caller gave an id, and how far it is.

    ``status`` is one of Function Compute's own words (AsyncTask, "status"); ``payload`` is None once it is
    done and forgotten.
    """

    id: str
    request_id: str
    function: str
    accepted_at: float
    status: str
    retry_count: int = 0
    ended_at: float | None = None
    error: str = ""
    payload: bytes | None = None


class InvocationQueue:
    """Asynchronous invocations that are not done yet."""

    def __init__(self, path: Path | None) -> None:
        """Open the queue in the file ``path`` (None: in memory); what was running is waiting again."""
        self._database = Database(path, _SCHEMA)
        with self._database.transaction() as connection:
            connection.execute("UPDATE invocations SET running = 0 WHERE running = 1")

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
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT function FROM invocations WHERE running = 0 AND due_at <= ?", (now,)
            ).fetchall()
        return [row[0] for row in rows]

    def due(self, function: str, now: float, limit: int) -> list[Invocation]:
        """Return up to ``limit`` due invocations of ``function``, the longest due first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT request_id, function, payload, accepted_at, retry_count, throttle_count"
                " FROM invocations WHERE running = 0 AND function = ? AND due_at <= ?"
                " ORDER BY due_at, sequence LIMIT ?",
                (function, now, limit),
            ).fetchall()
        return [
            Invocation(
                request_id=row[0],
                function=row[1],
                payload=bytes(row[2]),
                accepted_at=row[3],
                retry_count=row[4],
                throttle_count=row[5],
            )
            for row in rows
        ]

    def mark_running(self, request_id: str) -> None:
        """Note that an instance is about to get the invocation."""
        self._execute("UPDATE invocations SET running = 1 WHERE request_id = ?", (request_id,))

    def finish(self, request_id: str) -> None:
        """Forget an invocation that succeeded."""
        self._execute("DELETE FROM invocations WHERE request_id = ?", (request_id,))

    def retry(self, request_id: str, due_at: float) -> None:
        """Have a failed invocation run again at ``due_at``."""
        self._execute(
            "UPDATE invocations SET running = 0, retry_count = retry_count + 1, throttle_count = 0,"
            " due_at = ? WHERE request_id = ?",
            (due_at, request_id),
        )

    def postpone(self, request_id: str, due_at: float) -> None:
        """Have a throttled invocation try again at ``due_at``; that uses up none of its retries."""
        self._execute(
            "UPDATE invocations SET running = 0, throttle_count = throttle_count + 1, due_at = ?"
            " WHERE request_id = ?",
            (due_at, request_id),
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
        """Return what was given up, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT request_id, function, payload, accepted_at, abandoned_at, retry_count, reason"
                " FROM abandoned ORDER BY abandoned_at"
            ).fetchall()
        return [
            AbandonedInvocation(
                request_id=row[0],
                function=row[1],
                payload=bytes(row[2]),
                accepted_at=row[3],
                abandoned_at=row[4],
                retry_count=row[5],
                reason=row[6],
            )
            for row in rows
        ]

    def tasks(self, function: str, task_id: str | None = None) -> list[Task]:
        """Return the invocations of ``function`` that came with an id, the newest first, or that of one."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT ids.invocation_id, ids.request_id, ids.accepted_at,"
                " live.running, live.retry_count, live.payload,"
                " given_up.abandoned_at, given_up.retry_count, given_up.payload, given_up.reason"
                " FROM invocation_ids AS ids"
                " LEFT JOIN invocations AS live ON live.request_id = ids.request_id"
                " LEFT JOIN abandoned AS given_up ON given_up.request_id = ids.request_id"
                " WHERE ids.function = ? AND (? IS NULL OR ids.invocation_id = ?)"
                " ORDER BY ids.accepted_at DESC, ids.invocation_id",
                (function, task_id, task_id),
            ).fetchall()
        return [_task(function, row) for row in rows]

    def count(self) -> int:
        """Return how many invocations wait or run."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM invocations").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _execute(self, statement: str, values: tuple[object, ...]) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _task(function: str, row: tuple[Any, ...]) -> Task:
    task_id, request_id, accepted_at, running, retries, payload, ended_at, last_retry, lost, reason = row
    if ended_at is not None:
        status = "Expired" if reason.startswith(EXPIRED) else "Failed"
        return Task(
            id=task_id,
            request_id=request_id,
            function=function,
            accepted_at=accepted_at,
            status=status,
            retry_count=last_retry,
            ended_at=ended_at,
            error=reason,
            payload=bytes(lost),
        )
    if running is None:
        return Task(
            id=task_id,
            request_id=request_id,
            function=function,
            accepted_at=accepted_at,
            status="Succeeded",
        )
    status = "Running" if running else "Retrying" if retries else "Enqueued"
    return Task(
        id=task_id,
        request_id=request_id,
        function=function,
        accepted_at=accepted_at,
        status=status,
        retry_count=retries,
        payload=bytes(payload),
    )
