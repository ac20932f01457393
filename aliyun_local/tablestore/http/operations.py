"""All operations of the service by their names in the API, served or not.

``responses`` looks operations up here. The coverage list and the fault control of the local cloud read the
names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aliyun_local.tablestore.codec import common_messages, row_messages, table_messages, transaction_messages
from aliyun_local.tablestore.codec.common_messages import Empty
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.http import (
    read_operations,
    table_operations,
    transaction_operations,
    write_operations,
)
from aliyun_local.tablestore.store.models import TableStore


@dataclass(frozen=True)
class Operation:
    """A served operation: the message of its request, and the function that executes it."""

    request: type[Message]
    run: Callable[[TableStore, str, Any], Message]


OPERATIONS: dict[str, Operation] = {
    "CreateTable": Operation(table_messages.CreateTableRequest, table_operations.create_table),
    "ListTable": Operation(Empty, table_operations.list_table),
    "DescribeTable": Operation(common_messages.TableNameRequest, table_operations.describe_table),
    "UpdateTable": Operation(table_messages.UpdateTableRequest, table_operations.update_table),
    "DeleteTable": Operation(common_messages.TableNameRequest, table_operations.delete_table),
    "AddDefinedColumn": Operation(
        table_messages.AddDefinedColumnRequest, table_operations.add_defined_column
    ),
    "DeleteDefinedColumn": Operation(
        table_messages.DeleteDefinedColumnRequest, table_operations.delete_defined_column
    ),
    "CreateIndex": Operation(table_messages.CreateIndexRequest, table_operations.create_index),
    "DropIndex": Operation(table_messages.DropIndexRequest, table_operations.drop_index),
    "ComputeSplitPointsBySize": Operation(
        table_messages.ComputeSplitPointsBySizeRequest, table_operations.compute_split_points_by_size
    ),
    "ListSearchIndex": Operation(table_messages.ListSearchIndexRequest, table_operations.list_search_index),
    "GetRow": Operation(row_messages.GetRowRequest, read_operations.get_row),
    "PutRow": Operation(row_messages.PutRowRequest, write_operations.put_row),
    "UpdateRow": Operation(row_messages.UpdateRowRequest, write_operations.update_row),
    "DeleteRow": Operation(row_messages.DeleteRowRequest, write_operations.delete_row),
    "BatchGetRow": Operation(row_messages.BatchGetRowRequest, read_operations.batch_get_row),
    "BatchWriteRow": Operation(row_messages.BatchWriteRowRequest, write_operations.batch_write_row),
    "GetRange": Operation(row_messages.GetRangeRequest, read_operations.get_range),
    "StartLocalTransaction": Operation(
        transaction_messages.StartLocalTransactionRequest, transaction_operations.start_local_transaction
    ),
    "CommitTransaction": Operation(
        transaction_messages.TransactionRequest, transaction_operations.commit_transaction
    ),
    "AbortTransaction": Operation(
        transaction_messages.TransactionRequest, transaction_operations.abort_transaction
    ),
}
"""The operations that the emulator serves."""

REFUSED: frozenset[str] = frozenset(
    {
        # Search index
        "CreateSearchIndex",
        "UpdateSearchIndex",
        "DeleteSearchIndex",
        "DescribeSearchIndex",
        "Search",
        "ComputeSplits",
        "ParallelScan",
        # SQL
        "SQLQuery",
        # Streams and tunnels
        "ListStream",
        "DescribeStream",
        "GetShardIterator",
        "GetStreamRecord",
        # Bulk
        "BulkImport",
        "BulkExport",
        # Timeseries
        "CreateTimeseriesTable",
        "ListTimeseriesTable",
        "DescribeTimeseriesTable",
        "UpdateTimeseriesTable",
        "DeleteTimeseriesTable",
        "PutTimeseriesData",
        "GetTimeseriesData",
        "QueryTimeseriesMeta",
        "UpdateTimeseriesMeta",
        "DeleteTimeseriesMeta",
        # Global tables
        "CreateGlobalTable",
        "BindGlobalTable",
        "UnbindGlobalTable",
        "DescribeGlobalTable",
        "UpdateGlobalTable",
        # Knowledge bases and memory stores, which speak JSON
        "AddDocuments",
        "AddMemories",
        "ApplyMemoryDreamActions",
        "CancelMemoryDreamTask",
        "CreateKnowledgeBase",
        "CreateMemoryDreamTask",
        "CreateMemoryStore",
        "DeleteDocuments",
        "DeleteKnowledgeBase",
        "DeleteMemory",
        "DeleteMemoryStore",
        "DescribeKnowledgeBase",
        "GetDocument",
        "GetMemory",
        "GetMemoryDreamTask",
        "GetMemoryStore",
        "GetMemoryTask",
        "ListChunks",
        "ListDocuments",
        "ListKnowledgeBase",
        "ListMemories",
        "ListMemoryDreamActions",
        "ListMemoryDreamTasks",
        "ListMemoryStoreMessages",
        "ListMemoryStoreRequests",
        "ListMemoryStoreScopes",
        "ListMemoryStores",
        "ListMemoryTasks",
        "Retrieve",
        "SearchMemories",
        "UpdateChunks",
        "UpdateDocument",
        "UpdateKnowledgeBase",
        "UpdateMemory",
        "UpdateMemoryStore",
    }
)
"""The operations that only the service knows. The emulator refuses them like unknown ones."""
