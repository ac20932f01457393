"""What answers about rows have in common."""

from __future__ import annotations

from local.tablestore import messages, row_messages
from local.tablestore.errors import TableStoreError
from local.tablestore.results import Capacity


def consumed(capacity: Capacity) -> messages.ConsumedCapacity:
    """Return what an operation cost, as a message."""
    return messages.ConsumedCapacity(
        capacity_unit=messages.CapacityUnit(read=capacity.read, write=capacity.write)
    )


def failed_row(failure: TableStoreError) -> row_messages.RowInBatchResponse:
    """Return the outcome of a row of a batch that failed."""
    return row_messages.RowInBatchResponse(
        is_ok=False, error=messages.Error(code=failure.code, message=failure.message)
    )
