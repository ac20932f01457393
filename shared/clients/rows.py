"""Rows in Tablestore, each with a version that every write is conditional on.

The SDK's defaults can hold one call for most of a minute, and it repeats no write whose answer was lost. Here
its own retries are off and ours are bounded to a few seconds. A write that may have taken effect is made
again: it carries a token, so a condition that now fails tells whether the row in the way is our own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, TypeVar

import tablestore
import urllib3
from tablestore.retry import NoRetryPolicy

from shared.clients.credentials import Credentials
from shared.clients.retries import Retries
from shared.clients.row_batches import Found, delete_rows, find_rows, put_rows
from shared.clients.table_calls import Columns, Key, call, columns_of, storable
from shared.errors import Conflict, Trouble

VERSION = "version"
WRITE_TOKEN = "write_token"  # noqa: S105 (a column's name)

SOCKET_TIMEOUT_SECONDS = 4
_SDK_LOGGER = "tablestore.sdk"

_T = TypeVar("_T")

INF_MIN = tablestore.INF_MIN
INF_MAX = tablestore.INF_MAX


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
        _, row, _ = self._call(key, lambda: self._client.get_row(self._table, list(key), max_version=1))
        return None if row is None else columns_of(row)

    def find_each(self, keys: Sequence[Key], *, columns: Sequence[str] | None = None) -> list[Found]:
        """Return for each of ``keys`` the row's columns (with the key's), None, or the trouble of that row.

        :func:`shared.clients.row_batches.find_rows`.

        Raises:
            Trouble: the call failed as a whole, or every row was refused with a trouble of all. Where only
                some are, it is theirs.
        """
        found = self.find_in_tables([(self._table, key) for key in keys], columns=columns)
        of_all = [one for one in found if isinstance(one, Trouble) and one.kind.is_of_all]
        if of_all and len(of_all) == len(found):
            raise of_all[0]
        return found

    def find_in_tables(
        self, wanted: Sequence[tuple[str, Key]], *, columns: Sequence[str] | None = None
    ) -> list[Found]:
        """Return rows by their tables and keys; a table that is not there is the trouble of its rows."""
        return find_rows(self._client, self._retries, wanted, columns)

    def put_each(self, rows: Sequence[tuple[Key, Columns]]) -> None:
        """Write whole rows over whatever is there, without a version: :func:`.row_batches.put_rows`."""
        put_rows(self._client, self._retries, self._table, rows)

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
                start,
                partial(
                    self._client.get_range,
                    index or self._table,
                    direction,
                    following,
                    list(end),
                    columns_to_get=list(columns) if columns is not None else None,
                    limit=left,
                    max_version=1,
                ),
            )
            rows.extend(columns_of(row) for row in page)
        return rows

    def put(
        self,
        key: Key,
        columns: Columns,
        *,
        expected: int | None,
        first: int = 1,
        as_of: int | None = None,
    ) -> int:
        """Replace a whole row and return its new version.

        Args:
            key: the primary key.
            columns: everything the row is to hold.
            expected: the version that must be stored now; None: the row must not exist.
            first: the version of a row that did not exist. A key that comes again, once its row was deleted,
                needs one that no earlier row had: a slow run may yet write over that.
            as_of: the moment in milliseconds from which the table's time to live counts; None: now. A later
                one has to be within the table's ``DeviationCellVersionInSec``.

        Raises:
            Conflict: something else is stored.
            RetryLater: it stays unknown whether the write took effect, or the table is busy.
        """
        token, version = self._token(), first if expected is None else expected + 1
        cells = [*storable(columns), (VERSION, version), (WRITE_TOKEN, token)]
        row = tablestore.Row(list(key), cells if as_of is None else [(*cell, as_of) for cell in cells])
        condition = self._condition(expected)
        tries = count(1)

        def write() -> int:
            is_first = next(tries) == 1
            try:
                self._client.put_row(self._table, row, condition)
            except tablestore.OTSServiceError as error:
                if error.get_error_code() != "OTSConditionCheckFail":
                    raise
                # An earlier try may have taken effect without an answer: the row tells whose it is.
                stored = None if is_first else self.get(key)
                if stored is None or stored.get(WRITE_TOKEN) != token:
                    raise Conflict(f"the row in {self._table} was changed by another run") from None
            return version

        return self._call(key, write)

    def delete(self, key: Key, *, expected: int) -> None:
        """Delete a row; one that is gone is deleted.

        Raises:
            Conflict: another version is stored than ``expected``.
            RetryLater: it stays unknown whether the delete took effect, or the table is busy.
        """
        row, condition = tablestore.Row(list(key)), self._condition(expected)

        def delete() -> None:
            try:
                self._client.delete_row(self._table, row, condition)
            except tablestore.OTSServiceError as error:
                if error.get_error_code() != "OTSConditionCheckFail":
                    raise
                if self.get(key) is not None:
                    raise Conflict(f"the row in {self._table} was changed by another run") from None

        self._call(key, delete)

    def delete_each(self, keys: Sequence[Key]) -> None:
        """Delete rows, whatever they hold: :func:`.row_batches.delete_rows`."""
        delete_rows(self._client, self._retries, self._table, keys)

    def _call(self, key: Key, do: Callable[[], _T]) -> _T:
        return call(self._retries, key, do)

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
