"""What must hold at every moment, judged by DashScope's ledger and not only by our rows."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from local.dashscope.models import ModelStudio
from shared.domain.fine_tunes import path_of
from shared.domain.states import LEGAL_MOVES, JobState
from tests.simulation.stores import API_KEY, SIGNATURE

GOING = {"PENDING", "QUEUING", "RUNNING"}


class Violation(AssertionError):
    """A promise was broken; the message says which."""


class Invariants:
    """Watches the writes and the submits of a simulation."""

    def __init__(self, studio: ModelStudio, limit: int, now: Any) -> None:
        self._studio = studio
        self._limit = limit
        self._now = now
        self._posts: list[int] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.lines: list[str] = []

    def row_written(self, table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        """Check one write of a row."""
        self._check_secrets("a row", json.dumps(after, default=str))
        if before is not None and after["version"] != before["version"] + 1:
            raise Violation(f"{table}: version {before['version']} became {after['version']}")
        if table != "jobs":
            return
        old = JobState(before["state"]) if before else None
        new = JobState(after["state"])
        if old is not None and old is not new and new not in LEGAL_MOVES[old]:
            raise Violation(f"{after['person_id']} went from {old.value} to {new.value}")
        if old is not None and old.is_terminal:
            fixed = ("state", "fine_tune_id", "finetuned_output", "ended_at", "files")
            changed = [name for name in fixed if before and before[name] != after[name]]
            if changed:
                raise Violation(f"terminal {after['person_id']} changed {changed}")
        if old is not None and not old.is_open and before and before["files"] != after["files"]:
            raise Violation(f"the files of {after['person_id']} changed after the set had closed")
        self.rows[f"{after['person_id']}-{json.loads(after['files'])}"] = after

    def submit_sent(self, body: dict[str, Any]) -> None:
        """Check a POST before it takes effect: the durable intent, the rate, the number running."""
        files = [path_of(file) for file in body["training_file_ids"]]
        intent = [
            row
            for row in self.rows.values()
            if row["state"] == "SUBMITTING" and json.loads(row["files"]) == files
        ]
        known = [row for row in self.rows.values() if json.loads(row["files"]) == files]
        if not known or max(row["attempt"] for row in known) < 1:
            raise Violation("a POST was sent before its intent was saved")
        del intent
        now = self._now()
        self._posts = [moment for moment in self._posts if now - moment < 1000]
        self._posts.append(now)
        if len(self._posts) > 2:
            raise Violation("more than 2 POSTs in one second")

    def check_ledger(self) -> None:
        """Check DashScope's books."""
        entries = self._studio.ledger()
        going = [entry for entry in entries if entry.status in GOING]
        if len(going) > self._limit:
            raise Violation(f"{len(going)} fine-tunes run at once: {[entry.job_id for entry in going]}")
        paid: dict[str, list[str]] = defaultdict(list)
        for entry in entries:
            if entry.status != "FAILED":
                paid[path_of(entry.training_file_ids[0])].append(entry.job_id)
        for first_file, ids in paid.items():
            if len(ids) > 1 and first_file.startswith("submissions/"):
                raise Violation(f"{first_file} was paid {len(ids)} times: {ids}")

    def check_log_line(self, line: str) -> None:
        """Check one line of a function's log."""
        self._check_secrets("a log line", line)

    def _check_secrets(self, where: str, text: str) -> None:
        for secret in (API_KEY, SIGNATURE, "deadbeef"):
            if secret in text:
                raise Violation(f"{where} holds a secret: {text[:200]}")
