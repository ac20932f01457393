"""The last automatic numbers of tables with an AUTO_INCREMENT column, one for each partition key.

``writing`` takes the next number in the SQL transaction of the write.
"""

from __future__ import annotations

import sqlite3

SQL_TABLES = """
CREATE TABLE IF NOT EXISTS counters (
    table_id INTEGER, partition BLOB, last INTEGER NOT NULL, PRIMARY KEY (table_id, partition)
) WITHOUT ROWID;
"""


def next_number(connection: sqlite3.Connection, table_id: int, partition: bytes, at_least: int) -> int:
    """Take the next number of a partition key, given by its sortable form.

    The numbers rise, with gaps as in the service: each is the larger of ``at_least`` and the last number plus
    1.
    """
    last = connection.execute(
        "SELECT last FROM counters WHERE table_id = ? AND partition = ?", (table_id, partition)
    ).fetchone()
    number = max(at_least, last[0] + 1 if last else 0)
    connection.execute("REPLACE INTO counters VALUES (?, ?, ?)", (table_id, partition, number))
    return number


def remove(connection: sqlite3.Connection, table_id: int) -> None:
    """Delete the numbers of a table."""
    connection.execute("DELETE FROM counters WHERE table_id = ?", (table_id,))
