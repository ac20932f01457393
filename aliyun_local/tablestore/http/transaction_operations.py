"""The operations on local transactions, each from the decoded request to the answer.

``responses`` finds them in :data:`.operations.OPERATIONS`.
"""

from __future__ import annotations

from aliyun_local.tablestore.codec.common_messages import Empty
from aliyun_local.tablestore.codec.plainbuffer import decode_primary_key
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.codec.transaction_messages import (
    StartLocalTransactionRequest,
    StartLocalTransactionResponse,
    TransactionRequest,
)
from aliyun_local.tablestore.store.models import TableStore


def start_local_transaction(
    store: TableStore, instance: str, request: StartLocalTransactionRequest
) -> Message:
    """StartLocalTransaction."""
    partition_key = decode_primary_key(request.key)
    return StartLocalTransactionResponse(
        transaction_id=store.start_local_transaction(instance, request.table_name, partition_key)
    )


def commit_transaction(store: TableStore, instance: str, request: TransactionRequest) -> Message:
    """CommitTransaction."""
    store.commit_transaction(instance, request.transaction_id)
    return Empty()


def abort_transaction(store: TableStore, instance: str, request: TransactionRequest) -> Message:
    """AbortTransaction.

    The answer contains the transaction id, because the official client for Node decodes it like the request.
    Other clients skip the field.
    """
    store.abort_transaction(instance, request.transaction_id)
    return TransactionRequest(transaction_id=request.transaction_id)
