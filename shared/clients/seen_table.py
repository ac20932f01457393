"""What has been uploaded before, in the table ``seen``: the latest content under each name of a person.

One partition a person, one row a name, by a hash of the name, which may be longer than a key. ETags are
whole, so that nothing is taken for known that is not. :mod:`shared.assembly` makes it.

A look at a folder asks about every object that the person's job does not show, which may be thousands, at
each look. Asked for by its key, each row costs a capacity unit; read in the order of the keys, some thirty
cost one. So many names are looked for in the person's rows, read page by page. The rows of names that nobody
asks about lie between them, as many as the person has ever deleted: once these make the reading the dearer
way, the rest is asked for by keys. So it never costs much more than that, whatever the history.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.clients.row_batches import BATCH_READS
from shared.clients.rows import INF_MAX, INF_MIN, Rows
from shared.clients.stored_values import UNREADABLE, check_format, unreadable
from shared.clients.table_calls import Columns, Key
from shared.domain import formats
from shared.domain.clocks import is_later
from shared.errors import Trouble

TABLE = "seen"
PAGE = 1000
ROWS_FOR_ONE_UNIT = 30
"""Rows that Tablestore reads for one capacity unit (4 KB), side by side: one has 120 bytes, more or less."""

_COLUMNS = ("etag", "format")


class SeenTable:
    """The table ``seen``."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        """Return the latest ETag that is remembered under each of ``names``; others are left out.

        Raises:
            Trouble: some of it cannot be read. What is not read must not be taken for new.
        """
        names_of = {_digest(name): name for name in names}
        found, left = self._read_along(person_key, sorted(names_of))
        rows = self._rows.find_each([_key(person_key, digest) for digest in left], columns=_COLUMNS)
        for digest, row in zip(left, rows, strict=True):
            if isinstance(row, Trouble):
                raise row
            if row is not None:
                found[digest] = _etag(row)
        return {names_of[digest]: etag for digest, etag in found.items()}

    def _read_along(self, person_key: str, asked: Sequence[str]) -> tuple[dict[str, str], Sequence[str]]:
        """Look for ``asked`` side by side while that is the cheaper way; returns also what is left."""
        found: dict[str, str] = {}
        left, settled = asked, PAGE
        while len(left) > BATCH_READS and settled * ROWS_FOR_ONE_UNIT > PAGE:
            page = self._rows.range(
                _key(person_key, left[0]), _key(person_key, INF_MAX), limit=PAGE, columns=_COLUMNS
            )
            wanted = frozenset(left)
            found |= {str(row["name"]): _etag(row) for row in page if row["name"] in wanted}
            # A page that is not full has come to the person's last row: what is not in it is nowhere.
            settled = bisect_right(left, str(page[-1]["name"])) if len(page) == PAGE else len(left)
            left = left[settled:]
        return found, left

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        """Remember ETags by their names, over what was remembered of these before. May be repeated.

        Raises:
            Trouble: some of them are not remembered.
        """
        self._rows.put_each(
            [(_key(person_key, _digest(name)), {"etag": etag, "at": now}) for name, etag in etags.items()]
        )

    def forget(self, person_key: str, names: Iterable[str] | None = None, *, until: int) -> int:
        """Forget what was remembered ``until`` then of ``names``, or of all; returns how many there were.

        Raises:
            Trouble: some of them are not forgotten.
        """
        if names is not None:
            asked = [_key(person_key, _digest(name)) for name in names]
            rows = self._rows.find_each(asked, columns=("at",)) if asked else []
            keys = [key for key, row in zip(asked, rows, strict=True) if isinstance(row, dict)]
        else:
            page = self._rows.range(_key(person_key, INF_MIN), _key(person_key, INF_MAX), columns=("at",))
            keys = [_key(person_key, row["name"]) for row in page if not is_later(row.get("at", 0), until)]
        if keys:
            self._rows.delete_each(keys)
        return len(keys)

    def remembered(self, person_key: str, count: int) -> list[dict[str, object]]:
        """Return what is remembered of all of a person's uploads, by hashes of their names.

        Raises:
            Trouble: it cannot be read, or newer code has written it.
        """
        rows = self._rows.range(
            _key(person_key, INF_MIN), _key(person_key, INF_MAX), limit=count, columns=(*_COLUMNS, "at")
        )
        return [
            {"name_hash": str(row["name"]), "etag": _etag(row), "remembered_at": row.get("at", 0)}
            for row in rows
        ]


def _etag(row: Columns) -> str:
    """Return what a row remembers.

    Raises:
        Permanent: newer code has written it.
    """
    try:
        check_format(row, formats.SEEN)
    except UNREADABLE as problem:
        raise unreadable("what is remembered of an upload", problem) from problem
    return str(row["etag"])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _key(person_key: str, digest: Any) -> Key:
    return [("person_key", person_key), ("name", digest)]
