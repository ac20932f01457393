"""Row writes: one by one or in a batch, each with its condition and its indexes in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from aliyun_local.tablestore.codec.values import (
    AnyValue,
    OperationType,
    PrimaryKey,
    Row,
    RowExistence,
    Special,
    shown,
)
from aliyun_local.tablestore.errors import (
    TableStoreError,
    condition_check_failed,
    out_of_atomic_batch,
    parameter_invalid,
)
from aliyun_local.tablestore.store import indexes
from aliyun_local.tablestore.store.checks import (
    check_data_size,
    check_table_names,
    check_write_form,
    fit_key,
    fit_versions,
)
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.results import Capacity, Condition, Write, Written
from aliyun_local.tablestore.store.rows import (
    StoredRow,
    capacity_units,
    key_of,
    replaced,
    row_columns,
    row_size,
    updated,
)
from aliyun_local.tablestore.store.schema import Table, TableOptions
from aliyun_local.tablestore.store.storage import Storage

MAX_ROWS_PER_WRITE = 200
ALWAYS = Condition()
_REQUEST_NAMES = {OperationType.PUT: "PutRow", OperationType.UPDATE: "UpdateRow"}


class RowWriter(Storage):
    """The part of the store that writes rows."""

    def write_row(
        self, instance: str, name: str, write: Write, *, transaction_id: str | None = None
    ) -> Written:
        """Carry out one write, alone or as part of a transaction.

        Raises:
            TableStoreError: its condition does not hold, or the service takes no such write.
        """
        check_write_form(write.kind, write.row)
        return self._write(instance, name, write, transaction_id, _REQUEST_NAMES.get(write.kind))

    def put_row(self, instance: str, name: str, row: Row, condition: Condition = ALWAYS) -> Written:
        """Write a row in place of any that is there.

        Raises:
            TableStoreError: the condition does not hold, or the service takes no such row.
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
        """Carry out writes one by one, in order, and return what became of each.

        Nothing ties the rows together: some may fail, also after others have succeeded. In a transaction
        that holds too, until it is committed. Only with ``atomic`` either all of a table's are written or
        none, and they have to lie under one partition key; a transaction needs no such help.

        Raises:
            TableStoreError: the request as a whole is refused and nothing has been written.
        """
        self._check_batch(instance, tables)
        if transaction_id:
            with self._database.reading():
                self._transactions.find(transaction_id, instance, self._now())
        elif atomic:
            return [self._write_together(instance, name, writes) for name, writes in tables]
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
        check_data_size("BatchWriteRow", sum(write.size for _, writes in tables for write in writes))
        for name, writes in tables:
            self._check_repeated(instance, name, writes)

    def _check_repeated(self, instance: str, name: str, writes: Sequence[Write]) -> None:
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
            return False  # a missing table is the failure of each row

    def _write_together(
        self, instance: str, name: str, writes: Sequence[Write]
    ) -> list[Written | TableStoreError]:
        try:
            with self._database.transaction() as connection:
                table = self._table(connection, instance, name)
                _check_one_partition([write.row.primary_key[0][1] for write in writes])
                return [self._carry_out(connection, table, write, write.size) for write in writes]
        except TableStoreError as failure:
            return [failure] * len(writes)

    def _attempt(
        self, instance: str, table: str, write: Write, transaction_id: str | None
    ) -> Written | TableStoreError:
        try:
            return self._write(instance, table, write, transaction_id)
        except TableStoreError as failure:
            return failure

    def _write(
        self,
        instance: str,
        name: str,
        write: Write,
        transaction_id: str | None,
        limited: str | None = None,
    ) -> Written:
        """Write a row, or refuse it; ``limited`` names the request whose only row it is."""
        size = write.size
        if limited is not None:
            check_data_size(limited, size)
        with self._database.transaction() as connection:
            table = self._table(connection, instance, name)
            return self._carry_out(connection, table, write, size, transaction_id)

    def _carry_out(
        self,
        connection: sqlite3.Connection,
        table: Table,
        write: Write,
        size: int,
        transaction_id: str | None = None,
    ) -> Written:
        now = self._now()
        if table.base is not None:
            raise parameter_invalid("Can't write index table directly.")
        if write.kind is OperationType.UPDATE and not table.options.allow_update:
            raise parameter_invalid(f"Table '{table.name}' does not allow update operation.")
        transaction = self._transactions.find(transaction_id, table.instance, now) if transaction_id else None
        values = self._key_to_write(connection, table, write)
        fit_versions(table, write.row.cells, now)
        if transaction is None:
            self._transactions.check_free(table, values[0], now)
        else:
            transaction.check(table, values[0])
        primary_key, key = key_of(table.key_names, values), encode_key(values)
        if transaction is not None and key in transaction.rows:
            raw = transaction.rows[key]
        else:
            raw = self._load(connection, table, key) if _looks_back(table, write) else None
        before = raw.visible(table.options, now) if raw else None
        _check_condition(write.condition, primary_key, before)
        after = _outcome(write, before, table.options, now)
        if transaction is None:
            self._store(connection, table, primary_key, key, raw, after, now)
        else:
            self._check_entries(connection, table, primary_key, after)
            transaction.grow(size)
            transaction.rows[key] = after
        reads = 0
        if write.condition.reads:
            reads = capacity_units(row_size(primary_key, before) if before else 0)
        return Written(primary_key, after, Capacity(reads, capacity_units(size)))

    def _store(
        self,
        connection: sqlite3.Connection,
        table: Table,
        primary_key: PrimaryKey,
        key: bytes,
        before: StoredRow | None,
        after: StoredRow | None,
        now: int,
    ) -> None:
        """Put ``after`` in the place of ``before``, in the table and in its indexes."""
        if after is not None or before is not None:
            indexes.store(connection, table.id, key, after.dump() if after else None)
        self._follow(connection, table, primary_key, before, after, now)

    def _check_entries(
        self, connection: sqlite3.Connection, table: Table, primary_key: PrimaryKey, row: StoredRow | None
    ) -> None:
        """Refuse a row that an index could not take, before a transaction promises to write it."""
        for index in table.indexes:
            indexes.entry(self._table(connection, table.instance, index.name), primary_key, row, checked=True)

    def _key_to_write(self, connection: sqlite3.Connection, table: Table, write: Write) -> list[AnyValue]:
        values = fit_key(table, write.row.primary_key)
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
        values[position] = self._next_number(connection, table, encode_key(values[:1]))
        return values

    def _next_number(self, connection: sqlite3.Connection, table: Table, partition: bytes) -> int:
        """Number the rows of a partition upwards, with gaps as the service leaves them."""
        last = connection.execute(
            "SELECT last FROM counters WHERE table_id = ? AND partition = ?", (table.id, partition)
        ).fetchone()
        number = max(self._now() * 1000, last[0] + 1 if last else 0)
        connection.execute("REPLACE INTO counters VALUES (?, ?, ?)", (table.id, partition, number))
        return number

    def _follow(
        self,
        connection: sqlite3.Connection,
        table: Table,
        primary_key: PrimaryKey,
        before: StoredRow | None,
        after: StoredRow | None,
        now: int,
    ) -> None:
        """Carry a change of a row into the table's indexes, or into their queues."""
        for index in table.indexes:
            behind = self._table(connection, table.instance, index.name)
            if indexes.is_untouched(behind, before, after):
                continue
            old = indexes.entry(behind, primary_key, before)
            new = indexes.entry(behind, primary_key, after, checked=True)
            for key, row in indexes.changes(old, new):
                if self._lag and not index.local:
                    indexes.enqueue(connection, behind.id, key, row, now + self._lag)
                else:
                    indexes.store(connection, behind.id, key, row)


def _looks_back(table: Table, write: Write) -> bool:
    """Tell whether what was there before makes a difference."""
    return write.kind is not OperationType.PUT or write.condition.reads or bool(table.indexes)


def _check_one_partition(values: Sequence[AnyValue]) -> None:
    for value in values:
        if type(value) is not type(values[0]) or value != values[0]:
            raise out_of_atomic_batch(shown(values[0]), shown(value))


def _check_condition(condition: Condition, primary_key: PrimaryKey, row: StoredRow | None) -> None:
    if condition.existence is RowExistence.EXPECT_EXIST and row is None:
        raise condition_check_failed()
    if condition.existence is RowExistence.EXPECT_NOT_EXIST and row is not None:
        raise condition_check_failed()
    if condition.column is None:
        return
    if not condition.column.matches(row_columns(primary_key, row) if row else {}):
        raise condition_check_failed()


def _outcome(write: Write, before: StoredRow | None, options: TableOptions, now: int) -> StoredRow | None:
    if write.kind is OperationType.DELETE:
        return None
    if write.kind is OperationType.PUT:
        return replaced(write.row.cells, options, now)
    return updated(before, write.row.cells, options, now)
