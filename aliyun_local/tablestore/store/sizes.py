"""Sizes of rows as the service counts them. ``reading`` and ``writing`` use them for capacity and limits."""

from __future__ import annotations

from collections.abc import Iterable

from aliyun_local.tablestore.codec.values import Cell, PrimaryKey, value_size
from aliyun_local.tablestore.store.rows import StoredRow

_UNIT_BYTES = 4096


def data_size(primary_key: PrimaryKey, cells: Iterable[Cell]) -> int:
    """Return the bytes of a key and cells: their names, which are ASCII, and their values."""
    size = 0
    for name, value in primary_key:
        size += len(name) + value_size(value)
    for cell in cells:
        size += len(cell.name) + value_size(cell.value)
    return size


def row_size(primary_key: PrimaryKey, row: StoredRow) -> int:
    """Return the bytes of a stored row with all its versions."""
    size = data_size(primary_key, ())
    for name, versions in row.columns.items():
        for _, value in versions:
            size += len(name) + value_size(value)
    return size


def capacity_units(size_bytes: int) -> int:
    """Return the capacity units of ``size_bytes``: one for every 4 KB or part of it, at least one."""
    return max(1, -(-size_bytes // _UNIT_BYTES))
