"""Which local transactions are open, what they have written and what they lock.

A transaction holds one partition key of one table for at most a minute. What it writes stays here until it is
committed, so a process that ends takes its open transactions with it, as the service may at any time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aliyun_local.tablestore.codec.values import AnyValue, shown
from aliyun_local.tablestore.errors import (
    TableStoreError,
    out_of_transaction,
    parameter_invalid,
    row_conflict,
    session_not_found,
)
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Table

MAX_LIFE = 60_000
MAX_BYTES = 4 * 1024 * 1024


@dataclass
class Transaction:
    """An open transaction. ``rows`` is what it has written, by sortable key; ``None``: deleted."""

    id: str
    instance: str
    table: str
    table_id: int
    partition: AnyValue
    expires_at: int
    rows: dict[bytes, StoredRow | None] = field(default_factory=dict)
    size: int = 0

    def check(self, table: Table, partition: AnyValue) -> None:
        """Refuse to touch what the transaction does not hold.

        Raises:
            TableStoreError: it is another table's, or another partition's.
        """
        if (
            table.id != self.table_id
            or partition != self.partition
            or type(partition) is not type(self.partition)
        ):
            raise out_of_transaction(shown(self.partition), shown(partition))

    def grow(self, size: int) -> None:
        """Count ``size`` more bytes as written.

        Raises:
            TableStoreError: that is more than one transaction may write.
        """
        if self.size + size > MAX_BYTES:
            raise TableStoreError(
                400,
                "OTSOutOfTransactionDataSizeLimit",
                f"The total data size of transaction exceeds the limit, limit size: {MAX_BYTES}, "
                f"data size: {self.size + size}.",
            )
        self.size += size


class OpenTransactions:
    """The open transactions of a store, which is locked by whoever calls here. Times in milliseconds."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_id: dict[str, Transaction] = {}
        self._by_partition: dict[tuple[int, type, AnyValue], Transaction] = {}

    def start(self, table: Table, partition: AnyValue, now: int) -> Transaction:
        """Open a transaction on a partition key of ``table``.

        Raises:
            TableStoreError: another one holds it.
        """
        self.check_free(table, partition, now)
        started = Transaction(
            uuid.uuid4().hex, table.instance, table.name, table.id, partition, now + MAX_LIFE
        )
        self._by_id[started.id] = started
        self._by_partition[table.id, type(partition), partition] = started
        return started

    def find(self, transaction_id: str, instance: str, now: int) -> Transaction:
        """Return an open transaction.

        Raises:
            TableStoreError: the id is none, or its transaction has ended or is too old.
        """
        try:
            well_formed = uuid.UUID(hex=transaction_id).hex == transaction_id
        except ValueError:
            well_formed = False
        if not well_formed:
            raise parameter_invalid("TransactionID is invalid.")
        found = self._by_id.get(transaction_id)
        if found is not None and found.expires_at <= now:
            self.end(found)
            found = None
        if found is None or found.instance != instance:
            raise session_not_found()
        return found

    def check_free(self, table: Table, partition: AnyValue, now: int) -> None:
        """Refuse to write where a transaction is open.

        Raises:
            TableStoreError: one holds the partition key.
        """
        if not self._by_partition:
            return
        holder = self._by_partition.get((table.id, type(partition), partition))
        if holder is None:
            return
        if holder.expires_at > now:
            raise row_conflict()
        self.end(holder)

    def end(self, transaction: Transaction) -> None:
        """Forget a transaction with what it has written and its lock."""
        self._by_id.pop(transaction.id, None)
        self._by_partition.pop(
            (transaction.table_id, type(transaction.partition), transaction.partition), None
        )

    def end_all_of(self, table: Table) -> None:
        """Forget the transactions of a table that goes."""
        for transaction in [one for one in self._by_id.values() if one.table_id == table.id]:
            self.end(transaction)


def merged(
    stored: Iterator[tuple[bytes, StoredRow]],
    written: Iterable[tuple[bytes, StoredRow | None]],
    *,
    backward: bool,
) -> Iterator[tuple[bytes, StoredRow]]:
    """Yield ``stored`` rows in their order as a transaction sees them that has ``written`` others."""
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
