"""The part of each row that a read returns.

``http.read_operations`` makes selections, ``reading`` applies them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aliyun_local.tablestore.codec.values import Cell, PrimaryKey
from aliyun_local.tablestore.store.filters import ColumnPagination, Filter
from aliyun_local.tablestore.store.rows import StoredRow, key_columns


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The parameters of a read that select columns and versions ("Tablestore, GetRow").

    ``time_range_ms`` is a range of versions without its end. The filter sees only the columns and versions
    that the other parameters leave: a filter on a column outside of ``columns`` finds it missing.
    """

    columns: tuple[str, ...] = ()
    start_column: str | None = None
    end_column: str | None = None
    time_range_ms: tuple[int, int] | None = None
    max_versions: int | None = 1
    filter: Filter | None = None

    def cells(self, row: StoredRow) -> list[Cell]:
        """Return the selected cells of ``row``: columns by name, versions newest first."""
        names: Sequence[str] = sorted(row.columns)  # the order of code points is that of UTF-8 bytes
        if self.columns:
            wanted = set(self.columns)
            names = [name for name in names if name in wanted]
        if self.start_column is not None:
            names = [name for name in names if name.encode() >= self.start_column.encode()]
        if self.end_column is not None:
            names = [name for name in names if name.encode() < self.end_column.encode()]
        columns = row.columns
        if self.time_range_ms is not None:
            first, end = self.time_range_ms
            columns = {
                name: [version for version in columns[name] if first <= version[0] < end] for name in names
            }
        return [
            Cell(name, value, timestamp_ms)
            for name in names
            for timestamp_ms, value in columns[name][: self.max_versions]
        ]

    def keeps(self, primary_key: PrimaryKey, cells: Sequence[Cell]) -> bool:
        """Tell whether the read returns a row with these selected ``cells``.

        A row without any of the requested columns is left out, unless a column of its key is requested.
        """
        if not cells and self.columns and not {name for name, _ in primary_key} & set(self.columns):
            return False
        if self.filter is None:
            return True
        columns = key_columns(primary_key)
        for cell in cells:
            columns.setdefault(cell.name, []).append(cell.value)
        return self.filter.matches(columns)

    def page(self, cells: list[Cell]) -> list[Cell]:
        """Return the cells of the columns that a pagination filter selects."""
        if not isinstance(self.filter, ColumnPagination):
            return cells
        names = list(dict.fromkeys(cell.name for cell in cells))
        page = set(names[self.filter.offset : self.filter.offset + self.filter.limit])
        return [cell for cell in cells if cell.name in page]
