"""The emulators' databases for a simulation: thousands of small accounts, each used by one thread.

Each begins as a copy of a ready one: defining the same tables again and again would be a tenth of all the
work. Reads are remembered until something in the database changes.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from aliyun_local.dashscope.account import models
from aliyun_local.database import Database
from aliyun_local.log_service import entries
from aliyun_local.oss.state import transactions
from aliyun_local.tablestore.store import storage

T = TypeVar("T")

USERS = (transactions, storage, models, entries)
"""The modules that open the emulators' databases."""

_made: dict[str, sqlite3.Connection] = {}


@contextmanager
def quick_databases() -> Iterator[None]:
    """Let every database that is opened meanwhile be a quick one."""
    with ExitStack() as stack:
        for module in USERS:
            stack.enter_context(mock.patch.object(module, "Database", QuickDatabase))
        yield


def begin_alike(database: Database, name: str, make: Callable[[], object]) -> None:
    """Let ``database`` be what ``make`` made of the first that came here by this ``name``."""
    connection = database._connection
    if name in _made:
        _made[name].backup(connection)
        return
    make()
    _made[name] = _new_connection()
    connection.backup(_made[name])


class QuickDatabase(Database):
    """A database in memory without locks."""

    def __init__(self, path: Path | None, schema: str) -> None:
        assert path is None
        self._connection = _new_connection()
        # Nobody closes an account that is over; Python 3.13 warns of a connection that is left open.
        weakref.finalize(self, self._connection.close)
        self._reading = _Reading(self._connection)
        self._transaction = _Transaction(self._connection)
        begin_alike(self, schema, lambda: self._connection.executescript(schema))

    def transaction(self) -> Any:
        return self._transaction

    def reading(self) -> Any:
        return self._reading

    def close(self) -> None:
        self._connection.close()


class _Reading:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *exc_info: object) -> None:
        pass


class _Transaction(_Reading):
    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN")
        return self._connection

    def __exit__(self, *exc_info: object) -> None:
        self._connection.execute("COMMIT" if exc_info[0] is None else "ROLLBACK")


def remembered(ask: Callable[[sqlite3.Connection], list[T]]) -> Callable[[sqlite3.Connection], list[T]]:
    """Return ``ask`` with its last answer kept until something is written; for one database at a time."""
    connection: sqlite3.Connection | None = None
    changes, answer = -1, list[T]()

    def recall(of: sqlite3.Connection) -> list[T]:
        nonlocal connection, changes, answer
        if of is not connection or of.total_changes != changes:
            connection, changes, answer = of, of.total_changes, ask(of)
        return list(answer)

    return recall


def _new_connection() -> sqlite3.Connection:
    # Whichever thread collects the garbage closes it.
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
