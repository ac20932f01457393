"""Every operation that is served: from its decoded message to the store and back to an encoded answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from local.tablestore import messages
from local.tablestore.checks import check_read_form
from local.tablestore.errors import TableStoreError, parameter_invalid
from local.tablestore.filters import parse_condition, parse_filter
from local.tablestore.messages import Empty, IndexType, IndexUpdateMode, ReturnType
from local.tablestore.models import TableStore
from local.tablestore.plainbuffer import decode_row, encode_rows
from local.tablestore.protobuf import Message
from local.tablestore.results import Capacity, Condition, Found, Write, Written
from local.tablestore.rows import Selection, all_cells
from local.tablestore.schema import Column, IndexMeta, Table, TableOptions, Throughput, is_name
from local.tablestore.values import OperationType

MAX_COLUMNS_TO_GET = 128


@dataclass(frozen=True)
class Operation:
    """An entry of :data:`OPERATIONS`: how its request reads and what carries it out."""

    request: type[Message]
    run: Callable[[TableStore, str, Any], Message]


# Tables


def _create_table(store: TableStore, instance: str, request: messages.CreateTableRequest) -> Message:
    options = request.table_options or messages.TableOptions()
    if options.time_to_live is None:
        raise parameter_invalid("Time-to-live is missing while creating table.")
    if options.max_versions is None:
        raise parameter_invalid("MaxVersions is missing while creating table.")
    deviation, reserved = options.deviation_cell_version_in_sec, request.reserved_throughput.capacity_unit
    store.create_table(
        instance,
        request.table_meta.table_name,
        [
            Column(name=column.name, type=column.type.name, auto_increment=column.option is not None)
            for column in request.table_meta.primary_key
        ],
        TableOptions(
            time_to_live=options.time_to_live,
            max_versions=options.max_versions,
            max_deviation=86_400 if deviation is None else deviation,
            allow_update=options.allow_update is not False,
        ),
        defined_columns=[
            Column(name=column.name, type=column.type.name) for column in request.table_meta.defined_column
        ],
        throughput=Throughput(read=reserved.read or 0, write=reserved.write or 0),
        index_metas=[_index_meta(index) for index in request.index_metas],
    )
    return Empty()


def _list_table(store: TableStore, instance: str, _request: Empty) -> Message:
    return messages.ListTableResponse(table_names=store.list_tables(instance))


def _describe_table(store: TableStore, instance: str, request: messages.TableNameRequest) -> Message:
    table = store.describe_table(instance, request.table_name)
    return messages.DescribeTableResponse(
        table_meta=messages.TableMeta(
            table_name=table.name,
            primary_key=[
                messages.PrimaryKeySchema(
                    name=column.name,
                    type=messages.PrimaryKeyType[column.type],
                    option=messages.PrimaryKeyOption.AUTO_INCREMENT if column.auto_increment else None,
                )
                for column in table.primary_key
            ],
            defined_column=[
                messages.DefinedColumnSchema(name=column.name, type=messages.DefinedColumnType[column.type])
                for column in table.defined_columns
            ],
        ),
        reserved_throughput_details=_throughput(table),
        table_options=_table_options(table),
        stream_details=messages.StreamDetails(enable_stream=False),
        index_metas=[
            messages.IndexMeta(
                name=index.name,
                primary_key=list(index.primary_key),
                defined_column=list(index.defined_columns),
                index_update_mode=IndexUpdateMode.SYNC if index.local else IndexUpdateMode.ASYNC,
                index_type=IndexType.LOCAL if index.local else IndexType.GLOBAL,
            )
            for index in table.indexes
        ],
    )


def _update_table(store: TableStore, instance: str, request: messages.UpdateTableRequest) -> Message:
    options = request.table_options or messages.TableOptions()
    reserved = request.reserved_throughput.capacity_unit if request.reserved_throughput else None
    if reserved is None and options == messages.TableOptions():
        raise parameter_invalid("No parameter is specified in table options.")
    table = store.update_table(
        instance,
        request.table_name,
        time_to_live=options.time_to_live,
        max_versions=options.max_versions,
        max_deviation=options.deviation_cell_version_in_sec,
        allow_update=options.allow_update,
        read=reserved.read if reserved else None,
        write=reserved.write if reserved else None,
    )
    return messages.UpdateTableResponse(
        reserved_throughput_details=_throughput(table), table_options=_table_options(table)
    )


def _delete_table(store: TableStore, instance: str, request: messages.TableNameRequest) -> Message:
    store.delete_table(instance, request.table_name)
    return Empty()


def _create_index(store: TableStore, instance: str, request: messages.CreateIndexRequest) -> Message:
    store.create_index(
        instance,
        request.main_table_name,
        _index_meta(request.index_meta),
        include_base_data=bool(request.include_base_data),
    )
    return Empty()


def _drop_index(store: TableStore, instance: str, request: messages.DropIndexRequest) -> Message:
    store.drop_index(instance, request.main_table_name, request.index_name)
    return Empty()


def _index_meta(index: messages.IndexMeta) -> IndexMeta:
    return IndexMeta(
        name=index.name,
        primary_key=tuple(index.primary_key),
        defined_columns=tuple(index.defined_column),
        local=index.index_type is IndexType.LOCAL,
    )


def _table_options(table: Table) -> messages.TableOptions:
    return messages.TableOptions(
        time_to_live=table.options.time_to_live,
        max_versions=table.options.max_versions,
        deviation_cell_version_in_sec=table.options.max_deviation,
        allow_update=table.options.allow_update,
    )


def _throughput(table: Table) -> messages.ReservedThroughputDetails:
    reserved = table.throughput
    return messages.ReservedThroughputDetails(
        capacity_unit=messages.CapacityUnit(read=reserved.read, write=reserved.write),
        last_increase_time=reserved.last_increase,
        last_decrease_time=reserved.last_decrease,
    )


# Reads


def _get_row(store: TableStore, instance: str, request: messages.GetRowRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    _refuse_token(request.token)
    primary_key = check_read_form(decode_row(request.primary_key))
    found = store.get_row(instance, request.table_name, primary_key, _selection(request))
    return messages.GetRowResponse(consumed=_consumed(found.consumed), row=_found_row(found))


def _batch_get_row(store: TableStore, instance: str, request: messages.BatchGetRowRequest) -> Message:
    wanted = []
    for table in request.tables:
        for token in table.token:
            _refuse_token(token)
        keys = [check_read_form(decode_row(key)) for key in table.primary_key]
        wanted.append((table.table_name, keys, _selection(table)))
    results = store.batch_get_row(instance, wanted)
    return messages.BatchResponse(
        tables=[
            messages.TableInBatchResponse(
                table_name=table.table_name,
                rows=[
                    _failed_row(result)
                    if isinstance(result, TableStoreError)
                    else messages.RowInBatchResponse(
                        is_ok=True, consumed=_consumed(result.consumed), row=_found_row(result)
                    )
                    for result in of_table
                ],
            )
            for table, of_table in zip(request.tables, results, strict=True)
        ]
    )


def _get_range(store: TableStore, instance: str, request: messages.GetRangeRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    _refuse_token(request.token)
    page = store.get_range(
        instance,
        request.table_name,
        check_read_form(decode_row(request.inclusive_start_primary_key)),
        check_read_form(decode_row(request.exclusive_end_primary_key)),
        backward=request.direction is messages.Direction.BACKWARD,
        limit=request.limit,
        selection=_selection(request),
    )
    return messages.GetRangeResponse(
        consumed=_consumed(page.consumed),
        rows=encode_rows((row.primary_key, row.cells) for row in page.rows),
        next_start_primary_key=None if page.next_start is None else encode_rows([(page.next_start, [])]),
    )


def _selection(
    request: messages.GetRowRequest | messages.GetRangeRequest | messages.TableInBatchGetRowRequest,
) -> Selection:
    count = len(request.columns_to_get)
    if count > MAX_COLUMNS_TO_GET:
        raise parameter_invalid(
            f"The number of columns from the request exceeds the limit, limit count: {MAX_COLUMNS_TO_GET}, "
            f"column count: {count}."
        )
    for name in request.columns_to_get:
        if not is_name(name):
            raise parameter_invalid(f"Invalid column name: '{name}'.")
    if request.max_versions is None and request.time_range is None:
        raise parameter_invalid("No version condition is specified while querying row.")
    if request.max_versions is not None and request.max_versions <= 0:
        raise parameter_invalid(
            f"Invalid max versions: {request.max_versions}. Reason: Max versions must be positive."
        )
    return Selection(
        columns=tuple(request.columns_to_get),
        start_column=request.start_column,
        end_column=request.end_column,
        time_range=_time_range(request.time_range),
        max_versions=request.max_versions,
        filter=parse_filter(request.filter),
    )


def _time_range(given: messages.TimeRange | None) -> tuple[int, int] | None:
    if given is None:
        return None
    start, end, specific = given.start_time, given.end_time, given.specific_time
    if specific is not None:
        if start is not None or end is not None:
            raise parameter_invalid("Specific tiemstamp and time range cannot be given at the same time.")
        if specific < 0:
            raise parameter_invalid("Specific timestamp cannot be less than 0.")
        return specific, specific + 1
    if start is None or end is None:
        raise parameter_invalid("Start and end time must be given at the same time.")
    if start < 0 or end < 0:
        raise parameter_invalid("Timestamp must be in range [0, INT64_MAX/1000).")
    return start, end


def _found_row(found: Found) -> bytes:
    return encode_rows([(found.row.primary_key, found.row.cells)] if found.row else [])


# Writes


def _put_row(store: TableStore, instance: str, request: messages.PutRowRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    row, condition = decode_row(request.row), _condition(request.condition)
    written = store.put_row(instance, request.table_name, row, condition)
    return _written(written, request.return_content)


def _update_row(store: TableStore, instance: str, request: messages.UpdateRowRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    row, condition = decode_row(request.row_change), _condition(request.condition)
    written = store.update_row(instance, request.table_name, row, condition)
    return _written(written, request.return_content)


def _delete_row(store: TableStore, instance: str, request: messages.DeleteRowRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    row, condition = decode_row(request.primary_key), _condition(request.condition)
    written = store.delete_row(instance, request.table_name, row, condition)
    return _written(written, request.return_content)


def _batch_write_row(store: TableStore, instance: str, request: messages.BatchWriteRowRequest) -> Message:
    _refuse_transaction(request.transaction_id)
    writes = [
        (
            table.table_name,
            [
                Write(OperationType(row.type), decode_row(row.row_change), _condition(row.condition))
                for row in table.rows
            ],
        )
        for table in request.tables
    ]
    results = store.batch_write_row(instance, writes)
    return messages.BatchResponse(
        tables=[
            messages.TableInBatchResponse(
                table_name=table.table_name,
                rows=[
                    _failed_row(result)
                    if isinstance(result, TableStoreError)
                    else messages.RowInBatchResponse(
                        is_ok=True,
                        consumed=_consumed(result.consumed),
                        row=_returned_row(result, row.return_content),
                    )
                    for row, result in zip(table.rows, of_table, strict=True)
                ],
            )
            for table, of_table in zip(request.tables, results, strict=True)
        ]
    )


def _condition(condition: messages.Condition) -> Condition:
    return Condition(condition.row_existence, parse_condition(condition.column_condition))


def _written(written: Written, wanted: messages.ReturnContent | None) -> Message:
    return messages.WriteRowResponse(consumed=_consumed(written.consumed), row=_returned_row(written, wanted))


def _returned_row(written: Written, wanted: messages.ReturnContent | None) -> bytes | None:
    if wanted is None or wanted.return_type in (None, ReturnType.NONE):
        return None
    cells: Sequence[Any] = []
    if wanted.return_type is ReturnType.AFTER_MODIFY:
        cells = [cell for cell in all_cells(written.row) if cell.name in wanted.return_column_names]
    return encode_rows([(written.primary_key, cells)])


# Both, and what is refused


def _consumed(capacity: Capacity) -> messages.ConsumedCapacity:
    return messages.ConsumedCapacity(
        capacity_unit=messages.CapacityUnit(read=capacity.read, write=capacity.write)
    )


def _failed_row(failure: TableStoreError) -> messages.RowInBatchResponse:
    return messages.RowInBatchResponse(
        is_ok=False, error=messages.Error(code=failure.code, message=failure.message)
    )


def _refuse_transaction(transaction_id: str | None) -> None:
    if transaction_id:
        raise parameter_invalid("TransactionID is invalid.")


def _refuse_token(token: bytes | None) -> None:
    if token:
        raise parameter_invalid("Invalid token.")


def _start_local_transaction(
    store: TableStore, instance: str, request: messages.TableNameRequest
) -> NoReturn:
    """Answer as for every table that was made without local transactions, which is the service's default."""
    store.describe_table(instance, request.table_name)
    raise parameter_invalid(
        "Try to call method using explicit transaction on explicit-transaction-disabled table."
    )


def _end_transaction(_store: TableStore, _instance: str, _request: messages.TransactionRequest) -> NoReturn:
    raise parameter_invalid("TransactionID is invalid.")


OPERATIONS: dict[str, Operation] = {
    "CreateTable": Operation(messages.CreateTableRequest, _create_table),
    "ListTable": Operation(Empty, _list_table),
    "DescribeTable": Operation(messages.TableNameRequest, _describe_table),
    "UpdateTable": Operation(messages.UpdateTableRequest, _update_table),
    "DeleteTable": Operation(messages.TableNameRequest, _delete_table),
    "CreateIndex": Operation(messages.CreateIndexRequest, _create_index),
    "DropIndex": Operation(messages.DropIndexRequest, _drop_index),
    "GetRow": Operation(messages.GetRowRequest, _get_row),
    "PutRow": Operation(messages.PutRowRequest, _put_row),
    "UpdateRow": Operation(messages.UpdateRowRequest, _update_row),
    "DeleteRow": Operation(messages.DeleteRowRequest, _delete_row),
    "BatchGetRow": Operation(messages.BatchGetRowRequest, _batch_get_row),
    "BatchWriteRow": Operation(messages.BatchWriteRowRequest, _batch_write_row),
    "GetRange": Operation(messages.GetRangeRequest, _get_range),
}
"""What is served, by name."""

REFUSED: dict[str, Operation] = {
    "StartLocalTransaction": Operation(messages.TableNameRequest, _start_local_transaction),
    "CommitTransaction": Operation(messages.TransactionRequest, _end_transaction),
    "AbortTransaction": Operation(messages.TransactionRequest, _end_transaction),
}
"""What is answered as the service answers for tables without local transactions."""
