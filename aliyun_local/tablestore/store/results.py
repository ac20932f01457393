"""The results of operations on rows. ``reading`` and ``writing`` return them to ``http``."""

from __future__ import annotations

from typing import NamedTuple

from aliyun_local.tablestore.codec.values import PrimaryKey, Row
from aliyun_local.tablestore.store.rows import StoredRow


class Capacity(NamedTuple):
    """The capacity units that an operation consumed."""

    read: int = 0
    write: int = 0


class Written(NamedTuple):
    """The result of a write: the row's key, with its automatic number, and the row after the write."""

    primary_key: PrimaryKey
    row: StoredRow | None
    consumed: Capacity


class Found(NamedTuple):
    """The result of a read of one row."""

    row: Row | None
    consumed: Capacity


class Page(NamedTuple):
    """The result of a range read. With ``next_start``, rows can follow even if ``rows`` is empty."""

    rows: list[Row]
    next_start: PrimaryKey | None
    consumed: Capacity
