"""``status`` in the simulation: its world on the emulators, and the requests that are sent to it.

:mod:`tests.simulation.cloud` runs it beside the other functions, and ``administrators.py`` sends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest import mock

import functions.status
from shared.clients.control_table import ControlTable
from shared.clients.job_table import JobTable
from shared.clients.request_table import RequestTable
from shared.clients.rows import Rows
from shared.domain.rules import Rules
from shared.settings import Settings
from tests.http_events import http_event
from tests.simulation.kernel import Run
from tests.simulation.stores import INSTANCE

TIMEOUT_MS = 30_000
ADMIN_TOKEN = "simulated-admin-token"


class HttpAnswer(NamedTuple):
    """What ``status`` has answered; the document is that of its JSON."""

    status: int
    document: dict[str, Any]


class StatusEnd:
    """The function ``status`` of a deployment."""

    def __init__(
        self,
        *,
        spawn: Callable[[str, Callable[[Run], None], int, Callable[[bool], object]], None],
        rows: Callable[[str, Run], Rows],
        token: Callable[[], str],
        time_ns: Callable[[], int],
        rules: Callable[[], Rules],
        watch: Callable[[str, str], None],
    ) -> None:
        """``spawn`` starts a run, ``rows`` gives it a table, and ``watch`` sees everything that is answered.

        ``time_ns`` is the clock of the run that asks; ``rules`` are those of the settings that are deployed.
        """
        self._spawn = spawn
        self._rows = rows
        self._token = token
        self._time_ns = time_ns
        self._rules = rules
        self._watch = watch

    def call(
        self,
        method: str,
        path: str,
        told: Callable[[HttpAnswer | None], object],
        *,
        headers: dict[str, str] | None = None,
        content: dict[str, Any] | None = None,
    ) -> None:
        """Have an administrator's request answered; ``told`` hears None when no answer comes."""
        sent = {"authorization": f"Bearer {ADMIN_TOKEN}", "content-type": "application/json"}
        body = json.dumps(content) if content is not None else ""
        event = http_event(method, path, headers={**sent, **(headers or {})}, content=body)
        answers: list[HttpAnswer] = []

        def answer(run: Run) -> None:
            given = cast("dict[str, Any]", functions.status.handler(json.dumps(event).encode(), run))
            self._watch(f"the answer of {path}", str(given))
            answers.append(HttpAnswer(given["statusCode"], json.loads(given["body"] or "{}")))

        self._spawn("status", answer, TIMEOUT_MS, lambda _: told(answers[0] if answers else None))

    @contextmanager
    def routed(self) -> Iterator[None]:
        """Route the world of the handler into the deployment: its credentials are the run that has them."""
        parts: dict[str, object] = {
            "read_settings": lambda _: self._settings(),
            "find_credentials": lambda run, _: run,
            "tables": lambda _, run: self._tables(run),
            "request_table": lambda _, run: RequestTable(self._rows("requests", run)),
            "new_token": self._token,
            "time": SimpleNamespace(time_ns=self._time_ns),
        }
        with ExitStack() as stack:
            for name, part in parts.items():
                stack.enter_context(mock.patch.object(functions.status, name, part))
            yield

    def _tables(self, run: Run) -> tuple[JobTable, ControlTable]:
        return JobTable(self._rows("jobs", run)), ControlTable(self._rows("control", run))

    def _settings(self) -> Settings:
        return Settings(
            ots_endpoint="http://ots",
            ots_instance=INSTANCE,
            admin_token=ADMIN_TOKEN,
            rules=self._rules(),
        )
