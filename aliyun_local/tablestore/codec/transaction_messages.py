"""The messages of local transactions, by their published field numbers.

``http.transaction_operations`` handles them.
"""

from __future__ import annotations

from dataclasses import dataclass

from aliyun_local.tablestore.codec.common_messages import BYTES, STRING
from aliyun_local.tablestore.codec.protobuf import Message, required


@dataclass(kw_only=True)
class StartLocalTransactionRequest(Message):
    """The request of StartLocalTransaction. ``key`` holds the partition key alone."""

    table_name: str = required(1, STRING)
    key: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class StartLocalTransactionResponse(Message):
    """The answer of StartLocalTransaction."""

    transaction_id: str = required(1, STRING)


@dataclass(kw_only=True)
class TransactionRequest(Message):
    """The request of CommitTransaction and AbortTransaction."""

    transaction_id: str = required(1, STRING)
