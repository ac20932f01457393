"""What has been uploaded before, in the table ``seen``: the latest content under each name of a person.

One partition a person, one row a name, by a hash of the name, which may be longer than a key. ETags are
whole, so that nothing is taken for known that is not. :mod:`shared.assembly` makes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from shared.clients.rows import Rows
from shared.clients.table_calls import Key
from shared.errors import Trouble

TABLE = "seen"


class SeenTable:
    """The table ``seen``."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        """Return the latest ETag that is remembered under each of ``names``; others are left out.

        Raises:
            Trouble: some of it cannot be read. What is not read must not be taken for new.
        """
        asked = list(dict.fromkeys(names))
        rows = self._rows.find_each([_key(person_key, name) for name in asked], columns=["etag"])
        found: dict[str, str] = {}
        for name, row in zip(asked, rows, strict=True):
            if isinstance(row, Trouble):
                raise row
            if row is not None:
                found[name] = str(row["etag"])
        return found

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        """Remember ETags by their names, over what was remembered of these before. May be repeated.

        Raises:
            Trouble: some of them are not remembered.
        """
        self._rows.put_each(
            [(_key(person_key, name), {"etag": etag, "at": now}) for name, etag in etags.items()]
        )


def _key(person_key: str, name: str) -> Key:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return [("person_key", person_key), ("name", digest)]
