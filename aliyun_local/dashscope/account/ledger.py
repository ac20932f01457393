"""The rows of all fine-tunes ever submitted, and of each status they had."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aliyun_local.dashscope.account.fine_tunes import SUCCEEDED, TERMINAL, FineTune
from aliyun_local.dashscope.pictures.inspection import Problem

SCHEMA = """
CREATE TABLE IF NOT EXISTS fine_tunes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    job_name TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model TEXT NOT NULL,
    training_file_ids TEXT NOT NULL,
    hyper_parameters TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL,
    since REAL NOT NULL,
    granted REAL,
    started REAL,
    ended REAL,
    deleted REAL,
    pending_seconds REAL NOT NULL,
    run_seconds REAL NOT NULL,
    failure_code TEXT,
    failure_message TEXT,
    usage INTEGER NOT NULL,
    reads INTEGER NOT NULL,
    hurried REAL
);
CREATE INDEX IF NOT EXISTS active_fine_tunes ON fine_tunes (sequence)
    WHERE deleted IS NULL AND status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED');
CREATE TABLE IF NOT EXISTS fine_tune_statuses (
    sequence INTEGER NOT NULL,
    status TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS statuses_of_fine_tune ON fine_tune_statuses (sequence);
"""

_COLUMNS = (
    "sequence, job_id, job_name, model_name, model, training_file_ids, hyper_parameters, status, created,"
    " since, granted, started, ended, deleted, pending_seconds, run_seconds, failure_code, failure_message,"
    " usage, reads, hurried"
)
_NAMES = tuple(_COLUMNS.split(", "))
_ACTIVE = "deleted IS NULL AND status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED')"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """A fine-tune as the bill sees it; deleted ones stay. Times are seconds since the epoch.

    ``statuses`` are all statuses it has had, each with the time it began; ``billed_trainings`` is what it
    cost; ``code`` and ``message`` tell why it failed.
    """

    job_id: str
    training_file_ids: tuple[str, ...]
    status: str
    created: float
    started: float | None
    ended: float | None
    deleted: float | None
    billed_trainings: int
    code: str | None
    message: str | None
    statuses: tuple[tuple[str, float], ...]


def insert(connection: sqlite3.Connection, job: FineTune) -> FineTune | None:
    """Add ``job`` and return it with its sequence; None if its id is taken."""
    names = _COLUMNS.split(", ", 1)[1]
    values = _row(job)[1:]
    marks = ", ".join("?" * len(values))
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO fine_tunes ({names}) VALUES ({marks})",
        values,
    )
    if cursor.rowcount == 0 or cursor.lastrowid is None:
        return None
    stored = replace(job, sequence=cursor.lastrowid)
    _add_status(connection, stored)
    return stored


def save(connection: sqlite3.Connection, job: FineTune, *, before: FineTune) -> None:
    """Replace the row of ``before`` by ``job``; a status that began is written down beside it."""
    values = _row(job)
    connection.execute(
        f"INSERT OR REPLACE INTO fine_tunes ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})",
        values,
    )
    if job.status != before.status:
        _add_status(connection, job)


def find(connection: sqlite3.Connection, job_id: str) -> FineTune | None:
    """Return the fine-tune with this id, if it exists and is not deleted."""
    query = f"SELECT {_COLUMNS} FROM fine_tunes WHERE job_id = ? AND deleted IS NULL"
    row = connection.execute(query, (job_id,)).fetchone()
    return _job(row) if row else None


def active(connection: sqlite3.Connection) -> list[FineTune]:
    """Return the fine-tunes that are still going, oldest first."""
    query = f"SELECT {_COLUMNS} FROM fine_tunes WHERE {_ACTIVE} ORDER BY sequence"
    return [_job(row) for row in connection.execute(query)]


def count_succeeded(connection: sqlite3.Connection) -> int:
    """Return how many succeeded fine-tunes exist."""
    query = "SELECT COUNT(*) FROM fine_tunes WHERE deleted IS NULL AND status = ?"
    count: int = connection.execute(query, (SUCCEEDED,)).fetchone()[0]
    return count


def page(
    connection: sqlite3.Connection, *, offset: int, limit: int, model: str | None, created_until: float
) -> tuple[int, list[FineTune]]:
    """Return how many fine-tunes there are, and ``limit`` of them, newest first, after ``offset``."""
    where = "deleted IS NULL AND created <= ? AND (? IS NULL OR model = ?)"
    given = (created_until, model, model)
    total: int = connection.execute(f"SELECT COUNT(*) FROM fine_tunes WHERE {where}", given).fetchone()[0]
    query = f"SELECT {_COLUMNS} FROM fine_tunes WHERE {where} ORDER BY sequence DESC LIMIT ? OFFSET ?"
    return total, [_job(row) for row in connection.execute(query, (*given, limit, offset))]


def statuses(connection: sqlite3.Connection, sequence: int) -> list[tuple[str, float]]:
    """Return the statuses that a fine-tune has had, each with the time it began."""
    query = "SELECT status, at FROM fine_tune_statuses WHERE sequence = ? ORDER BY rowid"
    return [(status, at) for status, at in connection.execute(query, (sequence,))]


def entries(connection: sqlite3.Connection) -> list[LedgerEntry]:
    """Return every fine-tune ever submitted, oldest first."""
    query = f"SELECT {_COLUMNS} FROM fine_tunes ORDER BY sequence"
    jobs = [_job(row) for row in connection.execute(query).fetchall()]
    had: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for sequence, status, at in connection.execute(
        "SELECT sequence, status, at FROM fine_tune_statuses ORDER BY rowid"
    ):
        had[sequence].append((status, at))
    return [_entry(job, had[job.sequence]) for job in jobs]


def _entry(job: FineTune, had: Iterable[tuple[str, float]]) -> LedgerEntry:
    failed = job.failure if job.status in TERMINAL else None
    return LedgerEntry(
        job_id=job.job_id,
        training_file_ids=job.training_file_ids,
        status=job.status,
        created=job.created,
        started=job.started,
        ended=job.ended,
        deleted=job.deleted,
        billed_trainings=job.usage,
        code=failed.code if failed else None,
        message=failed.message if failed else None,
        statuses=tuple(had),
    )


def _add_status(connection: sqlite3.Connection, job: FineTune) -> None:
    connection.execute(
        "INSERT INTO fine_tune_statuses VALUES (?, ?, ?)", (job.sequence, job.status, job.since)
    )


def _row(job: FineTune) -> tuple[object, ...]:
    return (
        job.sequence,
        job.job_id,
        job.job_name,
        job.model_name,
        job.model,
        json.dumps(job.training_file_ids),
        json.dumps(job.hyper_parameters),
        job.status,
        job.created,
        job.since,
        job.granted,
        job.started,
        job.ended,
        job.deleted,
        job.pending_seconds,
        job.run_seconds,
        job.failure.code if job.failure else None,
        job.failure.message if job.failure else None,
        job.usage,
        job.reads,
        job.hurried,
    )


@functools.lru_cache(maxsize=1_000)
def _files(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))


def _job(row: tuple[object, ...]) -> FineTune:
    values = dict(zip(_NAMES, row, strict=True))
    code, message = values.pop("failure_code"), values.pop("failure_message")
    values["training_file_ids"] = _files(str(values["training_file_ids"]))
    values["hyper_parameters"] = json.loads(str(values["hyper_parameters"]))
    values["failure"] = None if code is None else Problem(code=str(code), message=str(message))
    return FineTune(**values)  # type: ignore[arg-type] # the columns are the fields, by name and type
