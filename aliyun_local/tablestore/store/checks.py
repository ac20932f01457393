"""What a request may say about rows: its form by itself, and its key against a table's schema.

The difference matters in a batch, where a malformed row fails the whole request and a key that does not fit
fails its row alone.
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
from aliyun_local.tablestore.errors import invalid_table_name, parameter_invalid, primary_key_invalid
from aliyun_local.tablestore.store.schema import (
    MAX_PRIMARY_KEY_COLUMNS,
    Table,
    is_name,
    key_count_out_of_range,
)

MAX_KEY_BYTES = 1024
MAX_VALUE_BYTES = 2 * 1024 * 1024
MAX_ATTRIBUTE_COLUMNS = 1024
MAX_REQUEST_BYTES = 4 * 1024 * 1024
_MAX_TIMESTAMP = ((1 << 63) - 1) // 1000

_KEY_KINDS = (str, int, bytes)
_BOUNDS = (Special.INF_MIN, Special.INF_MAX)
_PLAIN_KINDS = (int, float, bool)
_VARIANTS = {int: "VT_INTEGER", float: "VT_DOUBLE", bool: "VT_BOOLEAN", str: "VT_STRING", bytes: "VT_BLOB"}


def _variant(value: AnyValue) -> str:
    """Return what the service calls the type of ``value`` when it refuses it in a key."""
    return f"VT_{value.value}" if isinstance(value, Special) else _VARIANTS[type(value)]


def check_key_form(primary_key: PrimaryKey, *, bounds: bool = False) -> None:
    """Refuse a key that fits no table. ``bounds`` allows the infinities, as the ends of a range do.

    Raises:
        TableStoreError: no column or too many, a name twice, a value that is too long or of no key's type.
    """
    if not 1 <= len(primary_key) <= MAX_PRIMARY_KEY_COLUMNS:
        raise key_count_out_of_range()
    seen: set[str] = set()
    for name, value in primary_key:
        if not is_name(name):
            raise parameter_invalid(f"Invalid column name: '{name}'.")
        if name in seen:
            raise parameter_invalid(f"Duplicated primary key name: '{name}'.")
        seen.add(name)
        stands_in = value is Special.AUTO_INCREMENT or (bounds and value in _BOUNDS)
        if type(value) not in _KEY_KINDS and not stands_in:
            raise parameter_invalid(f"{_variant(value)} is an invalid type for the primary key.")
        check_key_length(name, value)


def check_key_length(name: str, value: AnyValue) -> None:
    """Refuse a key value that is too long.

    Raises:
        TableStoreError: more than 1 KB.
    """
    if is_longer(value, MAX_KEY_BYTES):
        raise parameter_invalid(
            f"The length of primary key column: '{name}' exceeds the MaxLength:{MAX_KEY_BYTES} "
            f"with CurrentLength:{value_size(value)}."
        )


def key_alone(row: Row) -> PrimaryKey:
    """Return the key that a read asks for, or that a range begins or ends with.

    Raises:
        TableStoreError: more than a key is given.
    """
    if row.cells:
        raise parameter_invalid("Attribute column cannot be given while reading data.")
    if row.delete_marker:
        raise parameter_invalid("Delete marker cannot be given.")
    return row.primary_key


def check_write_form(kind: OperationType, row: Row) -> None:
    """Refuse a write that no table takes.

    Raises:
        TableStoreError: with the service's reason.
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
            raise parameter_invalid(f"Duplicated attribute column name with primary key column: '{name}'.")
    for cell in row.cells:
        _check_cell(kind, cell)
    if len(columns) < len(row.cells):
        _check_increments(row.cells)


def _check_cell(kind: OperationType, cell: Cell) -> None:
    if not is_name(cell.name):
        raise parameter_invalid(f"Invalid column name: '{cell.name}'.")
    if cell.timestamp is None and cell.operation is None and type(cell.value) in _PLAIN_KINDS:
        return
    if cell.timestamp is not None and not 0 <= cell.timestamp < _MAX_TIMESTAMP:
        raise parameter_invalid("Timestamp must be in range [0, INT64_MAX/1000).")
    if kind is OperationType.PUT and cell.operation is not None:
        raise parameter_invalid(f"OpType cannot be given for column name:'{cell.name}' in PutRow.")
    if cell.operation in (CellOperation.DELETE_ALL_VERSION, CellOperation.DELETE_ONE_VERSION):
        if cell.value is not None:
            raise parameter_invalid(
                "Column value cannot be given when type is DELETE_ONE_VERSION,DELETE_ALL_VERSION."
            )
        one = cell.operation is CellOperation.DELETE_ONE_VERSION
        if one and cell.timestamp is None:
            raise parameter_invalid("Timestamp must be given when type is DELETE_ONE_VERSION.")
        if not one and cell.timestamp is not None:
            raise parameter_invalid("Timestamp cannot be given when type is DELETE_ALL_VERSION.")
        return
    if cell.value is None:
        raise parameter_invalid(f"Invalid cell: {cell.name}. Reason: missing value.")
    if isinstance(cell.value, Special):
        raise parameter_invalid(f"{type_name(cell.value)} is an invalid type for the attribute column.")
    if cell.operation is CellOperation.INCREMENT and type(cell.value) is not int:
        raise parameter_invalid(f"Column '{cell.name}' can only be incremented by an integer.")
    if is_longer(cell.value, MAX_VALUE_BYTES):
        raise parameter_invalid(
            f"The length of attribute column: '{cell.name}' exceeds the MaxLength:{MAX_VALUE_BYTES} "
            f"with CurrentLength:{value_size(cell.value)}."
        )


def _check_increments(cells: Iterable[Cell]) -> None:
    """An incremented column takes no other operation in the same request ("Tablestore, Atomic counters")."""
    seen: dict[str, bool] = {}
    for cell in cells:
        counted = cell.operation is CellOperation.INCREMENT
        if cell.name in seen and (counted or seen[cell.name]):
            raise parameter_invalid(
                f"Column '{cell.name}' cannot be incremented and changed otherwise in one request."
            )
        seen[cell.name] = counted


def check_data_size(operation: str, size: int) -> None:
    """Refuse more data than one request may carry.

    Raises:
        TableStoreError: more than 4 MB.
    """
    if size > MAX_REQUEST_BYTES:
        raise parameter_invalid(
            f"The total data size of {operation} request exceeds the limit, "
            f"limit size: {MAX_REQUEST_BYTES}, data size: {size}."
        )


def fit_key(table: Table, primary_key: PrimaryKey, *, partition_only: bool = False) -> list[AnyValue]:
    """Return the values of a key of good form that fits ``table``.

    Infinities and an AUTO_INCREMENT placeholder are left to the caller. With ``partition_only``, the key is
    the first column of the table's.

    Raises:
        TableStoreError: it does not fit.
    """
    count = 1 if partition_only else len(table.key_names)
    if len(primary_key) != count:
        raise primary_key_invalid(f"Validate PK size fail. Input: {len(primary_key)}, Meta: {count}.")
    values: list[AnyValue] = []
    for position, (name, value) in enumerate(primary_key):
        expected, kind = table.key_names[position], table.key_types[position]
        if name != expected:
            raise primary_key_invalid(f"Validate PK name fail. Input: {name}, Meta: {expected}.")
        if type(value) is not kind and not _stands_in(value, position, table):
            raise primary_key_invalid(
                f"Validate PK type fail. Input: {_variant(value)}, Meta: {_VARIANTS[kind]}."
            )
        values.append(value)
    return values


def _stands_in(value: AnyValue, position: int, table: Table) -> bool:
    if value is Special.AUTO_INCREMENT:
        return position == table.auto_increment
    return isinstance(value, Special)


def fit_key_for_read(
    table: Table, primary_key: PrimaryKey, *, partition_only: bool = False
) -> list[AnyValue]:
    """Return the values of a key to read by, or of the partition key alone.

    Raises:
        TableStoreError: it does not fit, or leaves a column to the service to number.
    """
    values = fit_key(table, primary_key, partition_only=partition_only)
    if table.auto_increment is not None and Special.AUTO_INCREMENT in values:
        raise parameter_invalid("PKAutoIncr can't be used for read operations.")
    return values


def fit_versions(table: Table, cells: Iterable[Cell], now: int) -> None:
    """Refuse versions that ``table`` does not take at ``now`` (milliseconds).

    Raises:
        TableStoreError: too far from the clock, older than the life of the data, or given on a table with an
            index, which numbers versions itself.
    """
    deviation, life = table.options.max_deviation * 1000, table.options.time_to_live * 1000
    first = now - deviation if life < 0 else max(now - deviation, now - life)
    for cell in cells:
        if cell.timestamp is None or cell.operation is not None:
            continue
        if table.indexes:
            raise parameter_invalid(
                f"Timestamp cannot be given for column '{cell.name}' of table with index."
            )
        if not first <= cell.timestamp < now + deviation:
            raise parameter_invalid(f"Invalid timestamp. Cell:{cell.name}.")


def check_table_names(names: Iterable[str]) -> None:
    """Refuse a batch that names a table twice, or what can be none.

    Raises:
        TableStoreError: it does.
    """
    seen: set[str] = set()
    for name in names:
        if not is_name(name):
            raise invalid_table_name(name)
        if name in seen:
            raise parameter_invalid(f"Duplicated table name: '{name}'.")
        seen.add(name)
