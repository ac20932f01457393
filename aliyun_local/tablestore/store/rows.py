"""What a row holds and what a write makes of it: versions, life, projection, size. No storage, no wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aliyun_local.tablestore.codec.filters import ColumnPagination, Columns, Filter
from aliyun_local.tablestore.codec.values import AnyValue, Cell, CellOperation, PrimaryKey, Value, value_size
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store.schema import TableOptions

_INT64_MAX = (1 << 63) - 1

Version: TypeAlias = Sequence[Any]
"""A millisecond and the value that a column was given in it."""


@dataclass
class StoredRow:
    """A row without its key; nobody changes one that is made.

    ``columns`` maps names to versions, newest first. ``written`` is the millisecond of the last write: with
    a time to live, a row without columns lives from then.
    """

    written: int
    columns: dict[str, list[Version]]

    def dump(self) -> str:
        """Return the form in which the row is stored."""
        return _ENCODER.encode([self.written, self.columns])

    @classmethod
    def load(cls, stored: str) -> StoredRow:
        """Read what :meth:`dump` wrote."""
        (written, columns), _ = _DECODER.raw_decode(stored)
        if _BINARY in stored:
            for versions in columns.values():
                versions[:] = [(timestamp, _from_json(value)) for timestamp, value in versions]
        return cls(written, columns)

    def visible(self, options: TableOptions, now: int) -> StoredRow | None:
        """Return what can still be read at ``now`` (milliseconds); ``None`` when the row's life is over."""
        if options.time_to_live == -1 and self._most_versions() <= options.max_versions:
            return self
        oldest = -1 if options.time_to_live == -1 else now - options.time_to_live * 1000 + 1
        columns = {}
        for name, versions in self.columns.items():
            living = [version for version in versions[: options.max_versions] if version[0] >= oldest]
            if living:
                columns[name] = living
        return StoredRow(self.written, columns) if columns or self.written >= oldest else None

    def _most_versions(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    def latest(self, name: str) -> Value | None:
        """Return the newest version of a column, ``None`` when it is missing."""
        versions = self.columns.get(name)
        return versions[0][1] if versions else None


def _binary_as_json(value: Any) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _from_json(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


_BINARY = '{"base64":'
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_binary_as_json
)


def replaced(cells: Iterable[Cell], options: TableOptions, now: int) -> StoredRow:
    """Return the row that a PutRow of ``cells`` leaves, whatever was there before."""
    row = StoredRow(now, {})
    for cell in cells:
        _add(row, cell, options, now)
    return row


def updated(
    before: StoredRow | None, cells: Iterable[Cell], options: TableOptions, now: int
) -> StoredRow | None:
    """Return the row that an UpdateRow of ``cells`` makes of ``before``.

    ``None`` when there was no row and nothing but deletes was asked for.

    Raises:
        TableStoreError: an increment of something that is no integer, or beyond 64 bits.
    """
    row = StoredRow(now, dict(before.columns) if before else {})
    wrote = before is not None
    for cell in cells:
        if cell.operation is CellOperation.DELETE_ALL_VERSION:
            row.columns.pop(cell.name, None)
        elif cell.operation is CellOperation.DELETE_ONE_VERSION:
            kept = [version for version in row.columns.pop(cell.name, []) if version[0] != cell.timestamp]
            if kept:
                row.columns[cell.name] = kept
        else:
            wrote = True
            _add(row, _counted(row, cell), options, now)
    return row if wrote else None


def _counted(row: StoredRow, cell: Cell) -> Cell:
    """Turn an increment into the put of its sum; a missing column counts from zero."""
    if cell.operation is not CellOperation.INCREMENT:
        return cell
    before = row.latest(cell.name)
    before = 0 if before is None else before
    if not isinstance(before, int) or isinstance(before, bool):
        raise parameter_invalid(f"Column '{cell.name}' is not an integer and cannot be incremented.")
    assert isinstance(cell.value, int)  # noqa: S101 (checked with the request)
    total = before + cell.value
    if not -_INT64_MAX - 1 <= total <= _INT64_MAX:
        raise parameter_invalid(f"Increment of column '{cell.name}' overflows.")
    return Cell(cell.name, total)


def _add(row: StoredRow, cell: Cell, options: TableOptions, now: int) -> None:
    timestamp = now if cell.timestamp is None else cell.timestamp
    value: Any = cell.value
    if options.max_versions == 1 and (
        cell.name not in row.columns or row.columns[cell.name][0][0] <= timestamp
    ):
        row.columns[cell.name] = [(timestamp, value)]
        return
    kept = [version for version in row.columns.get(cell.name, []) if version[0] != timestamp]
    versions = sorted([(timestamp, value), *kept], key=lambda version: version[0], reverse=True)
    row.columns[cell.name] = versions[: options.max_versions]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a read wants of each row; see "Tablestore, GetRow" for the parameters.

    ``time_range`` is in milliseconds, its end not included. The filter sees only what the other parameters
    leave, so a filter on a column that is not among ``columns`` finds it missing.
    """

    columns: tuple[str, ...] = ()
    start_column: str | None = None
    end_column: str | None = None
    time_range: tuple[int, int] | None = None
    max_versions: int | None = 1
    filter: Filter | None = None

    def cells(self, row: StoredRow) -> list[Cell]:
        """Return the wanted cells of ``row``, columns by name, versions newest first."""
        names: Sequence[str] = sorted(row.columns)  # by code point is by UTF-8 byte
        if self.columns:
            wanted = set(self.columns)
            names = [name for name in names if name in wanted]
        if self.start_column is not None:
            names = [name for name in names if name.encode() >= self.start_column.encode()]
        if self.end_column is not None:
            names = [name for name in names if name.encode() < self.end_column.encode()]
        columns = row.columns
        if self.time_range is not None:
            first, end = self.time_range
            columns = {
                name: [version for version in columns[name] if first <= version[0] < end] for name in names
            }
        return [
            Cell(name, value, timestamp)
            for name in names
            for timestamp, value in columns[name][: self.max_versions]
        ]

    def keeps(self, primary_key: PrimaryKey, cells: Sequence[Cell]) -> bool:
        """Tell whether a row of which ``cells`` are left is returned at all.

        With columns asked for, a row that has none of them is not, unless a column of the key is among them.
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
        """Return the columns that a pagination filter leaves."""
        if not isinstance(self.filter, ColumnPagination):
            return cells
        names = list(dict.fromkeys(cell.name for cell in cells))
        page = set(names[self.filter.offset : self.filter.offset + self.filter.limit])
        return [cell for cell in cells if cell.name in page]


def key_columns(primary_key: PrimaryKey) -> dict[str, list[Any]]:
    """Return a key as filters and conditions see it: columns as any others."""
    return {name: [value] for name, value in primary_key}


def row_columns(primary_key: PrimaryKey, row: StoredRow) -> Columns:
    """Return a whole row as conditions see it, the key's columns among the others."""
    columns = key_columns(primary_key)
    for name, versions in row.columns.items():
        columns[name] = [value for _, value in versions]
    return columns


def all_cells(row: StoredRow | None) -> list[Cell]:
    """Return every version of every column."""
    if row is None:
        return []
    return [
        Cell(name, value, timestamp)
        for name, versions in row.columns.items()
        for timestamp, value in versions
    ]


def data_size(primary_key: PrimaryKey, cells: Iterable[Cell]) -> int:
    """Return the bytes that a row counts for: names (which are ASCII) and values of its key and its cells."""
    size = 0
    for name, value in primary_key:
        size += len(name) + value_size(value)
    for cell in cells:
        size += len(cell.name) + value_size(cell.value)
    return size


def row_size(primary_key: PrimaryKey, row: StoredRow) -> int:
    """Return the same for a stored row with every version."""
    size = data_size(primary_key, ())
    for name, versions in row.columns.items():
        for _, value in versions:
            size += len(name) + value_size(value)
    return size


def capacity_units(size: int) -> int:
    """Return the capacity units of ``size`` bytes: each begun 4 KB, at least one."""
    return max(1, -(-size // 4096))


def key_of(names: Iterable[str], values: Iterable[AnyValue]) -> PrimaryKey:
    """Pair the names of a key's columns with their values."""
    return list(zip(names, values, strict=True))
