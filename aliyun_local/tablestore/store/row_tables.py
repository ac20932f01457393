"""The SQL tables of rows, one for each table and each index. No other module knows their names and columns.

Each has two columns, ``key`` (the sortable form of ``keys``) and ``row`` (the JSON of
``rows.StoredRow.dump``). The key is the SQL primary key, so a point operation is one lookup and a range read
one ordered scan.

Every function takes the connection of the caller's transaction or read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from aliyun_local.tablestore.store.rows import StoredRow

_ROWS_PER_QUERY = 500
_MAX_CHARACTERS_PER_QUERY = 4 * 1024 * 1024


def create(connection: sqlite3.Connection, table_id: int) -> None:
    """Create the SQL table of a new table or index."""
    connection.execute(f"CREATE TABLE rows_{table_id} (key BLOB PRIMARY KEY, row TEXT NOT NULL)")


def drop(connection: sqlite3.Connection, table_id: int) -> None:
    """Delete the SQL table with its rows."""
    connection.execute(f"DROP TABLE rows_{table_id}")


def load(connection: sqlite3.Connection, table_id: int, key: bytes) -> StoredRow | None:
    """Return one row, or ``None`` if it is missing."""
    query = f"SELECT row FROM rows_{table_id} WHERE key = ?"
    found = connection.execute(query, (key,)).fetchone()
    return StoredRow.load(found[0]) if found else None


def save(connection: sqlite3.Connection, table_id: int, key: bytes, row: str | None) -> None:
    """Replace one row by its JSON ``row``, or delete it with ``None``."""
    if row is None:
        connection.execute(f"DELETE FROM rows_{table_id} WHERE key = ?", (key,))
    else:
        connection.execute(
            f"INSERT INTO rows_{table_id} (key, row) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET row = excluded.row",
            (key, row),
        )


def every_row(connection: sqlite3.Connection, table_id: int) -> Iterator[tuple[bytes, str]]:
    """Yield the keys and the JSON of all rows, in order."""
    query = f"SELECT key, row FROM rows_{table_id} WHERE key > ? ORDER BY key LIMIT {_ROWS_PER_QUERY}"
    key = b""
    while True:
        rows = connection.execute(query, (key,)).fetchall()
        if not rows:
            return
        yield from rows
        key = rows[-1][0]


def rows_between(
    connection: sqlite3.Connection, table_id: int, start: bytes, end: bytes, *, inclusive: bool, limit: int
) -> tuple[list[tuple[bytes, str]], bool]:
    """Return the keys and the JSON of rows from ``start`` to before ``end``, and whether more can follow.

    The scan is backward if ``end`` sorts before ``start``. Without ``inclusive`` it begins after ``start``.
    The result is bounded by ``limit`` rows and by its total length, so it may end early.
    """
    backward = end < start
    first = ("<" if backward else ">") + ("=" if inclusive else "")
    query = (
        f"SELECT key, row FROM rows_{table_id} WHERE key {first} ? AND key {'>' if backward else '<'} ? "
        f"ORDER BY key {'DESC' if backward else 'ASC'} LIMIT ?"
    )
    rows: list[tuple[bytes, str]] = []
    characters = 0
    for key, row in connection.execute(query, (start, end, limit)):
        rows.append((key, row))
        characters += len(row)
        if characters > _MAX_CHARACTERS_PER_QUERY:
            return rows, True
    return rows, len(rows) == limit


def sizes_after(
    connection: sqlite3.Connection, table_id: int, key: bytes, limit: int
) -> list[tuple[bytes, int]]:
    """Return the keys and the stored sizes in bytes of the first ``limit`` rows after ``key``."""
    query = f"SELECT key, length(key) + length(row) FROM rows_{table_id} WHERE key > ? ORDER BY key LIMIT ?"
    return connection.execute(query, (key, limit)).fetchall()
