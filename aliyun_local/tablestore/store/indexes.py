"""The rows of secondary indexes, and the queue of changes by which a lagging index follows its table.

A write queues the changes of its lagging indexes in its own SQL transaction. Each is applied in order when
its lag has passed: by the next read of the index, or on opening the store without a lag. A crash therefore
loses no change, and a reader of the index sees the past, as in the service.

The service bills index rows to the index ("Tablestore, Billable items of secondary indexes"), so no answer
to a write contains their cost.

``writing`` computes and queues changes, ``reading`` and ``storage`` apply them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aliyun_local.tablestore.codec.values import AnyValue, PrimaryKey, Special, Value
from aliyun_local.tablestore.store import row_tables
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.row_checks import check_key_length
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import TYPES, Table

SQL_TABLES = """
CREATE TABLE IF NOT EXISTS index_changes (
    table_id INTEGER, sequence INTEGER, due INTEGER NOT NULL, key BLOB NOT NULL, row TEXT,
    PRIMARY KEY (table_id, sequence)
) WITHOUT ROWID;
"""
_CHANGES_PER_QUERY = 500


@dataclass(frozen=True)
class IndexRow:
    """A row of an index: its sortable key and its JSON."""

    key: bytes
    row: str


def index_row(
    index: Table, primary_key: PrimaryKey, row: StoredRow | None, *, check_lengths: bool = False
) -> IndexRow | None:
    """Return the row of ``index`` for a row of its table.

    An index is sparse: the result is ``None`` if a column of its key is missing or has another type.

    Raises:
        TableStoreError: with ``check_lengths``, a value is too long for a key.
    """
    if row is None:
        return None
    key = dict(primary_key)
    values: list[AnyValue] = []
    for column in index.primary_key:
        value = key[column.name] if column.name in key else row.latest(column.name)
        if value is None or isinstance(value, Special) or type(value) is not TYPES[column.type]:
            return None
        if check_lengths:
            check_key_length(column.name, value)
        values.append(value)
    columns = {
        column.name: row.columns[column.name][:1]
        for column in index.defined_columns
        if type(row.latest(column.name)) is TYPES[column.type]
    }
    # Only a time to live needs the time of the last write. Without it, rows of equal content are equal and
    # cost no write.
    written_at_ms = 0 if index.options.time_to_live_seconds == -1 else row.written_at_ms
    return IndexRow(encode_key(values), StoredRow(written_at_ms, columns).dump())


def is_unchanged(index: Table, before: StoredRow | None, after: StoredRow | None) -> bool:
    """Tell whether a change of a row certainly leaves ``index`` unchanged.

    This costs less than computing and comparing the two index rows.
    """
    if before is None or after is None or index.options.time_to_live_seconds != -1:
        return before is after
    for name in index.key_names:
        if not _is_same(before.latest(name), after.latest(name)):
            return False
    for column in index.defined_columns:
        old, new = before.columns.get(column.name), after.columns.get(column.name)
        if old is not new and not (old and new and old[0][0] == new[0][0] and _is_same(old[0][1], new[0][1])):
            return False
    return True


def _is_same(one: Value | None, other: Value | None) -> bool:
    return type(one) is type(other) and one == other


def changes(before: IndexRow | None, after: IndexRow | None) -> list[tuple[bytes, str | None]]:
    """Return the writes to an index: keys with their new rows, or with ``None`` to delete them."""
    found: list[tuple[bytes, str | None]] = []
    if before is not None and (after is None or after.key != before.key):
        found.append((before.key, None))
    if after is not None and after != before:
        found.append((after.key, after.row))
    return found


def enqueue(
    connection: sqlite3.Connection, table_id: int, key: bytes, row: str | None, due_at_ms: int
) -> None:
    """Queue a change until ``due_at_ms``. Changes are applied in the order of the queue."""
    last = connection.execute(
        "SELECT sequence FROM index_changes WHERE table_id = ? ORDER BY sequence DESC LIMIT 1", (table_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO index_changes (table_id, sequence, due, key, row) VALUES (?, ?, ?, ?, ?)",
        (table_id, last[0] + 1 if last else 1, due_at_ms, key, row),
    )


def is_due(connection: sqlite3.Connection, table_id: int, now_ms: int) -> bool:
    """Tell whether the first change in the queue of an index is due."""
    first = connection.execute(
        "SELECT due FROM index_changes WHERE table_id = ? ORDER BY sequence LIMIT 1", (table_id,)
    ).fetchone()
    return first is not None and first[0] <= now_ms


def apply_changes(connection: sqlite3.Connection, table_id: int, now_ms: int | None = None) -> None:
    """Apply the changes that are due at ``now_ms``, or with ``None`` the whole queue."""
    while True:
        waiting = connection.execute(
            "SELECT sequence, due, key, row FROM index_changes WHERE table_id = ? ORDER BY sequence LIMIT ?",
            (table_id, _CHANGES_PER_QUERY),
        ).fetchall()
        last = 0
        for sequence, due_at_ms, key, row in waiting:
            if now_ms is not None and due_at_ms > now_ms:
                break
            row_tables.save(connection, table_id, key, row)
            last = sequence
        connection.execute("DELETE FROM index_changes WHERE table_id = ? AND sequence <= ?", (table_id, last))
        if not waiting or last != waiting[-1][0]:
            return


def apply_all_changes(connection: sqlite3.Connection) -> None:
    """Apply the queues of all indexes."""
    for (table_id,) in connection.execute("SELECT DISTINCT table_id FROM index_changes").fetchall():
        apply_changes(connection, table_id)


def remove_changes(connection: sqlite3.Connection, table_id: int) -> None:
    """Delete the queue of an index."""
    connection.execute("DELETE FROM index_changes WHERE table_id = ?", (table_id,))
