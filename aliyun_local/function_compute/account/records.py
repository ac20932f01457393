"""The account's resources on disk: one document each, by kind, owner and name.

Every part of the account keeps its resources here, in the form in which the API of 2023-03-30 returns them.
Members whose name begins with an underscore are the emulator's own and are in no answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aliyun_local.database import Database

Document = dict[str, Any]
FUNCTION, TRIGGER, CONCURRENCY, ASYNCHRONOUS = "function", "trigger", "concurrency", "async"
LAYER, DOMAIN = "layer", "domain"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, owner, name)
);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
"""


class Records:
    """Documents in one SQLite file, or in memory. Thread-safe; each change is one transaction."""

    def __init__(self, path: Path | None) -> None:
        """Open or create ``path``; None keeps everything in memory."""
        self._database = Database(path, _SCHEMA)

    def find(self, kind: str, name: str, owner: str = "") -> Document | None:
        """Return a document, or None."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT document FROM records WHERE kind = ? AND owner = ? AND name = ?", (kind, owner, name)
            ).fetchone()
        return None if row is None else _read(row[0])

    def all(self, kind: str, owner: str | None = None) -> list[Document]:
        """Return the documents of a kind, or of one ``owner``, by owner and name."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT document FROM records WHERE kind = ? AND (? IS NULL OR owner = ?) "
                "ORDER BY owner, name",
                (kind, owner, owner),
            ).fetchall()
        return [_read(row[0]) for row in rows]

    def put(self, kind: str, name: str, document: Mapping[str, Any], owner: str = "") -> None:
        """Store a document in the place of an earlier one."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO records (kind, owner, name, document) VALUES (?, ?, ?, ?)",
                (kind, owner, name, json.dumps(document)),
            )

    def remove(self, kind: str, name: str, owner: str = "") -> bool:
        """Delete a document, and tell whether it was there."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM records WHERE kind = ? AND owner = ? AND name = ?", (kind, owner, name)
            )
            return gone.rowcount > 0

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3 and so on for ``name``; no number comes twice, whatever is deleted."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO numbers VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1", (name,)
            )
            row = connection.execute("SELECT last FROM numbers WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def public(document: Mapping[str, Any]) -> Document:
    """Return ``document`` without the emulator's own members."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def _read(text: str) -> Document:
    document: Document = json.loads(text)
    return document
