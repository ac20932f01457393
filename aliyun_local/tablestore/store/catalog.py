"""The SQL tables of instances and table definitions.

``definitions`` changes them; ``storage`` looks definitions up for every operation. The stored form of a
definition is JSON with names of its own, so that a data folder stays readable when a Python name changes.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from aliyun_local.tablestore.errors import invalid_table_name, table_exists, table_not_found
from aliyun_local.tablestore.store import counters, indexes, row_tables
from aliyun_local.tablestore.store.schema import (
    Column,
    Encryption,
    IndexMeta,
    Table,
    TableOptions,
    Throughput,
    is_name,
)

SQL_TABLES = """
CREATE TABLE IF NOT EXISTS instances (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, name TEXT NOT NULL,
    definition TEXT NOT NULL, UNIQUE (instance, name)
);
"""


def add_instance(connection: sqlite3.Connection, name: str) -> None:
    """Store an instance if it is missing."""
    connection.execute("INSERT OR IGNORE INTO instances (name) VALUES (?)", (name,))


def remove_instance(connection: sqlite3.Connection, name: str) -> None:
    """Delete an instance."""
    connection.execute("DELETE FROM instances WHERE name = ?", (name,))


def has_instance(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether an instance exists."""
    return connection.execute("SELECT 1 FROM instances WHERE name = ?", (name,)).fetchone() is not None


def find(connection: sqlite3.Connection, instance: str, name: str) -> Table:
    """Return a table or an index table.

    Raises:
        TableStoreError: no table or index has this name.
    """
    found = connection.execute(
        "SELECT id, definition FROM tables WHERE instance = ? AND name = ?", (instance, name)
    ).fetchone()
    if found is None:
        raise table_not_found() if is_name(name) else invalid_table_name(name)
    return _table(found[0], instance, name, found[1])


def all_tables(connection: sqlite3.Connection, instance: str) -> list[Table]:
    """Return the tables and index tables of an instance, by name."""
    found = connection.execute(
        "SELECT id, name, definition FROM tables WHERE instance = ? ORDER BY name", (instance,)
    )
    return [_table(table_id, instance, name, definition) for table_id, name, definition in found]


def add(connection: sqlite3.Connection, table: Table) -> Table:
    """Store a new table and return it with its id.

    Raises:
        TableStoreError: the name is in use.
    """
    try:
        cursor = connection.execute(
            "INSERT INTO tables (instance, name, definition) VALUES (?, ?, ?)",
            (table.instance, table.name, _definition(table)),
        )
    except sqlite3.IntegrityError as problem:
        raise table_exists() from problem
    stored = replace(table, id=int(cursor.lastrowid or 0))
    row_tables.create(connection, stored.id)
    return stored


def change(connection: sqlite3.Connection, table: Table) -> None:
    """Store the new definition of an existing table."""
    connection.execute("UPDATE tables SET definition = ? WHERE id = ?", (_definition(table), table.id))


def remove(connection: sqlite3.Connection, table: Table) -> None:
    """Delete a table, its rows, its counters and its queued index changes."""
    row_tables.drop(connection, table.id)
    indexes.remove_changes(connection, table.id)
    counters.remove(connection, table.id)
    connection.execute("DELETE FROM tables WHERE id = ?", (table.id,))


def _definition(table: Table) -> str:
    options, throughput = table.options, table.throughput
    return json.dumps(
        {
            "primary_key": [asdict(column) for column in table.primary_key],
            "defined_columns": [asdict(column) for column in table.defined_columns],
            "options": {
                "time_to_live": options.time_to_live_seconds,
                "max_versions": options.max_versions,
                "max_deviation": options.max_deviation_seconds,
                "allow_update": options.allow_update,
            },
            "throughput": {
                "read": throughput.read,
                "write": throughput.write,
                "last_increase": throughput.last_increase_at,
                "last_decrease": throughput.last_decrease_at,
            },
            "indexes": [asdict(index) for index in table.indexes],
            "base": table.index_of,
            "ready_at": table.ready_at_ms,
            "transactions": table.local_transactions,
            "encryption": asdict(table.encryption) if table.encryption else None,
            "splits": table.boundaries,
        }
    )


@lru_cache(maxsize=1024)
def _table(table_id: int, instance: str, name: str, definition: str) -> Table:
    stored: dict[str, Any] = json.loads(definition)
    options, throughput, encryption = stored["options"], stored["throughput"], stored.get("encryption")
    return Table(
        id=table_id,
        instance=instance,
        name=name,
        primary_key=tuple(Column(**column) for column in stored["primary_key"]),
        defined_columns=tuple(Column(**column) for column in stored["defined_columns"]),
        options=TableOptions(
            time_to_live_seconds=options["time_to_live"],
            max_versions=options["max_versions"],
            max_deviation_seconds=options["max_deviation"],
            allow_update=options["allow_update"],
        ),
        throughput=Throughput(
            read=throughput["read"],
            write=throughput["write"],
            last_increase_at=throughput["last_increase"],
            last_decrease_at=throughput["last_decrease"],
        ),
        indexes=tuple(_index(index) for index in stored["indexes"]),
        index_of=stored["base"],
        ready_at_ms=stored["ready_at"],
        # A folder written before these fields existed has none of them.
        local_transactions=stored.get("transactions"),
        encryption=Encryption(**encryption) if encryption else None,
        boundaries=tuple(stored.get("splits", ())),
    )


def _index(stored: dict[str, Any]) -> IndexMeta:
    return IndexMeta(
        name=stored["name"],
        primary_key=tuple(stored["primary_key"]),
        defined_columns=tuple(stored["defined_columns"]),
        local=stored["local"],
    )
