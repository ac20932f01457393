"""Row reads: one row, a batch, or a range, from a table or an index. ``http.read_operations`` calls them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from aliyun_local.tablestore.codec.values import PrimaryKey, Row
from aliyun_local.tablestore.errors import TableStoreError, index_building, parameter_invalid, table_not_found
from aliyun_local.tablestore.store import indexes, row_tables
from aliyun_local.tablestore.store.keys import decode_named_key, encode_key
from aliyun_local.tablestore.store.open_transactions import merge_written
from aliyun_local.tablestore.store.results import Capacity, Found, Page
from aliyun_local.tablestore.store.row_checks import check_key_form, check_table_names, key_values_for_read
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.selection import Selection
from aliyun_local.tablestore.store.sizes import capacity_units, data_size
from aliyun_local.tablestore.store.storage import Storage

MAX_ROWS_PER_GET = 100
MAX_ROWS_PER_RANGE = 5000
MAX_BYTES_PER_RANGE = 4 * 1024 * 1024
EVERYTHING = Selection()
_MAX_ROWS_PER_QUERY = 500


class RowReader(Storage):
    """The part of the store that reads rows."""

    def get_row(
        self,
        instance: str,
        table: str,
        primary_key: PrimaryKey,
        selection: Selection = EVERYTHING,
        *,
        transaction_id: str | None = None,
    ) -> Found:
        """Read a row of a table or an index. With a transaction, its uncommitted writes are visible.

        Raises:
            TableStoreError: the table or the transaction is missing, or the key is invalid.
        """
        check_key_form(primary_key)
        return self._get_row(instance, table, primary_key, selection, transaction_id)

    def _get_row(
        self,
        instance: str,
        name: str,
        primary_key: PrimaryKey,
        selection: Selection,
        transaction_id: str | None = None,
    ) -> Found:
        with self._database.reading() as connection:
            table = self._table_to_read(connection, instance, name)
            values = key_values_for_read(table, primary_key)
            key = encode_key(values)
            transaction = None
            if transaction_id:
                transaction = self._transactions.find(transaction_id, instance, self._now_ms())
                transaction.check(table, values[0])
            if transaction is not None and key in transaction.rows:
                stored = transaction.rows[key]
            else:
                stored = row_tables.load(connection, table.id, key)
        row = stored.visible(table.options, self._now_ms()) if stored else None
        if row is None:
            return Found(None, Capacity(read=1))
        cells = selection.cells(row)
        consumed = Capacity(read=capacity_units(data_size(primary_key, cells)))
        if not selection.keeps(primary_key, cells):
            return Found(None, consumed)
        return Found(Row(primary_key, selection.page(cells)), consumed)

    def batch_get_row(
        self, instance: str, tables: Sequence[tuple[str, Sequence[PrimaryKey], Selection]]
    ) -> list[list[Found | TableStoreError]]:
        """Read rows one by one and return the result of each.

        Raises:
            TableStoreError: the request as a whole is refused.
        """
        if not tables:
            raise parameter_invalid("No row specified in the request of BatchGetRow.")
        check_table_names(name for name, _, _ in tables)
        for _, keys, _ in tables:
            for primary_key in keys:
                check_key_form(primary_key)
        if sum(len(keys) for _, keys, _ in tables) > MAX_ROWS_PER_GET:
            raise parameter_invalid(f"Rows count exceeds the upper limit: {MAX_ROWS_PER_GET}.")
        return [
            [self._attempt_to_get(instance, name, primary_key, selection) for primary_key in keys]
            for name, keys, selection in tables
        ]

    def _attempt_to_get(
        self, instance: str, name: str, primary_key: PrimaryKey, selection: Selection
    ) -> Found | TableStoreError:
        try:
            return self._get_row(instance, name, primary_key, selection)
        except TableStoreError as failure:
            return failure

    def get_range(
        self,
        instance: str,
        table: str,
        start: PrimaryKey,
        end: PrimaryKey,
        *,
        backward: bool = False,
        limit: int | None = None,
        selection: Selection = EVERYTHING,
        transaction_id: str | None = None,
    ) -> Page:
        """Read the rows from ``start`` to before ``end``, up to the size of one answer.

        An answer ends after ``limit`` rows, 5000 rows or 4 MB. The count comes before the filter, so a page
        may be empty although rows follow. This is the strictest reading of the documentation: it detects
        clients that stop at the first empty page.

        Raises:
            TableStoreError: the table is missing, or the keys are invalid or in the wrong order.
        """
        check_key_form(start, bounds=True)
        check_key_form(end, bounds=True)
        if limit is not None and limit <= 0:
            raise parameter_invalid("The limit must be greater than 0.")
        with self._database.reading() as connection:
            found = self._table_to_read(connection, instance, table)
        start_values, end_values = key_values_for_read(found, start), key_values_for_read(found, end)
        first, last = encode_key(start_values), encode_key(end_values)
        if backward and first <= last:
            raise parameter_invalid("Begin key must more than end key in BACKWARD")
        if not backward and first >= last:
            raise parameter_invalid("Begin key must less than end key in FORWARD")
        limit = min(limit or MAX_ROWS_PER_RANGE, MAX_ROWS_PER_RANGE)
        rows = self._rows_between(found, first, last, limit)
        if transaction_id:
            with self._database.reading():
                transaction = self._transactions.find(transaction_id, instance, self._now_ms())
                transaction.check(found, start_values[0])
                transaction.check(found, end_values[0])
                written = transaction.rows_between(first, last)
            rows = merge_written(rows, written, backward=backward)
        return self._page(found, rows, limit, selection)

    def _page(
        self, table: Table, stored: Iterator[tuple[bytes, StoredRow]], limit: int, selection: Selection
    ) -> Page:
        now_ms, rows, row_count, size_bytes = self._now_ms(), list[Row](), 0, 0
        for key, whole in stored:
            row = whole.visible(table.options, now_ms)
            if row is None:
                continue
            primary_key = decode_named_key(table, key)
            if row_count >= limit or size_bytes >= MAX_BYTES_PER_RANGE:
                return Page(rows, primary_key, Capacity(read=capacity_units(size_bytes)))
            cells = selection.cells(row)
            row_count += 1
            size_bytes += data_size(primary_key, cells)
            if selection.keeps(primary_key, cells):
                rows.append(Row(primary_key, selection.page(cells)))
        return Page(rows, None, Capacity(read=capacity_units(size_bytes)))

    def _rows_between(
        self, table: Table, first: bytes, last: bytes, limit: int
    ) -> Iterator[tuple[bytes, StoredRow]]:
        """Yield the stored rows from ``first`` to before ``last``: backward if ``last`` sorts first.

        Each query is bounded, so other requests can run between the queries of a long scan.
        """
        inclusive, more, row_limit = True, True, min(limit + 1, _MAX_ROWS_PER_QUERY)
        while more:
            with self._database.reading() as connection:
                try:
                    rows, more = row_tables.rows_between(
                        connection, table.id, first, last, inclusive=inclusive, limit=row_limit
                    )
                except sqlite3.OperationalError as problem:
                    raise table_not_found() from problem  # the table was deleted after the last query
            for key, stored in rows:
                yield key, StoredRow.load(stored)
            if rows:
                first, inclusive = rows[-1][0], False

    def _table_to_read(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        """Return a table, or an index table after applying the changes that are due."""
        table = self._table(connection, instance, name)
        if table.index_of is not None:
            now_ms = self._now_ms()
            if now_ms < table.ready_at_ms:
                raise index_building()
            if self._index_lag_ms and indexes.is_due(connection, table.id, now_ms):
                with self._database.transaction():
                    indexes.apply_changes(connection, table.id, now_ms)
        return table
