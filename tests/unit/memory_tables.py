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
    KEPT_LANE,
    PORTRAIT_LANE,
    PORTRAIT_QUEUE_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANES,
    Work,
)
from shared.domain.lingering import Lingering
from shared.domain.object_keys import person_key
from shared.domain.photo_set import NEVER
from shared.domain.requests import ERASE, Pending, Request
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
        revoked: share links that open nothing any more, with when they would have ended.
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
        self.revoked: dict[str, int] = {}
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

    def revisions_of(self, key: str, *, limit: int = 100, before: int | None = None) -> list[Job]:
        jobs = [job for job in self.rows.values() if job.person_key == key]
        jobs = [job for job in jobs if before is None or job.revision < before]
        return sorted(jobs, key=lambda job: -job.revision)[:limit]

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
        found = self.revisions_of(person_key(person_id), limit=len(self.rows))
        rows = [one for one in found if one.revision < before]
        return [self.unread.get(one.job_id) or summary_of(one) for one in rows[:limit]]

    def due_beyond(self, moment: int, count: int, *, with_portraits: bool = False) -> list[str]:
        lanes = [QUEUE_LANE, COLLECTING_LANE, ASIDE_LANE]
        lanes += [PORTRAIT_LANE, PORTRAIT_QUEUE_LANE] if with_portraits else []
        return [
            name
            for lane in map(self._in_lane, lanes)
            for name in [name for name in lane if moment <= self.rows[name].due_at < NEVER][:count]
        ]

    def kept_until(self, moment: int, count: int) -> list[str]:
        return [name for name in self._in_lane(KEPT_LANE) if self.rows[name].due_at <= moment][:count]

    def portraits_in_hand(self, now: int, count: int) -> list[str]:
        due = [name for name in self._in_lane(PORTRAIT_LANE) if self.rows[name].due_at <= now]
        return [*due[:count], *self._in_lane(PORTRAIT_QUEUE_LANE)[:count]]

    def portraits_waiting(self, after: str, count: int) -> tuple[list[str], str]:
        names = sorted(name for name in self._in_lane(PORTRAIT_QUEUE_LANE) if name > after)
        return names[:count], names[count - 1] if len(names) > count else ""

    def ended(self, after: str, count: int) -> tuple[list[str], str]:
        names = sorted(name for name, job in self.rows.items() if job.state.is_terminal and name > after)
        return names[:count], names[count - 1] if len(names) > count else ""

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

    def delete_job(self, job: Job) -> None:
        self.meet("delete_job", job.job_id)
        stored = self.rows.get(job.job_id)
        if stored is not None and stored.version != job.version:
            raise Conflict("the job has moved on")
        self.rows.pop(job.job_id, None)

    # -- the shared rows ----------------------------------------------------------------------------

    def read_all(self) -> ControlRows:
        self.meet("read_all")
        access = self.documents.get("photo_access", Document())
        return ControlRows(self.held, self.progress, self.staying, self.well_being, self.bell, access)

    def read_json(self, name: str) -> Document:
        self.meet("read_json", name)
        return self.documents.get(name, Document())

    def save_json(self, name: str, before: Document, value: Mapping[str, Any], *, first: int = 1) -> Document:
        self.meet("save_json", name)
        if self.documents.get(name, Document()).version != before.version:
            raise Conflict("another run has written it")
        version = before.version + 1 if before.version else first
        self.documents[name] = Document(value={**before.value, **value}, version=version)
        return self.documents[name]

    def delete_json(self, name: str, document: Document) -> None:
        self.meet("delete_json", name)
        if name in self.documents and self.documents[name].version != document.version:
            raise Conflict("another run has written it")
        self.documents.pop(name, None)

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

    def forget(self, person_key: str, names: Iterable[str] | None = None, *, until: int) -> int:
        wanted = None if names is None else set(names)
        gone = [one for one in self.seen if one[0] == person_key and (wanted is None or one[1] in wanted)]
        for one in gone:
            del self.seen[one]
        return len(gone)

    def remembered(self, person_key: str, count: int) -> list[dict[str, object]]:
        found = [(name, etag) for (key, name), etag in self.seen.items() if key == person_key]
        return [{"name_hash": name, "etag": etag, "remembered_at": 0} for name, etag in found[:count]]

    def of_keys(self, is_theirs: Callable[[str], bool]) -> list[dict[str, object]]:
        return [{"key": key, "reason": why, "at": 0} for key, why in self.nobodys.items() if is_theirs(key)]

    def about(self, is_theirs: Callable[[str], bool]) -> list[Request]:
        return [one for one in self.asked.values() if is_theirs(one.subject) and one.kind != ERASE]

    def forget_keys(self, is_theirs: Callable[[str], bool]) -> int:
        gone = [key for key in self.nobodys if is_theirs(key)]
        for key in gone:
            del self.nobodys[key]
        return len(gone)

    def forget_about(
        self,
        is_theirs: Callable[[str], bool],
        asked_until: int,
        without_name: Callable[[Request], Request] | None = None,
    ) -> int:
        gone = [name for name, one in self.asked.items() if is_theirs(one.subject) and one.kind != ERASE]
        for name in gone:
            asked = self.asked.pop(name)
            if without_name is not None and not asked.audited_at:
                self.asked[name] = without_name(asked)
        return len(gone)

    def revoke_link(self, link_id: str, until: int) -> None:
        self.revoked[link_id] = until

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        self.nobodys.update(ignored)

    def pending(self, limit: int, now: int) -> Pending:
        self.meet("pending")
        open_ones = [one for one in self.asked.values() if not one.is_settled and one.due_at <= now]
        oldest_first = sorted(open_ones, key=lambda one: one.request_id)
        to_audit = sorted(
            (one for one in self.asked.values() if one.awaits_audit), key=lambda one: one.request_id
        )
        is_whole = len(oldest_first) <= limit
        return Pending(requests=tuple(oldest_first[:limit]), is_whole=is_whole, to_audit=tuple(to_audit))

    def note_audited(self, request: Request, now: int) -> Request:
        self.meet("note_audited", request.request_id)
        if self.asked[request.request_id] != request:
            raise Conflict("another run has noted it")
        self.asked[request.request_id] = replace(request, audited_at=now)
        return self.asked[request.request_id]

    def ring(self, request: Request) -> Request:
        self.meet("ring", request.request_id)
        if request.request_id in self.asked:
            raise Conflict("it is there already")
        self.asked[request.request_id] = request
        self.ring_again()
        return request

    def ring_again(self) -> None:
        self.meet("ring_again")
        self.bell = Doorbell(is_rung=True, version=self.bell.version + 1)

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        self.meet("settle", request.request_id)
        if self.asked[request.request_id].is_settled:
            raise Conflict("another run has settled it")
        self.asked[request.request_id] = request.settled(outcome, now)
        return self.asked[request.request_id]

    def note_progress(self, request: Request) -> Request:
        self.meet("note", request.request_id)
        self.asked[request.request_id] = request
        return request

    def silence(self, heard: Doorbell, rings_at: int = 0) -> Doorbell:
        if heard != self.bell:
            raise Conflict("it was rung again")
        self.bell = Doorbell(version=heard.version + 1, rings_at=rings_at)
        return self.bell
