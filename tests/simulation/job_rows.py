"""The rows of all jobs as they were written last, and the jobs in them; a person's are found at once."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from shared.clients.job_rows import from_columns
from shared.domain.job import Job
from shared.domain.object_keys import person_key

Columns = dict[str, Any]

REMEMBERED_JOBS = 4_000
"""Rows that are kept as jobs too: those of a whole month would be gigabytes."""


class JobRows(dict[str, Columns]):
    """Rows by ids. A month has ten thousand, and each deletion asks for those of one person."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_write: dict[str, Job] = {}

    def __setitem__(self, job_id: str, row: Columns) -> None:
        super().__setitem__(job_id, row)
        self._ids[job_id.rpartition("-")[0]][job_id] = None

    def of(self, person_id: str) -> list[Columns]:
        """Return the rows of a person, in the order in which they were made."""
        return [self[job_id] for job_id in self._ids.get(person_key(person_id), ()) if job_id in self]

    def job_in(self, row: Columns) -> Job:
        """Return the job that a row holds; it is read once for each write, and the latest are remembered."""
        token = str(row["write_token"])
        if token not in self._by_write:
            if len(self._by_write) >= REMEMBERED_JOBS:
                for earlier in list(self._by_write)[: REMEMBERED_JOBS // 2]:
                    del self._by_write[earlier]
            self._by_write[token] = from_columns(row)
        return self._by_write[token]
