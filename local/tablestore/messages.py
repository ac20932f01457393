"""The protocol buffer messages of the API version 2015-12-31, by their published field numbers."""

# ruff: noqa: RUF009  (the calls declare fields, they make no value that instances would share)

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from local.tablestore.protobuf import Message, Scalar, optional, repeated, required
from local.tablestore.values import OperationType, RowExistence

INT32, INT64, BOOL, STRING, BYTES = Scalar.INT32, Scalar.INT64, Scalar.BOOL, Scalar.STRING, Scalar.BYTES


class PrimaryKeyType(IntEnum):
    """Types that a primary key column may be declared with."""

    INTEGER = 1
    STRING = 2
    BINARY = 3
    BOOLEAN = 5


class PrimaryKeyOption(IntEnum):
    """Options of a primary key column."""

    AUTO_INCREMENT = 1


class DefinedColumnType(IntEnum):
    """Types of predefined attribute columns."""

    INTEGER = 1
    DOUBLE = 2
    BOOLEAN = 3
    STRING = 4
    BINARY = 7


class IndexUpdateMode(IntEnum):
    """Whether an index follows its table later or in the same instant."""

    ASYNC = 0
    SYNC = 1


class IndexType(IntEnum):
    """Kinds of secondary index."""

    GLOBAL = 0
    LOCAL = 1


class ReturnType(IntEnum):
    """What a write gives back."""

    NONE = 0
    PRIMARY_KEY = 1
    AFTER_MODIFY = 2


class Direction(IntEnum):
    """Orders of a range read."""

    FORWARD = 0
    BACKWARD = 1


class FilterType(IntEnum):
    """Kinds of filter."""

    SINGLE_COLUMN_VALUE = 1
    COMPOSITE_COLUMN_VALUE = 2
    COLUMN_PAGINATION = 3


class Comparator(IntEnum):
    """How a filter compares; ``EXIST`` and ``NOT_EXIST`` look at no value."""

    EQUAL = 1
    NOT_EQUAL = 2
    GREATER_THAN = 3
    GREATER_EQUAL = 4
    LESS_THAN = 5
    LESS_EQUAL = 6
    EXIST = 7
    NOT_EXIST = 8


class LogicalOperator(IntEnum):
    """How a composite filter combines its parts."""

    NOT = 1
    AND = 2
    OR = 3


@dataclass(kw_only=True)
class Error(Message):
    """The body of every answer that is not a success, and the outcome of a failed row in a batch."""

    code: str = required(1, STRING)
    message: str | None = optional(2, STRING)


@dataclass(kw_only=True)
class PrimaryKeySchema(Message):
    """A column of the primary key."""

    name: str = required(1, STRING)
    type: PrimaryKeyType = required(2, PrimaryKeyType)
    option: PrimaryKeyOption | None = optional(3, PrimaryKeyOption)


@dataclass(kw_only=True)
class DefinedColumnSchema(Message):
    """A predefined attribute column."""

    name: str = required(1, STRING)
    type: DefinedColumnType = required(2, DefinedColumnType)


@dataclass(kw_only=True)
class TableOptions(Message):
    """Life of the data in seconds (-1: for ever), versions kept, the largest clock deviation of a version."""

    time_to_live: int | None = optional(1, INT32)
    max_versions: int | None = optional(2, INT32)
    deviation_cell_version_in_sec: int | None = optional(5, INT64)
    allow_update: bool | None = optional(6, BOOL)


@dataclass(kw_only=True)
class IndexMeta(Message):
    """A secondary index."""

    name: str = required(1, STRING)
    primary_key: list[str] = repeated(2, STRING)
    defined_column: list[str] = repeated(3, STRING)
    index_update_mode: IndexUpdateMode = required(4, IndexUpdateMode)
    index_type: IndexType = required(5, IndexType)


@dataclass(kw_only=True)
class TableMeta(Message):
    """A table's name and schema."""

    table_name: str = required(1, STRING)
    primary_key: list[PrimaryKeySchema] = repeated(2, PrimaryKeySchema)
    defined_column: list[DefinedColumnSchema] = repeated(3, DefinedColumnSchema)


@dataclass(kw_only=True)
class Condition(Message):
    """What must hold for a write to happen; ``column_condition`` is a serialised :class:`Filter`."""

    row_existence: RowExistence = required(1, RowExistence)
    column_condition: bytes | None = optional(2, BYTES)


@dataclass(kw_only=True)
class CapacityUnit(Message):
    """Reads and writes in units of 4 KB."""

    read: int | None = optional(1, INT32)
    write: int | None = optional(2, INT32)


@dataclass(kw_only=True)
class ReservedThroughput(Message):
    """Throughput that is paid for whether it is used or not."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)


@dataclass(kw_only=True)
class ReservedThroughputDetails(Message):
    """The same with the times of its last changes, in seconds since the Unix epoch."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)
    last_increase_time: int = required(2, INT64)
    last_decrease_time: int | None = optional(3, INT64)


@dataclass(kw_only=True)
class ConsumedCapacity(Message):
    """What an operation cost."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)


@dataclass(kw_only=True)
class StreamDetails(Message):
    """The state of the change stream."""

    enable_stream: bool = required(1, BOOL)


@dataclass(kw_only=True)
class Empty(Message):
    """An answer that says nothing more than success."""


@dataclass(kw_only=True)
class CreateTableRequest(Message):
    """CreateTable."""

    table_meta: TableMeta = required(1, TableMeta)
    reserved_throughput: ReservedThroughput = required(2, ReservedThroughput)
    table_options: TableOptions | None = optional(3, TableOptions)
    index_metas: list[IndexMeta] = repeated(7, IndexMeta)


@dataclass(kw_only=True)
class CreateIndexRequest(Message):
    """CreateIndex."""

    main_table_name: str = required(1, STRING)
    index_meta: IndexMeta = required(2, IndexMeta)
    include_base_data: bool | None = optional(3, BOOL)


@dataclass(kw_only=True)
class DropIndexRequest(Message):
    """DropIndex."""

    main_table_name: str = required(1, STRING)
    index_name: str = required(2, STRING)


@dataclass(kw_only=True)
class UpdateTableRequest(Message):
    """UpdateTable."""

    table_name: str = required(1, STRING)
    reserved_throughput: ReservedThroughput | None = optional(2, ReservedThroughput)
    table_options: TableOptions | None = optional(3, TableOptions)


@dataclass(kw_only=True)
class UpdateTableResponse(Message):
    """UpdateTable's answer."""

    reserved_throughput_details: ReservedThroughputDetails = required(1, ReservedThroughputDetails)
    table_options: TableOptions = required(2, TableOptions)


@dataclass(kw_only=True)
class TableNameRequest(Message):
    """DescribeTable, DeleteTable and StartLocalTransaction, as far as they are read here."""

    table_name: str = required(1, STRING)


@dataclass(kw_only=True)
class DescribeTableResponse(Message):
    """DescribeTable's answer."""

    table_meta: TableMeta = required(1, TableMeta)
    reserved_throughput_details: ReservedThroughputDetails = required(2, ReservedThroughputDetails)
    table_options: TableOptions = required(3, TableOptions)
    stream_details: StreamDetails | None = optional(5, StreamDetails)
    index_metas: list[IndexMeta] = repeated(8, IndexMeta)


@dataclass(kw_only=True)
class ListTableResponse(Message):
    """ListTable's answer."""

    table_names: list[str] = repeated(1, STRING)


@dataclass(kw_only=True)
class TimeRange(Message):
    """Versions to read, in milliseconds: ``start`` up to but without ``end``, or one exactly."""

    start_time: int | None = optional(1, INT64)
    end_time: int | None = optional(2, INT64)
    specific_time: int | None = optional(3, INT64)


@dataclass(kw_only=True)
class ReturnContent(Message):
    """What a write is to give back."""

    return_type: ReturnType | None = optional(1, ReturnType)
    return_column_names: list[str] = repeated(2, STRING)


@dataclass(kw_only=True)
class GetRowRequest(Message):
    """GetRow."""

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
    """GetRow's answer; ``row`` is empty when there is none."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    row: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class PutRowRequest(Message):
    """PutRow."""

    table_name: str = required(1, STRING)
    row: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)
    transaction_id: str | None = optional(5, STRING)


@dataclass(kw_only=True)
class UpdateRowRequest(Message):
    """UpdateRow."""

    table_name: str = required(1, STRING)
    row_change: bytes = required(2, BYTES)
    condition: Condition = required(3, Condition)
    return_content: ReturnContent | None = optional(4, ReturnContent)
    transaction_id: str | None = optional(5, STRING)


@dataclass(kw_only=True)
class DeleteRowRequest(Message):
    """DeleteRow."""

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
    """The rows wanted of one table."""

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
    """BatchGetRow."""

    tables: list[TableInBatchGetRowRequest] = repeated(1, TableInBatchGetRowRequest)


@dataclass(kw_only=True)
class RowInBatchResponse(Message):
    """The outcome of one row of a batch, read or written."""

    is_ok: bool = required(1, BOOL)
    error: Error | None = optional(2, Error)
    consumed: ConsumedCapacity | None = optional(3, ConsumedCapacity)
    row: bytes | None = optional(4, BYTES)


@dataclass(kw_only=True)
class TableInBatchResponse(Message):
    """The outcomes of one table's rows, in the order of the request."""

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
    """BatchWriteRow."""

    tables: list[TableInBatchWriteRowRequest] = repeated(1, TableInBatchWriteRowRequest)
    transaction_id: str | None = optional(2, STRING)


@dataclass(kw_only=True)
class GetRangeRequest(Message):
    """GetRange."""

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
    """GetRange's answer; with a next start key there may be more, even if ``rows`` is empty."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    rows: bytes = required(2, BYTES)
    next_start_primary_key: bytes | None = optional(3, BYTES)


@dataclass(kw_only=True)
class TransactionRequest(Message):
    """CommitTransaction and AbortTransaction."""

    transaction_id: str = required(1, STRING)


@dataclass(kw_only=True)
class Filter(Message):
    """A filter of one of the kinds below, serialised a second time."""

    type: FilterType = required(1, FilterType)
    filter: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class SingleColumnValueFilter(Message):
    """Compares one column; ``value_trans_rule`` would take the value out of a string by a pattern."""

    comparator: Comparator = required(1, Comparator)
    column_name: str = required(2, STRING)
    column_value: bytes = required(3, BYTES)
    filter_if_missing: bool = required(4, BOOL)
    latest_version_only: bool = required(5, BOOL)
    value_trans_rule: bytes | None = optional(6, BYTES)


@dataclass(kw_only=True)
class CompositeColumnValueFilter(Message):
    """Combines filters."""

    combinator: LogicalOperator = required(1, LogicalOperator)
    sub_filters: list[Filter] = repeated(2, Filter)


@dataclass(kw_only=True)
class ColumnPaginationFilter(Message):
    """Cuts a page out of a row's columns."""

    offset: int = required(1, INT32)
    limit: int = required(2, INT32)
