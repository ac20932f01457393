"""The account's uploaded files: their records as rows, their bytes in a folder.

Called by ``http/file_responses`` and ``http/download_responses``, and by ``training_files``. Source: "Model
Studio file management API". A row without bytes cannot exist; bytes without a row can, after a kill, and are
removed when the store is opened.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.records import Record, Table
from aliyun_local.dashscope.errors import file_not_found
from aliyun_local.database import Database
from aliyun_local.private_files import make_private_folder, open_private

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    purpose TEXT,
    size_bytes INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    created_at REAL NOT NULL
);
"""


@dataclass(frozen=True, kw_only=True)
class StoredFile(Record):
    """The record of an uploaded file. ``md5`` is in Base64; ``created_at`` in seconds since the epoch."""

    file_id: str
    name: str
    description: str
    purpose: str | None
    size_bytes: int
    md5: str
    created_at: float


TABLE = Table("files", StoredFile, key="file_id")


@dataclass(frozen=True, kw_only=True)
class FailedUpload:
    """One file of an upload that was refused, and why; others of the same upload may have been stored."""

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
            make_private_folder(folder)
            self._sweep(folder)

    def add(
        self, *, name: str, content: bytes, description: str, purpose: str | None, at: float
    ) -> StoredFile | FailedUpload:
        """Store a file durably, or return the quota that forbids it."""
        with self._database.transaction() as connection:
            refusal = self._over_quota(connection, name, len(content))
            if refusal is not None:
                return refusal
            while True:
                file = StoredFile(
                    file_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
                    name=name,
                    description=description,
                    purpose=purpose,
                    size_bytes=len(content),
                    md5=base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
                    created_at=at,
                )
                stored = TABLE.insert(connection, file)
                if stored is not None:
                    self._write(stored.file_id, content)
                    return stored

    def get(self, file_id: str) -> StoredFile:
        """Return the file with this id.

        Raises:
            ServiceError: the id is unknown.
        """
        with self._database.reading() as connection:
            file = TABLE.find(connection, file_id)
        if file is None:
            raise file_not_found()
        return file

    def read(self, file_id: str) -> bytes:
        """Return the bytes of the file with this id.

        Raises:
            ServiceError: the id is unknown.
        """
        self.get(file_id)
        try:
            return self._contents[file_id] if self._folder is None else (self._folder / file_id).read_bytes()
        except (KeyError, FileNotFoundError):  # deleted a moment ago, by another call
            raise file_not_found() from None

    def page(self, *, offset: int, limit: int) -> tuple[int, list[StoredFile]]:
        """Return how many files there are, and ``limit`` of them, newest first, after ``offset``."""
        with self._database.reading() as connection:
            return TABLE.page(connection, "TRUE", (), offset=offset, limit=limit)

    def delete(self, file_id: str) -> None:
        """Delete the file with this id, and its bytes.

        Raises:
            ServiceError: the id is unknown.
        """
        with self._database.transaction() as connection:
            if connection.execute("DELETE FROM files WHERE file_id = ?", (file_id,)).rowcount == 0:
                raise file_not_found()
        self._contents.pop(file_id, None)
        if self._folder is not None:
            (self._folder / file_id).unlink(missing_ok=True)

    def _over_quota(self, connection: Connection, name: str, size_bytes: int) -> FailedUpload | None:
        """Return the refusal of a file of this size; None when the quotas allow it."""
        limits = self._behaviour
        count, used = connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM files"
        ).fetchone()
        if count >= limits.max_files:
            return FailedUpload(
                name=name,
                code="BadRequest.TooMany",
                message=f"Out of number, <{count}> of <{limits.max_files}> files has been uploaded.",
            )
        message = "Payload Too Large."
        if size_bytes <= limits.max_file_bytes:
            if used + size_bytes <= limits.total_file_bytes:
                return None
            message = (
                f"Out of space, <{used}> B of <{limits.total_file_bytes}> B storage space has been used."
            )
        return FailedUpload(name=name, code="BadRequest.TooLarge", message=message)

    def _write(self, file_id: str, content: bytes) -> None:
        if self._folder is None:
            self._contents[file_id] = content
            return
        # Half a file under its own name is harmless: until its row is committed, no call can read it.
        with open_private(self._folder / file_id, "wb") as file:
            file.write(content)

    def _sweep(self, folder: Path) -> None:
        with self._database.reading() as connection:
            known = {row[0] for row in connection.execute("SELECT file_id FROM files")}
        for path in folder.iterdir():
            if path.name not in known:
                path.unlink()
