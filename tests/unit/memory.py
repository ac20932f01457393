"""The services and the clock in memory, for tests of workflow steps in which one answer or one race decides.

:class:`Memory` fulfils every port of :mod:`shared.workflow.ports` by itself. A test sets the answers as
attributes and reads from others what has been written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from shared.domain.control_rows import ControlRows, Document, Doorbell
from shared.domain.fine_tunes import FineTune
from shared.domain.health import Health
from shared.domain.job import Job
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
from shared.domain.object_keys import Kind, Upload, person_key
from shared.domain.photo_set import NEVER
from shared.domain.photos import Stored
from shared.domain.requests import Request
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.domain.unread import Unread
from shared.errors import Conflict, NotFound, Trouble
from shared.workflow.health_record import HealthRecord
from shared.workflow.ports import Listed, World
from tests.unit.support import NOW, RULES, fine_tune

LIFE_MS = 120_000
"""An invocation lives so long."""


class Memory:
    """All tables, the bucket, DashScope and the clock.

    Attributes:
        time: the present moment; milliseconds since the epoch.
        rows: the jobs by id.
        unread: jobs whose rows cannot be read.
        held: the slot.
        documents: the documents among the shared rows, by name.
        asked: the operators' requests, by id.
        bell: the doorbell.
        seen: the ETags that are remembered, by person's key and name.
        calls: the names of all calls of the services, in their order.
        before_save_slot: called with the slot that is about to be saved.
        save_takes_ms: how long each save of a job takes.
        objects: the bucket's objects by key.
        prepared: keys of the objects that OSS has prepared.
        prepared_as: a snapshot's size in bytes, or the trouble that is raised in place of a snapshot.
        copies: keys of copied objects, with the keys that they were copied from.
        gone_snapshots: keys that cannot be copied.
        listed: DashScope's list of fine-tunes.
        list_trouble: raised in place of the list.
        known: the fine-tunes by id.
        answer: the answer to a create, or the trouble that is raised in its place.
        created: the files of each create.
        well_being: the deployment's health.
        memory: what is remembered of uploads, by person and name.
        nobodys: uploads that belong to nobody, with reasons.
        face_trouble: raised by the face check.
    """

    name = "photos"

    def __init__(self, *jobs: Job, slot: Slot | None = None) -> None:
        self.time = NOW
        self.calls: list[str] = []
        self.rows = {job.job_id: replace(job, version=1) for job in jobs}
        self.unread: dict[str, Unread] = {}
        self.held = replace(slot or Slot(), version=1)
        self.progress = SweepProgress()
        self.documents: dict[str, Document] = {}
        self.asked: dict[str, Request] = {}
        self.bell = Doorbell()
        self.seen: dict[tuple[str, str], str] = {}
        self.before_save_slot: Callable[[Slot], None] = lambda _: None
        self.save_takes_ms = 0
        self.objects: dict[str, Stored] = {}
        self.prepared: list[str] = []
        self.prepared_as: int | Trouble = 1000
        self.copies: dict[str, str] = {}
        self.gone_snapshots: set[str] = set()
        self.results: dict[str, str] = {}
        self.listed: list[FineTune] = []
        self.list_trouble: Trouble | None = None
        self.known: dict[str, FineTune] = {}
        self.answer: FineTune | Trouble = fine_tune("PENDING", "ft-new")
        self.created: list[tuple[str, ...]] = []
        self.canceled: list[str] = []
        self.deleted: list[str] = []
        self.well_being = Health(version=1)
        self.memory: dict[tuple[str, str], str] = {}
        self.nobodys: dict[str, str] = {}
        self.key_id = "key"
        self.face_trouble: Trouble | None = None
        self.checked: list[str] = []

    def world(self, rules: Rules = RULES) -> World:
        """Return the world of an invocation that begins now."""
        tokens = iter(f"token{number}" for number in range(10_000))
        return World(
            jobs=self,
            control=self,
            requests=self,
            seen=self,
            bucket=self,
            dashscope=self,
            clock=self,
            rules=rules,
            dead_at=self.time + LIFE_MS,
            token=lambda: next(tokens),
            random=lambda: 0.5,
            ignored=self,
            health=HealthRecord(self, self, dead_at=self.time + LIFE_MS),
            pace_face_checks=lambda: None,
        )

    def __getitem__(self, job: Job) -> Job:
        return self.rows[job.job_id]

    def upload(self, name: str, *, at: int = NOW, person_id: str = "li", kind: Kind = Kind.PHOTO) -> Upload:
        """Put an object with the ETag that :func:`tests.unit.support.photo` gives it."""
        upload = Upload(person_id, name, kind)
        self.objects[upload.key] = Stored(etag=f"E-{name}", size=1000, modified_at=at)
        return upload

    # -- the clock ----------------------------------------------------------------------------------

    def now(self) -> int:
        return self.time

    def monotonic(self) -> int:
        return self.time

    def sleep(self, milliseconds: int) -> None:
        self.time += milliseconds

    # -- the table of jobs --------------------------------------------------------------------------

    def latest(self, person_id: str) -> Job | None:
        self.calls.append("latest")
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
            due=self.due(now, count),
            waiting={lane: jobs for lane in WAITING_LANES if (jobs := self._in_lane(lane)[:count])},
            aside=[name for name in self._in_lane(ASIDE_LANE) if self.rows[name].due_at <= now][:count],
        )

    def collecting(self, after: str, count: int) -> tuple[list[str], str]:
        names = [name for name in self._in_lane(COLLECTING_LANE) if not after or name > after]
        return names[:count], names[count - 1] if len(names) > count else ""

    def due_beyond(self, moment: int, count: int) -> list[str]:
        lanes = (self._in_lane(COLLECTING_LANE), self._in_lane(ASIDE_LANE))
        return [
            name
            for lane in lanes
            for name in [name for name in lane if moment <= self.rows[name].due_at < NEVER][:count]
        ]

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        running = [*self._in_lane(RUNNING_LANE), *self._in_lane(DELIVERY_LANE)]
        return running, self._in_lane(QUEUE_LANE)[:count]

    def due(self, now: int, count: int) -> list[str]:
        return [name for name in self._in_lane(COLLECTING_LANE) if self.rows[name].due_at <= now][:count]

    def _in_lane(self, lane: int) -> list[str]:
        jobs = [job for job in self.rows.values() if job.lane == lane]
        return [job.job_id for job in sorted(jobs, key=lambda job: job.due_at)]

    def save(self, before: Job | None, after: Job) -> Job:
        stored = self.rows.get(after.job_id)
        if (stored.version if stored else 0) != (before.version if before else 0):
            raise Conflict("the job has moved on")
        self.time += self.save_takes_ms
        saved = replace(after, version=(stored.version if stored else 0) + 1)
        self.rows[after.job_id] = saved
        return saved

    # -- the shared rows ----------------------------------------------------------------------------

    def read_all(self) -> ControlRows:
        return ControlRows(self.held, self.progress, Lingering(), self.well_being, self.bell)

    def health(self) -> Health:
        self.calls.append("health")
        return self.well_being

    def save_health(self, before: Health, after: Health) -> Health:
        if self.well_being.version != before.version:
            raise Conflict("the health has moved on")
        self.calls.append("save health")
        self.well_being = replace(after, version=before.version + 1)
        return self.well_being

    def slot(self) -> Slot:
        return self.held

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        self.before_save_slot(after)
        if self.held.version != before.version:
            raise Conflict("the slot has moved on")
        self.held = replace(after, version=before.version + 1)
        return self.held

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        return replace(after, version=before.version + 1)

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        assert before == self.progress
        self.progress = replace(after, version=before.version + 1)
        return self.progress

    # -- the memory of uploads, requests, and uploads that belong to nobody ----------------------------

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        self.calls.append("etags")
        return {name: etag for name in names if (etag := self.seen.get((person_key, name)))}

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        self.calls.append("remember")
        self.seen |= {(person_key, name): etag for name, etag in etags.items()}

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        self.nobodys.update(ignored)

    def pending(self, limit: int) -> list[Request]:
        open_ones = [one for one in self.asked.values() if not one.is_settled]
        return sorted(open_ones, key=lambda one: one.request_id)[:limit]

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        if self.asked[request.request_id].is_settled:
            raise Conflict("another run has settled it")
        self.asked[request.request_id] = request.settled(outcome, now)
        return self.asked[request.request_id]

    def silence(self, heard: Doorbell) -> Doorbell:
        if heard != self.bell:
            raise Conflict("it was rung again")
        self.bell = Doorbell(version=heard.version + 1)
        return self.bell

    # -- the bucket ---------------------------------------------------------------------------------

    def stored(self, key: str) -> Stored | None:
        return self.objects.get(key)

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        if isinstance(self.prepared_as, Trouble):
            raise self.prepared_as
        self.prepared.append(key)
        return self.prepared_as

    def copy(self, key: str, target: str) -> None:
        if key in self.gone_snapshots:
            raise NotFound("NoSuchKey", key)
        self.copies[target] = key

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        self.calls.append(f"list {prefix}")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = [Listed(key, self.objects[key]) for key in keys[:count]]
        return page, keys[count - 1] if len(keys) > count else ""

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        self.calls.append("list folders")
        keys = (key for key in self.objects if key.startswith(prefix))
        folders = {prefix + key[len(prefix) :].partition("/")[0] + "/" for key in keys}
        return sorted(folder for folder in folders if folder > after)[:count], ""

    def signed_url(self, key: str) -> str:
        return f"https://photos.oss.example/{key}?signature=s"

    def read(self, key: str, max_bytes: int = 0) -> bytes:
        raise AssertionError("no photo is read as a whole here")

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        if key in self.gone_snapshots:
            raise NotFound("NoSuchKey", key)
        return b"-"

    def write(self, key: str, content: bytes) -> None:
        raise AssertionError("nothing is unpacked here")

    def write_json(self, key: str, text: str) -> None:
        self.calls.append("deliver")
        self.results[key] = text

    # -- DashScope ----------------------------------------------------------------------------------

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        self.calls.append("create")
        self.created.append(tuple(files))
        if isinstance(self.answer, Trouble):
            raise self.answer
        return self.answer

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        if fine_tune_id not in self.known:
            raise NotFound("NotFound", "Not Found!")
        return self.known[fine_tune_id]

    def fine_tunes(self) -> Iterator[FineTune]:
        if self.list_trouble is not None:
            raise self.list_trouble
        return iter(self.listed)

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        self.canceled.append(fine_tune_id)

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        self.deleted.append(fine_tune_id)

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        if self.face_trouble is not None:
            raise self.face_trouble
        self.checked += urls
        return [(True, "") for _ in urls]

    def files(self) -> dict[str, str]:
        raise AssertionError("no file service is used here")

    def upload_file(self, name: str, content: bytes) -> str:
        raise AssertionError("no file service is used here")

    def delete_file(self, file_id: str) -> None:
        raise AssertionError("no file service is used here")
