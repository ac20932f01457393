"""Which instances, tables and indexes there are, and their definitions, as stored."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from functools import lru_cache
from typing import Any

from aliyun_local.tablestore.errors import invalid_table_name, table_exists, table_not_found
from aliyun_local.tablestore.store.schema import (
    Column,
    Encryption,
    IndexMeta,
    Table,
    TableOptions,
    Throughput,
    is_name,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, name TEXT NOT NULL,
    definition TEXT NOT NULL, UNIQUE (instance, name)
);
CREATE TABLE IF NOT EXISTS counters (
    table_id INTEGER, partition BLOB, last INTEGER NOT NULL, PRIMARY KEY (table_id, partition)
) WITHOUT ROWID;
"""


@lru_cache(maxsize=1024)
def _table(table_id: int, instance: str, name: str, definition: str) -> Table:
    stored: dict[str, Any] = json.loads(definition)
    encryption = stored.get("encryption")
    return Table(
        id=table_id,
        instance=instance,
        name=name,
        primary_key=tuple(Column(**column) for column in stored["primary_key"]),
        defined_columns=tuple(Column(**column) for column in stored["defined_columns"]),
        options=TableOptions(**stored["options"]),
        throughput=Throughput(**stored["throughput"]),
        indexes=tuple(
            IndexMeta(
                name=index["name"],
                primary_key=tuple(index["primary_key"]),
                defined_columns=tuple(index["defined_columns"]),
                local=index["local"],
            )
            for index in stored["indexes"]
        ),
        base=stored["base"],
        ready_at=stored["ready_at"],
        transactions=stored.get("transactions"),
        encryption=Encryption(**encryption) if encryption else None,
        splits=tuple(stored.get("splits", ())),
    )


def _definition(table: Table) -> str:
    stored = dataclasses.asdict(table)
    for identity in ("id", "instance", "name"):
        del stored[identity]
    return json.dumps(stored)


def find(connection: sqlite3.Connection, instance: str, name: str) -> Table:
    """Return a table or the table behind an index.

    Raises:
        TableStoreError: there is none of that name.
    """
    found = connection.execute(
        "SELECT id, definition FROM tables WHERE instance = ? AND name = ?", (instance, name)
    ).fetchone()
    if found is None:
        raise table_not_found() if is_name(name) else invalid_table_name(name)
    return _table(found[0], instance, name, found[1])


def all_tables(connection: sqlite3.Connection, instance: str) -> list[Table]:
    """Return the tables of an instance, those behind indexes included, by name."""
    found = connection.execute(
        "SELECT id, name, definition FROM tables WHERE instance = ? ORDER BY name", (instance,)
    )
    return [_table(table_id, instance, name, definition) for table_id, name, definition in found]


def add(connection: sqlite3.Connection, table: Table) -> Table:
    """Store a new table and give it its id.

    Raises:
        TableStoreError: the name is taken.
    """
    try:
        cursor = connection.execute(
            "INSERT INTO tables (instance, name, definition) VALUES (?, ?, ?)",
            (table.instance, table.name, _definition(table)),
        )
    except sqlite3.IntegrityError as problem:
        raise table_exists() from problem
    stored = dataclasses.replace(table, id=int(cursor.lastrowid or 0))
    connection.execute(f"CREATE TABLE rows_{stored.id} (key BLOB PRIMARY KEY, row TEXT NOT NULL)")
    return stored


def change(connection: sqlite3.Connection, table: Table) -> None:
    """Store the new definition of a table that is there."""
    connection.execute("UPDATE tables SET definition = ? WHERE id = ?", (_definition(table), table.id))


def remove(connection: sqlite3.Connection, table: Table) -> None:
    """Forget a table with everything in it."""
    connection.execute(f"DROP TABLE rows_{table.id}")
    for name in ("index_changes", "counters"):
        connection.execute(f"DELETE FROM {name} WHERE table_id = ?", (table.id,))
    connection.execute("DELETE FROM tables WHERE id = ?", (table.id,))
