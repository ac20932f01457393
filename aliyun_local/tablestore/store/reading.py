"""Row reads: by key, in a batch, and over a range, of tables and of indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from aliyun_local.tablestore.codec.values import PrimaryKey, Row
from aliyun_local.tablestore.errors import TableStoreError, index_building, parameter_invalid, table_not_found
from aliyun_local.tablestore.store import indexes
from aliyun_local.tablestore.store.checks import check_key_form, check_table_names, fit_key_for_read
from aliyun_local.tablestore.store.keys import decode_key, encode_key
from aliyun_local.tablestore.store.results import Capacity, Found, Page
from aliyun_local.tablestore.store.rows import Selection, StoredRow, capacity_units, data_size, key_of
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.storage import Storage
from aliyun_local.tablestore.store.transactions import merged

MAX_ROWS_PER_GET = 100
MAX_ROWS_PER_RANGE = 5000
MAX_BYTES_PER_RANGE = 4 * 1024 * 1024
EVERYTHING = Selection()
_PIECE_BYTES = 4 * 1024 * 1024


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
        """Read a row of a table or an index, as the transaction sees it if one is given.

        Raises:
            TableStoreError: there is no such table or transaction, or the key does not fit.
        """
        check_key_form(primary_key)
        return self._get_row(instance, table, primary_key, selection, transaction_id)

    def _get_row(
        self,
        instance: str,
        table: str,
        primary_key: PrimaryKey,
        selection: Selection,
        transaction_id: str | None = None,
    ) -> Found:
        with self._database.reading() as connection:
            found = self._table_to_read(connection, instance, table)
            values = fit_key_for_read(found, primary_key)
            key = encode_key(values)
            written = None
            if transaction_id:
                written = self._transactions.find(transaction_id, instance, self._now())
                written.check(found, values[0])
            if written is not None and key in written.rows:
                stored = written.rows[key]
            else:
                stored = self._load(connection, found, key)
        row = stored.visible(found.options, self._now()) if stored else None
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
        """Read rows one by one and return what became of each.

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
        results: list[list[Found | TableStoreError]] = []
        for name, keys, selection in tables:
            of_table: list[Found | TableStoreError] = []
            for primary_key in keys:
                try:
                    of_table.append(self._get_row(instance, name, primary_key, selection))
                except TableStoreError as failure:
                    of_table.append(failure)
            results.append(of_table)
        return results

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
        """Read the rows from ``start`` up to but without ``end``, as far as one answer reaches.

        An answer ends after ``limit`` or 5000 rows or 4 MB, counted before the filter: a page may be empty
        although rows follow. That is the strictest reading of the documentation, and the one that finds a
        client which stops at the first empty page.

        Raises:
            TableStoreError: there is no such table, the keys do not fit or are in the wrong order.
        """
        check_key_form(start, bounds=True)
        check_key_form(end, bounds=True)
        if limit is not None and limit <= 0:
            raise parameter_invalid("The limit must be greater than 0.")
        with self._database.reading() as connection:
            found = self._table_to_read(connection, instance, table)
        begin, until = fit_key_for_read(found, start), fit_key_for_read(found, end)
        first, last = encode_key(begin), encode_key(until)
        if backward and first <= last:
            raise parameter_invalid("Begin key must more than end key in BACKWARD")
        if not backward and first >= last:
            raise parameter_invalid("Begin key must less than end key in FORWARD")
        limit = min(limit or MAX_ROWS_PER_RANGE, MAX_ROWS_PER_RANGE)
        rows = self._range(found, first, last, backward, limit)
        if transaction_id:
            low, high = (last, first) if backward else (first, last)
            with self._database.reading():
                transaction = self._transactions.find(transaction_id, instance, self._now())
                transaction.check(found, begin[0])
                transaction.check(found, until[0])
                written = [
                    (key, row) for key, row in transaction.rows.items() if low <= key <= high and key != last
                ]
            rows = merged(rows, written, backward=backward)
        return self._scan(found, rows, limit, selection)

    def _scan(
        self, table: Table, stored: Iterator[tuple[bytes, StoredRow]], limit: int, selection: Selection
    ) -> Page:
        now, rows, seen, size = self._now(), list[Row](), 0, 0
        for key, whole in stored:
            row = whole.visible(table.options, now)
            if row is None:
                continue
            primary_key = key_of(table.key_names, decode_key(key, table.key_types))
            if seen >= limit or size >= MAX_BYTES_PER_RANGE:
                return Page(rows, primary_key, Capacity(read=capacity_units(size)))
            cells = selection.cells(row)
            seen += 1
            size += data_size(primary_key, cells)
            if selection.keeps(primary_key, cells):
                rows.append(Row(primary_key, selection.page(cells)))
        return Page(rows, None, Capacity(read=capacity_units(size)))

    def _range(
        self, table: Table, first: bytes, last: bytes, backward: bool, limit: int
    ) -> Iterator[tuple[bytes, StoredRow]]:
        """Yield the stored rows of a range, read in bounded pieces so that a long scan holds up nobody."""
        reached, order = ("<", "DESC") if backward else (">", "ASC")
        inclusive, piece = "=", min(limit + 1, 500)
        while True:
            query = (
                f"SELECT key, row FROM rows_{table.id} WHERE key {reached}{inclusive} ? "
                f"AND key {'>' if backward else '<'} ? ORDER BY key {order} LIMIT ?"
            )
            pieces: list[tuple[bytes, str]] = []
            size = 0
            with self._database.reading() as connection:
                try:
                    for key, stored in connection.execute(query, (first, last, piece)):
                        pieces.append((key, stored))
                        size += len(stored)
                        if size > _PIECE_BYTES:
                            break
                except sqlite3.OperationalError as problem:
                    raise table_not_found() from problem
            for key, stored in pieces:
                yield key, StoredRow.load(stored)
            if len(pieces) < piece and size <= _PIECE_BYTES:
                return
            first, inclusive = pieces[-1][0], ""

    def _table_to_read(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        table = self._table(connection, instance, name)
        if table.base is not None:
            now = self._now()
            if now < table.ready_at:
                raise index_building()
            if self._lag and indexes.is_due(connection, table.id, now):
                with self._database.transaction():
                    indexes.settle(connection, table.id, now)
        return table
