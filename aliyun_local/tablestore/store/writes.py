"""One row write: its operation, its condition, and the row that it leaves.

``http.write_operations`` makes writes. ``writing`` executes them with the functions here, which use no
database.
"""

from __future__ import annotations

from typing import NamedTuple

from aliyun_local.tablestore.codec.values import OperationType, PrimaryKey, Row, RowExistence
from aliyun_local.tablestore.errors import condition_check_failed
from aliyun_local.tablestore.store.filters import Filter
from aliyun_local.tablestore.store.rows import StoredRow, row_after_put, row_after_update, row_columns
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.sizes import data_size


class Condition(NamedTuple):
    """The condition of a write: whether the row exists, and a filter on its columns."""

    existence: RowExistence = RowExistence.IGNORE
    column: Filter | None = None

    @property
    def reads(self) -> bool:
        """Whether the check has to read the row."""
        return self.existence is not RowExistence.IGNORE or self.column is not None


class Write(NamedTuple):
    """One row write, alone or in a batch."""

    kind: OperationType
    row: Row
    condition: Condition = Condition()

    @property
    def size_bytes(self) -> int:
        """The size of the write as the service counts it."""
        return data_size(self.row.primary_key, self.row.cells)


def depends_on_row_before(table: Table, write: Write) -> bool:
    """Tell whether the result of ``write`` depends on the earlier row."""
    return write.kind is not OperationType.PUT or write.condition.reads or bool(table.indexes)


def check_condition(condition: Condition, primary_key: PrimaryKey, row: StoredRow | None) -> None:
    """Refuse a write whose condition does not hold for ``row``. A missing row has no columns.

    Raises:
        TableStoreError: the condition does not hold.
    """
    if condition.existence is RowExistence.EXPECT_EXIST and row is None:
        raise condition_check_failed()
    if condition.existence is RowExistence.EXPECT_NOT_EXIST and row is not None:
        raise condition_check_failed()
    if condition.column is None:
        return
    if not condition.column.matches(row_columns(primary_key, row) if row else {}):
        raise condition_check_failed()


def row_after(table: Table, write: Write, before: StoredRow | None, now_ms: int) -> StoredRow | None:
    """Return the row after ``write``, or ``None`` if there is none.

    Raises:
        TableStoreError: an increment of a value that is not an integer, or beyond 64 bits.
    """
    if write.kind is OperationType.DELETE:
        return None
    if write.kind is OperationType.PUT:
        return row_after_put(write.row.cells, table.options, now_ms)
    return row_after_update(before, write.row.cells, table.options, now_ms)
