"""Values, cells and rows as Python objects, with the service's names and sizes of values.

The common language of the package: the codec reads and writes these objects, the store keeps them.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple, TypeAlias


class Special(Enum):
    """Special values: the bounds of a range, the placeholder of an automatic number, and null."""

    INF_MIN = "INF_MIN"
    INF_MAX = "INF_MAX"
    AUTO_INCREMENT = "AUTO_INCREMENT"
    NULL = "NULL"


Value: TypeAlias = int | float | bool | str | bytes
"""Values of the types INTEGER (64 bits, signed), DOUBLE, BOOLEAN, STRING (UTF-8) and BINARY."""

AnyValue: TypeAlias = Value | Special

PrimaryKey: TypeAlias = list[tuple[str, AnyValue]]
"""Column names and values, in the order of the schema."""


class CellOperation(IntEnum):
    """Operations of an update on a column. A cell without one is a put ("Tablestore, PlainBuffer")."""

    DELETE_ALL_VERSION = 1
    DELETE_ONE_VERSION = 3
    INCREMENT = 4


class RowExistence(IntEnum):
    """Expectations of a write about the existence of the row."""

    IGNORE = 0
    EXPECT_EXIST = 1
    EXPECT_NOT_EXIST = 2


class OperationType(IntEnum):
    """Kinds of write."""

    PUT = 1
    UPDATE = 2
    DELETE = 3


class Cell(NamedTuple):
    """One attribute cell. ``timestamp_ms`` is its version: milliseconds since the Unix epoch."""

    name: str
    value: AnyValue | None = None
    timestamp_ms: int | None = None
    operation: CellOperation | None = None


class Row(NamedTuple):
    """A row on the wire: a key, attribute cells and, in a delete, the delete marker."""

    primary_key: PrimaryKey
    cells: list[Cell]
    delete_marker: bool = False


_SIZES_BYTES: dict[type, int] = {bool: 1, int: 8, float: 8}


def value_size(value: AnyValue | None) -> int:
    """Return the number of bytes that ``value`` counts for in capacity units and size limits."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    return len(value) if isinstance(value, bytes) else _SIZES_BYTES.get(type(value), 0)


def is_longer(value: AnyValue | None, limit_bytes: int) -> bool:
    """Tell whether a string or binary exceeds ``limit_bytes``.

    A character has at most four bytes in UTF-8, so most strings pass without being encoded.
    """
    return (
        isinstance(value, (str, bytes)) and 4 * len(value) > limit_bytes and value_size(value) > limit_bytes
    )


def type_name(value: AnyValue | None) -> str:
    """Return the service's name for the type of ``value``, such as ``STRING``."""
    if isinstance(value, Special):
        return value.value
    names = {bool: "BOOLEAN", int: "INTEGER", float: "DOUBLE", str: "STRING", bytes: "BINARY"}
    return names.get(type(value), "NULL")


def message_text(value: AnyValue) -> str:
    """Return ``value`` in the form that the service's error messages use."""
    if isinstance(value, Special):
        return value.value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
