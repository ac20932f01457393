"""An account on loopback whose time stands still, and instances of several versions that share it.

The emulators live in this process; every version runs in one of its own (:mod:`tests.upgrades.worker`), with
its real clients. Nothing happens by itself: a test says which version takes which event, tick or request.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.fine_tune_ledger import LedgerEntry
from aliyun_local.emulators import ACCOUNT_ID, REGION, Emulators
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.serving.destinations import INTERNAL_OSS, PUBLIC_OSS
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Fault, Request, Response
from aliyun_local.tablestore.codec.values import Cell, PrimaryKey, Row, Special
from tests.http_events import http_event
from tests.stack import PARAMETERS, TEMPLATE

WORKER = Path(__file__).with_name("worker.py")
BUCKET, INSTANCE = str(PARAMETERS["BucketName"]), str(PARAMETERS["InstanceName"])
ACCESS_KEY = ("key", "secret")
READER, ADMIN = "r" * 16, "a" * 16
SETTINGS = {
    "StatusToken": READER,
    "AdminToken": ADMIN,
    "LinkKey": "l" * 32,
    "EraseKey": "e" * 32,
    "QuietSeconds": 60,
    "SettleSeconds": 1,
    "SweepSeconds": 60,
    "LingerSeconds": 0,
}
TICK_SECONDS, TRAINING_SECONDS = 60.0, 100.0
_TABLES = TEMPLATE.resolve(PARAMETERS).tables
KEYS = {table.name: tuple(column.name for column in table.primary_key) for table in _TABLES}


class CallFailed(AssertionError):
    """A function has ended with an exception."""


class Instance:
    """A version of the code, as one instance of each function."""

    def __init__(self, folder: Path, name: str) -> None:
        """Start the process that runs the code in ``folder``."""
        self.name = name
        command = [sys.executable, str(WORKER), str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def call(self, **call: Any) -> dict[str, Any]:
        """Run a function once; returns its answer and the time at its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise CallFailed(f"{self.name}: the process is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)


@contextmanager
def instance(folder: Path, name: str) -> Iterator[Instance]:
    """An instance of the code in ``folder``, ended in the end."""
    started = Instance(folder, name)
    try:
        yield started
    finally:
        started.close()


class Cloud:
    """The account. ``take`` gives an event to a version, ``tick`` a minute, ``ask`` a request."""

    def __init__(self, stack: ExitStack) -> None:
        """Make the template's bucket and tables, and listen; ``stack`` closes it all."""
        # Clients sign with the machine's time, and a URL lives for a day: the account is not ahead for long.
        self.clock = ManualClock(float(int(SystemClock().now())))
        self.behaviour = Behaviour(
            training_seconds=TRAINING_SECONDS,
            fetch="start",
            second_fine_tune="queue",
            pending_seconds=0.0,
            list_lag_seconds=0.0,
            get_lag_seconds=0.0,
        )
        keys = AccessKeys(SystemClock())
        keys.add(*ACCESS_KEY)
        self._servers: dict[str, LoopbackServer] = {}
        self.emulators = Emulators(
            None,
            self.clock,
            keys,
            self.behaviour,
            oss_behaviour=OssBehaviour(public_data_access=True),
            listeners=lambda: [server.listener(name) for name, server in self._servers.items()],
        )
        stack.callback(self.emulators.close)
        for name in (INTERNAL_OSS, PUBLIC_OSS, "ots", "dashscope", "sls"):
            self._servers[name] = LoopbackServer(self._front(name)).start()
            stack.callback(self._servers[name].close)
        url = {name: server.url for name, server in self._servers.items()}
        resources = TEMPLATE.resolve({**PARAMETERS, **SETTINGS})
        self.emulators.create(resources)
        addresses = {
            "OSS_ENDPOINT": url[INTERNAL_OSS],
            "OSS_PUBLIC_ENDPOINT": url[PUBLIC_OSS],
            "OTS_ENDPOINT": url["ots"],
            "LOG_ENDPOINT": url["sls"],
            "DASHSCOPE_HTTP_BASE_URL": f"{url['dashscope']}/api/v1",
        }
        self._environments = {
            name.rpartition("-")[2]: {**function.environment, **addresses}
            for name, function in resources.functions.items()
        }

    def _front(self, name: str) -> Callable[[Request], Response]:
        if name == PUBLIC_OSS:
            return lambda sent: self.emulators.fronts[INTERNAL_OSS](replace(sent, endpoint=PUBLIC_OSS))
        return lambda sent: self.emulators.fronts[name](sent)

    # -- what the world does ------------------------------------------------------------------------

    def upload(self, person: str, name: str, content: bytes) -> str:
        """Put a photo; returns its event."""
        key = f"people/{person}/{name}"
        self.emulators.objects.put(BUCKET, key, content)
        pending = self.emulators.objects.pending_notifications(1000)
        for one in pending:
            self.emulators.objects.acknowledge(one.id)
        (notification,) = [one for one in pending if one.key == key]
        return json.dumps(event_json(notification, ACCOUNT_ID, REGION))

    def lose_answer(self, operation: str) -> None:
        """Let DashScope carry out the next call of ``operation`` and not answer it."""
        self.emulators.fronts["dashscope"].inject(Fault(operation=operation, drop=True, after_effect=True))

    # -- what a version does ------------------------------------------------------------------------

    def take(self, version: Instance, event: str) -> None:
        """Let ``version`` handle an upload's event."""
        self._run(version, "collect", event)

    def tick(self, version: Instance) -> None:
        """Let a minute pass, and ``version`` make the tick."""
        self.clock.advance(TICK_SECONDS)
        due = datetime.fromtimestamp(self.clock.now(), tz=timezone.utc)
        event = {"triggerTime": f"{due:%Y-%m-%dT%H:%M:%SZ}", "payload": ""}
        self._run(version, "reconcile", json.dumps(event))

    def ask(
        self, version: Instance, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Ask the status function of ``version`` as an administrator; returns its document.

        Raises CallFailed for any answer that is none of success.
        """
        status, document = self.ask_for(version, method, path, content)
        if status >= 300:
            raise CallFailed(f"{version.name}: {method} {path}: {status} {document}")
        return document

    def ask_for(
        self, version: Instance, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """The same, whatever the answer; returns its status too."""
        headers = {"Authorization": f"Bearer {ADMIN}", "Accept": "application/json"}
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        event = http_event(method, path, headers=headers, content=json.dumps(content) if content else "")
        answer = self._run(version, "status", json.dumps(event))
        return answer["statusCode"], json.loads(answer["body"])

    def _run(self, version: Instance, function: str, event: str) -> Any:
        done = version.call(
            function=function,
            event=event,
            now_ms=1000 * self.clock.now(),
            environment=self._environments[function],
            access_key=ACCESS_KEY,
        )
        self.clock.advance(max(0.0, done["now_ms"] / 1000 - self.clock.now()))
        if "error" in done:
            raise CallFailed(f"{function} of {version.name}: {done['error']}")
        return done["answer"]

    # -- what can be seen ---------------------------------------------------------------------------

    def ledger(self) -> list[LedgerEntry]:
        """Return every fine-tune that was ever made, as DashScope bills them."""
        return self.emulators.studio.ledger()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of ``table``, with their keys."""
        first: PrimaryKey = [(name, Special.INF_MIN) for name in KEYS[table]]
        last: PrimaryKey = [(name, Special.INF_MAX) for name in KEYS[table]]
        page = self.emulators.tables.get_range(INSTANCE, table, first, last)
        return [dict(row.primary_key) | {cell.name: cell.value for cell in row.cells} for row in page.rows]

    def control(self, name: str) -> dict[str, Any]:
        """Return the value of a row that all functions share; an empty one without it."""
        values = [row["value"] for row in self.rows("control") if row["name"] == name]
        value: dict[str, Any] = json.loads(values[0]) if values else {}
        return value

    def rings(self) -> bool:
        """Whether the doorbell is rung."""
        return any(row["is_rung"] for row in self.rows("requests") if row["name"] == "doorbell")

    def put_row(self, table: str, columns: Mapping[str, Any]) -> None:
        """Write a row, with its key, as a version of the code would that nobody knows."""
        key = [(name, columns[name]) for name in KEYS[table]]
        cells = [Cell(name=name, value=value) for name, value in columns.items() if name not in KEYS[table]]
        self.emulators.tables.put_row(INSTANCE, table, Row(key, cells))
