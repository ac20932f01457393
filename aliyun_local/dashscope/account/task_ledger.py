"""The rows of all portrait tasks ever submitted."""

from __future__ import annotations

import sqlite3

from aliyun_local.dashscope.account.tasks import Task
from aliyun_local.dashscope.pictures.inspection import Problem

SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL,
    model TEXT NOT NULL,
    subject TEXT NOT NULL,
    style TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    images INTEGER NOT NULL,
    failed_images INTEGER NOT NULL,
    failure_code TEXT,
    failure_message TEXT,
    status TEXT NOT NULL,
    submitted REAL NOT NULL,
    since REAL NOT NULL,
    scheduled REAL,
    ended REAL,
    run_seconds REAL NOT NULL,
    reads INTEGER NOT NULL,
    hurried REAL
);
CREATE INDEX IF NOT EXISTS active_tasks ON tasks (sequence) WHERE ended IS NULL;
CREATE INDEX IF NOT EXISTS tasks_by_end ON tasks (ended);
"""

_COLUMNS = (
    "sequence, task_id, request_id, model, subject, style, width, height, images, failed_images,"
    " failure_code, failure_message, status, submitted, since, scheduled, ended, run_seconds, reads, hurried"
)


def insert(connection: sqlite3.Connection, task: Task) -> Task | None:
    """Add ``task``; its sequence is given here. None if its id is taken."""
    names = _COLUMNS.split(", ", 1)[1]
    values = _row(task)[1:]
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO tasks ({names}) VALUES ({', '.join('?' * len(values))})",
        values,
    )
    return find(connection, task.task_id) if cursor.rowcount else None


def save(connection: sqlite3.Connection, task: Task) -> None:
    """Replace the row of ``task``."""
    values = _row(task)
    connection.execute(
        f"INSERT OR REPLACE INTO tasks ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})",
        values,
    )


def find(connection: sqlite3.Connection, task_id: str) -> Task | None:
    """Return the task with this id, however old."""
    query = f"SELECT {_COLUMNS} FROM tasks WHERE task_id = ?"
    row = connection.execute(query, (task_id,)).fetchone()
    return _task(row) if row else None


def active(connection: sqlite3.Connection) -> list[Task]:
    """Return the tasks that have not ended, oldest first."""
    query = f"SELECT {_COLUMNS} FROM tasks WHERE ended IS NULL ORDER BY sequence"
    return [_task(row) for row in connection.execute(query)]


def last_end(connection: sqlite3.Connection) -> float:
    """Return when the task that ended last did so; 0 if none has."""
    last: float = connection.execute("SELECT COALESCE(MAX(ended), 0) FROM tasks").fetchone()[0]
    return last


def page(
    connection: sqlite3.Connection,
    *,
    offset: int,
    limit: int,
    ended_after: float,
    submitted_from: float,
    submitted_until: float,
    model: str | None,
    status: str | None,
) -> tuple[int, list[Task]]:
    """Return how many tasks fit the filters, and ``limit`` of them, newest first, after ``offset``."""
    where = (
        "(ended IS NULL OR ended > ?) AND submitted BETWEEN ? AND ?"
        " AND (? IS NULL OR model = ?) AND (? IS NULL OR status = ?)"
    )
    given = (ended_after, submitted_from, submitted_until, model, model, status, status)
    total: int = connection.execute(f"SELECT COUNT(*) FROM tasks WHERE {where}", given).fetchone()[0]
    query = f"SELECT {_COLUMNS} FROM tasks WHERE {where} ORDER BY sequence DESC LIMIT ? OFFSET ?"
    return total, [_task(row) for row in connection.execute(query, (*given, limit, offset))]


def entries(connection: sqlite3.Connection) -> list[Task]:
    """Return every task ever submitted, oldest first."""
    query = f"SELECT {_COLUMNS} FROM tasks ORDER BY sequence"
    return [_task(row) for row in connection.execute(query)]


def _row(task: Task) -> tuple[object, ...]:
    return (
        task.sequence,
        task.task_id,
        task.request_id,
        task.model,
        task.subject,
        task.style,
        task.width,
        task.height,
        task.images,
        task.failed_images,
        task.failure.code if task.failure else None,
        task.failure.message if task.failure else None,
        task.status,
        task.submitted,
        task.since,
        task.scheduled,
        task.ended,
        task.run_seconds,
        task.reads,
        task.hurried,
    )


def _task(row: tuple[object, ...]) -> Task:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    code, message = values.pop("failure_code"), values.pop("failure_message")
    values["failure"] = None if code is None else Problem(code=str(code), message=str(message))
    return Task(**values)  # type: ignore[arg-type] # the columns are the fields, by name and type
