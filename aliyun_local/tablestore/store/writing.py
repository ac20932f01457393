"""Row writes, alone or in a batch. ``http.write_operations`` calls them.

Each write is one SQL transaction that includes its condition, its indexes and its automatic number. It is
committed before the caller gets the result.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from aliyun_local.tablestore.codec.values import (
    AnyValue,
    OperationType,
    PrimaryKey,
    Row,
    RowExistence,
    Special,
    message_text,
)
from aliyun_local.tablestore.errors import TableStoreError, out_of_atomic_batch, parameter_invalid
from aliyun_local.tablestore.store import counters, indexes, row_tables
from aliyun_local.tablestore.store.keys import encode_key, named_key
from aliyun_local.tablestore.store.results import Capacity, Written
from aliyun_local.tablestore.store.row_checks import (
    check_data_size,
    check_table_names,
    check_versions,
    check_write_form,
    key_values,
)
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.sizes import capacity_units, row_size
from aliyun_local.tablestore.store.storage import Storage
from aliyun_local.tablestore.store.writes import (
    Condition,
    Write,
    check_condition,
    depends_on_row_before,
    row_after,
)

MAX_ROWS_PER_WRITE = 200
ALWAYS = Condition()
_SIZE_LIMITED_REQUESTS = {OperationType.PUT: "PutRow", OperationType.UPDATE: "UpdateRow"}


class RowChange(NamedTuple):
    """A change of a stored row. ``None`` is a missing row."""

    primary_key: PrimaryKey
    key: bytes
    before: StoredRow | None
    after: StoredRow | None


class RowWriter(Storage):
    """The part of the store that writes rows."""

    def write_row(
        self, instance: str, name: str, write: Write, *, transaction_id: str | None = None
    ) -> Written:
        """Execute one write, alone or in a local transaction.

        Raises:
            TableStoreError: the condition does not hold, or the service refuses the write.
        """
        check_write_form(write.kind, write.row)
        size_limited_request = _SIZE_LIMITED_REQUESTS.get(write.kind)
        if size_limited_request is not None:
            check_data_size(size_limited_request, write.size_bytes)
        return self._write(instance, name, write, transaction_id)

    def put_row(self, instance: str, name: str, row: Row, condition: Condition = ALWAYS) -> Written:
        """Write a row and replace any earlier one.

        Raises:
            TableStoreError: the condition does not hold, or the service refuses the row.
        """
        return self.write_row(instance, name, Write(OperationType.PUT, row, condition))

    def batch_write_row(
        self,
        instance: str,
        tables: Sequence[tuple[str, Sequence[Write]]],
        *,
        transaction_id: str | None = None,
        atomic: bool = False,
    ) -> list[list[Written | TableStoreError]]:
        """Execute writes one by one, in order, and return the result of each.

        The writes are independent: one can fail after others have succeeded, also in a local transaction.
        With ``atomic``, either all writes to a table succeed or none does, and they have to share one
        partition key. In a local transaction ``atomic`` has no effect.

        Raises:
            TableStoreError: the request as a whole is refused; nothing is written.
        """
        self._check_batch(instance, tables)
        if transaction_id:
            with self._database.reading():
                self._transactions.find(transaction_id, instance, self._now_ms())
        elif atomic:
            return [self._write_atomically(instance, name, writes) for name, writes in tables]
        return [
            [self._attempt(instance, name, write, transaction_id) for write in writes]
            for name, writes in tables
        ]

    def _check_batch(self, instance: str, tables: Sequence[tuple[str, Sequence[Write]]]) -> None:
        if not tables:
            raise parameter_invalid("No row is specified in BatchWriteRow.")
        check_table_names(name for name, _ in tables)
        for name, writes in tables:
            if not writes:
                raise parameter_invalid(f"No operation is specified for table: '{name}'.")
        if sum(len(writes) for _, writes in tables) > MAX_ROWS_PER_WRITE:
            raise parameter_invalid(f"Rows count exceeds the upper limit: {MAX_ROWS_PER_WRITE}.")
        for _, writes in tables:
            for kind, row, _ in writes:
                check_write_form(kind, row)
                if kind is OperationType.PUT and not row.cells:
                    raise parameter_invalid("Attribute column is missing.")
        check_data_size("BatchWriteRow", sum(write.size_bytes for _, writes in tables for write in writes))
        for name, writes in tables:
            self._check_repeated_rows(instance, name, writes)

    def _check_repeated_rows(self, instance: str, name: str, writes: Sequence[Write]) -> None:
        by_key: dict[tuple[tuple[str, AnyValue], ...], list[Condition]] = {}
        for _, row, condition in writes:
            if all(value is not Special.AUTO_INCREMENT for _, value in row.primary_key):
                by_key.setdefault(tuple(row.primary_key), []).append(condition)
        repeated = [condition for same in by_key.values() if len(same) > 1 for condition in same]
        if any(condition.existence is not RowExistence.IGNORE for condition in repeated):
            raise parameter_invalid(
                "Repeated rows do not support row exist expectation check in BatchModify."
            )
        if any(condition.column is not None for condition in repeated):
            raise parameter_invalid("Repeated rows do not support row condition check in BatchModify.")
        if repeated and self._is_indexed(instance, name):
            raise parameter_invalid("Duplicate rows detected in MultiPut.")

    def _is_indexed(self, instance: str, name: str) -> bool:
        try:
            with self._database.reading() as connection:
                return bool(self._table(connection, instance, name).indexes)
        except TableStoreError:
            return False  # a missing table is an error of each row, not of the request

    def _write_atomically(
        self, instance: str, name: str, writes: Sequence[Write]
    ) -> list[Written | TableStoreError]:
        try:
            with self._database.transaction() as connection:
                table = self._table(connection, instance, name)
                _check_one_partition_key([write.row.primary_key[0][1] for write in writes])
                return [self._execute(connection, table, write, None) for write in writes]
        except TableStoreError as failure:
            return [failure] * len(writes)

    def _attempt(
        self, instance: str, name: str, write: Write, transaction_id: str | None
    ) -> Written | TableStoreError:
        try:
            return self._write(instance, name, write, transaction_id)
        except TableStoreError as failure:
            return failure

    def _write(self, instance: str, name: str, write: Write, transaction_id: str | None) -> Written:
        with self._database.transaction() as connection:
            table = self._table(connection, instance, name)
            return self._execute(connection, table, write, transaction_id)

    def _execute(
        self, connection: sqlite3.Connection, table: Table, write: Write, transaction_id: str | None
    ) -> Written:
        now_ms, size_bytes = self._now_ms(), write.size_bytes
        _check_table_for(table, write)
        transaction = None
        if transaction_id:
            transaction = self._transactions.find(transaction_id, table.instance, now_ms)
        values = self._key_values(connection, table, write)
        check_versions(table, write.row.cells, now_ms)
        if transaction is None:
            self._transactions.check_free(table, values[0], now_ms)
        else:
            transaction.check(table, values[0])
        primary_key, key = named_key(table, values), encode_key(values)
        stored = None
        if transaction is not None and key in transaction.rows:
            stored = transaction.rows[key]
        elif depends_on_row_before(table, write):
            stored = row_tables.load(connection, table.id, key)
        before = stored.visible(table.options, now_ms) if stored else None
        check_condition(write.condition, primary_key, before)
        after = row_after(table, write, before, now_ms)
        if transaction is None:
            self._apply(connection, table, RowChange(primary_key, key, stored, after), now_ms)
        else:
            self._check_index_rows(connection, table, primary_key, after)
            transaction.add_written_bytes(size_bytes)
            transaction.rows[key] = after
        reads = 0
        if write.condition.reads:
            reads = capacity_units(row_size(primary_key, before) if before else 0)
        return Written(primary_key, after, Capacity(reads, capacity_units(size_bytes)))

    def _apply(self, connection: sqlite3.Connection, table: Table, change: RowChange, now_ms: int) -> None:
        """Store a change in the table and in its indexes, or in the queues of its lagging indexes."""
        _, key, before, after = change
        if after is not None or before is not None:
            row_tables.save(connection, table.id, key, after.dump() if after else None)
        for meta in table.indexes:
            index = self._table(connection, table.instance, meta.name)
            if indexes.is_unchanged(index, before, after):
                continue
            old = indexes.index_row(index, change.primary_key, before)
            new = indexes.index_row(index, change.primary_key, after, check_lengths=True)
            for index_key, row in indexes.changes(old, new):
                if self._index_lag_ms and not meta.local:
                    due_at_ms = now_ms + self._index_lag_ms
                    indexes.enqueue(connection, index.id, index_key, row, due_at_ms)
                else:
                    row_tables.save(connection, index.id, index_key, row)

    def _check_index_rows(
        self, connection: sqlite3.Connection, table: Table, primary_key: PrimaryKey, row: StoredRow | None
    ) -> None:
        """Refuse a row that an index cannot hold. A local transaction would otherwise fail in its commit."""
        for meta in table.indexes:
            index = self._table(connection, table.instance, meta.name)
            indexes.index_row(index, primary_key, row, check_lengths=True)

    def _key_values(self, connection: sqlite3.Connection, table: Table, write: Write) -> list[AnyValue]:
        """Return the values of the row's key, with the next automatic number in place of its placeholder."""
        values = key_values(table, write.row.primary_key)
        position = table.auto_increment
        if position is None:
            return values
        expected = write.condition.existence
        if values[position] is not Special.AUTO_INCREMENT:
            if expected is RowExistence.EXPECT_NOT_EXIST:
                raise parameter_invalid(
                    f"Invalid expect: {expected.name} when modify a specific row "
                    "for table with pk auto increment."
                )
            return values
        if write.kind is OperationType.DELETE:
            raise parameter_invalid("Invalid row to delete which with pk auto increment.")
        if expected is not RowExistence.IGNORE:
            raise parameter_invalid(
                f"Invalid expect: {expected.name} when modify row with pk auto increment."
            )
        if write.condition.column is not None:
            raise parameter_invalid("Can't set condition when modify row with pk auto increment.")
        partition = encode_key(values[:1])
        # Microseconds since the Unix epoch: numbers as large as those of the service, with gaps.
        values[position] = counters.next_number(
            connection, table.id, partition, at_least=self._now_ms() * 1000
        )
        return values


def _check_table_for(table: Table, write: Write) -> None:
    if table.index_of is not None:
        raise parameter_invalid("Can't write index table directly.")
    if write.kind is OperationType.UPDATE and not table.options.allow_update:
        raise parameter_invalid(f"Table '{table.name}' does not allow update operation.")


def _check_one_partition_key(values: Sequence[AnyValue]) -> None:
    for value in values:
        if type(value) is not type(values[0]) or value != values[0]:
            raise out_of_atomic_batch(message_text(values[0]), message_text(value))
