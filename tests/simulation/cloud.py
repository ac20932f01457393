"""A whole simulated deployment: the emulators' state, the real handlers, and a platform that misbehaves."""

from __future__ import annotations

import functools
import json
import logging
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timezone
from functools import partial
from typing import Any, cast
from unittest import mock

import requests

import functions.collect
import functions.reconcile
from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.dashscope.pictures.inspection import UNREADABLE, Inspection
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.notifications import Notification, event_json
from aliyun_local.oss.state.objects import Attributes, StoredObject
from aliyun_local.tablestore.store import catalog
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import Column, IndexMeta, TableOptions
from shared.clients.audit_log import AuditLog
from shared.clients.control_table import ControlTable
from shared.clients.dashscope import DashScope
from shared.clients.health_row import health_from_json
from shared.clients.ignored_list import IgnoredList
from shared.clients.job_rows import to_columns
from shared.clients.outbox_table import OutboxTable
from shared.clients.request_table import DOORBELL, RequestTable
from shared.clients.retries import Retries
from shared.clients.rows import Rows
from shared.clients.seen_table import SeenTable
from shared.clients.work_in_hand import JobsInHand
from shared.domain.consent import waits_for_consent
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.object_keys import upload_key
from shared.domain.photo_access import AccessSettings, Way
from shared.domain.photo_set import NEVER
from shared.domain.requests import Request, request_id
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.workflow.access_record import AccessMemory, AccessRecord
from shared.workflow.health_record import HealthRecord
from shared.workflow.message_ports import Messages, Receiver
from shared.workflow.pacing import Pacer
from shared.workflow.ports import JobTable, World
from shared.workflow.telling import telling
from tests.simulation.dashscope_end import Session
from tests.simulation.databases import begin_alike, quick_databases, remembered
from tests.simulation.faults import Faults, OtherPrograms
from tests.simulation.gate import SECOND_RUN, Gate
from tests.simulation.invariants import Invariants
from tests.simulation.kernel import Kernel, Run, RunClock, Seconds
from tests.simulation.log_end import ERASE_KEY, LogEnd
from tests.simulation.portrait_end import draw
from tests.simulation.receiver import SimulatedReceiver, is_outbox
from tests.simulation.status_end import StatusEnd
from tests.simulation.stores import (
    A_ROW_OF_JOBS,
    API_KEY,
    BUCKET,
    INSTANCE,
    TAKEN_FROM,
    SimulatedBucket,
    SimulatedOtsClient,
)
from tests.stack import PARAMETERS, TEMPLATE

COLLECT_TIMEOUT, RECONCILE_TIMEOUT, TICK_MS = 60_000, 120_000, 60_000
RETRIES = 8
OTHER_KEY = "sk-simulated-other-key"

_load = functools.lru_cache(maxsize=2_000)(StoredRow.load)
_stored_object = functools.lru_cache(maxsize=2_000)(StoredObject.from_row)
_fine_tune = functools.lru_cache(maxsize=2_000)(fine_tune_ledger.TABLE.record_of)


def _no_size(_: object, __: object) -> int:
    """Capacity units are not used here, and counting them is a tenth of all the work."""
    return 0


_RESOURCES = TEMPLATE.resolve(
    {**PARAMETERS, "BucketName": BUCKET, "InstanceName": INSTANCE, "DashScopeApiKey": API_KEY}
)


def inspect_by_mark(content: bytes) -> Inspection:
    """Judge simulated photos by their first bytes."""
    if content.startswith(b"FACE"):
        return Inspection(problem=None, faces=1)
    return (
        Inspection(problem=None, faces=0) if content.startswith(b"VIEW") else Inspection(problem=UNREADABLE)
    )


def _is_readable(columns: dict[str, Any]) -> bool:
    return columns.get("state") in JobState.__members__


class SimulatedCloud:
    """One account. ``upload`` and ``tick`` are what the world does; ``advance`` lets it happen."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        *,
        rules: Rules | None = None,
        behaviour: Behaviour | None = None,
        index_lag: float = 0.0,
        retry_delay_ms: int = 60_000,
        skew: int = 0,
        photo_access: str = "url",
        account: str = "old",
        emulated_tables: bool = True,
        tells: bool = False,
        start: int | None = None,
        audit: bool = False,
    ) -> None:
        self.kernel = Kernel(seed) if start is None else Kernel(seed, start)
        self.faults = faults
        self.rules = rules or Rules(quiet_ms=60_000, sweep_rest_ms=50_000)
        self.gate = Gate(self.kernel, faults)
        self.retry_delay_ms = retry_delay_ms
        self.skew = skew
        self.photo_access = photo_access
        self.erase_key = ERASE_KEY if audit else ""
        self.memories: dict[str, AccessMemory] = {}
        clock = Seconds(self.kernel)
        with quick_databases():
            self.objects = self._new_objects(clock)
            self.tables = TableStore(None, clock, index_lag_seconds=index_lag) if emulated_tables else None
        begin_alike(self.objects._database, "bucket", lambda: self.objects.create_bucket(BUCKET))
        if self.tables is not None:
            begin_alike(self.tables._database, "tables", self._create_tables)
        self.behaviour = behaviour or Behaviour(
            training_seconds=302.0, fetch="start", second_fine_tune="queue", kept_fine_tunes=10_000
        )
        self._bucket = SimulatedBucket(
            self.objects,
            self.gate,
            lambda key, text: self.invariants.result_written(key, text),
            lambda key, content, taken_from: self._put(key, content, (0,), taken_from),
            lambda file_id: self.studio.files.read(file_id),
        )
        self.account = account
        with quick_databases():
            self.logs = LogEnd(self.gate, clock) if audit else None
            self.studio = ModelStudio(None, clock, self.behaviour, self._bucket.fetch, random_seed=seed)
        self.invariants = self._new_invariants()
        self.invariants.is_unreadable = self.is_unreadable
        self.invariants.may_lag = self.may_lag
        self.invariants.money.rules = lambda: self.rules
        self.invariants.administration.longest_skew = self.invariants.consents.skew = skew
        self.invariants.administration.retention.rules = lambda: self.rules
        self.invariants.administration.is_audited = audit
        self._bucket.watch_deletion = self.invariants.upload_deleted
        self._bucket.watch_portrait = self.invariants.portraits.picture_written
        self.others = self.invariants.others = OtherPrograms(
            self.studio,
            random.Random(f"others {seed}"),
            self.invariants.is_ours,
            self.invariants.is_recorded,
        )
        service = DashScopeService(self.studio, clock, api_keys=[API_KEY, OTHER_KEY])
        self._session = Session(service, self.gate, self.invariants, self._told_of)
        self._ots = SimulatedOtsClient(
            self.tables, _RESOURCES.tables, self.gate, self._row_written, index_lag=index_lag
        )
        self._ots.watch_deletion = self._row_deleted
        self._jobs_seen: tuple[int, list[Job]] = (0, [])
        self._tokens = random.Random(f"tokens {seed}")
        self.pacer = Pacer()
        self.status = StatusEnd(
            spawn=self._spawn,
            rows=self._rows,
            token=self._token,
            time_ns=lambda: self._clock(self.kernel.current).now() * 1_000_000,
            rules=lambda: self.rules,
            watch=self.invariants.result_written,
            erase_key=lambda: self.erase_key,
            audit=self._audit_of if self.logs else None,
            read=lambda key: self.objects.get(BUCKET, key)[1],
        )
        self.collect_instances = 0
        """How many runs of ``collect`` may be in flight, as the platform's limit has it; 0: any number."""
        self._collects_in_flight = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self.ahead_ms = 0
        self._key = API_KEY
        self.abandoned = 0
        self.receiver = SimulatedReceiver(self.gate, random.Random(f"receiver {seed}")) if tells else None
        """Whoever is told of what happens, None: nobody."""
        if self.receiver is not None:
            self.receiver.is_gone = self.invariants.administration.erasures.is_gone
        self.receivers: tuple[Receiver, ...] = (self.receiver,) if self.receiver is not None else ()

    def _new_objects(self, clock: Seconds) -> ObjectStore:
        return ObjectStore(None, clock)

    def _new_invariants(self) -> Invariants:
        return Invariants(self.studio, self.rules.concurrent_trainings, self.kernel)

    def _told_of(self, text: str) -> str:
        """Return what a request to DashScope is about: the id of what it has made stands for more."""
        path = text.partition(" ")[0]
        meant = path.rpartition("/")[2]
        # Only a path names a fine-tune: the whole ledger is not read for each photo of a month.
        ledger = self.studio.ledger() if "/fine-tunes/" in path else []
        named = (entry for entry in ledger if entry.job_id in path)
        files = (file for entry in named for file in entry.training_file_ids)
        stored = self.studio.files.page(offset=0, limit=1000)[1] if "/files/" in path else []
        names = (file.name for file in stored if file.file_id == meant)
        models = self.invariants.portraits.jobs_named_in(text)
        told = " ".join([text, *files, self.invariants.owner_of(meant), *names, *models])
        return self._bucket.told_of(told)

    # -- what the world does ------------------------------------------------------------------------

    def upload(
        self,
        person: str,
        name: str,
        content: bytes,
        *,
        deliveries: tuple[int, ...] = (0,),
        in_parts: bool = False,
    ) -> None:
        """Put an object; its event arrives once for each of ``deliveries``, so many milliseconds later.

        A ``name`` that begins with ``/`` tells the folder, which is spelled otherwise than the person.
        ``in_parts``: by a multipart upload, which has an ETag of its own.
        """
        self._put(upload_key(person, name), content, deliveries, in_parts=in_parts)

    def _put(
        self,
        key: str,
        content: bytes,
        deliveries: tuple[int, ...],
        taken_from: str = "",
        *,
        in_parts: bool = False,
    ) -> None:
        attributes = Attributes(headers={TAKEN_FROM: taken_from} if taken_from else {})
        if in_parts:
            upload = self.objects.uploads.start(BUCKET, key, attributes)
            self.objects.uploads.put_part(upload, 1, content)
            self.objects.uploads.complete(upload, None)
        else:
            self.objects.put(BUCKET, key, content, attributes)
        (notification,) = [one for one in self._new_notifications() if one.key == key][-1:]
        event = json.dumps(event_json(notification, "1", "cn-beijing")).encode()
        for delay in deliveries:
            self.kernel.at(self.kernel.now + delay, lambda: self.invoke_collect(event))

    def _new_notifications(self) -> list[Notification]:
        """Return all that the bucket has to tell: thousands of deletions, if nothing is uploaded for days."""
        found: list[Notification] = []
        while pending := self.objects.pending_notifications(1000):
            for one in pending:
                self.objects.acknowledge(one.id)
            found += pending
        return found

    def place(self, key: str, content: bytes) -> StoredObject:
        """Put an object of which no event tells; returns it as it is stored."""
        self.objects.put(BUCKET, key, content)
        self._new_notifications()
        return self.objects.head(BUCKET, key)

    def delete(self, person: str, name: str) -> None:
        """Delete an upload."""
        self.objects.delete(BUCKET, upload_key(person, name))

    def invoke_collect(self, event: bytes, attempt: int = 0) -> None:
        """Run ``collect``, and again later while it fails, as Function Compute does."""

        def ended(succeeded: bool) -> None:
            self._collects_in_flight -= 1
            if self._waiting:
                self.kernel.at(self.kernel.now, self._waiting.popleft())
            if succeeded:
                return
            if attempt >= RETRIES:
                self.abandoned += 1
                return
            self.kernel.at(
                self.kernel.now + self.retry_delay_ms, lambda: self.invoke_collect(event, attempt + 1)
            )

        def begin() -> None:
            self._collects_in_flight += 1
            self._spawn("collect", lambda run: functions.collect.handler(event, run), COLLECT_TIMEOUT, ended)

        if self.collect_instances and self._collects_in_flight >= self.collect_instances:
            self._waiting.append(begin)
        else:
            begin()

    def invoke_reconcile(self, *, late: int = 0, name: str = "reconcile") -> None:
        """Run one tick that was due ``late`` milliseconds ago; it is not repeated when it fails."""
        due = datetime.fromtimestamp((self.kernel.now - late) / 1000, tz=timezone.utc)
        event = json.dumps({"triggerTime": f"{due:%Y-%m-%dT%H:%M:%SZ}", "payload": ""}).encode()
        self._spawn(name, lambda run: functions.reconcile.handler(event, run), RECONCILE_TIMEOUT, None)

    def require_second_run(self, wanted: bool) -> None:
        """From now on start a second run beside a run that would make its call alone."""
        self.gate.second_run = (lambda: self.invoke_reconcile(name=SECOND_RUN)) if wanted else None

    def _spawn(self, name: str, body: Any, timeout: int, ended: Any) -> None:
        skew = self.kernel.random.randint(-self.skew, self.skew) if self.skew else self.ahead_ms
        self.kernel.spawn(name, body, timeout=timeout, ended=ended, skew=skew)

    def advance(self, milliseconds: int) -> None:
        """Let time pass."""
        self.kernel.advance(self.kernel.now + milliseconds)

    # -- what can be seen ---------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """Return every job, by person and revision."""
        mirror = self._ots.mirrors["jobs"]
        if self._jobs_seen[0] != mirror.writes:
            found = [self.job_of(columns) for columns in mirror.everything() if _is_readable(columns)]
            found.sort(key=lambda job: (job.person_id, job.revision))
            self._jobs_seen = (mirror.writes, found)
        return list(self._jobs_seen[1])

    def is_unreadable(self, job_id: str, since: int) -> bool:
        """Whether the row of ``job_id`` is not given to anybody now, or was not at the moment ``since``."""
        row = job_id.replace("-", " ")
        moments = (since, self.kernel.now)
        return any(self.gate.standings.stands_in_the_way("ots", A_ROW_OF_JOBS, row, at) for at in moments)

    def may_lag(self, job_id: str) -> bool:
        """Whether the row of ``job_id`` may be out of date, since it was not written or cannot be read."""
        key = job_id.replace("-", " ")
        person, revision = key.split(" ")
        row = self._ots.mirrors["jobs"].columns([("person_key", person), ("revision", int(revision))])
        is_spoilt = row is not None and not _is_readable(row)
        return is_spoilt or key in self._ots.unwritten or self.is_unreadable(job_id, self.kernel.now)

    def check_mirrors(self) -> None:
        """Hold what reads are answered from against the emulator's own tables, if it is there."""
        if self.tables is not None:
            for mirror in self._ots.mirrors.values():
                mirror.check(self.tables)

    def uploads(self) -> list[StoredObject]:
        """Return everything that lies under ``people/``."""
        found: list[StoredObject] = []
        marker: str | None = ""
        while marker is not None:
            page = self.objects.list_objects(BUCKET, prefix="people/", marker=marker, limit=1000)
            found += page.rows
            marker = page.next_marker or None
        return found

    def close(self) -> None:
        """Let go of the databases."""
        self.objects.close()
        if self.tables is not None:
            self.tables.close()
        self.studio.close()

    def is_at_rest(self) -> bool:
        """Whether nothing is in flight and no job has anything left to be done, nor any request."""
        erasures = self.invariants.administration.erasures
        is_quiet = not self.kernel.runs and not self.is_rung() and not erasures.open_ones()
        return is_quiet and not self.unfinished()

    def unfinished(self) -> list[Job]:
        """Return the jobs that have something left to be done, by person and revision."""
        return [job for job in self.jobs() if self.is_unfinished(job)]

    def is_unfinished(self, job: Job) -> bool:
        """Whether ``job`` has something left to be done; one short of photos, or of consent, only waits."""
        if job.state.is_terminal:
            orders = [order for order in job.portraits if not order.state.is_terminal]
            goes_on = any(not waits_for_consent(order.retry) for order in orders)
            return not job.delivered or bool(job.result_due_at) or goes_on
        if waits_for_consent(job.retry):
            return False
        waits_for_photos = job.state is JobState.COLLECTING and job.due_at == NEVER
        return job.state is not JobState.REJECTED and not waits_for_photos

    def health(self) -> Health:
        """Return the deployment's health as its row has it."""
        found = self._ots.mirrors["control"].columns([("name", "health")])
        return health_from_json(json.loads(found["value"]), 0) if found else Health()

    def slot(self) -> Slot:
        """Return the training slot as its row has it."""
        found = self._ots.mirrors["control"].columns([("name", "slot")])
        return ControlTable(cast("Rows", _OneRow(found))).slot()

    # -- how it is changed -------------------------------------------------------------------------------

    def change_rules(self, **changes: Any) -> None:
        """Deploy other settings."""
        self.rules = replace(self.rules, **changes)

    def ask(self, kind: str, subject: str = "", *, photo: str = "", reason: str = "") -> None:
        """Write down what an administrator asks for, and ring, as ``status`` does."""
        name = request_id(self.kernel.now, self._token())
        asked = Request(
            request_id=name,
            kind=kind,
            asked_at=self.kernel.now,
            asked_by="admin",
            subject=subject,
            photo=photo,
            reason=reason,
        )
        columns = {**asdict(asked), "format": 1, "version": 1, "write_token": self._token()}
        del columns["request_id"]
        self._ots.write_beside("requests", [("name", f"request/{name}")], columns)
        self.invariants.administration.request_written(None, {"name": f"request/{name}", **columns})
        bell = self._ots.mirrors["requests"].columns(DOORBELL) or {"version": 0}
        rung = {"is_rung": True, "format": 1, "version": bell["version"] + 1, "write_token": self._token()}
        self._ots.write_beside("requests", list(DOORBELL), rung)

    def requests(self) -> list[dict[str, Any]]:
        """Return the rows of what administrators have asked for, oldest first."""
        rows = self._ots.mirrors["requests"].everything()
        return sorted((row for row in rows if "kind" in row), key=lambda row: str(row["name"]))

    def is_rung(self) -> bool:
        """Whether something is asked for that is not carried out yet."""
        bell = self._ots.mirrors["requests"].columns(DOORBELL)
        return bool(bell and bell["is_rung"])

    def is_heard(self) -> bool:
        """Whether a tick has to look now what is asked for."""
        bell = self._ots.mirrors["requests"].columns(DOORBELL)
        return bell is not None and bool(bell["is_rung"] or 0 < bell.get("rings_at", 0) <= self.kernel.now)

    def spoil_row(self, person: str, **columns: Any) -> None:
        """Write what no version of the code understands into the person's newest row."""
        job = [job for job in self.jobs() if job.person_id == person][-1]
        mirror = self._ots.mirrors["jobs"]
        key = [("person_key", job.person_key), ("revision", job.revision)]
        row = {**(mirror.columns(key) or {}), **columns, "write_token": "spoilt"}
        mirror.written(key, row)
        self.invariants.rows[job.job_id] = row

    def put_row(self, job: Job, **columns: Any) -> None:
        """Write the row of a job that no run has made; ``columns`` take the places of its own."""
        key = [("person_key", job.person_key), ("revision", job.revision)]
        row = {**dict(key), **to_columns(job), "version": 1, "write_token": self._token(), **columns}
        self._ots.mirrors["jobs"].written(key, row)

    def hide_fields(self, *names: str) -> None:
        """Let DashScope leave these fields out of its fine-tunes."""
        self._session.hidden_fields = names

    def alter_answers(self, alter: Callable[[str, dict[str, Any]], None] | None) -> None:
        """Let DashScope answer otherwise: ``alter`` changes each document, by the operation's name."""
        self._session.alter = alter

    @property
    def account(self) -> str:
        """The kind of the OSS account: ``old``, or one of ``today``, or one with a ``domain`` of its own."""
        return self._bucket.account

    @account.setter
    def account(self, kind: str) -> None:
        self._bucket.account = kind

    def _access_settings(self) -> AccessSettings:
        way = None if self.photo_access == "auto" else Way(self.photo_access)
        return AccessSettings(way=way, door=self._bucket.door)

    def _memory_of(self, run: Run) -> AccessMemory:
        """What the instance remembers that takes ``run``: there is one of each function."""
        return self.memories.setdefault(run.name, AccessMemory())

    def change_key(self, key: str = API_KEY) -> None:
        """Deploy another API key."""
        self._key = key

    def forget_tables(self) -> None:
        """Make the tables anew over the same bucket."""
        self._ots.make_anew()
        self.invariants.forget_rows()

    # -- inside -------------------------------------------------------------------------------------

    def world(self, run: Run) -> World:
        """The world of one run."""
        clock = self._clock(run)
        retries = self._retries(clock)

        def rows(table: str) -> Rows:
            return self._rows(table, run)

        dashscope = DashScope(
            "https://dashscope.aliyuncs.com/api/v1",
            self._key,
            # It answers like a session, in as much as the client asks of one.
            new_session=lambda: cast("requests.Session", self._session),
            retries=retries,
        )
        control = ControlTable(rows("control"))
        jobs: JobTable = JobsInHand(rows("jobs"))
        messages, outboxes = None, OutboxTable(rows("jobs"))
        if self.receivers:
            messages = Messages(outboxes, self.receivers)
            jobs = telling(jobs, messages.outboxes, clock, run.dead_at + run.skew)
        return World(
            jobs=jobs,
            control=control,
            requests=RequestTable(rows("requests")),
            seen=SeenTable(rows("seen")),
            ignored=IgnoredList(control),
            health=HealthRecord(control, clock, dead_at=run.dead_at + run.skew),
            access=AccessRecord(control, clock, self._access_settings(), self._memory_of(run)),
            pace_face_checks=lambda: self.pacer.wait(clock),
            bucket=self._bucket,
            dashscope=dashscope,
            clock=clock,
            rules=self.rules,
            dead_at=run.dead_at + run.skew,
            token=self._token,
            random=self.kernel.random.random,
            audit=partial(self.logs.audit, retries) if self.logs else None,
            outboxes=lambda: outboxes,
            erase_key=self.erase_key,
            messages=messages,
        )

    def _clock(self, run: Run) -> RunClock:
        return RunClock(self.kernel, run, self.skew)

    def _audit_of(self, run: Run) -> AuditLog:
        assert self.logs is not None
        return self.logs.audit(self._retries(self._clock(run)))

    def _retries(self, clock: RunClock) -> Retries:
        return Retries(
            sleep=lambda seconds: clock.sleep(int(seconds * 1000)),
            random=self.kernel.random.random,
            now=lambda: self.kernel.now / 1000,
        )

    def _rows(self, table: str, run: Run) -> Rows:
        return Rows(self._ots, table, self._token, self._retries(self._clock(run)))

    def job_of(self, columns: dict[str, Any]) -> Job:
        """Return the job that a row holds; a row is read far more often than it is written."""
        return self.invariants.rows.job_in(columns)

    def _token(self) -> str:
        return f"{self._tokens.getrandbits(64):016x}"

    def _row_written(self, table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        if is_outbox(after):
            return
        self.invariants.row_written(table, before, after, self._ots.writer)
        if self.receiver is not None and table == "jobs":
            self.receiver.expect(before, after)

    def _row_deleted(self, table: str, row: dict[str, Any]) -> None:
        if is_outbox(row):
            return
        self.invariants.row_deleted(table, row)
        if self.receiver is not None and table == "jobs":
            self.receiver.forget(row)

    def _create_tables(self) -> None:
        assert self.tables is not None
        self.tables.create_instance(INSTANCE)
        for table in _RESOURCES.tables:
            self.tables.create_table(
                INSTANCE,
                table.name,
                [Column(name=column.name, type=column.type) for column in table.primary_key],
                TableOptions(time_to_live_seconds=-1, max_versions=1),
                defined_columns=[Column(name=column.name, type=column.type) for column in table.columns],
                index_metas=[
                    IndexMeta(name=index.name, primary_key=index.primary_key, defined_columns=index.columns)
                    for index in table.indexes
                ],
            )


class _OneRow:
    """Rows of which one is asked for: what :class:`ControlTable` needs to read a value."""

    def __init__(self, columns: dict[str, Any] | None) -> None:
        self._columns = columns

    def get(self, key: object) -> dict[str, Any] | None:
        return self._columns


class _LogReader(logging.Handler):
    """Holds each line of the log against the invariants."""

    def __init__(self, invariants: Invariants) -> None:
        super().__init__()
        self._invariants = invariants

    def emit(self, record: logging.LogRecord) -> None:
        self._invariants.check_log_line(record.getMessage())


@contextmanager
def simulated(cloud: SimulatedCloud) -> Iterator[SimulatedCloud]:
    """Route the handlers' world, DashScope's eyes and the log into ``cloud``."""

    def build(context: Any) -> World:
        return cloud.world(context)

    handler = _LogReader(cloud.invariants)
    logger = logging.getLogger("facechain_autotrain")
    logger.addHandler(handler)
    previous, logger.propagate = logger.level, False
    # By its method: the level alone would leave stand what the logger has remembered to be off.
    logger.setLevel(logging.INFO)
    try:
        with (
            mock.patch.object(functions.collect, "build_world", build),
            mock.patch.object(functions.reconcile, "build_world", build),
            cloud.status.routed(),
            mock.patch("aliyun_local.dashscope.account.face_detection.inspect", inspect_by_mark),
            mock.patch("aliyun_local.dashscope.account.training_files.inspect", inspect_by_mark),
            mock.patch("aliyun_local.dashscope.account.portrait_studio.portraits.draw", draw),
            # Three of the account's own at first, and those of other models behind them.
            mock.patch("shared.clients.dashscope.PAGE_SIZE", 4),
            mock.patch("shared.clients.job_table.from_columns", cloud.job_of),
            mock.patch("aliyun_local.tablestore.store.reading.data_size", _no_size),
            mock.patch.object(StoredRow, "load", _load),
            mock.patch.object(StoredObject, "from_row", _stored_object),
            mock.patch.object(fine_tune_ledger.TABLE, "record_of", _fine_tune),
            mock.patch.object(fine_tune_ledger, "entries", remembered(fine_tune_ledger.entries)),
            mock.patch.object(fine_tune_ledger, "active", remembered(fine_tune_ledger.active)),
            mock.patch.object(catalog, "find", functools.cache(catalog.find)),
        ):
            yield cloud
    finally:
        logger.removeHandler(handler)
        logger.setLevel(previous)
        logger.propagate = True
