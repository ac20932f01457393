"""The operations on local transactions: from the decoded message to the store and back."""

from __future__ import annotations

from aliyun_local.tablestore.codec.messages import Empty
from aliyun_local.tablestore.codec.plainbuffer import decode_row
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.codec.transaction_messages import (
    StartLocalTransactionRequest,
    StartLocalTransactionResponse,
    TransactionRequest,
)
from aliyun_local.tablestore.store.checks import key_alone
from aliyun_local.tablestore.store.models import TableStore


def start_local_transaction(
    store: TableStore, instance: str, request: StartLocalTransactionRequest
) -> Message:
    """StartLocalTransaction."""
    partition = key_alone(decode_row(request.key))
    return StartLocalTransactionResponse(
        transaction_id=store.start_local_transaction(instance, request.table_name, partition)
    )


def commit_transaction(store: TableStore, instance: str, request: TransactionRequest) -> Message:
    """CommitTransaction."""
    store.commit_transaction(instance, request.transaction_id)
    return Empty()


def abort_transaction(store: TableStore, instance: str, request: TransactionRequest) -> Message:
    """AbortTransaction: names the transaction in its answer, which the Node client insists on.

    It reads the answer as it would read the request; every other client skips the field.
    """
    store.abort_transaction(instance, request.transaction_id)
    return TransactionRequest(transaction_id=request.transaction_id)
