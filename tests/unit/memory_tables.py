"""The tables in memory, with their indexes by a job's lane; a part of :class:`tests.unit.memory.Memory`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.control_rows import ControlRows, Document, Doorbell
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANES,
    Work,
)
from shared.domain.lingering import Lingering
from shared.domain.object_keys import person_key
from shared.domain.photo_set import NEVER
from shared.domain.requests import Pending, Request
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.domain.unread import Unread
from shared.errors import Conflict


class MemoryTables:
    """The tables.

    Attributes:
        calls: the names of the calls of the services that tests count, in their order.
        troubles: what is raised in place of an answer, by operation (``save_slot``) or by operation and what
            it is about (``read_range submissions/a.jpg``).
        rows: the jobs by id.
        unread: jobs whose rows cannot be read.
        held: the slot.
        progress: how far the sweep has come.
        staying: which run stays.
        asked: the operators' requests, by id.
        bell: the doorbell.
        well_being: the deployment's health.
        seen: what is remembered of uploads, by person's key and name.
        documents: rows of the control table that hold objects of JSON.
        nobodys: uploads that belong to nobody, with reasons.
        before_save: called with the job that is about to be saved.
        before_save_slot: called with the slot that is about to be saved.
    """

    def __init__(self, *jobs: Job, slot: Slot | None = None) -> None:
        self.calls: list[str] = []
        self.troubles: dict[str, Exception] = {}
        self.rows = {job.job_id: replace(job, version=1) for job in jobs}
        self.unread: dict[str, Unread] = {}
        self.held = replace(slot or Slot(), version=1)
        self.progress = SweepProgress()
        self.staying = Lingering()
        self.asked: dict[str, Request] = {}
        self.bell = Doorbell()
        self.well_being = Health(version=1)
        self.seen: dict[tuple[str, str], str] = {}
        self.documents: dict[str, Document] = {}
        self.nobodys: dict[str, str] = {}
        self.before_save: Callable[[Job], None] = lambda _: None
        self.before_save_slot: Callable[[Slot], None] = lambda _: None

    def __getitem__(self, job: Job) -> Job:
        return self.rows[job.job_id]

    def meet(self, operation: str, about: str = "") -> None:
        """Raise the trouble that stands in the way of an operation."""
        for name in (f"{operation} {about}", operation):
            if name in self.troubles:
                raise self.troubles[name]

    # -- the table of jobs --------------------------------------------------------------------------

    def latest(self, person_id: str) -> Job | None:
        self.calls.append("latest")
        self.meet("latest", person_id)
        return next(iter(self.revisions_of(person_key(person_id))), None)

    def revisions_of(self, key: str) -> list[Job]:
        jobs = [job for job in self.rows.values() if job.person_key == key]
        return sorted(jobs, key=lambda job: -job.revision)

    def find(self, ids: Iterable[str]) -> dict[str, Job | None]:
        return {name: self.rows.get(name) for name in ids}

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        return {name: self.unread.get(name) or self.rows.get(name) for name in ids}

    def work(self, now: int, queue_count: int, count: int) -> Work:
        return Work(
            running=self._in_lane(RUNNING_LANE),
            delivering=self._in_lane(DELIVERY_LANE)[:count],
            queue=self._in_lane(QUEUE_LANE)[:queue_count],
            due=self._due(COLLECTING_LANE, now)[:count],
            waiting={lane: jobs for lane in WAITING_LANES if (jobs := self._in_lane(lane)[:count])},
            aside=self._due(ASIDE_LANE, now)[:count],
        )

    def collecting(self, after: str, count: int) -> tuple[list[str], str]:
        names = sorted(name for name in self._in_lane(COLLECTING_LANE) if name > after)
        return names[:count], names[count - 1] if len(names) > count else ""

    def set_aside(self, after: str, count: int) -> tuple[list[str], str]:
        names = sorted(name for name in self._in_lane(ASIDE_LANE) if name > after)
        return names[:count], names[count - 1] if len(names) > count else ""

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        self.calls.append("history")
        rows = [one for one in self.revisions_of(person_key(person_id)) if one.revision < before]
        return [self.unread.get(one.job_id) or summary_of(one) for one in rows[:limit]]

    def due_beyond(self, moment: int, count: int) -> list[str]:
        lanes = (QUEUE_LANE, COLLECTING_LANE, ASIDE_LANE)
        return [
            name
            for lane in map(self._in_lane, lanes)
            for name in [name for name in lane if moment <= self.rows[name].due_at < NEVER][:count]
        ]

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        running = [*self._in_lane(RUNNING_LANE), *self._in_lane(DELIVERY_LANE)]
        return running, self._in_lane(QUEUE_LANE)[:count]

    def _due(self, lane: int, now: int) -> list[str]:
        return [name for name in self._in_lane(lane) if self.rows[name].due_at <= now]

    def _in_lane(self, lane: int) -> list[str]:
        jobs = [job for job in self.rows.values() if job.lane == lane]
        return [job.job_id for job in sorted(jobs, key=lambda job: job.due_at)]

    def save(self, before: Job | None, after: Job) -> Job:
        self.before_save(after)
        self.meet("save", after.job_id)
        stored = self.rows.get(after.job_id)
        if (stored.version if stored else 0) != (before.version if before else 0):
            raise Conflict("the job has moved on")
        self.rows[after.job_id] = replace(after, version=(stored.version if stored else 0) + 1)
        return self.rows[after.job_id]

    # -- the shared rows ----------------------------------------------------------------------------

    def read_all(self) -> ControlRows:
        self.meet("read_all")
        access = self.documents.get("photo_access", Document())
        return ControlRows(self.held, self.progress, self.staying, self.well_being, self.bell, access)

    def read_json(self, name: str) -> Document:
        self.meet("read_json", name)
        return self.documents.get(name, Document())

    def save_json(self, name: str, before: Document, value: Mapping[str, Any]) -> Document:
        self.meet("save_json", name)
        if self.documents.get(name, Document()).version != before.version:
            raise Conflict("another run has written it")
        self.documents[name] = Document(value={**before.value, **value}, version=before.version + 1)
        return self.documents[name]

    def health(self) -> Health:
        self.calls.append("health")
        self.meet("health")
        return self.well_being

    def save_health(self, before: Health, after: Health) -> Health:
        self.calls.append("save health")
        self.meet("save_health")
        if self.well_being.version != before.version:
            raise Conflict("the health has moved on")
        self.well_being = replace(after, version=before.version + 1)
        return self.well_being

    def slot(self) -> Slot:
        self.meet("slot")
        return self.held

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        self.before_save_slot(after)
        self.meet("save_slot")
        if self.held.version != before.version:
            raise Conflict("the slot has moved on")
        self.held = replace(after, version=before.version + 1)
        return self.held

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        self.meet("save_lingering")
        if self.staying.version != before.version:
            raise Conflict("another run stays")
        self.staying = replace(after, version=before.version + 1)
        return self.staying

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        if self.progress.version != before.version:
            raise Conflict("another run has read the page")
        self.progress = replace(after, version=before.version + 1)
        return self.progress

    # -- the memory of uploads, requests, and uploads that belong to nobody ----------------------------

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        self.calls.append("etags")
        return {name: etag for name in names if (etag := self.seen.get((person_key, name)))}

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        self.calls.append("remember")
        self.meet("remember")
        self.seen |= {(person_key, name): etag for name, etag in etags.items()}

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        self.nobodys.update(ignored)

    def pending(self, limit: int) -> Pending:
        self.meet("pending")
        open_ones = [one for one in self.asked.values() if not one.is_settled]
        oldest_first = sorted(open_ones, key=lambda one: one.request_id)
        return Pending(requests=tuple(oldest_first[:limit]), is_whole=len(oldest_first) <= limit)

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        self.meet("settle", request.request_id)
        if self.asked[request.request_id].is_settled:
            raise Conflict("another run has settled it")
        self.asked[request.request_id] = request.settled(outcome, now)
        return self.asked[request.request_id]

    def silence(self, heard: Doorbell) -> Doorbell:
        if heard != self.bell:
            raise Conflict("it was rung again")
        self.bell = Doorbell(version=heard.version + 1)
        return self.bell
