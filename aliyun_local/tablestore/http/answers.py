"""Parts of answers that several operations share: consumed capacity, and rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from aliyun_local.tablestore.codec import common_messages, row_messages
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.results import Capacity, Found, Written

Result = TypeVar("Result", Found, Written)


def consumed(capacity: Capacity) -> common_messages.ConsumedCapacity:
    """Return consumed capacity units as a message."""
    return common_messages.ConsumedCapacity(
        capacity_unit=common_messages.CapacityUnit(read=capacity.read, write=capacity.write)
    )


def row_in_batch(
    result: Result | TableStoreError, encode_row: Callable[[Result], bytes | None]
) -> row_messages.RowInBatchResponse:
    """Return the result of one row of a batch as a message. ``encode_row`` encodes the row of a success."""
    if isinstance(result, TableStoreError):
        error = common_messages.Error(code=result.code, message=result.message)
        return row_messages.RowInBatchResponse(is_ok=False, error=error)
    return row_messages.RowInBatchResponse(
        is_ok=True, consumed=consumed(result.consumed), row=encode_row(result)
    )


def batch(
    tables: Iterable[tuple[str, Sequence[row_messages.RowInBatchResponse]]],
) -> row_messages.BatchResponse:
    """Return the answer of a batch from the names of its tables and the results of their rows."""
    return row_messages.BatchResponse(
        tables=[row_messages.TableInBatchResponse(table_name=name, rows=list(rows)) for name, rows in tables]
    )
