"""The rows of all portrait tasks ever submitted. Read and written by ``portrait_studio``."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aliyun_local.dashscope.account.records import Table
from aliyun_local.dashscope.account.tasks import Task

SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL,
    api_key_id TEXT NOT NULL,
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
    submitted_at REAL NOT NULL,
    entered_at REAL NOT NULL,
    scheduled_at REAL,
    ended_at REAL,
    run_seconds REAL NOT NULL,
    reads INTEGER NOT NULL,
    hurried_at REAL
);
CREATE INDEX IF NOT EXISTS active_tasks ON tasks (sequence) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS tasks_by_end ON tasks (ended_at);
"""
TABLE = Table("tasks", Task, key="task_id")


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """The filters of a list of tasks; None fits all."""

    submitted_from: float
    submitted_until: float
    model: str | None
    status: str | None
    api_key_id: str | None = None


def active(connection: sqlite3.Connection) -> list[Task]:
    """Return the tasks that have not ended, oldest first."""
    return TABLE.all(connection, "ended_at IS NULL")


def last_ended_at(connection: sqlite3.Connection) -> float:
    """Return when the task that ended last did so; 0 if none has."""
    last: float = connection.execute("SELECT COALESCE(MAX(ended_at), 0) FROM tasks").fetchone()[0]
    return last


def page(
    connection: sqlite3.Connection, wanted: TaskFilter, *, offset: int, limit: int, ended_after: float
) -> tuple[int, list[Task]]:
    """Return how many tasks fit the filters, and ``limit`` of them, newest first, after ``offset``."""
    where = (
        "(ended_at IS NULL OR ended_at > ?) AND submitted_at BETWEEN ? AND ?"
        " AND (? IS NULL OR model = ?) AND (? IS NULL OR status = ?) AND (? IS NULL OR api_key_id = ?)"
    )
    model, status, key = wanted.model, wanted.status, wanted.api_key_id
    moments = (ended_after, wanted.submitted_from, wanted.submitted_until)
    values = (*moments, model, model, status, status, key, key)
    return TABLE.page(connection, where, values, offset=offset, limit=limit)
