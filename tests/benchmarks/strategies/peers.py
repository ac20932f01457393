"""The common part of the peers: an upload's function, and a table of jobs whose status is scanned.

The peers are written as their authors would write them, with the product's own clients, the same calls to
submit and to query, and no call more than needed. They record no intent before a submit, check no photo and
write no result.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.clients.rows import INF_MAX, INF_MIN, VERSION, WRITE_TOKEN
from shared.clients.table_calls import Columns
from shared.domain.fine_tunes import FAILED, SUCCEEDED
from shared.errors import Conflict, RetryLater
from shared.events import parse_oss_event
from tests.benchmarks.strategies.account import Account, Workbench

UPLOAD_TIMEOUT = 60_000
COLLECTING, QUEUED, TRAINING = "COLLECTING", "QUEUED", "TRAINING"
SCANNED = ("state", "closed_at", "fine_tune_id")


@dataclass(frozen=True)
class Job:
    """A row of the table."""

    person_id: str
    columns: Columns

    @property
    def state(self) -> str:
        """The job's state."""
        return str(self.columns["state"])


class Worker:
    """The steps of a peer's run, with the clients of that run."""

    def __init__(self, bench: Workbench) -> None:
        self.clock = bench.clock
        self._rows = bench.rows
        self._bucket = bench.bucket
        self._dashscope = bench.dashscope

    def take_in(self, key: str) -> bool:
        """Record an upload; return whether it has closed a set."""
        _, person, name = key.split("/", 2)
        while True:
            found = self._rows.get([("person_id", person)])
            columns = found or {"state": COLLECTING, "photos": "[]", "closed_at": 0, "fine_tune_id": ""}
            if columns["state"] != COLLECTING:
                return False
            if name == "_READY":
                changes: Columns = {"state": QUEUED, "closed_at": self.clock.now()}
            else:
                changes = {"photos": json.dumps([*json.loads(columns["photos"]), key])}
            try:
                self._put(Job(person, columns), changes)
            except Conflict:
                continue
            return name == "_READY"

    def scan(self) -> tuple[list[Job], list[Job]]:
        """Read the whole table; return the jobs that train, and those that wait, first closed first."""
        rows = self._rows.range([("person_id", INF_MIN)], [("person_id", INF_MAX)], columns=SCANNED)
        training = [Job(row["person_id"], row) for row in rows if row["state"] == TRAINING]
        queue = [Job(row["person_id"], row) for row in rows if row["state"] == QUEUED]
        return training, sorted(queue, key=lambda job: job.columns["closed_at"])

    def submit(self, job: Job) -> str:
        """Submit a job; return its fine-tune's id, or ``""`` when DashScope does not take it now."""
        columns = self._rows.get([("person_id", job.person_id)]) or {}
        urls = [self._bucket.signed_url(key) for key in json.loads(columns["photos"])]
        try:
            fine_tune = self._dashscope.create_fine_tune(urls)
        except RetryLater:
            return ""
        self._put(Job(job.person_id, columns), {"state": TRAINING, "fine_tune_id": fine_tune.fine_tune_id})
        return fine_tune.fine_tune_id

    def has_ended(self, fine_tune_id: str) -> str:
        """Ask how a fine-tune is doing; returns the state in which it has ended, or ``""``."""
        fine_tune = self._dashscope.fine_tune(fine_tune_id)
        return fine_tune.status if fine_tune.status in (SUCCEEDED, FAILED) else ""

    def finish(self, job: Job, state: str) -> None:
        """Record the end of a job."""
        columns = self._rows.get([("person_id", job.person_id)]) or {}
        self._put(Job(job.person_id, columns), {"state": state})

    def poll(self, job: Job) -> bool:
        """Query a job that trains and record its end; return whether it has ended."""
        state = self.has_ended(str(job.columns["fine_tune_id"]))
        if state:
            self.finish(job, state)
        return bool(state)

    def _put(self, job: Job, changes: Columns) -> None:
        columns: dict[str, Any] = {**job.columns, **changes}
        expected = columns.pop(VERSION, None)
        for name in ("person_id", WRITE_TOKEN):
            columns.pop(name, None)
        self._rows.put([("person_id", job.person_id)], columns, expected=expected)


class Peer:
    """A strategy that keeps its jobs in the peers' table."""

    name = ""

    def __init__(self, account: Account) -> None:
        self.account = account
        account.on_upload = self._uploaded

    def begin(self) -> None:
        """Start the parts that run by themselves."""

    def closed(self) -> None:
        """A set has closed."""

    def is_done(self) -> bool:
        """Whether every person has come and no work is left."""
        left = {QUEUED, TRAINING} & set(self.account.records.states.values())
        return self.account.all_have_closed() and not left and not self.account.kernel.runs

    def invoke(self, name: str, body: Callable[[Worker], None], timeout: int) -> None:
        """Start a function."""
        self.account.invoke(name, lambda run: body(Worker(self.account.workbench(run))), timeout)

    def _uploaded(self, event: bytes) -> None:
        (entry,) = parse_oss_event(event)

        def body(worker: Worker) -> None:
            if worker.take_in(entry.key):
                self.closed()

        self.invoke("collect", body, UPLOAD_TIMEOUT)
