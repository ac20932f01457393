"""Batches in which some rows fail by a fault of the local cloud, and the others are carried out.

:mod:`.responses` answers so when a fault of :mod:`aliyun_local.control.faults` asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from aliyun_local.tablestore.codec.common_messages import Error
from aliyun_local.tablestore.codec.row_messages import (
    BatchGetRowRequest,
    BatchResponse,
    BatchWriteRowRequest,
    RowInBatchResponse,
    TableInBatchResponse,
)
from aliyun_local.tablestore.http.touched_rows import Touched, row_of

Batch: TypeAlias = BatchGetRowRequest | BatchWriteRowRequest


@dataclass(frozen=True)
class Split:
    """The rows of a batch that fail (True) or do not, by table, and the batch without the former."""

    tables: list[tuple[str, list[bool]]]
    rest: Batch

    @property
    def has_rest(self) -> bool:
        """Return whether something is left to carry out, or to refuse as an empty batch."""
        return bool(self.rest.tables) or not self.tables

    def merged(self, done: BatchResponse, error: Error, *, is_whole: bool) -> BatchResponse:
        """Return the answer to the batch; ``done`` is that to the rest, or to all of it if ``is_whole``."""
        results = iter([row for table in done.tables for row in table.rows])

        def result(fails: bool) -> RowInBatchResponse:
            given = next(results) if is_whole or not fails else None
            return RowInBatchResponse(is_ok=False, error=error) if fails or given is None else given

        tables = [
            TableInBatchResponse(table_name=name, rows=[result(fails) for fails in rows])
            for name, rows in self.tables
        ]
        return BatchResponse(tables=tables)


def split(message: Batch, fails: Callable[[Touched], bool]) -> Split:
    """Divide a batch into the rows for which ``fails`` holds and the rest.

    Raises:
        TableStoreError: a row is malformed.
    """
    if isinstance(message, BatchGetRowRequest):
        return _split_reads(message, fails)
    tables, rest = [], []
    for table in message.tables:
        failing = [fails(row_of(table.table_name, row.row_change)) for row in table.rows]
        tables.append((table.table_name, failing))
        kept = [row for row, is_failing in zip(table.rows, failing, strict=True) if not is_failing]
        rest += [replace(table, rows=kept)] if kept or not failing else []
    return Split(tables, replace(message, tables=rest))


def _split_reads(message: BatchGetRowRequest, fails: Callable[[Touched], bool]) -> Split:
    tables, rest = [], []
    for table in message.tables:
        failing = [fails(row_of(table.table_name, key)) for key in table.primary_key]
        tables.append((table.table_name, failing))
        kept = [index for index, is_failing in enumerate(failing) if not is_failing]
        keys = [table.primary_key[index] for index in kept]
        tokens = [table.token[index] for index in kept if index < len(table.token)]
        rest += [replace(table, primary_key=keys, token=tokens)] if kept or not failing else []
    return Split(tables, replace(message, tables=rest))
