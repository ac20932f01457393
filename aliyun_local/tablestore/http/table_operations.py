"""The operations on tables and indexes, each from the decoded request to the answer.

``responses`` finds them in :data:`.operations.OPERATIONS`.
"""

from __future__ import annotations

from aliyun_local.tablestore.codec import common_messages, table_messages
from aliyun_local.tablestore.codec.common_messages import Empty
from aliyun_local.tablestore.codec.plainbuffer import decode_value, encode_primary_key
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.codec.values import AnyValue
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.http.answers import consumed
from aliyun_local.tablestore.store.keys import decode_partition_key
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.partitions import boundary_keys
from aliyun_local.tablestore.store.results import Capacity
from aliyun_local.tablestore.store.schema import (
    DEFAULT_MAX_DEVIATION_SECONDS,
    Column,
    Encryption,
    IndexMeta,
    Table,
    TableOptions,
    Throughput,
)

DEFAULT_SPLIT_UNIT_BYTES = 100 * 1024 * 1024


def create_table(store: TableStore, instance: str, request: table_messages.CreateTableRequest) -> Message:
    """CreateTable."""
    options = request.table_options or table_messages.TableOptions()
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
            time_to_live_seconds=options.time_to_live,
            max_versions=options.max_versions,
            max_deviation_seconds=DEFAULT_MAX_DEVIATION_SECONDS if deviation is None else deviation,
            allow_update=options.allow_update is not False,
        ),
        defined_columns=[
            Column(name=column.name, type=column.type.name) for column in request.table_meta.defined_column
        ],
        throughput=Throughput(read=reserved.read or 0, write=reserved.write or 0),
        index_metas=[_index_meta(index) for index in request.index_metas],
        local_transactions=request.enable_local_txn,
        encryption=_encryption(request.sse_spec),
        partitions=_partitions(request),
    )
    return Empty()


def list_table(store: TableStore, instance: str, _request: Empty) -> Message:
    """ListTable."""
    return table_messages.ListTableResponse(table_names=store.list_tables(instance))


def describe_table(store: TableStore, instance: str, request: common_messages.TableNameRequest) -> Message:
    """DescribeTable."""
    table = store.describe_table(instance, request.table_name)
    return table_messages.DescribeTableResponse(
        table_meta=table_messages.TableMeta(
            table_name=table.name,
            primary_key=_key_schema(table),
            defined_column=[
                table_messages.DefinedColumnSchema(
                    name=column.name, type=table_messages.DefinedColumnType[column.type]
                )
                for column in table.defined_columns
            ],
        ),
        reserved_throughput_details=_throughput(table),
        table_options=_table_options(table),
        table_status=table_messages.TableStatus.ACTIVE,
        stream_details=table_messages.StreamDetails(enable_stream=False),
        shard_splits=[encode_primary_key(decode_partition_key(table, key)) for key in boundary_keys(table)],
        sse_details=_sse_details(table.encryption),
        index_metas=[
            table_messages.IndexMeta(
                name=index.name,
                primary_key=list(index.primary_key),
                defined_column=list(index.defined_columns),
                index_update_mode=table_messages.IndexUpdateMode.SYNC
                if index.local
                else table_messages.IndexUpdateMode.ASYNC,
                index_type=table_messages.IndexType.LOCAL if index.local else table_messages.IndexType.GLOBAL,
            )
            for index in table.indexes
        ],
    )


def update_table(store: TableStore, instance: str, request: table_messages.UpdateTableRequest) -> Message:
    """UpdateTable."""
    options = request.table_options or table_messages.TableOptions()
    reserved = request.reserved_throughput.capacity_unit if request.reserved_throughput else None
    if reserved is None and options == table_messages.TableOptions():
        raise parameter_invalid("No parameter is specified in table options.")
    table = store.update_table(
        instance,
        request.table_name,
        time_to_live_seconds=options.time_to_live,
        max_versions=options.max_versions,
        max_deviation_seconds=options.deviation_cell_version_in_sec,
        allow_update=options.allow_update,
        read=reserved.read if reserved else None,
        write=reserved.write if reserved else None,
    )
    return table_messages.UpdateTableResponse(
        reserved_throughput_details=_throughput(table), table_options=_table_options(table)
    )


def delete_table(store: TableStore, instance: str, request: common_messages.TableNameRequest) -> Message:
    """DeleteTable."""
    store.delete_table(instance, request.table_name)
    return Empty()


def create_index(store: TableStore, instance: str, request: table_messages.CreateIndexRequest) -> Message:
    """CreateIndex."""
    store.create_index(
        instance,
        request.main_table_name,
        _index_meta(request.index_meta),
        include_base_data=bool(request.include_base_data),
    )
    return Empty()


def drop_index(store: TableStore, instance: str, request: table_messages.DropIndexRequest) -> Message:
    """DropIndex."""
    store.drop_index(instance, request.main_table_name, request.index_name)
    return Empty()


def add_defined_column(
    store: TableStore, instance: str, request: table_messages.AddDefinedColumnRequest
) -> Message:
    """AddDefinedColumn."""
    columns = [Column(name=column.name, type=column.type.name) for column in request.columns]
    store.add_defined_columns(instance, request.table_name, columns)
    return Empty()


def delete_defined_column(
    store: TableStore, instance: str, request: table_messages.DeleteDefinedColumnRequest
) -> Message:
    """DeleteDefinedColumn."""
    store.delete_defined_columns(instance, request.table_name, request.columns)
    return Empty()


def compute_split_points_by_size(
    store: TableStore, instance: str, request: table_messages.ComputeSplitPointsBySizeRequest
) -> Message:
    """ComputeSplitPointsBySize."""
    unit = (
        DEFAULT_SPLIT_UNIT_BYTES
        if request.split_size_unit_in_byte is None
        else request.split_size_unit_in_byte
    )
    splits = store.compute_split_points(instance, request.table_name, request.split_size * unit)
    count = len(splits.points) + 1
    return table_messages.ComputeSplitPointsBySizeResponse(
        consumed=consumed(Capacity(read=count)),
        schema=_key_schema(splits.table),
        split_points=[encode_primary_key(point) for point in splits.points],
        locations=[table_messages.SplitLocation(location="local", repeat=count)],
    )


def list_search_index(
    store: TableStore, instance: str, request: table_messages.ListSearchIndexRequest
) -> Message:
    """ListSearchIndex: there are none here. Clients ask before they delete a table."""
    if request.table_name:
        store.describe_table(instance, request.table_name)
    return Empty()


def _key_schema(table: Table) -> list[table_messages.PrimaryKeySchema]:
    return [
        table_messages.PrimaryKeySchema(
            name=column.name,
            type=table_messages.PrimaryKeyType[column.type],
            option=table_messages.PrimaryKeyOption.AUTO_INCREMENT if column.auto_increment else None,
        )
        for column in table.primary_key
    ]


def _partitions(request: table_messages.CreateTableRequest) -> list[tuple[AnyValue, AnyValue]]:
    if not request.partitions:
        return []
    name = request.table_meta.primary_key[0].name if request.table_meta.primary_key else ""
    return [(decode_value(one.begin, name), decode_value(one.end, name)) for one in request.partitions]


def _encryption(given: table_messages.SSESpecification | None) -> Encryption | None:
    if given is None:
        return None
    return Encryption(
        enable=given.enable,
        key_type=given.key_type,
        key_id=None if given.key_id is None else given.key_id.decode(errors="replace"),
        role_arn=None if given.role_arn is None else given.role_arn.decode(errors="replace"),
    )


def _sse_details(given: Encryption | None) -> table_messages.SSESpecification:
    if given is None:
        return table_messages.SSESpecification(enable=False)
    return table_messages.SSESpecification(
        enable=given.enable,
        key_type=None if given.key_type is None else table_messages.SSEKeyType(given.key_type),
        key_id=None if given.key_id is None else given.key_id.encode(),
        role_arn=None if given.role_arn is None else given.role_arn.encode(),
    )


def _index_meta(index: table_messages.IndexMeta) -> IndexMeta:
    return IndexMeta(
        name=index.name,
        primary_key=tuple(index.primary_key),
        defined_columns=tuple(index.defined_column),
        local=index.index_type is table_messages.IndexType.LOCAL,
    )


def _table_options(table: Table) -> table_messages.TableOptions:
    return table_messages.TableOptions(
        time_to_live=table.options.time_to_live_seconds,
        max_versions=table.options.max_versions,
        deviation_cell_version_in_sec=table.options.max_deviation_seconds,
        allow_update=table.options.allow_update,
    )


def _throughput(table: Table) -> table_messages.ReservedThroughputDetails:
    reserved = table.throughput
    return table_messages.ReservedThroughputDetails(
        capacity_unit=common_messages.CapacityUnit(read=reserved.read, write=reserved.write),
        last_increase_time=reserved.last_increase_at,
        last_decrease_time=reserved.last_decrease_at,
    )
