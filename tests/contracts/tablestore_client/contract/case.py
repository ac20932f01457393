"""What a promise is given: a client of some version, and tables that are gone when it has been asked for.

Everything in this folder runs inside of whatever Python and client it is to speak for, so it imports the
client and the standard library and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import tablestore
from tablestore import (
    CapacityUnit,
    Condition,
    OTSClient,
    OTSServiceError,
    ReservedThroughput,
    Row,
    TableMeta,
    TableOptions,
)
from tablestore.retry import DefaultRetryPolicy

INSTANCE = "studio"
KEY_ID, SECRET = "LTAIlocal", "local-secret"
NOTHING = ReservedThroughput(CapacityUnit(0, 0))
MISSING_TABLE = (404, "OTSObjectNotExist", "Requested table does not exist.")
CONDITION_FAILED = (403, "OTSConditionCheckFail", "Condition check failed.")
CLIENT_VERSION = tuple(int(part) for part in tablestore.__version__.split("."))

PROMISES: dict[str, Callable[[Case], None]] = {}
SINCE: dict[str, tuple[int, ...]] = {}


class NoRetries(DefaultRetryPolicy):
    """Every refusal is seen at once."""

    def should_retry(self, *_: Any) -> bool:
        return False


def promise(function: Callable[[Case], None]) -> Callable[[Case], None]:
    """Register a promise that every version of the client can ask for."""
    assert function.__name__ not in PROMISES, function.__name__
    PROMISES[function.__name__] = function
    SINCE[function.__name__] = (0,)
    return function


def since(*version: int) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Register a promise that only clients from ``version`` on can ask for."""

    def register(function: Callable[[Case], None]) -> Callable[[Case], None]:
        promise(function)
        SINCE[function.__name__] = version
        return function

    return register


def promises_for(version: tuple[int, ...]) -> list[str]:
    """The names of the promises that a client of ``version`` can ask for."""
    return [name for name, first in SINCE.items() if version >= first]


class Case:
    """A client and the tables made by it."""

    def __init__(self, url: str, **options: Any) -> None:
        quiet = logging.getLogger("tests.contracts.tablestore")
        quiet.setLevel(logging.CRITICAL + 1)
        self.url = url
        self.options = {"retry_policy": NoRetries(), "logger_name": quiet.name, **options}
        self.client = self.connect()
        self._tables: list[str] = []

    def connect(self, key: str = KEY_ID, secret: str = SECRET, instance: str = INSTANCE) -> OTSClient:
        """A client of its own."""
        return OTSClient(self.url, key, secret, instance, **self.options)

    def table(
        self,
        name: str = "t",
        key: list[tuple[Any, ...]] | None = None,
        columns: list[tuple[str, str]] | None = None,
        indexes: list[Any] | None = None,
        **options: Any,
    ) -> str:
        """Create a table, by default of one STRING key column ``id``."""
        meta = TableMeta(name, key or [("id", "STRING")], columns or [])
        self._tables.append(name)
        self.client.create_table(meta, TableOptions(**options), NOTHING, indexes or [])
        return name

    def put(self, table: str, key: Any, *columns: Any, expect: Any = "IGNORE") -> Any:
        condition = expect if isinstance(expect, Condition) else Condition(expect)
        return self.client.put_row(table, Row(as_key(key), list(columns)), condition)

    def update(self, table: str, key: Any, change: dict[str, Any], expect: Any = "IGNORE") -> Any:
        condition = expect if isinstance(expect, Condition) else Condition(expect)
        return self.client.update_row(table, Row(as_key(key), change), condition)

    def delete(self, table: str, key: Any, expect: Any = "IGNORE") -> Any:
        condition = expect if isinstance(expect, Condition) else Condition(expect)
        return self.client.delete_row(table, Row(as_key(key)), condition)

    def get(self, table: str, key: Any, **options: Any) -> dict[str, Any] | None:
        """The row's columns, ``None`` for no row."""
        _, row, _ = self.client.get_row(table, as_key(key), **{"max_version": 1, **options})
        return None if row is None else columns_of(row)

    def refused(self, function: Callable[..., Any], *args: Any, **options: Any) -> tuple[int, str, str]:
        """Call something that has to be refused, and return how: status, code, message."""
        try:
            result = function(*args, **options)
        except OTSServiceError as error:
            refusal = error
        else:
            raise AssertionError(f"{function} was not refused but returned {result!r}")
        assert refusal.request_id, "an error names its request"
        return refusal.http_status, refusal.code, refusal.message

    def drop_tables(self) -> None:
        """Leave the instance as it was."""
        for name in self._tables:
            if name in self.client.list_table():
                self.client.delete_table(name)
        self._tables.clear()

    def close(self) -> None:
        """Give back the connections."""
        self.client.connection.pool.clear()

    def keep(self, name: str) -> None:
        """Ask for what a promise says.

        Raises:
            Exception: it is broken.
        """
        try:
            PROMISES[name](self)
        finally:
            self.drop_tables()


def as_key(key: Any) -> list[tuple[str, Any]]:
    return key if isinstance(key, list) else [("id", key)]


def columns_of(row: Any) -> dict[str, Any]:
    return {column[0]: column[1] for column in row.attribute_columns}
