"""Secondary indexes: what a row looks like in one, and the queue by which an index follows its table.

A change is queued in the transaction of the write that caused it and applied, in order, once its lag has
passed; so nothing is lost by a crash in between, and a reader of the index sees the past, as in the service.
What index rows cost is billed as the index's own ("Tablestore, Billable items of secondary indexes"), so no
answer to a writer of the table counts it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aliyun_local.tablestore.codec.values import AnyValue, PrimaryKey, Special, Value
from aliyun_local.tablestore.store.checks import check_key_length
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import TYPES, Table

SCHEMA = """
CREATE TABLE IF NOT EXISTS index_changes (
    table_id INTEGER, sequence INTEGER, due INTEGER NOT NULL, key BLOB NOT NULL, row TEXT,
    PRIMARY KEY (table_id, sequence)
) WITHOUT ROWID;
"""
_BATCH = 500


@dataclass(frozen=True)
class Entry:
    """A row as it stands in an index."""

    key: bytes
    row: str


def entry(
    index: Table, primary_key: PrimaryKey, row: StoredRow | None, *, checked: bool = False
) -> Entry | None:
    """Return what ``row`` of the table contributes to ``index``.

    ``None`` when a column of the index's key is missing or not of its type: an index is sparse.

    Raises:
        TableStoreError: with ``checked``, a value is too long for a key.
    """
    if row is None:
        return None
    key = dict(primary_key)
    values: list[AnyValue] = []
    for column in index.primary_key:
        value = key[column.name] if column.name in key else row.latest(column.name)
        if value is None or isinstance(value, Special) or type(value) is not TYPES[column.type]:
            return None
        if checked:
            check_key_length(column.name, value)
        values.append(value)
    columns = {
        column.name: row.columns[column.name][:1]
        for column in index.defined_columns
        if type(row.latest(column.name)) is TYPES[column.type]
    }
    # Only a limited life needs the time of the last write. Without it equal contents compare equal: no write.
    written = 0 if index.options.time_to_live == -1 else row.written
    return Entry(encode_key(values), StoredRow(written, columns).dump())


def is_untouched(index: Table, before: StoredRow | None, after: StoredRow | None) -> bool:
    """Tell, at less than the cost of both entries, that a change of a row leaves ``index`` as it is."""
    if before is None or after is None or index.options.time_to_live != -1:
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


def changes(before: Entry | None, after: Entry | None) -> list[tuple[bytes, str | None]]:
    """Return what to write to an index, as keys with their new rows (``None``: delete)."""
    found: list[tuple[bytes, str | None]] = []
    if before is not None and (after is None or after.key != before.key):
        found.append((before.key, None))
    if after is not None and after != before:
        found.append((after.key, after.row))
    return found


def store(connection: sqlite3.Connection, table_id: int, key: bytes, row: str | None) -> None:
    """Write or (``None``) delete one row of any table."""
    if row is None:
        connection.execute(f"DELETE FROM rows_{table_id} WHERE key = ?", (key,))
    else:
        connection.execute(
            f"INSERT INTO rows_{table_id} (key, row) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET row = excluded.row",
            (key, row),
        )


def enqueue(connection: sqlite3.Connection, table_id: int, key: bytes, row: str | None, due: int) -> None:
    """Queue a change until ``due`` (milliseconds); one that was queued before it is applied before it."""
    last = connection.execute(
        "SELECT sequence FROM index_changes WHERE table_id = ? ORDER BY sequence DESC LIMIT 1", (table_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO index_changes (table_id, sequence, due, key, row) VALUES (?, ?, ?, ?, ?)",
        (table_id, last[0] + 1 if last else 1, due, key, row),
    )


def is_due(connection: sqlite3.Connection, table_id: int, now: int) -> bool:
    """Tell whether a change waits whose time has come."""
    first = connection.execute(
        "SELECT due FROM index_changes WHERE table_id = ? ORDER BY sequence LIMIT 1", (table_id,)
    ).fetchone()
    return first is not None and first[0] <= now


def settle(connection: sqlite3.Connection, table_id: int, now: int | None = None) -> None:
    """Apply the changes that are due at ``now``, or all of them."""
    while True:
        waiting = connection.execute(
            "SELECT sequence, due, key, row FROM index_changes WHERE table_id = ? ORDER BY sequence LIMIT ?",
            (table_id, _BATCH),
        ).fetchall()
        last = 0
        for sequence, due, key, row in waiting:
            if now is not None and due > now:
                break
            store(connection, table_id, key, row)
            last = sequence
        connection.execute("DELETE FROM index_changes WHERE table_id = ? AND sequence <= ?", (table_id, last))
        if not waiting or last != waiting[-1][0]:
            return
