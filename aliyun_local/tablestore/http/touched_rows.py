"""The rows that a request is about: their tables and partition keys. Signatures are not looked at.

Faults that are limited to rows (:mod:`aliyun_local.control.targets`) ask this, and :mod:`.row_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aliyun_local.tablestore.codec import row_messages, transaction_messages
from aliyun_local.tablestore.codec.plainbuffer import decode_row
from aliyun_local.tablestore.codec.values import AnyValue, Special
from aliyun_local.tablestore.http.operations import OPERATIONS


@dataclass(frozen=True)
class Touched:
    """Rows of ``table``, from one partition key to another, which are the same for a single row.

    A request about a whole table is about all of its keys.
    """

    table: str
    first: AnyValue = Special.INF_MIN
    last: AnyValue = Special.INF_MAX

    def has(self, partition_key: int | str | bytes) -> bool:
        """Return whether a row with this partition key is among them, or may be."""
        return _is_ordered(self.first, partition_key) and _is_ordered(partition_key, self.last)


def touched_by(operation: str, body: bytes) -> Iterator[Touched]:
    """Yield what the request for ``operation`` in ``body`` reads or writes.

    Raises:
        DecodeError: the body is not the message of the operation.
        TableStoreError: a row in it is malformed.
    """
    served = OPERATIONS.get(operation)
    if served is None:
        return
    message = served.request.decode(body)
    match message:
        case row_messages.GetRowRequest() | row_messages.DeleteRowRequest():
            yield row_of(message.table_name, message.primary_key)
        case row_messages.PutRowRequest():
            yield row_of(message.table_name, message.row)
        case row_messages.UpdateRowRequest():
            yield row_of(message.table_name, message.row_change)
        case transaction_messages.StartLocalTransactionRequest():
            yield row_of(message.table_name, message.key)
        case row_messages.BatchGetRowRequest():
            for read in message.tables:
                yield from (row_of(read.table_name, key) for key in read.primary_key)
        case row_messages.BatchWriteRowRequest():
            for written in message.tables:
                yield from (row_of(written.table_name, row.row_change) for row in written.rows)
        case row_messages.GetRangeRequest():
            yield _range_of(message)
        case _:
            name = getattr(message, "table_name", None)
            if isinstance(name, str):
                yield Touched(name)


def row_of(table: str, row: bytes) -> Touched:
    """Return the row of ``table`` whose key, and perhaps more, is in ``row``.

    Raises:
        TableStoreError: ``row`` is malformed.
    """
    (_, value), *_ = decode_row(row).primary_key
    return Touched(table, value, value)


def _range_of(message: row_messages.GetRangeRequest) -> Touched:
    (_, start), *_ = decode_row(message.inclusive_start_primary_key).primary_key
    (_, end), *_ = decode_row(message.exclusive_end_primary_key).primary_key
    is_forward = message.direction is row_messages.Direction.FORWARD
    return Touched(message.table_name, *((start, end) if is_forward else (end, start)))


def _is_ordered(low: AnyValue, high: AnyValue) -> bool:
    if low is Special.INF_MIN or high is Special.INF_MAX:
        return True
    if type(low) is not type(high) or isinstance(low, Special):
        return False
    return low <= high  # type: ignore[operator]  # both are of one type
