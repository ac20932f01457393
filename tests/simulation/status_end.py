"""``status`` in the simulation: its world on the emulators, and the requests that are sent to it.

:mod:`tests.simulation.cloud` runs it beside the other functions, and ``administrators.py`` sends.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest import mock

import functions.status
from shared.clients.audit_log import AuditLog
from shared.clients.control_table import ControlTable
from shared.clients.job_table import JobTable
from shared.clients.request_table import RequestTable
from shared.clients.rows import Rows
from shared.domain.rules import Rules
from shared.http_api import looks
from shared.settings import Settings
from tests.http_events import http_event
from tests.simulation.kernel import Run
from tests.simulation.log_end import ENDPOINT, LOGSTORE, PROJECT
from tests.simulation.stores import INSTANCE

TIMEOUT_MS = 30_000
ADMIN_TOKEN = "simulated-admin-token"
SMALL_PICTURE = b"a small picture"
"""What OSS makes of any photo, at once: what a page shows of it is no part of these stories."""


class HttpAnswer(NamedTuple):
    """What ``status`` has answered; the document is its JSON, or holds a ``page`` or a file's ``content``."""

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
        erase_key: Callable[[], str] = lambda: "",
        audit: Callable[[Run], AuditLog] | None = None,
        read: Callable[[str], bytes] = lambda _: SMALL_PICTURE,
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
        self._erase_key = erase_key
        self._audit = audit
        self._read = read

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
            answers.append(HttpAnswer(given["statusCode"], _document_of(given)))

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
            "photo_bucket": lambda *_: SimpleNamespace(
                thumbnail=lambda _: SMALL_PICTURE,
                read=lambda key, _: self._read(key),
                outside_url=lambda key, *_: f"https://photos.example/{key}",
            ),
        }
        if (audit := self._audit) is not None:
            parts["audit_log"] = lambda _, run: audit(run)
        # What an instance remembers is that of this story.
        remembered: dict[str, object] = {"_looks": OrderedDict(), "_left_alone_until": {}}
        with ExitStack() as stack:
            for name, part in parts.items():
                stack.enter_context(mock.patch.object(functions.status, name, part))
            for name, memory in remembered.items():
                stack.enter_context(mock.patch.object(looks, name, memory))
            yield

    def _tables(self, run: Run) -> tuple[JobTable, ControlTable]:
        return JobTable(self._rows("jobs", run)), ControlTable(self._rows("control", run))

    def _settings(self) -> Settings:
        return Settings(
            ots_endpoint="http://ots",
            ots_instance=INSTANCE,
            admin_token=ADMIN_TOKEN,
            erase_key=self._erase_key(),
            log_endpoint=ENDPOINT if self._audit is not None else "",
            log_project=PROJECT,
            audit_logstore=LOGSTORE,
            rules=self._rules(),
        )


def _document_of(given: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): str(value) for name, value in given["headers"].items()}
    if given["isBase64Encoded"]:
        return {"content": base64.b64decode(given["body"])}
    if headers.get("content-type", "").startswith("text/html"):
        return {"page": given["body"]}
    return cast("dict[str, Any]", json.loads(given["body"] or "{}"))
