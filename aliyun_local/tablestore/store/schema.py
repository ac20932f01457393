"""What a table is: its key, options and indexes, and which of those the service accepts.

Limits are those of "Tablestore, Limits on the Wide Column model" and "Tablestore, Secondary index limits".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from aliyun_local.tablestore.errors import TableStoreError, invalid_table_name, parameter_invalid

MAX_PRIMARY_KEY_COLUMNS = 4
MAX_DEFINED_COLUMNS = 32
MAX_INDEXES = 5
MIN_TIME_TO_LIVE = 86_400

TYPES: dict[str, type] = {"INTEGER": int, "DOUBLE": float, "BOOLEAN": bool, "STRING": str, "BINARY": bytes}
_KEY_TYPES = ("INTEGER", "STRING", "BINARY")
_NAMES_END = 256
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_name(name: str) -> bool:
    """Tell whether ``name`` may name a table or a column."""
    return len(name) < _NAMES_END and _is_name(name)


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the primary key, or a predefined attribute column; ``type`` is a key of :data:`TYPES`."""

    name: str
    type: str
    auto_increment: bool = False


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """``time_to_live`` and ``max_deviation`` in seconds; a life of -1 is without end."""

    time_to_live: int
    max_versions: int
    max_deviation: int = 86_400
    allow_update: bool = True


@dataclass(frozen=True, kw_only=True)
class IndexMeta:
    """A secondary index as its creator describes it; a local one is kept in step with its table."""

    name: str
    primary_key: tuple[str, ...]
    defined_columns: tuple[str, ...] = ()
    local: bool = False


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Reserved capacity units; times in seconds since the Unix epoch."""

    read: int = 0
    write: int = 0
    last_increase: int = 0
    last_decrease: int | None = None


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """Encryption at rest as a table's creator asks for it; it is described, and does nothing here."""

    enable: bool
    key_type: int | None = None
    key_id: str | None = None
    role_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A data table, or (with ``base``) the table behind an index.

    ``ready_at`` is the millisecond from which an index over rows that were there before it can be read.
    ``transactions`` is what its creator said of local transactions, if anything; ``splits`` are the sortable
    forms, as hexadecimal digits, of the partition keys that its creator divided it at.
    """

    id: int
    instance: str
    name: str
    primary_key: tuple[Column, ...]
    defined_columns: tuple[Column, ...] = ()
    options: TableOptions
    throughput: Throughput = Throughput()
    indexes: tuple[IndexMeta, ...] = ()
    base: str | None = None
    ready_at: int = 0
    transactions: bool | None = None
    encryption: Encryption | None = None
    splits: tuple[str, ...] = ()

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


def check_table(name: str, primary_key: Sequence[Column], defined_columns: Sequence[Column]) -> None:
    """Refuse a name or schema that no table can have.

    Raises:
        TableStoreError: with the service's reason.
    """
    if not is_name(name):
        raise invalid_table_name(name)
    if not 1 <= len(primary_key) <= MAX_PRIMARY_KEY_COLUMNS:
        raise key_count_out_of_range()
    seen: set[str] = set()
    for column in primary_key:
        if not is_name(column.name):
            raise parameter_invalid(f"Invalid column name: '{column.name}'.")
        if column.name in seen:
            raise parameter_invalid(f"Duplicated primary key name: '{column.name}'.")
        seen.add(column.name)
        if column.type not in _KEY_TYPES:
            raise parameter_invalid(f"{column.type} is an invalid type for the primary key.")
    check_defined_columns(primary_key, defined_columns)
    _check_auto_increment(name, primary_key)


def check_defined_columns(primary_key: Sequence[Column], defined_columns: Sequence[Column]) -> None:
    """Refuse predefined columns that a table of this key cannot have.

    Raises:
        TableStoreError: with the service's reason.
    """
    if len(defined_columns) > MAX_DEFINED_COLUMNS:
        raise parameter_invalid(
            f"The number of defined columns must be in range: [0, {MAX_DEFINED_COLUMNS}]."
        )
    seen = {column.name for column in primary_key}
    for column in defined_columns:
        if not is_name(column.name):
            raise parameter_invalid(f"Invalid column name: '{column.name}'.")
        if column.name in seen:
            raise parameter_invalid(
                f"Duplicated attribute column name with primary key column: '{column.name}'."
            )
        seen.add(column.name)


def _check_auto_increment(name: str, primary_key: Sequence[Column]) -> None:
    numbered = [column for column in primary_key if column.auto_increment]
    if len(numbered) > 1:
        raise parameter_invalid("AUTO_INCREMENT primary key count must <= 1.")
    if numbered and numbered[0].type != "INTEGER":
        raise parameter_invalid("AUTO_INCREMENT primary key must be integer.")
    if primary_key[0].auto_increment:
        raise parameter_invalid(f"First primary key can't be auto increment, table: {name}.")


def key_count_out_of_range() -> TableStoreError:
    """Return the answer to a primary key of no column or too many."""
    return parameter_invalid(
        f"The number of primary key columns must be in range: [1, {MAX_PRIMARY_KEY_COLUMNS}]."
    )


def check_options(options: TableOptions) -> None:
    """Refuse options that no table can have.

    Raises:
        TableStoreError: with the service's reason.
    """
    if options.time_to_live == 0 or options.time_to_live < -1:
        raise parameter_invalid("TimeToLive cannot be 0 or less than -1.")
    if 0 < options.time_to_live < MIN_TIME_TO_LIVE:
        raise parameter_invalid(f"TimeToLive must be -1 or at least {MIN_TIME_TO_LIVE}.")
    if options.max_versions <= 0:
        raise parameter_invalid("The maximum versions cannot be less than or equal to 0.")
    if not 0 <= options.max_deviation <= ((1 << 63) - 1) // 1_000_000:
        raise parameter_invalid("The maximum deviation must be in range [0, INT64_MAX/1000000].")


def check_index_options(options: TableOptions) -> None:
    """Refuse options under which a table cannot have an index.

    Raises:
        TableStoreError: more than one version, or a life under which rows could still be updated.
    """
    if options.max_versions != 1:
        raise parameter_invalid("Table with index must have max versions of 1.")
    if options.time_to_live != -1 and options.allow_update:
        raise parameter_invalid("Don't support allow update operation on table with index and ttl")


def check_throughput(read: int, write: int) -> None:
    """Refuse negative reservations.

    Raises:
        TableStoreError: one of them is negative.
    """
    for unit in (read, write):
        if unit < 0:
            raise parameter_invalid(f"Invalid Capacity Unit: {unit}. Capacity Unit must be nonnegative.")


def index_table(table: Table, index: IndexMeta, *, table_id: int, ready_at: int) -> Table:
    """Return the table behind ``index`` of ``table``.

    Its key is the index's columns followed by the columns of the table's key that are not among them.

    Raises:
        TableStoreError: the index cannot be built over the table.
    """
    if not is_name(index.name):
        raise invalid_table_name(index.name)
    if not 1 <= len(index.primary_key) <= MAX_PRIMARY_KEY_COLUMNS:
        raise parameter_invalid(
            f"The number of primary key columns must be in range: [1, {MAX_PRIMARY_KEY_COLUMNS}] in index."
        )
    if len(index.defined_columns) > MAX_DEFINED_COLUMNS:
        raise parameter_invalid(
            f"The number of attribute columns must be in range: [0, {MAX_DEFINED_COLUMNS}] in index."
        )
    columns = {column.name: column for column in (*table.primary_key, *table.defined_columns)}
    seen: set[str] = set()
    for name in (*index.primary_key, *index.defined_columns):
        if name not in columns:
            raise parameter_invalid(f"Column does not exist: '{name}'.")
        if name in seen:
            raise parameter_invalid(f"Duplicated primary key name: '{name}'.")
        seen.add(name)
    for name in index.primary_key:
        if columns[name].type not in _KEY_TYPES:
            raise parameter_invalid(f"{columns[name].type} is an invalid type for the primary key.")
    for name in index.defined_columns:
        if name in table.key_names:
            raise parameter_invalid(f"Duplicated attribute column name with primary key column: '{name}'.")
    if index.local and index.primary_key[0] != table.primary_key[0].name:
        raise parameter_invalid("The first primary key of a local index must be that of its table.")
    check_index_options(table.options)
    names = [*index.primary_key, *(name for name in table.key_names if name not in index.primary_key)]
    return Table(
        id=table_id,
        instance=table.instance,
        name=index.name,
        primary_key=tuple(replace(columns[name], auto_increment=False) for name in names),
        defined_columns=tuple(columns[name] for name in index.defined_columns),
        options=table.options,
        base=table.name,
        ready_at=ready_at,
    )
