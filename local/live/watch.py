"""Looks at all people again and again, at a bounded cost: the demo and ``make up`` draw what it finds.

A look is one request for each hundred jobs, one for each set that has changed, and one for what is in
everybody's way. It is left out when nothing can have changed: a function that does something logs it, and a
log line makes the last look stale.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import requests

from local.live.standing import Pace, Standing, newest_by_person, standings
from local.live.status_client import Document, StatusClient
from local.stack import Stack
from shared.settings import read_settings

STRIKES_EVERYBODY = frozenset({"account", "api"})
MOST_DETAILS = 10
"""Documents that one look may read beside the list."""


class Watch:
    """The people as the last look found them.

    Attributes:
        pace: the settings that say when the next step is due.
        jobs: all jobs, newest first.
        obstacles: what stands in everybody's way, as the API tells it.
        halted: why the queue waits, as the API tells it; None while it does not.
        trouble: why the last look failed; empty when it did not.
    """

    def __init__(self, client: StatusClient, pace: Pace, stale: threading.Event) -> None:
        """Read with ``client`` whenever ``stale`` is set."""
        self._client = client
        self.pace = pace
        self._stale = stale
        self._photos: dict[str, list[Document]] = {}
        self._blocks: dict[str, Document] = {}
        self._seen: dict[str, str] = {}
        self.jobs: list[Document] = []
        self.obstacles: list[Document] = []
        self.halted: Document | None = None
        self.trouble = ""
        stale.set()

    @classmethod
    def of(cls, cloud: Stack, stale: threading.Event) -> Watch:
        """Return one that reads the status API of ``cloud``."""
        rules = read_settings(next(iter(cloud.resources.functions.values())).environment).rules
        return cls(
            StatusClient(cloud.status_url, cloud.status_token),
            Pace(rules=rules, training_seconds=cloud.options.behaviour.training_seconds),
            stale,
        )

    def look(self) -> None:
        """Read what may have changed since the last look; trouble is kept, and the next look tries again."""
        if not self._stale.is_set():
            return
        self._stale.clear()
        try:
            self._look()
            self.trouble = ""
        except requests.RequestException as problem:
            self.trouble = str(problem)
            self._stale.set()

    def standings(self, now: float) -> list[Standing]:
        """Return a line for each person, as of ``now``, in seconds since the epoch."""
        return standings(newest_by_person(self.jobs), self._photos, self.pace, now, self._blocks)

    def _look(self) -> None:
        self.jobs = self._client.jobs()
        newest = newest_by_person(self.jobs)
        known = {job["job_id"] for job in newest.values()}
        self._photos = {job_id: photos for job_id, photos in self._photos.items() if job_id in known}
        self._blocks = {job_id: block for job_id, block in self._blocks.items() if job_id in known}
        self._seen = {job_id: at for job_id, at in self._seen.items() if job_id in known}
        changed = [job for job in newest.values() if self._seen.get(job["job_id"]) != job["changed_at"]]
        for job in changed[-MOST_DETAILS:]:
            self._read(job)
        if len(changed) > MOST_DETAILS:
            self._stale.set()
        self.obstacles = self._client.obstacles()
        self.halted = self._halt(newest)

    def _read(self, job: Document) -> None:
        document = self._client.person(job["person_id"])
        if document is not None and document["current"]["job_id"] == job["job_id"]:
            self._photos[job["job_id"]] = document["current"].get("photos", [])
            self._blocks.pop(job["job_id"], None)
            block = document["blocked_by"]
            # What strikes everybody stands above the people, and it goes without a change of their jobs.
            if block and block["scope"] not in STRIKES_EVERYBODY:
                self._blocks[job["job_id"]] = block
        self._seen[job["job_id"]] = job["changed_at"]

    def _halt(self, newest: Mapping[str, Document]) -> Document | None:
        """Return what the head of the queue tells of the queue, if that waits; no job's row tells it."""
        queued = [job for job in newest.values() if job["state"] == "QUEUED"]
        if not queued:
            return None
        head = min(queued, key=lambda job: str(job["closed_at"]))
        document = self._client.person(head["person_id"])
        queue: Document | None = document["queue"] if document else None
        return queue if queue and queue["waiting_because"] else None
