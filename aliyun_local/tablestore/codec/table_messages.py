"""The messages of the operations on tables and indexes, by their published field numbers.

``http.table_operations`` handles them.
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
    SINT64,
    STRING,
    CapacityUnit,
    ConsumedCapacity,
)
from aliyun_local.tablestore.codec.protobuf import Message, optional, repeated, required


class PrimaryKeyType(IntEnum):
    """Types of a primary key column."""

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
    """Update of an index: after the write to its table, or together with it."""

    ASYNC = 0
    SYNC = 1


class TableStatus(IntEnum):
    """States of a table."""

    ACTIVE = 1
    INACTIVE = 2
    LOADING = 3
    UNLOADING = 4
    UPDATING = 5


class SSEKeyType(IntEnum):
    """Owners of the encryption key: the service, or the user (BYOK)."""

    SSE_KMS_SERVICE = 1
    SSE_BYOK = 2


class IndexType(IntEnum):
    """Kinds of secondary index."""

    GLOBAL = 0
    LOCAL = 1


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
    """Options of a table. ``time_to_live`` is in seconds; -1 keeps data for ever."""

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
class ReservedThroughput(Message):
    """Capacity units that are reserved and billed in any case."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)


@dataclass(kw_only=True)
class ReservedThroughputDetails(Message):
    """Reserved capacity units with the times of their last changes, in seconds since the Unix epoch."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)
    last_increase_time: int = required(2, INT64)
    last_decrease_time: int | None = optional(3, INT64)


@dataclass(kw_only=True)
class StreamDetails(Message):
    """The state of the table's stream."""

    enable_stream: bool = required(1, BOOL)


@dataclass(kw_only=True)
class SSESpecification(Message):
    """Encryption of a table at rest."""

    enable: bool = required(1, BOOL)
    key_type: SSEKeyType | None = optional(2, SSEKeyType)
    key_id: bytes | None = optional(3, BYTES)
    role_arn: bytes | None = optional(4, BYTES)


@dataclass(kw_only=True)
class PartitionRange(Message):
    """A range of partition keys from ``begin`` to before ``end``, as bare PlainBuffer values."""

    begin: bytes = required(1, BYTES)
    end: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class CreateTableRequest(Message):
    """The request of CreateTable.

    The official client for Python cannot set ``enable_local_txn``; other clients can.
    """

    table_meta: TableMeta = required(1, TableMeta)
    reserved_throughput: ReservedThroughput = required(2, ReservedThroughput)
    table_options: TableOptions | None = optional(3, TableOptions)
    partitions: list[PartitionRange] = repeated(4, PartitionRange)
    sse_spec: SSESpecification | None = optional(6, SSESpecification)
    index_metas: list[IndexMeta] = repeated(7, IndexMeta)
    enable_local_txn: bool | None = optional(8, BOOL)


@dataclass(kw_only=True)
class CreateIndexRequest(Message):
    """The request of CreateIndex."""

    main_table_name: str = required(1, STRING)
    index_meta: IndexMeta = required(2, IndexMeta)
    include_base_data: bool | None = optional(3, BOOL)


@dataclass(kw_only=True)
class DropIndexRequest(Message):
    """The request of DropIndex."""

    main_table_name: str = required(1, STRING)
    index_name: str = required(2, STRING)


@dataclass(kw_only=True)
class AddDefinedColumnRequest(Message):
    """The request of AddDefinedColumn."""

    table_name: str = required(1, STRING)
    columns: list[DefinedColumnSchema] = repeated(2, DefinedColumnSchema)


@dataclass(kw_only=True)
class DeleteDefinedColumnRequest(Message):
    """The request of DeleteDefinedColumn."""

    table_name: str = required(1, STRING)
    columns: list[str] = repeated(2, STRING)


@dataclass(kw_only=True)
class UpdateTableRequest(Message):
    """The request of UpdateTable."""

    table_name: str = required(1, STRING)
    reserved_throughput: ReservedThroughput | None = optional(2, ReservedThroughput)
    table_options: TableOptions | None = optional(3, TableOptions)


@dataclass(kw_only=True)
class UpdateTableResponse(Message):
    """The answer of UpdateTable."""

    reserved_throughput_details: ReservedThroughputDetails = required(1, ReservedThroughputDetails)
    table_options: TableOptions = required(2, TableOptions)


@dataclass(kw_only=True)
class DescribeTableResponse(Message):
    """The answer of DescribeTable.

    ``table_status`` is unknown to the official client for Python and mandatory for the one for Node.
    ``shard_splits`` are the partition keys at which the table was divided on creation.
    """

    table_meta: TableMeta = required(1, TableMeta)
    reserved_throughput_details: ReservedThroughputDetails = required(2, ReservedThroughputDetails)
    table_options: TableOptions = required(3, TableOptions)
    table_status: TableStatus = required(4, TableStatus)
    stream_details: StreamDetails | None = optional(5, StreamDetails)
    shard_splits: list[bytes] = repeated(6, BYTES)
    sse_details: SSESpecification | None = optional(7, SSESpecification)
    index_metas: list[IndexMeta] = repeated(8, IndexMeta)


@dataclass(kw_only=True)
class ListTableResponse(Message):
    """The answer of ListTable."""

    table_names: list[str] = repeated(1, STRING)


@dataclass(kw_only=True)
class ComputeSplitPointsBySizeRequest(Message):
    """The request of ComputeSplitPointsBySize. Without a unit, ``split_size`` counts units of 100 MB."""

    table_name: str = required(1, STRING)
    split_size: int = required(2, INT64)
    split_size_unit_in_byte: int | None = optional(3, INT64)


@dataclass(kw_only=True)
class SplitLocation(Message):
    """The location of ``repeat`` consecutive splits."""

    location: str = required(1, STRING)
    repeat: int = required(2, SINT64)


@dataclass(kw_only=True)
class ComputeSplitPointsBySizeResponse(Message):
    """The answer of ComputeSplitPointsBySize: the keys between neighbouring splits."""

    consumed: ConsumedCapacity = required(1, ConsumedCapacity)
    schema: list[PrimaryKeySchema] = repeated(2, PrimaryKeySchema)
    split_points: list[bytes] = repeated(3, BYTES)
    locations: list[SplitLocation] = repeated(4, SplitLocation)


@dataclass(kw_only=True)
class ListSearchIndexRequest(Message):
    """The request of ListSearchIndex, for one table or for all tables."""

    table_name: str | None = optional(1, STRING)
