"""The simulated account of every strategy, with a record of its events: virtual time, no sockets.

Handlers, clients and emulators are the real ones. An external call takes 1 to ``LATENCY`` milliseconds each
way, drawn evenly and the same for all services; a timer fires on the minute. Every invocation is billed for
``OVERHEAD`` beside its calls, for Python's own work. Cold starts are left out: a function that runs once a
minute stays warm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from unittest import mock
from urllib.parse import urlsplit

import requests

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import LedgerEntry
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.tablestore.store.schema import Column as DefinedColumn
from aliyun_local.tablestore.store.schema import TableOptions
from aliyun_local.tablestore.store.sizes import data_size
from aliyun_local.template import Table
from aliyun_local.template.resources import Column
from shared.clients.dashscope import DashScope
from shared.clients.retries import Retries
from shared.clients.rows import Rows
from shared.domain.rules import Rules
from tests.benchmarks.strategies.metering import Meter, MeteredOtsClient
from tests.benchmarks.strategies.workloads import PHOTO_SPACING, Workload
from tests.simulation import cloud as simulation
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.dashscope_end import Session, Watch
from tests.simulation.faults import NoFaults
from tests.simulation.gate import Gate
from tests.simulation.kernel import Run, RunClock
from tests.simulation.stores import API_KEY, INSTANCE, SimulatedBucket

LATENCY, OVERHEAD = 40, 100
"""Milliseconds: the longest time of a call each way; the time of an invocation beside its calls.

An assumption, the same for every strategy: functions, bucket and tables are in one region, where a call takes
some 10 ms, and the DashScope API takes some 100; 41 on average for all of them."""
PENDING_SECONDS = 4.0
FAULT = ("InternalError", "Training failed.")
PEER_TABLE = Table(
    name="peer_jobs", instance=INSTANCE, primary_key=(Column(name="person_id", type="STRING"),)
)
DASHSCOPE_URL = "https://dashscope.aliyuncs.com/api/v1"
UNCAPPED = 1_000_000
"""As if the account's cap of 20 kept fine-tunes had been raised, for every strategy alike."""


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """The product's own clients, for one run of a peer's function."""

    rows: Rows
    bucket: SimulatedBucket
    dashscope: DashScope
    clock: RunClock


class Question(NamedTuple):
    """A query of fine-tunes at DashScope: when it left, in seconds, and of which; "" is the list."""

    asked_at: float
    fine_tune_id: str


class Invocation(NamedTuple):
    """A run of a function: when it began and ended, in milliseconds."""

    function: str
    began: int
    ended: int


@dataclass
class Records:
    """The events of a workload, by the rows that were written.

    Attributes:
        closed: when each person's set closed, by its row.
        fine_tunes: each person's first fine-tune.
        visible: when the end of each fine-tune was first readable.
        states: each person's state.
    """

    closed: dict[str, int] = field(default_factory=dict)
    fine_tunes: dict[str, str] = field(default_factory=dict)
    visible: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def note(self, before: dict[str, Any] | None, after: dict[str, Any], now: int) -> None:
        """Record a person's row that was written."""
        person, state = after["person_id"], after["state"]
        self.states[person] = state
        if after["closed_at"]:
            self.closed.setdefault(person, after["closed_at"])
        if after["fine_tune_id"]:
            self.fine_tunes.setdefault(person, after["fine_tune_id"])
        if before and before["state"] == "TRAINING" != state:
            self.visible.setdefault(before["fine_tune_id"], now)


class Account(SimulatedCloud):
    """The account of one workload.

    Attributes:
        on_upload: handles an upload's event; None is ``functions.collect``.
        store: the emulated Tablestore.
        invocations: every run of a function.
        asked: the queries of fine-tunes at DashScope, in their order.
        chores: the writes of the sweep's progress and of heartbeats, by row; they belong to no single job.
    """

    def __init__(self, workload: Workload, rules: Rules | None = None) -> None:
        super().__init__(
            1,
            NoFaults(),
            rules=rules or Rules(kept_fine_tunes=UNCAPPED),
            # With thousands of fine-tunes kept, short pages of a list would cost more than what is compared.
            behaviour=Behaviour(
                fetch="start",
                kept_fine_tunes=UNCAPPED,
                pending_seconds=PENDING_SECONDS,
                most_entries_a_page=100,
                foreign_fine_tunes=0,
            ),
        )
        self.gate.latency = LATENCY
        self.workload = workload
        self.records = Records()
        self.invocations: list[Invocation] = []
        self.asked: list[Question] = []
        self.chores: Counter[str] = Counter()
        self.on_upload: Callable[[bytes], None] | None = None
        self._accepted = self._ordered = 0
        self._prepare_next()
        self._prepare_next_task()
        assert self.tables is not None, "the simulation emulates tables unless it is told not to"
        self.store = self.tables
        self.store.create_table(
            INSTANCE,
            PEER_TABLE.name,
            [DefinedColumn(name="person_id", type="STRING")],
            TableOptions(time_to_live_seconds=-1, max_versions=1),
        )
        self._ots: MeteredOtsClient = MeteredOtsClient(
            self.store, (*simulation._RESOURCES.tables, PEER_TABLE), self.gate, self._row_written
        )
        self._peer_session = self._new_session(Watch())
        self._session = self._new_session(self.invariants)

    def _new_session(self, watch: Watch) -> Session:
        return _Session(
            self._session._service,
            self.gate,
            _Announcer(watch, self._submit_accepted, self._order_answered),
            self.asked,
        )

    @property
    def meters(self) -> dict[str, Meter]:
        """The use of Tablestore by each function."""
        return self._ots.billed.meters

    @property
    def meter(self) -> Meter:
        """The use of Tablestore by all functions."""
        return self._ots.billed.total()

    def upload_all(self) -> None:
        """Let the workload's people upload their photos, each followed by the marker."""
        for number, arrival in enumerate(self.workload.arrivals):
            content = b"VIEW" if number in self.workload.unusable else b"FACE"
            person, start = f"person-{number:03}", self.kernel.start + arrival
            for photo in range(self.workload.photos):
                self._upload_at(
                    start + photo * PHOTO_SPACING, person, f"{photo}.jpg", b"%s %d" % (content, photo)
                )
            self._upload_at(start + (self.workload.photos + 1) * PHOTO_SPACING, person, "_READY", b"")

    def _upload_at(self, when: int, person: str, name: str, content: bytes) -> None:
        self.kernel.at(when, lambda: self.upload(person, name, content + b" " + person.encode()))

    def all_have_closed(self) -> bool:
        """Whether every person's set has closed or was refused."""
        done = [state for state in self.records.states.values() if state != "COLLECTING"]
        return len(done) == len(self.workload.arrivals)

    def fine_tunes(self) -> list[LedgerEntry]:
        """Return the fine-tunes at DashScope, oldest first."""
        return sorted(self.studio.ledger(), key=lambda entry: entry.created_at)

    def invoke(self, name: str, body: Callable[[Run], Any], timeout: int) -> None:
        """Start a peer's function."""
        self._spawn(name, body, timeout, None)

    def invoke_collect(self, event: bytes, attempt: int = 0) -> None:
        if self.on_upload is None:
            super().invoke_collect(event, attempt)
        else:
            self.on_upload(event)

    def workbench(self, run: Run) -> Workbench:
        """Return the clients of a peer's run."""
        clock = RunClock(self.kernel, run, 0)
        retries = Retries(
            sleep=lambda seconds: clock.sleep(int(seconds * 1000)),
            random=self.kernel.random.random,
            now=lambda: self.kernel.now / 1000,
        )
        return Workbench(
            rows=Rows(self._ots, PEER_TABLE.name, self._token, retries),
            bucket=self._bucket,
            dashscope=DashScope(
                DASHSCOPE_URL,
                API_KEY,
                new_session=lambda: cast("requests.Session", self._peer_session),
                retries=retries,
            ),
            clock=clock,
        )

    def _spawn(self, name: str, body: Any, timeout: int, ended: Any) -> None:
        def measured(run: Run) -> None:
            began = self.kernel.now
            try:
                body(run)
            finally:
                self.invocations.append(Invocation(name, began, self.kernel.now))

        super()._spawn(name, measured, timeout, ended)

    def _row_written(self, table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        if table != PEER_TABLE.name:
            super()._row_written(table, before, after)
        name = str(after.get("name"))
        self.chores[name] += name == "sweep" or (name == "health" and not _marks_work(before, after))
        if "fine_tune_id" in after:
            self.records.note(before, after, self.kernel.now)

    def _submit_accepted(self) -> None:
        self._accepted += 1
        self._prepare_next()

    def _order_answered(self) -> None:
        """Give the next task of portraits the workload's next duration."""
        self._ordered += 1
        self._prepare_next_task()

    def _prepare_next_task(self) -> None:
        if self.workload.task_durations:
            drawn = self.workload.task_durations[self._ordered % len(self.workload.task_durations)]
            self.behaviour.task_seconds = drawn - self.behaviour.task_pending_seconds

    def _prepare_next(self) -> None:
        """Give the next accepted fine-tune the workload's next duration and failure."""
        self.behaviour.training_seconds = self.workload.durations[self._accepted] - PENDING_SECONDS
        if self._accepted in self.workload.failing:
            self.studio.fail_next(*FAULT)


def _marks_work(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Whether a write of the health says that a run begins to work, or has worked; others are heartbeats."""
    return before is not None and _began_at(before) != _began_at(after)


def _began_at(row: dict[str, Any]) -> int:
    began_at: int = json.loads(row["value"])["run_began_at"]
    return began_at


class _Session(Session):
    """Records every query of fine-tunes."""

    def __init__(self, service: DashScopeService, gate: Gate, watch: Watch, asked: list[Question]) -> None:
        super().__init__(service, gate, watch, told_of=lambda text: text)
        self._asked = asked

    def request(self, method: str, url: str, **options: Any) -> Any:
        if method == "GET" and "/fine-tunes" in url:
            fine_tune_id = urlsplit(url).path.partition("/fine-tunes")[2].strip("/")
            self._asked.append(Question(self._gate.kernel.now / 1000, fine_tune_id))
        return super().request(method, url, **options)


class _Announcer(Watch):
    """A watch that passes everything on to another, and announces every accepted submit."""

    def __init__(self, watch: Watch, accepted: Callable[[], None], ordered: Callable[[], None]) -> None:
        self._watch = watch
        self._accepted = accepted
        self._ordered = ordered

    def submit_begins(self) -> None:
        self._watch.submit_begins()

    def submit_leaves(self, run: Run, body: dict[str, Any]) -> None:
        self._watch.submit_leaves(run, body)

    def submit_answered(self, body: dict[str, Any], status: int) -> None:
        self._watch.submit_answered(body, status)
        if status == 200:
            self._accepted()

    def order_begins(self) -> None:
        self._watch.order_begins()

    def order_leaves(self, run: Run, body: dict[str, Any]) -> None:
        self._watch.order_leaves(run, body)

    def order_answered(self) -> None:
        self._watch.order_answered()
        self._ordered()

    def list_page_asked(self) -> None:
        self._watch.list_page_asked()


@contextmanager
def simulating(account: Account) -> Iterator[Account]:
    """Route the handlers' world into ``account``, with page and row sizes at their real values."""
    with (
        simulated(account),
        mock.patch("shared.clients.dashscope.PAGE_SIZE", 100),
        mock.patch("aliyun_local.tablestore.store.reading.data_size", data_size),
    ):
        yield account
    account.close()
