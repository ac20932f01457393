"""The rows of all fine-tunes ever submitted, deleted ones included, and of each status they had.

``models``, ``submission`` and ``scheduling`` read and write them; the bill is :func:`entries`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aliyun_local.dashscope.account.fine_tunes import FineTune
from aliyun_local.dashscope.account.records import Table
from aliyun_local.dashscope.account.work import TERMINAL
from aliyun_local.database import Database

_ACTIVE = "deleted_at IS NULL AND status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED')"
_DELETED = "deleted_at IS NOT NULL"
_NOT_SUCCEEDED = "deleted_at IS NULL AND status != 'SUCCEEDED'"
_WITH_PHOTOS = "deleted_at IS NULL AND status NOT IN ('FAILED', 'CANCELED')"
_TOO_NEW = "deleted_at IS NULL AND created_at > ?"
# The list is read page by page, and each page says how many there are: ``listed_fine_tunes`` holds all that
# either asks for, so that neither reads the rows that it does not show.
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS fine_tunes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    job_name TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model TEXT NOT NULL,
    training_file_ids TEXT NOT NULL,
    training_file_names TEXT NOT NULL,
    hyper_parameters TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    entered_at REAL NOT NULL,
    granted_at REAL,
    started_at REAL,
    ended_at REAL,
    deleted_at REAL,
    pending_seconds REAL NOT NULL,
    run_seconds REAL NOT NULL,
    failure_code TEXT,
    failure_message TEXT,
    usage INTEGER NOT NULL,
    reads INTEGER NOT NULL,
    hurried_at REAL
);
CREATE INDEX IF NOT EXISTS active_fine_tunes ON fine_tunes (sequence) WHERE {_ACTIVE};
CREATE INDEX IF NOT EXISTS listed_fine_tunes ON fine_tunes (sequence, created_at, model)
    WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS new_fine_tunes ON fine_tunes (created_at) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS deleted_fine_tunes ON fine_tunes (deleted_at) WHERE {_DELETED};
CREATE INDEX IF NOT EXISTS other_fine_tunes ON fine_tunes (sequence) WHERE {_NOT_SUCCEEDED};
CREATE TABLE IF NOT EXISTS fine_tune_statuses (
    sequence INTEGER NOT NULL,
    status TEXT NOT NULL,
    entered_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS statuses_of_fine_tune ON fine_tune_statuses (sequence);
"""
TABLE = Table(
    "fine_tunes",
    FineTune,
    key="job_id",
    json_fields=("training_file_ids", "training_file_names", "hyper_parameters"),
)


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """A fine-tune as the bill sees it; deleted ones stay. Times are seconds since the epoch.

    ``training_file_names`` are those of stored files, which may be gone by now, and "" for URLs.
    ``statuses`` are all statuses it has had, each with the time it began; ``billed_trainings`` is what it
    cost; ``code`` and ``message`` tell why it failed.
    """

    job_id: str
    training_file_ids: tuple[str, ...]
    training_file_names: tuple[str, ...]
    status: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    deleted_at: float | None
    billed_trainings: int
    code: str | None
    message: str | None
    statuses: tuple[tuple[str, float], ...]


def insert(connection: sqlite3.Connection, fine_tune: FineTune) -> FineTune | None:
    """Add ``fine_tune`` and return it with its sequence; None if its id is taken."""
    stored = TABLE.insert(connection, fine_tune)
    if stored is not None:
        _add_status(connection, stored)
    return stored


def save(connection: sqlite3.Connection, fine_tune: FineTune, *, before: FineTune) -> None:
    """Replace the row of ``before`` by ``fine_tune``; a new status is recorded beside it."""
    TABLE.save(connection, fine_tune)
    if fine_tune.status != before.status:
        _add_status(connection, fine_tune)


def find(connection: sqlite3.Connection, job_id: str) -> FineTune | None:
    """Return the fine-tune with this id, if it exists and is not deleted."""
    fine_tune = TABLE.find(connection, job_id)
    return None if fine_tune is None or fine_tune.deleted_at is not None else fine_tune


def active(connection: sqlite3.Connection) -> list[FineTune]:
    """Return the fine-tunes that are still going, oldest first."""
    return TABLE.all(connection, _ACTIVE)


def count_succeeded(connection: sqlite3.Connection) -> int:
    """Return how many succeeded fine-tunes exist."""
    return _count_all_but(connection, (_DELETED, _NOT_SUCCEEDED))


def with_photos(database: Database) -> set[int]:
    """Return the sequences of the fine-tunes whose photos are kept: the succeeded, and those still going."""
    with database.reading() as connection:
        query = f"SELECT sequence FROM fine_tunes WHERE {_WITH_PHOTOS}"
        return {sequence for (sequence,) in connection.execute(query)}


def page(
    connection: sqlite3.Connection, *, offset: int, limit: int, model: str | None, created_until: float
) -> tuple[int, list[FineTune]]:
    """Return how many fine-tunes there are, and ``limit`` of them, newest first, after ``offset``."""
    where, values = "deleted_at IS NULL AND created_at <= ?", (created_until,)
    if model is None:
        found = TABLE.newest(connection, where, values, offset=offset, limit=limit)
        return _count_all_but(connection, (_DELETED, _TOO_NEW), values), found
    return TABLE.page(connection, f"{where} AND model = ?", (*values, model), offset=offset, limit=limit)


def _count_all_but(
    connection: sqlite3.Connection, others: Sequence[str], values: Sequence[object] = ()
) -> int:
    """Return how many fine-tunes there are without those of ``others``, which share none and are few.

    To count all rows SQLite reads no row, to count those that fit a condition it reads each of them.
    """
    few = "".join(f" - (SELECT COUNT(*) FROM fine_tunes WHERE {condition})" for condition in others)
    query = f"SELECT (SELECT COUNT(*) FROM fine_tunes){few}"
    count: int = connection.execute(query, tuple(values)).fetchone()[0]
    return count


def statuses(connection: sqlite3.Connection, sequence: int) -> list[tuple[str, float]]:
    """Return the statuses that a fine-tune has had, each with the time it began."""
    query = "SELECT status, entered_at FROM fine_tune_statuses WHERE sequence = ? ORDER BY rowid"
    return [(status, entered_at) for status, entered_at in connection.execute(query, (sequence,))]


def entries(connection: sqlite3.Connection) -> list[LedgerEntry]:
    """Return every fine-tune ever submitted, oldest first."""
    had: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for sequence, status, entered_at in connection.execute(
        "SELECT sequence, status, entered_at FROM fine_tune_statuses ORDER BY rowid"
    ):
        had[sequence].append((status, entered_at))
    return [_entry(fine_tune, had[fine_tune.sequence]) for fine_tune in TABLE.all(connection)]


def _entry(fine_tune: FineTune, had: Iterable[tuple[str, float]]) -> LedgerEntry:
    failure = fine_tune.failure if fine_tune.status in TERMINAL else None
    return LedgerEntry(
        job_id=fine_tune.job_id,
        training_file_ids=fine_tune.training_file_ids,
        training_file_names=fine_tune.training_file_names,
        status=fine_tune.status,
        created_at=fine_tune.created_at,
        started_at=fine_tune.started_at,
        ended_at=fine_tune.ended_at,
        deleted_at=fine_tune.deleted_at,
        billed_trainings=fine_tune.usage,
        code=failure.code if failure else None,
        message=failure.message if failure else None,
        statuses=tuple(had),
    )


def _add_status(connection: sqlite3.Connection, fine_tune: FineTune) -> None:
    connection.execute(
        "INSERT INTO fine_tune_statuses VALUES (?, ?, ?)",
        (fine_tune.sequence, fine_tune.status, fine_tune.entered_at),
    )
