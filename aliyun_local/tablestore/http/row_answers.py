"""What answers about rows have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aliyun_local.tablestore.codec import messages, row_messages
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.results import Capacity, Found, Written

Result = TypeVar("Result", Found, Written)


def consumed(capacity: Capacity) -> messages.ConsumedCapacity:
    """Return what an operation cost, as a message."""
    return messages.ConsumedCapacity(
        capacity_unit=messages.CapacityUnit(read=capacity.read, write=capacity.write)
    )


def in_batch(
    result: Result | TableStoreError, row: Callable[[Result], bytes | None]
) -> row_messages.RowInBatchResponse:
    """Return what became of one row of a batch; ``row`` says what is given back of a success."""
    if isinstance(result, TableStoreError):
        error = messages.Error(code=result.code, message=result.message)
        return row_messages.RowInBatchResponse(is_ok=False, error=error)
    return row_messages.RowInBatchResponse(is_ok=True, consumed=consumed(result.consumed), row=row(result))
