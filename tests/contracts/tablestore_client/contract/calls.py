"""Short forms of the official client's calls and of its errors.

The promises in this folder and the tests of the emulator share them. The promises run in any Python with any
version of the client, so this module imports only the client and the standard library.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tablestore import (
    CapacityUnit,
    Condition,
    OTSClient,
    OTSServiceError,
    ReservedThroughput,
    Row,
    SecondaryIndexMeta,
    TableMeta,
    TableOptions,
)
from tablestore.retry import NoRetryPolicy

INSTANCE = "studio"
KEY_ID, SECRET = "LTAIlocal", "local-secret"
NO_RESERVED_UNITS = ReservedThroughput(CapacityUnit(0, 0))

Key: TypeAlias = list[tuple[str, Any]]
"""A primary key as the client takes it."""

KeySchema: TypeAlias = Sequence[tuple[Any, ...]]
"""The names, types and options of a primary key's columns, as the client takes them."""

Refusal: TypeAlias = tuple[int, str, str]
"""HTTP status, code and message of an error."""

MISSING_TABLE: Refusal = (404, "OTSObjectNotExist", "Requested table does not exist.")
CONDITION_FAILED: Refusal = (403, "OTSConditionCheckFail", "Condition check failed.")

_quiet = logging.getLogger("tests.tablestore_client")
_quiet.setLevel(logging.CRITICAL + 1)


def connect(
    url: str, key_id: str = KEY_ID, secret: str = SECRET, instance: str = INSTANCE, **options: Any
) -> OTSClient:
    """A client that logs nothing and, unless ``options`` say so, retries nothing."""
    options = {"retry_policy": NoRetryPolicy(), "logger_name": _quiet.name, **options}
    return OTSClient(url, key_id, secret, instance, **options)


def disconnect(client: OTSClient) -> None:
    """Close the connections of a client."""
    client.connection.pool.clear()


def as_key(key: Key | str | int) -> Key:
    """A primary key; a value that is not a list is the value of the column ``id``."""
    return key if isinstance(key, list) else [("id", key)]


def columns_of(row: Row) -> dict[str, Any]:
    """The newest value of each attribute column of a row."""
    return {column[0]: column[1] for column in row.attribute_columns}


def refused(function: Callable[..., Any], *args: Any, **options: Any) -> Refusal:
    """Call ``function``, which the service has to refuse, and return the error.

    Raises:
        AssertionError: it was not refused, or the error has no request id.
    """
    try:
        result = function(*args, **options)
    except OTSServiceError as error:
        refusal = error
    else:
        raise AssertionError(f"{function} was not refused but returned {result!r}")
    assert refusal.request_id, "an error names its request"
    return refusal.http_status, refusal.code, refusal.message


class Calls:
    """The calls of one client.

    A condition is a :class:`Condition` or the name of an expectation, such as ``EXPECT_EXIST``.
    """

    def __init__(self, client: OTSClient) -> None:
        self.client = client

    def create_table(
        self,
        name: str,
        key: KeySchema | None = None,
        columns: Sequence[tuple[str, str]] | None = None,
        indexes: Sequence[SecondaryIndexMeta] = (),
        **options: Any,
    ) -> None:
        """Create a table, by default with one STRING key column ``id``."""
        meta = TableMeta(name, key or [("id", "STRING")], columns or [])
        self.client.create_table(meta, TableOptions(**options), NO_RESERVED_UNITS, list(indexes))

    def put(
        self, table: str, key: Key | str | int, *columns: Any, condition: Any = "IGNORE", **options: Any
    ) -> Any:
        """Put a row and return the client's answer."""
        row = Row(as_key(key), list(columns))
        return self.client.put_row(table, row, _as_condition(condition), **options)

    def update(
        self, table: str, key: Key | str | int, change: dict[str, Any], condition: Any = "IGNORE"
    ) -> Any:
        """Update a row and return the client's answer."""
        return self.client.update_row(table, Row(as_key(key), change), _as_condition(condition))

    def delete(self, table: str, key: Key | str | int, condition: Any = "IGNORE") -> Any:
        """Delete a row and return the client's answer."""
        return self.client.delete_row(table, Row(as_key(key)), _as_condition(condition))

    def get(self, table: str, key: Key | str | int, **options: Any) -> dict[str, Any] | None:
        """The columns of a row, or ``None`` for a missing row."""
        _, row, _ = self.client.get_row(table, as_key(key), **options)
        return None if row is None else columns_of(row)


def _as_condition(condition: Any) -> Condition:
    return condition if isinstance(condition, Condition) else Condition(condition)
