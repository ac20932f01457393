"""Rows in Tablestore, each with a version that every write is conditional on.

The SDK's defaults can hold one call for most of a minute, and it repeats no write whose answer was lost.
Here a call is bounded to a few seconds, and a write that may have taken effect is made again: it carries a
token, so a condition that now fails tells whether the row in the way is our own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tablestore
import urllib3.exceptions

from shared.clients.credentials import Credentials
from shared.errors import Conflict, Permanent, RetryLater

VERSION = "version"
WRITE_TOKEN = "write_token"  # noqa: S105 (a column's name)

SOCKET_TIMEOUT_SECONDS = 4
_SDK_LOGGER = "tablestore.sdk"
WRITE_TRIES = 3
BATCH_ROWS = 100

Key = Sequence[tuple[str, Any]]
Columns = dict[str, Any]

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


class _ShortRetries(tablestore.DefaultRetryPolicy):  # type: ignore[misc]  # the SDK has no types
    """At most 3 retries and half a second between them, so that a call ends within the function's time."""

    max_retry_times = 3
    max_retry_delay = 0.5


class Rows:
    """One table of versioned rows."""

    def __init__(
        self, client: Any, table: str, token: Callable[[], str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Use ``client`` (an ``OTSClient``); ``token`` makes a new word for each write."""
        self._client = client
        self._table = table
        self._token = token
        self._sleep = sleep

    def get(self, key: Key) -> Columns | None:
        """Return a row's columns, or None."""
        _, row, _ = _call(lambda: self._client.get_row(self._table, list(key), max_version=1))
        return None if row is None else _columns(row)

    def find(self, keys: Iterable[Key]) -> list[Columns]:
        """Return the columns (with the key's) of those rows that exist, read consistently."""
        wanted = [list(key) for key in keys]
        found: list[Columns] = []
        for start in range(0, len(wanted), BATCH_ROWS):
            request = tablestore.BatchGetRowRequest()
            request.add(
                tablestore.TableInBatchGetRowItem(
                    self._table, wanted[start : start + BATCH_ROWS], max_version=1
                )
            )
            response = _call(lambda request=request: self._client.batch_get_row(request))  # type: ignore[misc]
            for item in response.get_result_by_table(self._table):
                if not item.is_ok:
                    raise _meaning(item.error_code, item.error_message)
                if item.row is not None:
                    found.append(_columns(item.row))
        return found

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
            _, following, page, _ = _call(
                lambda begin=following, left=left: self._client.get_range(  # type: ignore[misc]
                    index or self._table,
                    direction,
                    begin,
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
        for attempt in range(WRITE_TRIES):
            try:
                self._client.put_row(self._table, row, condition)
            except tablestore.OTSServiceError as error:
                if error.get_error_code() == "OTSConditionCheckFail":
                    stored = self.get(key)
                    if stored is not None and stored.get(WRITE_TOKEN) == token:
                        return version
                    raise Conflict(f"the row in {self._table} was changed by another run") from None
                if error.get_error_code() not in _UNSURE:
                    raise _meaning(error.get_error_code(), error.get_error_message()) from None
            except (urllib3.exceptions.HTTPError, tablestore.OTSClientError, OSError):
                pass
            else:
                return version
            # Two runs that wait for one another must not come back together.
            self._sleep(0.1 * 2**attempt * (0.5 + int(token[:4], 16) / 0x10000))
        raise RetryLater(
            "tablestore_unavailable",
            "Tablestore did not answer; the next run sees what became of it",
            delay=5,
        )

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
    return tablestore.OTSClient(
        endpoint,
        credentials.access_key_id,
        credentials.access_key_secret,
        instance,
        sts_token=credentials.security_token or None,
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        retry_policy=_ShortRetries(),
        logger_name=_SDK_LOGGER,
    )


def _columns(row: Any) -> Columns:
    columns = dict(row.primary_key)
    columns.update({attribute[0]: attribute[1] for attribute in row.attribute_columns})
    return columns


def _call(read: Callable[[], Any]) -> Any:
    """Make a read, twice if the network fails; turn what remains into our words."""
    for last in (False, True):
        try:
            return read()
        except tablestore.OTSServiceError as error:
            raise _meaning(error.get_error_code(), error.get_error_message()) from None
        except (urllib3.exceptions.HTTPError, tablestore.OTSClientError, OSError) as error:
            if last:
                raise RetryLater(
                    "tablestore_unavailable", f"Tablestore did not answer ({type(error).__name__})", delay=5
                ) from None
    raise AssertionError("unreachable")


def _meaning(code: str, message: str) -> RetryLater | Permanent:
    if code in _BUSY or code in _UNSURE:
        return RetryLater(code, f"Tablestore: {message}", delay=2)
    return Permanent(code, f"Tablestore: {message}")
