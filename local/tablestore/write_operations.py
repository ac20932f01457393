"""The operations that write rows: from the decoded message to the store and back."""

from __future__ import annotations

from collections.abc import Sequence

from local.tablestore import row_messages
from local.tablestore.errors import TableStoreError
from local.tablestore.filters import parse_condition
from local.tablestore.models import TableStore
from local.tablestore.plainbuffer import decode_row, encode_rows
from local.tablestore.protobuf import Message
from local.tablestore.results import Condition, Write, Written
from local.tablestore.row_answers import consumed, failed_row
from local.tablestore.row_messages import ReturnType
from local.tablestore.rows import all_cells
from local.tablestore.values import Cell, OperationType


def put_row(store: TableStore, instance: str, request: row_messages.PutRowRequest) -> Message:
    """PutRow."""
    row, condition = decode_row(request.row), _condition(request.condition)
    written = store.put_row(
        instance, request.table_name, row, condition, transaction_id=request.transaction_id
    )
    return _written(written, request.return_content)


def update_row(store: TableStore, instance: str, request: row_messages.UpdateRowRequest) -> Message:
    """UpdateRow."""
    row, condition = decode_row(request.row_change), _condition(request.condition)
    written = store.update_row(
        instance, request.table_name, row, condition, transaction_id=request.transaction_id
    )
    return _written(written, request.return_content)


def delete_row(store: TableStore, instance: str, request: row_messages.DeleteRowRequest) -> Message:
    """DeleteRow."""
    row, condition = decode_row(request.primary_key), _condition(request.condition)
    written = store.delete_row(
        instance, request.table_name, row, condition, transaction_id=request.transaction_id
    )
    return _written(written, request.return_content)


def batch_write_row(store: TableStore, instance: str, request: row_messages.BatchWriteRowRequest) -> Message:
    """BatchWriteRow."""
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
    results = store.batch_write_row(instance, writes, transaction_id=request.transaction_id)
    return row_messages.BatchResponse(
        tables=[
            row_messages.TableInBatchResponse(
                table_name=table.table_name,
                rows=[
                    failed_row(result)
                    if isinstance(result, TableStoreError)
                    else row_messages.RowInBatchResponse(
                        is_ok=True,
                        consumed=consumed(result.consumed),
                        row=_returned_row(result, row.return_content),
                    )
                    for row, result in zip(table.rows, of_table, strict=True)
                ],
            )
            for table, of_table in zip(request.tables, results, strict=True)
        ]
    )


def _condition(condition: row_messages.Condition) -> Condition:
    return Condition(condition.row_existence, parse_condition(condition.column_condition))


def _written(written: Written, wanted: row_messages.ReturnContent | None) -> Message:
    return row_messages.WriteRowResponse(
        consumed=consumed(written.consumed), row=_returned_row(written, wanted)
    )


def _returned_row(written: Written, wanted: row_messages.ReturnContent | None) -> bytes | None:
    if wanted is None or wanted.return_type in (None, ReturnType.NONE):
        return None
    cells: Sequence[Cell] = []
    if wanted.return_type is ReturnType.AFTER_MODIFY:
        newest: dict[str, Cell] = {}
        for cell in all_cells(written.row):
            if cell.name in wanted.return_column_names:
                newest.setdefault(cell.name, cell)
        cells = list(newest.values())
    return encode_rows([(written.primary_key, cells)])
