"""The messages of local transactions, by their published field numbers."""

from __future__ import annotations

from dataclasses import dataclass

from aliyun_local.tablestore.codec.messages import BYTES, STRING
from aliyun_local.tablestore.codec.protobuf import Message, required


@dataclass(kw_only=True)
class StartLocalTransactionRequest(Message):
    """StartLocalTransaction; ``key`` holds the partition key alone."""

    table_name: str = required(1, STRING)
    key: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class StartLocalTransactionResponse(Message):
    """StartLocalTransaction's answer."""

    transaction_id: str = required(1, STRING)


@dataclass(kw_only=True)
class TransactionRequest(Message):
    """CommitTransaction and AbortTransaction."""

    transaction_id: str = required(1, STRING)
