"""The database that tables and rows lie in, and what every part of the store does with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aliyun_local.clock import Clock
from aliyun_local.database import Database
from aliyun_local.tablestore.store import catalog, indexes
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.transactions import OpenTransactions


class Storage:
    """An open database, a clock and the lag of the indexes."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        *,
        index_lag: float = 0.0,
        local_transactions: bool = True,
    ) -> None:
        """Open the store in the folder ``data``, made when missing (``None``: in memory).

        A write shows in a global index ``index_lag`` seconds later by ``clock``; at 0, at once.
        ``local_transactions`` says whether tables take them of which their creator said nothing: several
        official clients cannot say it, and the service itself differs by account.
        """
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        self._database = Database(
            data / "tablestore.sqlite3" if data is not None else None, catalog.SCHEMA + indexes.SCHEMA
        )
        self._clock = clock
        self._lag = round(index_lag * 1000)
        self._local_transactions = local_transactions
        self._transactions = OpenTransactions()
        self._instances: set[str] = set()
        self._tables: dict[tuple[str, str], Table] = {}
        if not self._lag:
            self._settle_what_a_lagging_run_left()

    def close(self) -> None:
        """Close the files; what was answered is on disk without it."""
        self._database.close()

    def _table(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        """Return a table or the table behind an index, remembered until a definition changes.

        Raises:
            TableStoreError: there is none of that name.
        """
        found = self._tables.get((instance, name))
        if found is None:
            found = self._tables[instance, name] = catalog.find(connection, instance, name)
        return found

    @contextmanager
    def _redefining(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to change definitions, in one transaction."""
        with self._database.transaction() as connection:
            try:
                yield connection
            finally:
                self._tables.clear()

    def _load(self, connection: sqlite3.Connection, table: Table, key: bytes) -> StoredRow | None:
        query = f"SELECT row FROM rows_{table.id} WHERE key = ?"
        found = connection.execute(query, (key,)).fetchone()
        return StoredRow.load(found[0]) if found else None

    def _now(self) -> int:
        return int(self._clock.now() * 1000)

    def _settle_what_a_lagging_run_left(self) -> None:
        with self._database.transaction() as connection:
            waiting = connection.execute("SELECT DISTINCT table_id FROM index_changes").fetchall()
            for (table_id,) in waiting:
                indexes.settle(connection, table_id)


def every_row(connection: sqlite3.Connection, table_id: int) -> Iterator[tuple[bytes, str]]:
    """Yield every row of a table, a few hundred at a time."""
    key = b""
    while True:
        query = f"SELECT key, row FROM rows_{table_id} WHERE key > ? ORDER BY key LIMIT 500"
        piece = connection.execute(query, (key,)).fetchall()
        if not piece:
            return
        yield from piece
        key = piece[-1][0]
