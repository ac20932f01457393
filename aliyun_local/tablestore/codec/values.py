"""The values that cells hold, and what the service counts them as."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple, TypeAlias


class Special(Enum):
    """What can stand in a value's place without being one."""

    INF_MIN = "INF_MIN"
    INF_MAX = "INF_MAX"
    AUTO_INCREMENT = "AUTO_INCREMENT"
    NULL = "NULL"


Value: TypeAlias = int | float | bool | str | bytes
"""INTEGER (64 bits, signed), DOUBLE, BOOLEAN, STRING (UTF-8), BINARY."""

AnyValue: TypeAlias = Value | Special

PrimaryKey: TypeAlias = list[tuple[str, AnyValue]]
"""Column names and values, in the order of the schema."""


class CellOperation(IntEnum):
    """What an update does to a column; a cell without one is a put ("Tablestore, PlainBuffer")."""

    DELETE_ALL_VERSION = 1
    DELETE_ONE_VERSION = 3
    INCREMENT = 4


class RowExistence(IntEnum):
    """What a write expects of the row."""

    IGNORE = 0
    EXPECT_EXIST = 1
    EXPECT_NOT_EXIST = 2


class OperationType(IntEnum):
    """Kinds of write."""

    PUT = 1
    UPDATE = 2
    DELETE = 3


class Cell(NamedTuple):
    """One attribute cell. ``timestamp`` is the version, in milliseconds since the Unix epoch."""

    name: str
    value: AnyValue | None = None
    timestamp: int | None = None
    operation: CellOperation | None = None


class Row(NamedTuple):
    """A row as it travels: a key, attribute cells and, in a delete, the marker."""

    primary_key: PrimaryKey
    cells: list[Cell]
    delete_marker: bool = False


_SIZES: dict[type, int] = {bool: 1, int: 8, float: 8}


def value_size(value: AnyValue | None) -> int:
    """Return the bytes that ``value`` counts for in capacity units and size limits."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    return len(value) if isinstance(value, bytes) else _SIZES.get(type(value), 0)


def is_longer(value: AnyValue | None, limit: int) -> bool:
    """Tell whether a text or binary is of more than ``limit`` bytes; a character is of four at most."""
    return isinstance(value, (str, bytes)) and 4 * len(value) > limit and value_size(value) > limit


def type_name(value: AnyValue | None) -> str:
    """Return the service's name for the type of ``value``, such as ``STRING``."""
    if isinstance(value, Special):
        return value.value
    names = {bool: "BOOLEAN", int: "INTEGER", float: "DOUBLE", str: "STRING", bytes: "BINARY"}
    return names.get(type(value), "NULL")


def shown(value: AnyValue) -> str:
    """Return ``value`` as the service writes it into its messages."""
    if isinstance(value, Special):
        return value.value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
