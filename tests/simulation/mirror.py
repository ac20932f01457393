"""A table's rows and indexes as plain Python, from which all reads are answered: these are most of all calls.

Beside an emulator, the emulator decides about a write and keeps it; the mirror notes the accepted row in the
form of its next reader. Without an emulator the mirror decides by itself, in a tenth of the time: in most
seeds and for all crashes. In every tenth seed and every story without a crash the emulator is there, and both
have to agree about each write and, at the end, about each row.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import tablestore

from aliyun_local.tablestore.codec.values import Row, Special
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import TYPES
from aliyun_local.template.resources import SecondaryIndex, Table

Order = tuple[tuple[int, Any], ...]
"""A key that sorts as the service sorts it: the lowest bound, values, the highest bound."""
Page = tuple[list[tuple[str, Any]] | None, list[Any]]

Existence = tablestore.RowExistenceExpectation

_BOUNDS = {id(tablestore.INF_MIN): (0, 0), id(tablestore.INF_MAX): (2, 0)}


def order_of(key: Sequence[tuple[str, Any]]) -> Order:
    """Return where a key of the SDK's, which may hold bounds, stands among others."""
    return tuple([_BOUNDS.get(id(value)) or (1, value) for _, value in key])


class Sorted:
    """Rows of the SDK's in the order of their keys."""

    def __init__(self) -> None:
        self._order: list[Order] = []
        self._rows: dict[Order, Any] = {}

    def get(self, key: Order) -> Any:
        """Return the row, or None."""
        return self._rows.get(key)

    def put(self, key: Order, row: Any) -> None:
        """Put a row, or with None take it away."""
        if row is None:
            if self._rows.pop(key, None) is not None:
                del self._order[bisect_left(self._order, key)]
            return
        if key not in self._rows:
            insort(self._order, key)
        self._rows[key] = row

    def range(self, start: Order, end: Order, *, backward: bool, limit: int | None) -> Page:
        """Return the key that follows and the rows from ``start`` up to but without ``end``."""
        assert start > end if backward else start < end, (start, end)
        if backward:
            found = self._order[bisect_right(self._order, end) : bisect_right(self._order, start)][::-1]
        else:
            found = self._order[bisect_left(self._order, start) : bisect_left(self._order, end)]
        following = None
        if limit is not None and len(found) > limit:
            following = list(self._rows[found[limit]].primary_key)
            del found[limit:]
        return following, [self._rows[key] for key in found]


class Index(Sorted):
    """A secondary index: follows its table after a while (:mod:`aliyun_local.tablestore.store.indexes`)."""

    def __init__(self, table: Table, description: SecondaryIndex, lag: int) -> None:
        super().__init__()
        types = {column.name: TYPES[column.type] for column in (*table.primary_key, *table.columns)}
        self._key = [(name, types[name]) for name in key_of_index(table, description)]
        self._columns = [(name, types[name]) for name in sorted(description.columns)]
        self._lag = lag
        self._waiting: deque[tuple[int, Order, Any]] = deque()

    def follow(self, before: dict[str, Any] | None, after: dict[str, Any] | None, now: int) -> None:
        """Take note of a row that was written, or deleted."""
        old, new = self._entry(before), self._entry(after)
        if old is not None and (new is None or new[0] != old[0]):
            self._change(old[0], None, now)
        if new is not None and (old is None or new[0] != old[0] or _content(new[1]) != _content(old[1])):
            self._change(*new, now)

    def settle(self, now: int) -> None:
        """Let show what has waited for long enough."""
        while self._waiting and self._waiting[0][0] <= now:
            _, key, row = self._waiting.popleft()
            self.put(key, row)

    def _change(self, key: Order, row: Any, now: int) -> None:
        if self._lag:
            self._waiting.append((now + self._lag, key, row))
        else:
            self.put(key, row)

    def _entry(self, columns: dict[str, Any] | None) -> tuple[Order, Any] | None:
        if columns is None:
            return None
        key = [(name, columns.get(name)) for name, _ in self._key]
        if any(type(value) is not kind for (_, value), (_, kind) in zip(key, self._key, strict=True)):
            return None
        cells = [(name, columns[name], 0) for name, kind in self._columns if type(columns.get(name)) is kind]
        return order_of(key), tablestore.Row(key, cells)


def key_of_index(table: Table, index: SecondaryIndex) -> tuple[str, ...]:
    """Return the names of an index's key: its own, and those of its table's key that are not among them."""
    own = index.primary_key
    return (*own, *(column.name for column in table.primary_key if column.name not in own))


def _content(row: Any) -> Any:
    return row.attribute_columns


class Mirror:
    """One table and its indexes, which follow it after ``lag`` milliseconds.

    Attributes:
        writes: how often it was written.
    """

    def __init__(self, table: Table, now: Callable[[], int], lag: int) -> None:
        self.writes = 0
        self._table = table
        self._now = now
        self._rows = Sorted()
        self._columns: dict[Order, dict[str, Any]] = {}
        self._indexes = {index.name: Index(table, index, lag) for index in table.indexes}

    def get(self, key: Sequence[tuple[str, Any]]) -> Any:
        """Return a row, or None."""
        return self._rows.get(order_of(key))

    def columns(self, key: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
        """Return all columns of a row with those of its key, or None."""
        return self._columns.get(order_of(key))

    def everything(self) -> list[dict[str, Any]]:
        """Return the columns of every row."""
        return list(self._columns.values())

    def range(self, name: str, start: Any, end: Any, *, backward: bool = False, limit: int | None) -> Page:
        """Return a page of the table or of its index ``name``, and the key that follows it."""
        rows: Sorted = self._rows
        if name != self._table.name:
            rows = index = self._indexes[name]
            index.settle(self._now())
        return rows.range(order_of(start), order_of(end), backward=backward, limit=limit)

    def allows(self, key: Sequence[tuple[str, Any]], condition: Any) -> bool:
        """Tell whether the SDK's condition of a write holds for the row that is there."""
        row = self._columns.get(order_of(key))
        wanted = condition.get_row_existence_expectation()
        if wanted != Existence.IGNORE and (row is None) == (wanted == Existence.EXPECT_EXIST):
            return False
        column = condition.column_condition
        return column is None or (
            row is not None and row.get(column.get_column_name()) == column.get_column_value()
        )

    def written(self, key: Sequence[tuple[str, Any]], columns: dict[str, Any]) -> None:
        """Take note of all the columns of a row that was written."""
        self.writes += 1
        order = order_of(key)
        names = {name for name, _ in key}
        cells = [(name, columns[name], 0) for name in sorted(columns) if name not in names]
        self._rows.put(order, tablestore.Row(list(key), cells))
        now = self._now()
        for index in self._indexes.values():
            index.follow(self._columns.get(order), columns, now)
        self._columns[order] = columns

    def deleted(self, key: Sequence[tuple[str, Any]]) -> None:
        """Take note of a row that was deleted."""
        self.writes += 1
        order = order_of(key)
        self._rows.put(order, None)
        before, now = self._columns.pop(order, None), self._now()
        for index in self._indexes.values():
            index.follow(before, None, now)

    def check(self, store: TableStore) -> None:
        """Hold everything against what the emulator has."""
        keys = {index.name: key_of_index(self._table, index) for index in self._table.indexes}
        keys[self._table.name] = tuple(column.name for column in self._table.primary_key)
        for name, key in keys.items():
            page = store.get_range(
                self._table.instance,
                name,
                [(column, Special.INF_MIN) for column in key],
                [(column, Special.INF_MAX) for column in key],
            )
            first = [(column, tablestore.INF_MIN) for column in key]
            last = [(column, tablestore.INF_MAX) for column in key]
            following, rows = self.range(name, first, last, limit=None)
            assert following is page.next_start is None
            seen = [(list(row.primary_key), row.attribute_columns) for row in rows]
            assert seen == [plain(row) for row in page.rows], f"{name}: {seen}"


def plain(row: Row) -> tuple[list[tuple[str, Any]], list[tuple[str, Any, int]]]:
    """Return the emulator's row as the SDK's two lists."""
    return list(row.primary_key), [(cell.name, cell.value, 0) for cell in row.cells]
