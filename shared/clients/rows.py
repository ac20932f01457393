"""Rows in Tablestore, each with a version that every write is conditional on.

The SDK's defaults can hold one call for most of a minute, and it repeats no write whose answer was lost. Here
its own retries are off and ours are bounded to a few seconds. A write that may have taken effect is made
again: it carries a token, so a condition that now fails tells whether the row in the way is our own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import tablestore
import urllib3
import urllib3.exceptions
from tablestore.retry import NoRetryPolicy

from shared.clients.credentials import Credentials
from shared.clients.retries import Retries
from shared.errors import Conflict, Permanent, RetryLater, Trouble

VERSION = "version"
WRITE_TOKEN = "write_token"  # noqa: S105 (a column's name)

SOCKET_TIMEOUT_SECONDS = 4
_SDK_LOGGER = "tablestore.sdk"
NO_TRY_AFTER_SECONDS = 5
BATCH_ROWS = 100

Key = Sequence[tuple[str, Any]]
Columns = dict[str, Any]

_T = TypeVar("_T")

INF_MIN = tablestore.INF_MIN
INF_MAX = tablestore.INF_MAX

# Tablestore, "Error codes": these answers leave open whether a write took effect.
_UNSURE = {"OTSTimeout", "OTSInternalServerError", "OTSServerUnavailable", "OTSRequestTimeout"}
# And these say that it did not and that a later try may.
_BUSY = {
    "OTSServerBusy",
    "OTSPartitionUnavailable",
    "OTSRowOperationConflict",
    "OTSTableNotReady",
    "OTSNotEnoughCapacityUnit",
    "OTSCapacityUnitExhausted",
    "OTSQuotaExhausted",
}


class Rows:
    """One table of versioned rows."""

    def __init__(
        self, client: Any, table: str, token: Callable[[], str], retries: Retries | None = None
    ) -> None:
        """Use ``client`` (an ``OTSClient``); ``token`` makes a new word for each write."""
        self._client = client
        self._table = table
        self._token = token
        self._retries = retries or Retries()

    def get(self, key: Key) -> Columns | None:
        """Return a row's columns, or None."""
        _, row, _ = self._call(lambda: self._client.get_row(self._table, list(key), max_version=1))
        return None if row is None else _columns(row)

    def find_each(self, keys: Sequence[Key]) -> list[Columns | Trouble | None]:
        """Return for each of ``keys`` the row's columns (with the key's), None, or the trouble of that row.

        Read consistently. A row that Tablestore does not give at the first time, as of a throttled partition,
        is asked for once more; the others are not.

        Raises:
            Trouble: the call failed as a whole, or a row's trouble is one of all rows.
        """
        found: list[Columns | Trouble | None] = []
        for start in range(0, len(keys), BATCH_ROWS):
            found += self._find_batch(keys[start : start + BATCH_ROWS])
        return found

    def _find_batch(self, keys: Sequence[Key]) -> list[Columns | Trouble | None]:
        answers: dict[int, Columns | Trouble | None] = {}
        wanted, is_first = list(range(len(keys))), True

        def ask() -> None:
            nonlocal wanted, is_first
            request = tablestore.BatchGetRowRequest()
            asked = [list(keys[number]) for number in wanted]
            request.add(tablestore.TableInBatchGetRowItem(self._table, asked, max_version=1))
            items = self._client.batch_get_row(request).get_result_by_table(self._table)
            answers.update(zip(wanted, map(_answer, items), strict=True))
            wanted = [number for number in wanted if isinstance(answers[number], RetryLater)]
            if wanted and is_first:
                is_first = False
                raise cast("RetryLater", answers[wanted[0]])

        try:
            self._call(ask)
        except RetryLater:
            # After the first answer there is something to return for every row.
            if not answers:
                raise
        return [answers[number] for number in range(len(keys))]

    def range(
        self,
        start: Key,
        end: Key,
        *,
        limit: int | None = None,
        backward: bool = False,
        index: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Columns]:
        """Return rows from ``start`` (inclusive) to ``end`` (exclusive), at most ``limit``, with their keys.

        ``index`` reads a secondary index, which may lag behind the table by moments.
        """
        rows: list[Columns] = []
        following: Any = list(start)
        direction = tablestore.Direction.BACKWARD if backward else tablestore.Direction.FORWARD
        while following is not None and (limit is None or len(rows) < limit):
            left = None if limit is None else limit - len(rows)
            _, following, page, _ = self._call(
                partial(
                    self._client.get_range,
                    index or self._table,
                    direction,
                    following,
                    list(end),
                    columns_to_get=list(columns) if columns is not None else None,
                    limit=left,
                    max_version=1,
                )
            )
            rows.extend(_columns(row) for row in page)
        return rows

    def put(self, key: Key, columns: Columns, *, expected: int | None) -> int:
        """Replace a whole row and return its new version.

        Args:
            key: the primary key.
            columns: everything the row is to hold.
            expected: the version that must be stored now; None: the row must not exist.

        Raises:
            Conflict: something else is stored.
            RetryLater: it stays unknown whether the write took effect, or the table is busy.
        """
        token, version = self._token(), (expected or 0) + 1
        row = tablestore.Row(list(key), [*columns.items(), (VERSION, version), (WRITE_TOKEN, token)])
        condition = self._condition(expected)

        def write() -> int:
            try:
                self._client.put_row(self._table, row, condition)
            except tablestore.OTSServiceError as error:
                if error.get_error_code() != "OTSConditionCheckFail":
                    raise
                stored = self.get(key)
                if stored is None or stored.get(WRITE_TOKEN) != token:
                    raise Conflict(f"the row in {self._table} was changed by another run") from None
            return version

        return self._call(write)

    def _call(self, do: Callable[[], _T]) -> _T:
        """Make a call that may be repeated; turn its errors into our words."""
        return self._retries.call(lambda: _translated(do), within_seconds=NO_TRY_AFTER_SECONDS)

    @staticmethod
    def _condition(expected: int | None) -> Any:
        if expected is None:
            return tablestore.Condition(tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST)
        return tablestore.Condition(
            tablestore.RowExistenceExpectation.EXPECT_EXIST,
            tablestore.SingleColumnCondition(
                VERSION, expected, tablestore.ComparatorType.EQUAL, pass_if_missing=False
            ),
        )


def connect(endpoint: str, instance: str, credentials: Credentials) -> Any:
    """Return an SDK client with time-outs and retries that fit inside a function."""
    # The SDK logs every failed condition as an error; here a failed condition is a lost race and no more.
    logging.getLogger(_SDK_LOGGER).setLevel(logging.CRITICAL)
    client = tablestore.OTSClient(
        endpoint,
        credentials.access_key_id,
        credentials.access_key_secret,
        instance,
        sts_token=credentials.security_token or None,
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        retry_policy=NoRetryPolicy(),
        logger_name=_SDK_LOGGER,
    )
    # urllib3 below the SDK would try to connect four times, each as long as the time-out.
    client.connection.pool.connection_pool_kw["retries"] = urllib3.Retry(0)
    return client


def _columns(row: Any) -> Columns:
    columns = dict(row.primary_key)
    columns.update({attribute[0]: attribute[1] for attribute in row.attribute_columns})
    return columns


def _answer(item: Any) -> Columns | Trouble | None:
    """Return what a BatchGetRow says of one row.

    Raises:
        Trouble: it concerns all rows.
    """
    if item.is_ok:
        return None if item.row is None else _columns(item.row)
    trouble = _meaning(item.error_code, item.error_message)
    if trouble.kind.is_of_all:
        raise trouble
    return trouble


def _translated(do: Callable[[], _T]) -> _T:
    try:
        return do()
    except tablestore.OTSServiceError as error:
        raise _meaning(error.get_error_code(), error.get_error_message()) from None
    except (urllib3.exceptions.HTTPError, tablestore.OTSClientError, OSError) as error:
        raise RetryLater(
            "tablestore_unavailable", f"Tablestore did not answer ({type(error).__name__})", delay_seconds=2
        ) from None


def _meaning(code: str, message: str) -> RetryLater | Permanent:
    if code in _BUSY or code in _UNSURE:
        return RetryLater(code, f"Tablestore: {message}", delay_seconds=2)
    return Permanent(code, f"Tablestore: {message}")
