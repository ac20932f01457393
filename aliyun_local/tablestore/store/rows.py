"""A stored row, and the row that a put or an update makes of it: versions, time to live, increments.

``row_tables`` loads and saves stored rows, ``writes`` computes new ones, ``reading`` and ``indexes`` read
them. All times are milliseconds since the Unix epoch, as versions are.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aliyun_local.tablestore.codec.values import Cell, CellOperation, PrimaryKey, Value
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store.filters import Columns
from aliyun_local.tablestore.store.schema import TableOptions

_INT64_MAX = (1 << 63) - 1

Version: TypeAlias = Sequence[Any]
"""A timestamp in milliseconds, and the value of the column at that time."""


@dataclass
class StoredRow:
    """A row without its key. It is immutable by convention.

    ``columns`` maps names to versions, newest first. ``written_at_ms`` is the time of the last write; the
    time to live of a row without columns counts from it.
    """

    written_at_ms: int
    columns: dict[str, list[Version]]

    def dump(self) -> str:
        """Return the JSON of the row."""
        return _ENCODER.encode([self.written_at_ms, self.columns])

    @classmethod
    def load(cls, stored: str) -> StoredRow:
        """Read the JSON that :meth:`dump` returned."""
        (written_at_ms, columns), _ = _DECODER.raw_decode(stored)
        if _BINARY in stored:
            for versions in columns.values():
                versions[:] = [(timestamp_ms, _from_json(value)) for timestamp_ms, value in versions]
        return cls(written_at_ms, columns)

    def visible(self, options: TableOptions, now_ms: int) -> StoredRow | None:
        """Return the part that is readable at ``now_ms``, or ``None`` after the time to live."""
        unlimited = options.time_to_live_seconds == -1
        if unlimited and self._most_versions() <= options.max_versions:
            return self
        oldest_ms = -1 if unlimited else now_ms - options.time_to_live_seconds * 1000 + 1
        columns = {}
        for name, versions in self.columns.items():
            living = [version for version in versions[: options.max_versions] if version[0] >= oldest_ms]
            if living:
                columns[name] = living
        return StoredRow(self.written_at_ms, columns) if columns or self.written_at_ms >= oldest_ms else None

    def _most_versions(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    def latest(self, name: str) -> Value | None:
        """Return the newest version of a column, or ``None`` if the column is missing."""
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


def row_after_put(cells: Iterable[Cell], options: TableOptions, now_ms: int) -> StoredRow:
    """Return the row after a PutRow of ``cells``, which replaces any earlier row."""
    row = StoredRow(now_ms, {})
    for cell in cells:
        _put_cell(row, cell, options, now_ms)
    return row


def row_after_update(
    before: StoredRow | None, cells: Iterable[Cell], options: TableOptions, now_ms: int
) -> StoredRow | None:
    """Return the row after an UpdateRow of ``cells`` to the row ``before``.

    The result is ``None`` if there was no row and the update only deletes.

    Raises:
        TableStoreError: an increment of a value that is not an integer, or beyond 64 bits.
    """
    row = StoredRow(now_ms, dict(before.columns) if before else {})
    exists = before is not None
    for cell in cells:
        if cell.operation is CellOperation.DELETE_ALL_VERSION:
            row.columns.pop(cell.name, None)
        elif cell.operation is CellOperation.DELETE_ONE_VERSION:
            versions = row.columns.pop(cell.name, [])
            kept = [version for version in versions if version[0] != cell.timestamp_ms]
            if kept:
                row.columns[cell.name] = kept
        else:
            exists = True
            _put_cell(row, _without_increment(row, cell), options, now_ms)
    return row if exists else None


def _without_increment(row: StoredRow, cell: Cell) -> Cell:
    """Turn an increment into the put of the sum; a missing column counts as 0. Other cells stay unchanged."""
    if cell.operation is not CellOperation.INCREMENT:
        return cell
    before = row.latest(cell.name)
    before = 0 if before is None else before
    if not isinstance(before, int) or isinstance(before, bool):
        raise parameter_invalid(f"Column '{cell.name}' is not an integer and cannot be incremented.")
    assert isinstance(cell.value, int)  # noqa: S101 (row_checks has refused any other value)
    total = before + cell.value
    if not -_INT64_MAX - 1 <= total <= _INT64_MAX:
        raise parameter_invalid(f"Increment of column '{cell.name}' overflows.")
    return Cell(cell.name, total)


def _put_cell(row: StoredRow, cell: Cell, options: TableOptions, now_ms: int) -> None:
    timestamp_ms = now_ms if cell.timestamp_ms is None else cell.timestamp_ms
    value: Any = cell.value
    if options.max_versions == 1 and (
        cell.name not in row.columns or row.columns[cell.name][0][0] <= timestamp_ms
    ):
        row.columns[cell.name] = [(timestamp_ms, value)]
        return
    kept = [version for version in row.columns.get(cell.name, []) if version[0] != timestamp_ms]
    versions = sorted([(timestamp_ms, value), *kept], key=lambda version: version[0], reverse=True)
    row.columns[cell.name] = versions[: options.max_versions]


def key_columns(primary_key: PrimaryKey) -> dict[str, list[Any]]:
    """Return a key's columns in the form in which filters see a row."""
    return {name: [value] for name, value in primary_key}


def row_columns(primary_key: PrimaryKey, row: StoredRow) -> Columns:
    """Return all columns of a row, those of its key included, in the form in which filters see a row."""
    columns = key_columns(primary_key)
    for name, versions in row.columns.items():
        columns[name] = [value for _, value in versions]
    return columns


def all_cells(row: StoredRow | None) -> list[Cell]:
    """Return every version of every column."""
    if row is None:
        return []
    return [
        Cell(name, value, timestamp_ms)
        for name, versions in row.columns.items()
        for timestamp_ms, value in versions
    ]
