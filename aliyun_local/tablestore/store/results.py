"""What the store is asked for beside rows, and what it answers: conditions, outcomes, capacity."""

from __future__ import annotations

from typing import NamedTuple

from aliyun_local.tablestore.codec.filters import Filter
from aliyun_local.tablestore.codec.values import OperationType, PrimaryKey, Row, RowExistence
from aliyun_local.tablestore.store.rows import StoredRow, data_size


class Condition(NamedTuple):
    """What must hold for a write to happen."""

    existence: RowExistence = RowExistence.IGNORE
    column: Filter | None = None

    @property
    def reads(self) -> bool:
        """Whether the row has to be read to know."""
        return self.existence is not RowExistence.IGNORE or self.column is not None


class Write(NamedTuple):
    """One row write of a batch."""

    kind: OperationType
    row: Row
    condition: Condition = Condition()

    @property
    def size(self) -> int:
        """The bytes that it counts for."""
        return data_size(self.row.primary_key, self.row.cells)


class Capacity(NamedTuple):
    """Capacity units that an operation consumed."""

    read: int = 0
    write: int = 0


class Written(NamedTuple):
    """What a write did: the row's key, complete, and the row it left."""

    primary_key: PrimaryKey
    row: StoredRow | None
    consumed: Capacity


class Found(NamedTuple):
    """What a read of one row found."""

    row: Row | None
    consumed: Capacity


class Page(NamedTuple):
    """What a range read found; with ``next_start`` there are rows left, even if ``rows`` is empty."""

    rows: list[Row]
    next_start: PrimaryKey | None
    consumed: Capacity
