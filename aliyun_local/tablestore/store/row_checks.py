"""Checks of the rows in requests. ``reading``, ``writing`` and ``local_transactions`` call them.

There are two kinds, and a batch shows the difference. The form of a row (``check_key_form``,
``check_write_form``) depends on no table; a row of invalid form fails the whole request. A key that does not
fit the schema of its table (``key_values``) fails only its row.
"""

from __future__ import annotations

from collections.abc import Iterable

from aliyun_local.tablestore.codec.values import (
    AnyValue,
    Cell,
    CellOperation,
    OperationType,
    PrimaryKey,
    Row,
    Special,
    is_longer,
    type_name,
    value_size,
)
from aliyun_local.tablestore.errors import (
    attribute_named_like_key,
    duplicate_key_column,
    invalid_column_name,
    invalid_key_type,
    invalid_table_name,
    parameter_invalid,
    primary_key_invalid,
)
from aliyun_local.tablestore.store.schema import Table, is_name
from aliyun_local.tablestore.store.schema_checks import MAX_PRIMARY_KEY_COLUMNS, invalid_key_count

MAX_KEY_BYTES = 1024
MAX_VALUE_BYTES = 2 * 1024 * 1024
MAX_ATTRIBUTE_COLUMNS = 1024
MAX_REQUEST_BYTES = 4 * 1024 * 1024
_MAX_TIMESTAMP_MS = ((1 << 63) - 1) // 1000

_KEY_TYPES = (str, int, bytes)
_BOUNDS = (Special.INF_MIN, Special.INF_MAX)
_FIXED_SIZE_TYPES = (int, float, bool)
_VARIANT_NAMES = {
    int: "VT_INTEGER",
    float: "VT_DOUBLE",
    bool: "VT_BOOLEAN",
    str: "VT_STRING",
    bytes: "VT_BLOB",
}


def _variant_name(value: AnyValue) -> str:
    """Return the name of the type of ``value`` that the service's errors about keys use."""
    return f"VT_{value.value}" if isinstance(value, Special) else _VARIANT_NAMES[type(value)]


def check_key_form(primary_key: PrimaryKey, *, bounds: bool = False) -> None:
    """Refuse a key of invalid form. ``bounds`` allows infinite values, as in the ends of a range.

    Raises:
        TableStoreError: the number of columns, a name, or the type or length of a value is invalid.
    """
    if not 1 <= len(primary_key) <= MAX_PRIMARY_KEY_COLUMNS:
        raise invalid_key_count()
    seen: set[str] = set()
    for name, value in primary_key:
        if not is_name(name):
            raise invalid_column_name(name)
        if name in seen:
            raise duplicate_key_column(name)
        seen.add(name)
        is_special = value is Special.AUTO_INCREMENT or (bounds and value in _BOUNDS)
        if type(value) not in _KEY_TYPES and not is_special:
            raise invalid_key_type(_variant_name(value))
        check_key_length(name, value)


def check_key_length(name: str, value: AnyValue) -> None:
    """Refuse a key value that is too long.

    Raises:
        TableStoreError: the value has more than 1 KB.
    """
    if is_longer(value, MAX_KEY_BYTES):
        raise parameter_invalid(
            f"The length of primary key column: '{name}' exceeds the MaxLength:{MAX_KEY_BYTES} "
            f"with CurrentLength:{value_size(value)}."
        )


def check_attribute_value(name: str, value: AnyValue) -> None:
    """Refuse a value that no attribute column can hold, in a write or in a filter.

    Raises:
        TableStoreError: the value is a special one, or has more than 2 MB.
    """
    if isinstance(value, Special):
        raise parameter_invalid(f"{type_name(value)} is an invalid type for the attribute column.")
    if is_longer(value, MAX_VALUE_BYTES):
        raise parameter_invalid(
            f"The length of attribute column: '{name}' exceeds the MaxLength:{MAX_VALUE_BYTES} "
            f"with CurrentLength:{value_size(value)}."
        )


def check_write_form(kind: OperationType, row: Row) -> None:
    """Refuse a write of invalid form.

    Raises:
        TableStoreError: the service's reason.
    """
    check_key_form(row.primary_key)
    if kind is OperationType.DELETE:
        if not row.delete_marker:
            raise parameter_invalid("Invalid request of delete row: missing RowDeleteMarker in request.")
        if row.cells:
            raise parameter_invalid("Invalid delete row request: unexpected cells in request.")
        return
    if row.delete_marker:
        raise parameter_invalid("Invalid request of put/update row: unexpected RowDeleteMarker in request.")
    if kind is OperationType.UPDATE and not row.cells:
        raise parameter_invalid("Invalid update row request: missing cells in request.")
    columns = {cell.name for cell in row.cells}
    if len(columns) > MAX_ATTRIBUTE_COLUMNS:
        raise parameter_invalid(
            f"The number of attribute columns exceeds the limit, limit count: {MAX_ATTRIBUTE_COLUMNS}, "
            f"column count: {len(columns)}."
        )
    for name, _ in row.primary_key:
        if name in columns:
            raise attribute_named_like_key(name)
    for cell in row.cells:
        _check_cell(kind, cell)
    if len(columns) < len(row.cells):
        _check_increments(row.cells)


def _check_cell(kind: OperationType, cell: Cell) -> None:
    if not is_name(cell.name):
        raise invalid_column_name(cell.name)
    if cell.timestamp_ms is None and cell.operation is None and type(cell.value) in _FIXED_SIZE_TYPES:
        return  # no check below refuses such a cell, and most cells are of this kind
    if cell.timestamp_ms is not None and not 0 <= cell.timestamp_ms < _MAX_TIMESTAMP_MS:
        raise parameter_invalid("Timestamp must be in range [0, INT64_MAX/1000).")
    if kind is OperationType.PUT and cell.operation is not None:
        raise parameter_invalid(f"OpType cannot be given for column name:'{cell.name}' in PutRow.")
    if cell.operation in (CellOperation.DELETE_ALL_VERSION, CellOperation.DELETE_ONE_VERSION):
        _check_deletion(cell)
        return
    if cell.value is None:
        raise parameter_invalid(f"Invalid cell: {cell.name}. Reason: missing value.")
    is_increment = cell.operation is CellOperation.INCREMENT
    if is_increment and type(cell.value) is not int and not isinstance(cell.value, Special):
        raise parameter_invalid(f"Column '{cell.name}' can only be incremented by an integer.")
    check_attribute_value(cell.name, cell.value)


def _check_deletion(cell: Cell) -> None:
    if cell.value is not None:
        raise parameter_invalid(
            "Column value cannot be given when type is DELETE_ONE_VERSION,DELETE_ALL_VERSION."
        )
    one = cell.operation is CellOperation.DELETE_ONE_VERSION
    if one and cell.timestamp_ms is None:
        raise parameter_invalid("Timestamp must be given when type is DELETE_ONE_VERSION.")
    if not one and cell.timestamp_ms is not None:
        raise parameter_invalid("Timestamp cannot be given when type is DELETE_ALL_VERSION.")


def _check_increments(cells: Iterable[Cell]) -> None:
    """Refuse an increment and another operation on one column ("Tablestore, Atomic counters")."""
    incremented: dict[str, bool] = {}
    for cell in cells:
        is_increment = cell.operation is CellOperation.INCREMENT
        if cell.name in incremented and (is_increment or incremented[cell.name]):
            raise parameter_invalid(
                f"Column '{cell.name}' cannot be incremented and changed otherwise in one request."
            )
        incremented[cell.name] = is_increment


def check_data_size(operation: str, size_bytes: int) -> None:
    """Refuse more data than one request may carry.

    Raises:
        TableStoreError: the request has more than 4 MB.
    """
    if size_bytes > MAX_REQUEST_BYTES:
        raise parameter_invalid(
            f"The total data size of {operation} request exceeds the limit, "
            f"limit size: {MAX_REQUEST_BYTES}, data size: {size_bytes}."
        )


def key_values(table: Table, primary_key: PrimaryKey, *, partition_only: bool = False) -> list[AnyValue]:
    """Return the values of a key that has valid form and fits ``table``.

    The caller has to handle special values. With ``partition_only``, the key has to consist of the first
    column.

    Raises:
        TableStoreError: the key does not fit.
    """
    count = 1 if partition_only else len(table.key_names)
    if len(primary_key) != count:
        raise primary_key_invalid(f"Validate PK size fail. Input: {len(primary_key)}, Meta: {count}.")
    values: list[AnyValue] = []
    for position, (name, value) in enumerate(primary_key):
        expected_name, expected_type = table.key_names[position], table.key_types[position]
        if name != expected_name:
            raise primary_key_invalid(f"Validate PK name fail. Input: {name}, Meta: {expected_name}.")
        if type(value) is not expected_type and not _is_allowed_special(value, position, table):
            actual, expected = _variant_name(value), _VARIANT_NAMES[expected_type]
            raise primary_key_invalid(f"Validate PK type fail. Input: {actual}, Meta: {expected}.")
        values.append(value)
    return values


def _is_allowed_special(value: AnyValue, position: int, table: Table) -> bool:
    if value is Special.AUTO_INCREMENT:
        return position == table.auto_increment
    return isinstance(value, Special)


def key_values_for_read(
    table: Table, primary_key: PrimaryKey, *, partition_only: bool = False
) -> list[AnyValue]:
    """Return the values of a key for a read, or of a partition key alone.

    Raises:
        TableStoreError: the key does not fit, or contains the placeholder of an automatic number.
    """
    values = key_values(table, primary_key, partition_only=partition_only)
    if table.auto_increment is not None and Special.AUTO_INCREMENT in values:
        raise parameter_invalid("PKAutoIncr can't be used for read operations.")
    return values


def check_versions(table: Table, cells: Iterable[Cell], now_ms: int) -> None:
    """Refuse versions that ``table`` does not accept at ``now_ms``.

    Raises:
        TableStoreError: a version deviates too far from the clock or is older than the time to live, or the
            table has an index and numbers its versions itself.
    """
    deviation_ms = table.options.max_deviation_seconds * 1000
    life_ms = table.options.time_to_live_seconds * 1000
    first_ms = now_ms - deviation_ms if life_ms < 0 else max(now_ms - deviation_ms, now_ms - life_ms)
    for cell in cells:
        if cell.timestamp_ms is None or cell.operation is not None:
            continue
        if table.indexes:
            raise parameter_invalid(
                f"Timestamp cannot be given for column '{cell.name}' of table with index."
            )
        if not first_ms <= cell.timestamp_ms < now_ms + deviation_ms:
            raise parameter_invalid(f"Invalid timestamp. Cell:{cell.name}.")


def check_table_names(names: Iterable[str]) -> None:
    """Refuse a batch with an invalid table name, or with one name twice.

    Raises:
        TableStoreError: the service's reason.
    """
    seen: set[str] = set()
    for name in names:
        if not is_name(name):
            raise invalid_table_name(name)
        if name in seen:
            raise parameter_invalid(f"Duplicated table name: '{name}'.")
        seen.add(name)
