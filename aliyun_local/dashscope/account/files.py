"""The account's uploaded files: rows for what is known of them, a folder for their bytes.

Source: "Model Studio file management API". A row without bytes cannot exist; bytes without a row can, after
a kill, and are swept away when the store is opened.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from dataclasses import dataclass
from pathlib import Path

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.errors import file_not_found
from aliyun_local.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    purpose TEXT,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    created REAL NOT NULL
);
"""
_COLUMNS = "number, file_id, name, description, purpose, size, md5, created"


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What is known of an uploaded file. ``md5`` is in Base64; ``created`` in seconds since the epoch."""

    number: int
    file_id: str
    name: str
    description: str
    purpose: str | None
    size: int
    md5: str
    created: float


@dataclass(frozen=True, kw_only=True)
class FailedUpload:
    """Why one file of an upload was not taken; the others of it may have been."""

    name: str
    code: str
    message: str


class FileStore:
    """The files of the account."""

    def __init__(
        self, database: Database, folder: Path | None, behaviour: Behaviour, generator: random.Random
    ) -> None:
        """Keep rows in ``database`` and bytes in ``folder`` (None: in memory)."""
        self._database = database
        self._folder = folder
        self._behaviour = behaviour
        self._random = generator
        self._contents: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._sweep(folder)

    def add(
        self, *, name: str, content: bytes, description: str, purpose: str | None, at: float
    ) -> StoredFile | FailedUpload:
        """Keep a file, durably, or say which quota is in the way."""
        limits = self._behaviour
        with self._database.transaction() as connection:
            count, used = connection.execute("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM files").fetchone()
            if count >= limits.file_count:
                return FailedUpload(
                    name=name,
                    code="BadRequest.TooMany",
                    message=f"Out of number, <{count}> of <{limits.file_count}> files has been uploaded.",
                )
            if len(content) > limits.file_size:
                return FailedUpload(name=name, code="BadRequest.TooLarge", message="Payload Too Large.")
            if used + len(content) > limits.file_space:
                return FailedUpload(
                    name=name,
                    code="BadRequest.TooLarge",
                    message=(
                        f"Out of space, <{used}> B of <{limits.file_space}> B storage space has been used."
                    ),
                )
            file_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            self._write(file_id, content)
            digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
            number = connection.execute(
                "INSERT INTO files (file_id, name, description, purpose, size, md5, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (file_id, name, description, purpose, len(content), digest, at),
            ).lastrowid
        return StoredFile(
            number=number or 0,
            file_id=file_id,
            name=name,
            description=description,
            purpose=purpose,
            size=len(content),
            md5=digest,
            created=at,
        )

    def get(self, file_id: str) -> StoredFile:
        """Return the file with this id.

        Raises:
            ServiceError: there is none.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM files WHERE file_id = ?",
                (file_id,),
            ).fetchone()
        if row is None:
            raise file_not_found()
        return _file(row)

    def read(self, file_id: str) -> bytes:
        """Return the bytes of the file with this id.

        Raises:
            ServiceError: there is none.
        """
        self.get(file_id)
        try:
            return self._contents[file_id] if self._folder is None else (self._folder / file_id).read_bytes()
        except (KeyError, FileNotFoundError):  # deleted a moment ago, by another call
            raise file_not_found() from None

    def page(self, *, offset: int, limit: int) -> tuple[int, list[StoredFile]]:
        """Return how many files there are, and ``limit`` of them, newest first, after ``offset``."""
        with self._database.reading() as connection:
            total: int = connection.execute("SELECT COUNT(*) FROM files").fetchone()[0]
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM files ORDER BY number DESC LIMIT ? OFFSET ?",
                (limit, offset),
            ).fetchall()
        return total, [_file(row) for row in rows]

    def delete(self, file_id: str) -> None:
        """Forget the file with this id and its bytes.

        Raises:
            ServiceError: there is none.
        """
        with self._database.transaction() as connection:
            if connection.execute("DELETE FROM files WHERE file_id = ?", (file_id,)).rowcount == 0:
                raise file_not_found()
        self._contents.pop(file_id, None)
        if self._folder is not None:
            (self._folder / file_id).unlink(missing_ok=True)

    def _write(self, file_id: str, content: bytes) -> None:
        if self._folder is None:
            self._contents[file_id] = content
            return
        # Half a file under its own name is harmless: until the row is committed, nobody can ask for it.
        (self._folder / file_id).write_bytes(content)

    def _sweep(self, folder: Path) -> None:
        with self._database.reading() as connection:
            known = {row[0] for row in connection.execute("SELECT file_id FROM files")}
        for path in folder.iterdir():
            if path.name not in known:
                path.unlink()


def _file(row: tuple[object, ...]) -> StoredFile:
    return StoredFile(**dict(zip(_COLUMNS.split(", "), row, strict=True)))  # type: ignore[arg-type] # columns are fields
