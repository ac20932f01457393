"""A Tablestore client over a dictionary, and the rows above it, for tests of the clients of tables."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import tablestore

from shared.clients.retries import Retries
from shared.clients.rows import WRITE_TOKEN, Rows
from shared.clients.table_calls import Key

KEY: Key = [("name", "slot")]


def service_error(code: str) -> tablestore.OTSServiceError:
    return tablestore.OTSServiceError(400, code, f"the message of {code}", "request-id")


class FakeClient:
    """One table in a dictionary, behind those calls of ``OTSClient`` that the product makes.

    ``script`` has an effect and an error for each put: ``"lose"`` applies the put and raises the error,
    ``"drop"`` raises it without applying the put, ``"ok"`` is nothing special. ``refusals`` has the codes by
    which a row's key is refused in batches, one for each time.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.script: list[tuple[str, Exception | None]] = []
        self.puts: list[tuple[Any, Any]] = []
        self.gets = 0
        self.get_errors: list[Exception] = []
        self.ranges: list[dict[str, Any]] = []
        self.pages: list[tuple[list[Any], int | None]] = []
        self.batches: list[int] = []
        self.refusals: dict[tuple[Any, ...], list[str]] = {}
        self.before_put: Callable[[], None] = lambda: None

    def get_row(self, table: str, key: Key, max_version: int) -> tuple[Any, Any, Any]:
        self.gets += 1
        if self.get_errors:
            raise self.get_errors.pop(0)
        columns = self.rows.get(tuple(key))
        return None, None if columns is None else self._row(tuple(key), columns), None

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        self.before_put()
        effect, error = self.script.pop(0) if self.script else ("ok", None)
        self.puts.append((row, condition))
        if effect == "drop":
            assert error is not None
            raise error
        key, stored = tuple(row.primary_key), self.rows.get(tuple(row.primary_key))
        expectation = condition.get_row_existence_expectation()
        if expectation == tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST:
            holds = stored is None
        else:
            wanted = condition.column_condition  # its getter returns nothing in tablestore 5.4.1
            assert wanted.pass_if_missing is False
            assert wanted.comparator == tablestore.ComparatorType.EQUAL
            holds = stored is not None and stored.get(wanted.column_name) == wanted.column_value
        if not holds:
            raise service_error("OTSConditionCheckFail")
        self.rows[key] = dict(row.attribute_columns)
        if error is not None:
            raise error

    def get_range(self, table: str, direction: str, start: Any, end: Any, **options: Any) -> tuple[Any, ...]:
        self.ranges.append({"table": table, "direction": direction, "start": start, "end": end, **options})
        numbers, following = self.pages.pop(0)
        rows = [
            self._row(number, self.rows[number])
            if number in self.rows
            else self._row((("name", str(number)),), {"number": number})
            for number in numbers
        ]
        return None, None if following is None else [("name", str(following))], rows, None

    def batch_get_row(self, request: Any) -> Any:
        self.batches.append(sum(len(item.primary_keys) for item in request.items.values()))
        if self.get_errors:
            raise self.get_errors.pop(0)
        items = {
            table: [self._batch_item(tuple(key)) for key in item.primary_keys]
            for table, item in request.items.items()
        }
        return SimpleNamespace(get_result_by_table=items.__getitem__)

    def batch_write_row(self, request: Any) -> Any:
        ((_, item),) = request.items.items()
        self.batches.append(len(item.row_items))
        items = [self._written(one.row) for one in item.row_items]
        return SimpleNamespace(get_put_by_table=lambda _: items)

    def _batch_item(self, key: tuple[Any, ...]) -> Any:
        columns = self.rows.get(key)
        row = None if columns is None else self._row(key, columns)
        return self._refusal(key) or SimpleNamespace(is_ok=True, row=row)

    def _written(self, row: Any) -> Any:
        key = tuple(row.primary_key)
        refusal = self._refusal(key)
        if refusal is None:
            self.rows[key] = dict(row.attribute_columns)
        return refusal or SimpleNamespace(is_ok=True)

    def _refusal(self, key: tuple[Any, ...]) -> Any:
        refusals = self.refusals.get(key)
        if not refusals:
            return None
        code = refusals.pop(0)
        return SimpleNamespace(is_ok=False, error_code=code, error_message=f"the message of {code}")

    @staticmethod
    def _row(key: tuple[Any, ...], columns: dict[str, Any]) -> Any:
        return tablestore.Row(list(key), [(name, value, 0) for name, value in columns.items()])


class Bench:
    """Rows over a fake client, with the sleeps and tokens that were asked for."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.sleeps: list[float] = []
        self.tokens = iter(f"{number:04x}{'0' * 12}" for number in range(100))
        retries = Retries(sleep=self.sleeps.append, random=lambda: 0.5, now=lambda: sum(self.sleeps))
        self.rows = Rows(self.client, "control", lambda: next(self.tokens), retries)

    @property
    def stored(self) -> dict[str, Any] | None:
        return self.client.rows.get(tuple(KEY))

    def written_tokens(self) -> list[str]:
        return [dict(row.attribute_columns)[WRITE_TOKEN] for row, _ in self.client.puts]
