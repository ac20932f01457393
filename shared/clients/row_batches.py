"""Reads and writes many rows in one call, each of which may fail by itself. Called by ``rows``.

Tablestore, "BatchGetRow" and "BatchWriteRow": the answer has an outcome for each row, in the order of the
request, and is a success even when every row has failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tablestore

from shared.clients.retries import Retries
from shared.clients.table_calls import (
    Columns,
    Key,
    call,
    columns_of,
    of_partition,
    storable,
    trouble_of,
    unreadable_answer,
)
from shared.errors import Permanent, RetryLater, Trouble

BATCH_READS, BATCH_WRITES = 100, 200
"""Tablestore, "Limits": rows of one BatchGetRow and of one BatchWriteRow."""
_STATUS = 200
"""The HTTP status of the answer; the error of a row in it has none of its own."""

Found = Columns | Trouble | None
"""A row's columns with those of its key, its trouble, or None: it is not there."""


def find_rows(
    client: Any, retries: Retries, wanted: Sequence[tuple[str, Key]], columns: Sequence[str] | None = None
) -> list[Found]:
    """Return a row for each table and key in ``wanted``, read consistently; of ``columns`` alone, if given.

    A row that Tablestore does not give at the first time, as one of a throttled partition, is asked for once
    more; the others are not.

    Raises:
        Trouble: the call failed as a whole.
    """
    found: list[Found] = []
    for start in range(0, len(wanted), BATCH_READS):
        found += _find_batch(client, retries, wanted[start : start + BATCH_READS], columns)
    return found


def put_rows(client: Any, retries: Retries, table: str, rows: Sequence[tuple[Key, Columns]]) -> None:
    """Write whole rows over whatever is there: the same once or twice.

    Rows that fail are written again, and no others.

    Raises:
        Trouble: of the call as a whole, or of a row; the other rows are written.
    """
    for start in range(0, len(rows), BATCH_WRITES):
        _write_batch(client, retries, table, rows[start : start + BATCH_WRITES])


def delete_rows(client: Any, retries: Retries, table: str, keys: Sequence[Key]) -> None:
    """Delete rows, whatever they hold; those that fail are deleted again, and no others.

    Raises:
        Trouble: of the call as a whole, or of a row; the other rows are deleted.
    """
    for start in range(0, len(keys), BATCH_WRITES):
        _write_batch(client, retries, table, [(key, None) for key in keys[start : start + BATCH_WRITES]])


def _find_batch(
    client: Any, retries: Retries, wanted: Sequence[tuple[str, Key]], columns: Sequence[str] | None
) -> list[Found]:
    answers: dict[int, Found] = {}
    left, is_first = list(range(len(wanted))), True

    def ask() -> None:
        nonlocal left, is_first
        answers.update(_batch_get(client, {number: wanted[number] for number in left}, columns))
        troubles = {number: one for number in left if isinstance(one := answers[number], RetryLater)}
        left = list(troubles)
        if left and is_first:
            is_first = False
            # The shortest delay decides whether they are tried again now.
            raise min(troubles.values(), key=lambda trouble: trouble.delay_seconds)

    try:
        call(retries, wanted[0][1], ask)
    except RetryLater:
        # After the first answer there is something to return for every row.
        if not answers:
            raise
    return [answers[number] for number in range(len(wanted))]


def _batch_get(
    client: Any, wanted: Mapping[int, tuple[str, Key]], columns: Sequence[str] | None
) -> dict[int, Found]:
    of_table: dict[str, list[int]] = {}
    for number, (table, _) in wanted.items():
        of_table.setdefault(table, []).append(number)
    request = tablestore.BatchGetRowRequest()
    for table, numbers in of_table.items():
        keys = [list(wanted[number][1]) for number in numbers]
        chosen = None if columns is None else list(columns)
        request.add(tablestore.TableInBatchGetRowItem(table, keys, chosen, max_version=1))
    response = client.batch_get_row(request)
    answers: dict[int, Found] = {}
    for table, numbers in of_table.items():
        items = _complete(response.get_result_by_table(table), len(numbers))
        for number, item in zip(numbers, items, strict=True):
            if not item.is_ok:
                answers[number] = _trouble(item, wanted[number][1])
            else:
                answers[number] = None if item.row is None else columns_of(item.row)
    return answers


def _write_batch(
    client: Any, retries: Retries, table: str, rows: Sequence[tuple[Key, Columns | None]]
) -> None:
    """Write rows, or delete those without columns: all of them the one or the other."""
    left, refused = list(rows), list[Trouble]()

    def write() -> None:
        troubles = _batch_write(client, table, left)
        refused.extend(trouble for trouble in troubles if isinstance(trouble, Permanent))
        again = [(row, one) for row, one in zip(left, troubles, strict=True) if isinstance(one, RetryLater)]
        left[:] = [row for row, _ in again]
        if again:
            raise again[0][1]

    call(retries, left[0][0], write)
    if refused:
        raise refused[0]


def _batch_write(client: Any, table: str, rows: Sequence[tuple[Key, Columns | None]]) -> list[Trouble | None]:
    whatever_is_there = tablestore.Condition(tablestore.RowExistenceExpectation.IGNORE)
    request = tablestore.BatchWriteRowRequest()
    items = [
        tablestore.DeleteRowItem(tablestore.Row(list(key)), whatever_is_there)
        if columns is None
        else tablestore.PutRowItem(tablestore.Row(list(key), storable(columns)), whatever_is_there)
        for key, columns in rows
    ]
    request.add(tablestore.TableInBatchWriteRowItem(table, items))
    response = client.batch_write_row(request)
    is_delete = rows[0][1] is None
    outcomes = response.get_delete_by_table(table) if is_delete else response.get_put_by_table(table)
    written = _complete(outcomes, len(rows))
    return [None if item.is_ok else _trouble(item, key) for item, (key, _) in zip(written, rows, strict=True)]


def _complete(items: Sequence[Any] | None, count: int) -> Sequence[Any]:
    if items is None or len(items) != count:
        raise unreadable_answer("rows are missing")
    return items


def _trouble(item: Any, key: Key) -> Trouble:
    return of_partition(trouble_of(_STATUS, item.error_code, item.error_message), key)
