"""The definition of a table: columns, options, indexes. Most modules of the store work on a :class:`Table`.

``schema_checks`` decides which definitions the service accepts; ``catalog`` stores them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

TYPES: dict[str, type] = {"INTEGER": int, "DOUBLE": float, "BOOLEAN": bool, "STRING": str, "BINARY": bytes}
"""The service's types and the Python types of their values."""

DEFAULT_MAX_DEVIATION_SECONDS = 86_400
_MAX_NAME_LENGTH = 255
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_name(name: str) -> bool:
    """Tell whether ``name`` is a valid name of a table or a column."""
    return len(name) <= _MAX_NAME_LENGTH and _is_name(name)


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the primary key, or a predefined attribute column. ``type`` is a key of :data:`TYPES`."""

    name: str
    type: str
    auto_increment: bool = False


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Options of a table. A time to live of -1 is unlimited."""

    time_to_live_seconds: int
    max_versions: int
    max_deviation_seconds: int = DEFAULT_MAX_DEVIATION_SECONDS
    allow_update: bool = True


@dataclass(frozen=True, kw_only=True)
class IndexMeta:
    """A secondary index as its creator describes it. A local index changes together with its table."""

    name: str
    primary_key: tuple[str, ...]
    defined_columns: tuple[str, ...] = ()
    local: bool = False


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Reserved capacity units. The times of the last changes are seconds since the Unix epoch."""

    read: int = 0
    write: int = 0
    last_increase_at: int = 0
    last_decrease_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """Encryption at rest as the table's creator requested it. The emulator only describes it."""

    enable: bool
    key_type: int | None = None
    key_id: str | None = None
    role_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A data table or, with ``index_of``, the index table of the data table with that name.

    Attributes:
        id: the number in the name of the SQL table of rows.
        ready_at_ms: when an index over earlier rows becomes readable.
        local_transactions: the creator's choice about local transactions, if there was one.
        boundaries: the partition keys at which the creator divided the table: their sortable form in
            hexadecimal.
    """

    id: int
    instance: str
    name: str
    primary_key: tuple[Column, ...]
    defined_columns: tuple[Column, ...] = ()
    options: TableOptions
    throughput: Throughput = Throughput()
    indexes: tuple[IndexMeta, ...] = ()
    index_of: str | None = None
    ready_at_ms: int = 0
    local_transactions: bool | None = None
    encryption: Encryption | None = None
    boundaries: tuple[str, ...] = ()

    @cached_property
    def key_types(self) -> tuple[type, ...]:
        """The Python types of the primary key's columns."""
        return tuple(TYPES[column.type] for column in self.primary_key)

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The names of the primary key's columns."""
        return tuple(column.name for column in self.primary_key)

    @cached_property
    def auto_increment(self) -> int | None:
        """The position of the key column that the service numbers, if there is one."""
        return next((i for i, column in enumerate(self.primary_key) if column.auto_increment), None)
