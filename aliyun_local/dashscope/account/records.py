"""Records of the account as rows of SQLite: one mechanism for fine-tunes, portrait tasks and uploaded files.

The columns of a table are the fields of its record, by name. Two kinds of field take another form: a
:class:`~aliyun_local.dashscope.errors.Problem` takes two columns, ``…_code`` and ``…_message``; a tuple or a
dict is kept as JSON. The statements of the schema stand with each record's own module, which adds the
questions that only that record has.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from aliyun_local.dashscope.errors import Problem

_PROBLEM = "failure"


class OtherVersionError(RuntimeError):
    """The data folder holds tables of another version; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row. ``sequence`` is its position in the order of creation; the database gives it."""

    sequence: int = 0


R = TypeVar("R", bound=Record)


class Table(Generic[R]):
    """The rows of one table. Every call takes the connection, so that its caller sets the transaction."""

    def __init__(self, name: str, record: type[R], *, key: str, json_fields: Collection[str] = ()) -> None:
        """Describe a table.

        Args:
            name: The table's name in the schema.
            record: The dataclass of a row.
            key: The field with the record's own id.
            json_fields: The fields that are kept as JSON.
        """
        self.name = name
        self._record = record
        self._key = key
        self._json = frozenset(json_fields)
        self._fields = tuple(field.name for field in fields(record))
        columns = [
            column
            for field in self._fields
            for column in ([f"{_PROBLEM}_code", f"{_PROBLEM}_message"] if field == _PROBLEM else [field])
        ]
        self._columns = tuple(columns)
        self._select = f"SELECT {', '.join(columns)} FROM {name}"

    def check(self, connection: sqlite3.Connection) -> None:
        """Check that the table in the database is the one described here.

        Raises:
            OtherVersionError: another version has made it, with other columns.
        """
        stored = {str(row[1]) for row in connection.execute(f"PRAGMA table_info({self.name})")}
        if stored != set(self._columns):
            raise OtherVersionError(
                f"another version of aliyun-local has made the table {self.name} of this data folder;"
                " use another data folder, or remove this one"
            )

    def insert(self, connection: sqlite3.Connection, record: R) -> R | None:
        """Add ``record`` and return it with its sequence; None if its id is taken."""
        cursor = self._write(connection, "INSERT OR IGNORE", self._columns[1:], self._row(record)[1:])
        if cursor.rowcount == 0 or cursor.lastrowid is None:
            return None
        return replace(record, sequence=cursor.lastrowid)

    def save(self, connection: sqlite3.Connection, record: R) -> None:
        """Replace the row of ``record``."""
        self._write(connection, "INSERT OR REPLACE", self._columns, self._row(record))

    def find(self, connection: sqlite3.Connection, key: str) -> R | None:
        """Return the record with this id."""
        row = connection.execute(f"{self._select} WHERE {self._key} = ?", (key,)).fetchone()
        return self.record_of(row) if row else None

    def all(self, connection: sqlite3.Connection, where: str = "TRUE") -> list[R]:
        """Return the records that fit ``where``, oldest first."""
        query = f"{self._select} WHERE {where} ORDER BY sequence"
        return [self.record_of(row) for row in connection.execute(query)]

    def page(
        self,
        connection: sqlite3.Connection,
        where: str,
        values: Sequence[object],
        *,
        offset: int,
        limit: int,
    ) -> tuple[int, list[R]]:
        """Return how many records fit ``where``, and ``limit`` of them, newest first, after ``offset``."""
        count = f"SELECT COUNT(*) FROM {self.name} WHERE {where}"
        total: int = connection.execute(count, tuple(values)).fetchone()[0]
        return total, self.newest(connection, where, values, offset=offset, limit=limit)

    def newest(
        self,
        connection: sqlite3.Connection,
        where: str,
        values: Sequence[object],
        *,
        offset: int,
        limit: int,
    ) -> list[R]:
        """Return ``limit`` of the records that fit ``where``, newest first, after ``offset``."""
        # An index may have what the inner question asks for; the rows before ``offset`` are not read.
        those = f"SELECT sequence FROM {self.name} WHERE {where} ORDER BY sequence DESC LIMIT ? OFFSET ?"
        query = f"{self._select} WHERE sequence IN ({those}) ORDER BY sequence DESC"
        return [self.record_of(row) for row in connection.execute(query, (*values, limit, offset))]

    def record_of(self, row: tuple[object, ...]) -> R:
        """Return the record of a row."""
        values: dict[str, Any] = dict(zip(self._columns, row, strict=True))
        for field in self._json:
            values[field] = _from_json(values[field])
        if _PROBLEM in self._fields:
            code, message = values.pop(f"{_PROBLEM}_code"), values.pop(f"{_PROBLEM}_message")
            values[_PROBLEM] = None if code is None else Problem(code=code, message=message)
        return self._record(**values)

    def _row(self, record: R) -> tuple[object, ...]:
        row: list[object] = []
        for field in self._fields:
            value = getattr(record, field)
            if field == _PROBLEM:
                row += (value.code, value.message) if isinstance(value, Problem) else (None, None)
            else:
                row.append(json.dumps(value) if field in self._json else value)
        return tuple(row)

    def _write(
        self, connection: sqlite3.Connection, verb: str, columns: Sequence[str], values: Sequence[object]
    ) -> sqlite3.Cursor:
        marks = ", ".join("?" * len(columns))
        return connection.execute(
            f"{verb} INTO {self.name} ({', '.join(columns)}) VALUES ({marks})", tuple(values)
        )


def _from_json(text: str) -> object:
    # Lists of files repeat through a ledger; a dict is made each time, because it can be changed.
    return _tuple(text) if text.startswith("[") else json.loads(text)


@functools.lru_cache(maxsize=1_000)
def _tuple(text: str) -> tuple[object, ...]:
    return tuple(json.loads(text))
