"""The open local transactions with their uncommitted rows and their locks.

A transaction holds one partition key of one table for at most a minute. Its rows stay in memory until the
commit, so the end of the process ends open transactions, as the service may do at any time.

``local_transactions`` starts and ends them, ``writing`` adds rows, ``reading`` merges these with stored rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aliyun_local.tablestore.codec.values import AnyValue, message_text
from aliyun_local.tablestore.errors import (
    TableStoreError,
    out_of_transaction,
    parameter_invalid,
    row_conflict,
    transaction_not_found,
)
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Table

MAX_LIFE_MS = 60_000
MAX_WRITTEN_BYTES = 4 * 1024 * 1024


@dataclass
class Transaction:
    """An open transaction. ``rows`` maps sortable keys to written rows, or to ``None`` for deleted ones."""

    id: str
    instance: str
    table: str
    table_id: int
    partition_key: AnyValue
    expires_at_ms: int
    rows: dict[bytes, StoredRow | None] = field(default_factory=dict)
    written_bytes: int = 0

    def check(self, table: Table, partition_key: AnyValue) -> None:
        """Refuse an operation outside of the partition key that the transaction holds.

        Raises:
            TableStoreError: the table or the partition key is another one.
        """
        if (
            table.id != self.table_id
            or partition_key != self.partition_key
            or type(partition_key) is not type(self.partition_key)
        ):
            raise out_of_transaction(message_text(self.partition_key), message_text(partition_key))

    def rows_between(self, start: bytes, end: bytes) -> list[tuple[bytes, StoredRow | None]]:
        """Return the written rows from ``start`` to before ``end``, which sorts first in a backward read."""
        low, high = min(start, end), max(start, end)
        return [(key, row) for key, row in self.rows.items() if low <= key <= high and key != end]

    def add_written_bytes(self, size_bytes: int) -> None:
        """Add the size of a write.

        Raises:
            TableStoreError: the transaction has written more than 4 MB.
        """
        if self.written_bytes + size_bytes > MAX_WRITTEN_BYTES:
            raise TableStoreError(
                400,
                "OTSOutOfTransactionDataSizeLimit",
                f"The total data size of transaction exceeds the limit, limit size: {MAX_WRITTEN_BYTES}, "
                f"data size: {self.written_bytes + size_bytes}.",
            )
        self.written_bytes += size_bytes


class OpenTransactions:
    """The open transactions of a store. Callers hold the lock of the database."""

    def __init__(self) -> None:
        """Start without transactions."""
        self._by_id: dict[str, Transaction] = {}
        self._by_partition: dict[tuple[int, type, AnyValue], Transaction] = {}

    def start(self, table: Table, partition_key: AnyValue, now_ms: int) -> Transaction:
        """Open a transaction on a partition key of ``table``.

        Raises:
            TableStoreError: another transaction holds the partition key.
        """
        self.check_free(table, partition_key, now_ms)
        started = Transaction(
            uuid.uuid4().hex, table.instance, table.name, table.id, partition_key, now_ms + MAX_LIFE_MS
        )
        self._by_id[started.id] = started
        self._by_partition[table.id, type(partition_key), partition_key] = started
        return started

    def find(self, transaction_id: str, instance: str, now_ms: int) -> Transaction:
        """Return an open transaction.

        Raises:
            TableStoreError: the id is malformed, or the transaction has ended or expired.
        """
        try:
            well_formed = uuid.UUID(hex=transaction_id).hex == transaction_id
        except ValueError:
            well_formed = False
        if not well_formed:
            raise parameter_invalid("TransactionID is invalid.")
        found = self._by_id.get(transaction_id)
        if found is not None and found.expires_at_ms <= now_ms:
            self.end(found)
            found = None
        if found is None or found.instance != instance:
            raise transaction_not_found()
        return found

    def check_free(self, table: Table, partition_key: AnyValue, now_ms: int) -> None:
        """Refuse an operation on a partition key that a transaction holds.

        Raises:
            TableStoreError: a transaction holds it.
        """
        if not self._by_partition:
            return
        holder = self._by_partition.get((table.id, type(partition_key), partition_key))
        if holder is None:
            return
        if holder.expires_at_ms > now_ms:
            raise row_conflict()
        self.end(holder)

    def end(self, transaction: Transaction) -> None:
        """Drop a transaction, its rows and its lock."""
        self._by_id.pop(transaction.id, None)
        self._by_partition.pop(
            (transaction.table_id, type(transaction.partition_key), transaction.partition_key), None
        )

    def end_all_of(self, table: Table) -> None:
        """Drop the transactions of a table that is being deleted."""
        for transaction in list(self._by_id.values()):
            if transaction.table_id == table.id:
                self.end(transaction)


def merge_written(
    stored: Iterator[tuple[bytes, StoredRow]],
    written: Iterable[tuple[bytes, StoredRow | None]],
    *,
    backward: bool,
) -> Iterator[tuple[bytes, StoredRow]]:
    """Yield the ``stored`` rows in their order, merged with the rows ``written`` in a transaction."""
    waiting = sorted(written, key=lambda change: change[0], reverse=not backward)
    for key, row in stored:
        while waiting and (waiting[-1][0] > key if backward else waiting[-1][0] < key):
            before, change = waiting.pop()
            if change is not None:
                yield before, change
        if waiting and waiting[-1][0] == key:
            _, change = waiting.pop()
            if change is not None:
                yield key, change
        else:
            yield key, row
    while waiting:
        key, change = waiting.pop()
        if change is not None:
            yield key, change
