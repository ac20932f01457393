"""Watches erasures: what is deleted, and that nothing goes that was not to go. A part of ``administration``.

Moments are by true time, in milliseconds.
"""

from __future__ import annotations

import json
import re

from shared.domain.erasure import CLOCKS_DIFFER_MS, Remains, erasure_from
from shared.domain.job import Job
from shared.domain.messages import job_of
from shared.domain.object_keys import parse_job_id, person_key, person_of
from shared.domain.photos import lies_in_zip_folder
from shared.http_api.outcomes import OUTCOMES
from tests.simulation.job_rows import Columns
from tests.simulation.kernel import Kernel, Violation

FIXED = ("kind", "asked_at", "asked_by")
HASH = re.compile(r"[0-9a-f]{64}")


class Erasures:
    """The erasures of a story.

    Attributes:
        asked: when each person was first and last asked to be erased, by their names.
        rows: the row of each erasure as it was written last, by the id of the request.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.asked: dict[str, list[int]] = {}
        self.rows: dict[str, Columns] = {}
        self._people: dict[str, str] = {}

    def begun(self, name: str, row: Columns) -> None:
        """Somebody has asked for it."""
        person = person_of(row["subject"])
        self.asked.setdefault(person, []).append(self._kernel.now)
        self._people[name] = person
        self.rows[name] = row

    def carried_on(self, before: Columns, after: Columns) -> None:
        """A run has written down how far it has come: the name goes once, and a settled one stays."""
        name = str(after["name"])
        changed = [column for column in FIXED if before[column] != after[column]]
        is_renamed = before["subject"] != after["subject"]
        if before["settled_at"] or changed or (is_renamed and not HASH.fullmatch(after["subject"])):
            raise Violation(f"{name} was {before} and becomes {after}")
        if after["settled_at"] and after["outcome"] not in OUTCOMES:
            raise Violation(f"{name} has become {after['outcome']!r}, which nobody can read")
        done = json.loads(after["record"])["done_at"]
        if after["settled_at"] and not (done and HASH.fullmatch(after["subject"])):
            raise Violation(f"{name} is settled with a name, or undone: {after}")
        self.rows[name] = after

    def person_of_erasure(self, request_id: str) -> str:
        """Return whom an erasure is of, also when its row has no name any more; empty: it is none."""
        return self._people.get(f"request/{request_id}", "")

    def is_of_erased(self, subject: str) -> bool:
        """Whether a request is about one of those who were to be erased, or a job or message of theirs."""
        parsed = parse_job_id(job_of(subject) or subject)
        keys = {person_key(person) for person in self.asked}
        return person_of(subject) in self.asked or (parsed is not None and parsed[0] in keys)

    def is_gone(self, job: Job) -> bool:
        """Whether an erasure is done that was to take ``job``, and not only the next person's of the name."""
        for name, row in self.rows.items():
            erasure = json.loads(row["record"] or "{}")
            is_done = bool(self._people[name] == job.person_id and erasure.get("done_at"))
            if is_done and job.starts_after < erasure["erased_before"]:
                return True
        return False

    def needs(self, what: str, person: str) -> None:
        """Raise Violation unless somebody has asked for this person to be erased."""
        if person_of(person) not in self.asked:
            raise Violation(f"{what}, and nobody has asked to erase {person}")

    def remaining(self, person: str = "") -> list[Remains]:
        """Return what could not be removed of ``person``, or of anybody, and is tried again each day."""
        rows = (row for row in self.rows.values() if person in ("", row["subject"]))
        return [one for row in rows for one in erasure_from(row["record"]).remains]

    def done_at(self, person: str) -> int:
        """Return when the last erasure of ``person`` was done."""
        theirs = (row for name, row in self.rows.items() if self._people[name] == person)
        return max(erasure_from(row["record"]).done_at for row in theirs)

    def covers(self, person: str, name: str, put_at_ms: int, run_began_at: int) -> bool:
        """Whether an upload of that time goes with an erasure of its person.

        OSS deletes whatever is there, so what is put while the run is at work may go with it. What is taken
        out of a zip while the erasure goes on is of before.
        """
        moments = self.asked.get(person_of(person), [])
        # By the clock of whoever has asked, which may be ahead.
        slack = CLOCKS_DIFFER_MS + 5_000
        if moments and (lies_in_zip_folder(name) or not self._kernel.believes_times):
            return True
        return bool(moments) and (put_at_ms <= max(moments) + slack or put_at_ms >= run_began_at)

    def row_deleted(self, table: str, row: Columns) -> None:
        """Rows go with their person alone."""
        if table == "jobs":
            self.needs(f"a row of {row['person_id']} is deleted", row["person_id"])

    def open_ones(self) -> list[str]:
        """Return the erasures that are not done."""
        return [
            name for name, row in self.rows.items() if not json.loads(row["record"] or "{}").get("done_at")
        ]
