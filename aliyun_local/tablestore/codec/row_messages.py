"""The messages of the operations on rows, by their published field numbers.

``http.read_operations`` and ``http.write_operations`` handle them.
"""

# ruff: noqa: RUF009  (the calls declare fields; they do not create a default value that instances would
# share)

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from aliyun_local.tablestore.codec.common_messages import (
    BOOL,
    BYTES,
    INT32,
    INT64,
    STRING,
    ConsumedCapacity,
    Error,
)
from aliyun_local.tablestore.codec.protobuf import Message, optional, repeated, required
from aliyun_local.tablestore.codec.values import OperationType, RowExistence


class ReturnType(IntEnum):
    """Contents that a write can return."""

    NONE = 0
    PRIMARY_KEY = 1
    AFTER_MODIFY = 2


class Direction(IntEnum):
    """Orders of a range read."""

    FORWARD = 0
    BACKWARD = 1


@dataclass(kw_only=True)
class Condition(Message):
    """The condition of a write. ``column_condition`` is a serialised :class:`.filter_messages.Filter`."""

    row_existence: RowExistence = required(1, RowExistence)
    column_condition: bytes | None = optional(2, BYTES)


@dataclass(kw_only=True)
class TimeRange(Message):
    """Versions to read, in milliseconds: from ``start_time`` to before ``end_time``, or one exact version."""

    start_time: int | None = optional(1, INT64)
    end_time: int | None = optional(2, INT64)
    specific_time: int | None = optional(3, INT64)


@dataclass(kw_only=True)
class ReturnContent(Message):
    """The content that a write has to return."""

    return_type: ReturnType | None = optional(1, ReturnType)
    return_column_names: list[str] = repeated(2, STRING)


@dataclass(kw_only=True)
class GetRowRequest(Message):
    """The request of GetRow."""

    table_name: str = required(1, STRING)
    primary_key: bytes = required(2, BYTES)
    columns_to_get: list[str] = repeated(3, STRING)
    time_range: TimeRange | None = optional(4, TimeRange)
    max_versions: int | None = optional(5, INT32)
    filter: bytes | None = optional(7, BYTES)
    start_column: str | None = optional(8, STRING)
    end_column: str | None = optional(9, STRING)
    token: bytes | None = optional(10, BYTES)
    transaction_id: str | None = optional(11, STRING)


@dataclass(kw_only=True)
class GetRowResponse(Message):
    """The answer of GetRow. ``row`` is empty for a missing row."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    row: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class PutRowRequest(Message):
    """The request of PutRow."""

    table_name: str = required(1, STRING)
    row: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)
    transaction_id: str | None = optional(5, STRING)


@dataclass(kw_only=True)
class UpdateRowRequest(Message):
    """The request of UpdateRow."""

    table_name: str = required(1, STRING)
    row_change: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)
    transaction_id: str | None = optional(5, STRING)


@dataclass(kw_only=True)
class DeleteRowRequest(Message):
    """The request of DeleteRow."""

    table_name: str = required(1, STRING)
    primary_key: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)
    transaction_id: str | None = optional(5, STRING)


@dataclass(kw_only=True)
class WriteRowResponse(Message):
    """The answer of PutRow, UpdateRow and DeleteRow."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    row: bytes | None = optional(2, BYTES)


@dataclass(kw_only=True)
class TableInBatchGetRowRequest(Message):
    """The keys of the rows to read from one table."""

    table_name: str = required(1, STRING)
    primary_key: list[bytes] = repeated(2, BYTES)
    token: list[bytes] = repeated(3, BYTES)
    columns_to_get: list[str] = repeated(4, STRING)
    time_range: TimeRange | None = optional(5, TimeRange)
    max_versions: int | None = optional(6, INT32)
    filter: bytes | None = optional(8, BYTES)
    start_column: str | None = optional(9, STRING)
    end_column: str | None = optional(10, STRING)


@dataclass(kw_only=True)
class BatchGetRowRequest(Message):
    """The request of BatchGetRow."""

    tables: list[TableInBatchGetRowRequest] = repeated(1, TableInBatchGetRowRequest)


@dataclass(kw_only=True)
class RowInBatchResponse(Message):
    """The result of one row of a batch, read or written."""

    is_ok: bool = required(1, BOOL)
    error: Error | None = optional(2, Error)
    consumed: ConsumedCapacity | None = optional(3, ConsumedCapacity)
    row: bytes | None = optional(4, BYTES)


@dataclass(kw_only=True)
class TableInBatchResponse(Message):
    """The results of one table's rows, in the order of the request."""

    table_name: str = required(1, STRING)
    rows: list[RowInBatchResponse] = repeated(2, RowInBatchResponse)


@dataclass(kw_only=True)
class BatchResponse(Message):
    """The answer of BatchGetRow and BatchWriteRow."""

    tables: list[TableInBatchResponse] = repeated(1, TableInBatchResponse)


@dataclass(kw_only=True)
class RowInBatchWriteRowRequest(Message):
    """One write of a batch."""

    type: OperationType = required(1, OperationType)
    row_change: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)


@dataclass(kw_only=True)
class TableInBatchWriteRowRequest(Message):
    """The writes to one table."""

    table_name: str = required(1, STRING)
    rows: list[RowInBatchWriteRowRequest] = repeated(2, RowInBatchWriteRowRequest)


@dataclass(kw_only=True)
class BatchWriteRowRequest(Message):
    """The request of BatchWriteRow.

    The official clients for Python and Node cannot set ``is_atomic``; other clients can.
    """

    tables: list[TableInBatchWriteRowRequest] = repeated(1, TableInBatchWriteRowRequest)
    transaction_id: str | None = optional(2, STRING)
    is_atomic: bool | None = optional(3, BOOL)


@dataclass(kw_only=True)
class GetRangeRequest(Message):
    """The request of GetRange."""

    table_name: str = required(1, STRING)
    direction: Direction = required(2, Direction)
    columns_to_get: list[str] = repeated(3, STRING)
    time_range: TimeRange | None = optional(4, TimeRange)
    max_versions: int | None = optional(5, INT32)
    limit: int | None = optional(6, INT32)
    inclusive_start_primary_key: bytes = required(7, BYTES)
    exclusive_end_primary_key: bytes = required(8, BYTES)
    filter: bytes | None = optional(10, BYTES)
    start_column: str | None = optional(11, STRING)
    end_column: str | None = optional(12, STRING)
    token: bytes | None = optional(13, BYTES)
    transaction_id: str | None = optional(14, STRING)


@dataclass(kw_only=True)
class GetRangeResponse(Message):
    """The answer of GetRange. With a next start key, rows can follow even if ``rows`` is empty."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    rows: bytes = required(2, BYTES)
    next_start_primary_key: bytes | None = optional(3, BYTES)
