"""The definitions that the service accepts. ``definitions`` calls these checks before it changes anything.

The limits are those of "Tablestore, Limits on the Wide Column model" and "Tablestore, Secondary index
limits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aliyun_local.tablestore.errors import (
    TableStoreError,
    attribute_named_like_key,
    duplicate_key_column,
    invalid_column_name,
    invalid_key_type,
    invalid_table_name,
    parameter_invalid,
)
from aliyun_local.tablestore.store.schema import Column, IndexMeta, Table, TableOptions, is_name

MAX_PRIMARY_KEY_COLUMNS = 4
MAX_DEFINED_COLUMNS = 32
MIN_TIME_TO_LIVE_SECONDS = 86_400
_KEY_TYPES = ("INTEGER", "STRING", "BINARY")


def check_table(name: str, primary_key: Sequence[Column], defined_columns: Sequence[Column]) -> None:
    """Refuse an invalid name or schema.

    Raises:
        TableStoreError: the service's reason.
    """
    if not is_name(name):
        raise invalid_table_name(name)
    if not 1 <= len(primary_key) <= MAX_PRIMARY_KEY_COLUMNS:
        raise invalid_key_count()
    seen: set[str] = set()
    for column in primary_key:
        if not is_name(column.name):
            raise invalid_column_name(column.name)
        if column.name in seen:
            raise duplicate_key_column(column.name)
        seen.add(column.name)
        if column.type not in _KEY_TYPES:
            raise invalid_key_type(column.type)
    check_defined_columns(primary_key, defined_columns)
    _check_auto_increment(name, primary_key)


def check_defined_columns(primary_key: Sequence[Column], defined_columns: Sequence[Column]) -> None:
    """Refuse invalid predefined columns of a table with this primary key.

    Raises:
        TableStoreError: the service's reason.
    """
    if len(defined_columns) > MAX_DEFINED_COLUMNS:
        raise parameter_invalid(
            f"The number of defined columns must be in range: [0, {MAX_DEFINED_COLUMNS}]."
        )
    seen = {column.name for column in primary_key}
    for column in defined_columns:
        if not is_name(column.name):
            raise invalid_column_name(column.name)
        if column.name in seen:
            raise attribute_named_like_key(column.name)
        seen.add(column.name)


def _check_auto_increment(name: str, primary_key: Sequence[Column]) -> None:
    numbered = [column for column in primary_key if column.auto_increment]
    if len(numbered) > 1:
        raise parameter_invalid("AUTO_INCREMENT primary key count must <= 1.")
    if numbered and numbered[0].type != "INTEGER":
        raise parameter_invalid("AUTO_INCREMENT primary key must be integer.")
    if primary_key[0].auto_increment:
        raise parameter_invalid(f"First primary key can't be auto increment, table: {name}.")


def invalid_key_count() -> TableStoreError:
    """Return the error for a primary key without columns or with too many."""
    return parameter_invalid(
        f"The number of primary key columns must be in range: [1, {MAX_PRIMARY_KEY_COLUMNS}]."
    )


def check_options(options: TableOptions) -> None:
    """Refuse invalid options.

    Raises:
        TableStoreError: the service's reason.
    """
    if options.time_to_live_seconds == 0 or options.time_to_live_seconds < -1:
        raise parameter_invalid("TimeToLive cannot be 0 or less than -1.")
    if 0 < options.time_to_live_seconds < MIN_TIME_TO_LIVE_SECONDS:
        raise parameter_invalid(f"TimeToLive must be -1 or at least {MIN_TIME_TO_LIVE_SECONDS}.")
    if options.max_versions <= 0:
        raise parameter_invalid("The maximum versions cannot be less than or equal to 0.")
    if not 0 <= options.max_deviation_seconds <= ((1 << 63) - 1) // 1_000_000:
        raise parameter_invalid("The maximum deviation must be in range [0, INT64_MAX/1000000].")


def check_index_options(options: TableOptions) -> None:
    """Refuse options with which a table cannot have an index.

    Raises:
        TableStoreError: the table keeps more than one version, or it has a time to live and allows updates.
    """
    if options.max_versions != 1:
        raise parameter_invalid("Table with index must have max versions of 1.")
    if options.time_to_live_seconds != -1 and options.allow_update:
        raise parameter_invalid("Don't support allow update operation on table with index and ttl")


def check_throughput(read: int, write: int) -> None:
    """Refuse negative reserved capacity units.

    Raises:
        TableStoreError: one of the numbers is negative.
    """
    for unit in (read, write):
        if unit < 0:
            raise parameter_invalid(f"Invalid Capacity Unit: {unit}. Capacity Unit must be nonnegative.")


def index_table(table: Table, index: IndexMeta, *, ready_at_ms: int) -> Table:
    """Return the index table of ``index`` of ``table``; the catalog gives it an id.

    Its key has the columns of the index first, then the remaining columns of the table's key.

    Raises:
        TableStoreError: the table cannot have the index.
    """
    columns = {column.name: column for column in (*table.primary_key, *table.defined_columns)}
    _check_index(table, index, columns)
    names = [*index.primary_key, *(name for name in table.key_names if name not in index.primary_key)]
    return Table(
        id=0,
        instance=table.instance,
        name=index.name,
        primary_key=tuple(replace(columns[name], auto_increment=False) for name in names),
        defined_columns=tuple(columns[name] for name in index.defined_columns),
        options=table.options,
        index_of=table.name,
        ready_at_ms=ready_at_ms,
    )


def _check_index(table: Table, index: IndexMeta, columns: Mapping[str, Column]) -> None:
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
    seen: set[str] = set()
    for name in (*index.primary_key, *index.defined_columns):
        if name not in columns:
            raise parameter_invalid(f"Column does not exist: '{name}'.")
        if name in seen:
            raise duplicate_key_column(name)
        seen.add(name)
    for name in index.primary_key:
        if columns[name].type not in _KEY_TYPES:
            raise invalid_key_type(columns[name].type)
    for name in index.defined_columns:
        if name in table.key_names:
            raise attribute_named_like_key(name)
    if index.local and index.primary_key[0] != table.primary_key[0].name:
        raise parameter_invalid("The first primary key of a local index must be that of its table.")
    check_index_options(table.options)
