"""The base class of the store's parts: the database, the clock, the options and the lookup of tables.

Each part of the store (``definitions``, ``reading``, ``writing``, ``local_transactions``, ``splitting``) is a
subclass of :class:`Storage`; ``models`` combines them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aliyun_local.clock import Clock
from aliyun_local.database import Database
from aliyun_local.private_files import make_private_folder
from aliyun_local.tablestore.store import catalog, counters, indexes
from aliyun_local.tablestore.store.open_transactions import OpenTransactions
from aliyun_local.tablestore.store.schema import Table

_SQL_TABLES = catalog.SQL_TABLES + counters.SQL_TABLES + indexes.SQL_TABLES


class Storage:
    """An open database with its clock, options and open transactions."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        *,
        index_lag_seconds: float = 0.0,
        local_transactions: bool = True,
    ) -> None:
        """Open the store in the folder ``data``, which is created if missing, or in memory with ``None``.

        Args:
            data: the folder.
            clock: the clock for versions, times to live and lags.
            index_lag_seconds: the time after which a write becomes visible in a global index; 0 is at once.
            local_transactions: whether a table allows local transactions if its creator did not choose.
                Several official clients cannot choose, and the service's default differs between accounts.
        """
        if data is not None:
            make_private_folder(data)
        self._database = Database(data / "tablestore.sqlite3" if data is not None else None, _SQL_TABLES)
        self._clock = clock
        self._index_lag_ms = round(index_lag_seconds * 1000)
        self._local_transactions = local_transactions
        self._transactions = OpenTransactions()
        self._instances: set[str] = set()
        self._tables: dict[tuple[str, str], Table] = {}
        if not self._index_lag_ms:
            # An earlier run with a lag may have left changes, and without a lag no read applies them.
            with self._database.transaction() as connection:
                indexes.apply_all_changes(connection)

    def close(self) -> None:
        """Close the files. Every answered write is on disk without it."""
        self._database.close()

    def _table(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        """Return a table or an index table. It stays in memory until a definition changes.

        Raises:
            TableStoreError: no table or index has this name.
        """
        found = self._tables.get((instance, name))
        if found is None:
            found = self._tables[instance, name] = catalog.find(connection, instance, name)
        return found

    @contextmanager
    def _redefining(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection for a change of definitions, in one SQL transaction."""
        with self._database.transaction() as connection:
            try:
                yield connection
            finally:
                self._tables.clear()

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)
