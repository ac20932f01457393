"""The operations that write rows, each from the decoded request to the answer.

``responses`` finds them in :data:`.operations.OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aliyun_local.tablestore.codec import row_messages
from aliyun_local.tablestore.codec.plainbuffer import decode_row, encode_rows
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.codec.row_messages import ReturnType
from aliyun_local.tablestore.codec.values import Cell, OperationType
from aliyun_local.tablestore.http.answers import batch, consumed, row_in_batch
from aliyun_local.tablestore.http.filters import parse_condition
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.results import Written
from aliyun_local.tablestore.store.rows import all_cells
from aliyun_local.tablestore.store.writes import Condition, Write


def put_row(store: TableStore, instance: str, request: row_messages.PutRowRequest) -> Message:
    """PutRow."""
    return _write_row(store, instance, request, OperationType.PUT, request.row)


def update_row(store: TableStore, instance: str, request: row_messages.UpdateRowRequest) -> Message:
    """UpdateRow."""
    return _write_row(store, instance, request, OperationType.UPDATE, request.row_change)


def delete_row(store: TableStore, instance: str, request: row_messages.DeleteRowRequest) -> Message:
    """DeleteRow."""
    return _write_row(store, instance, request, OperationType.DELETE, request.primary_key)


def _write_row(
    store: TableStore,
    instance: str,
    request: row_messages.PutRowRequest | row_messages.UpdateRowRequest | row_messages.DeleteRowRequest,
    kind: OperationType,
    row: bytes,
) -> Message:
    write = Write(kind, decode_row(row), _condition(request.condition))
    written = store.write_row(instance, request.table_name, write, transaction_id=request.transaction_id)
    return row_messages.WriteRowResponse(
        consumed=consumed(written.consumed), row=_returned_row(written, request.return_content)
    )


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
    results = store.batch_write_row(
        instance, writes, transaction_id=request.transaction_id, atomic=bool(request.is_atomic)
    )
    return batch(
        (
            table.table_name,
            [
                row_in_batch(result, partial(_returned_row, content=row.return_content))
                for row, result in zip(table.rows, of_table, strict=True)
            ],
        )
        for table, of_table in zip(request.tables, results, strict=True)
    )


def _condition(condition: row_messages.Condition) -> Condition:
    return Condition(condition.row_existence, parse_condition(condition.column_condition))


def _returned_row(written: Written, content: row_messages.ReturnContent | None) -> bytes | None:
    if content is None or content.return_type in (None, ReturnType.NONE):
        return None
    cells: Sequence[Cell] = []
    if content.return_type is ReturnType.AFTER_MODIFY:
        newest: dict[str, Cell] = {}
        for cell in all_cells(written.row):
            if cell.name in content.return_column_names:
                newest.setdefault(cell.name, cell)
        cells = list(newest.values())
    return encode_rows([(written.primary_key, cells)])
