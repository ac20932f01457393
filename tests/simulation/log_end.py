"""Simple Log Service behind the gate: the emulated service, called like a ``requests.Session``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from aliyun_local.clock import Clock
from aliyun_local.credentials import AnyAccessKey
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.log_service.http.responses import LogService
from aliyun_local.log_service.queries import parse
from aliyun_local.serving.wire import Headers, Request
from shared.clients.audit_log import AuditLog
from shared.clients.credentials import Credentials
from shared.clients.log_store import LogStore
from shared.clients.retries import Retries
from shared.domain.audit import AuditRecord, record_from
from tests.simulation.administration import Asked
from tests.simulation.gate import Gate, Transport

PROJECT, LOGSTORE, ERASE_KEY = "project", "audit", "simulated-erase-key"
ENDPOINT = "https://cn-beijing-intranet.log.aliyuncs.com"
_KEY = Credentials(access_key_id="simulated", access_key_secret="simulated")


class LogEnd:
    """The log store of a deployment's audit.

    Attributes:
        entries: what is there.
        puts: which record a run has begun to put, and when, in milliseconds.
    """

    def __init__(self, gate: Gate, clock: Clock) -> None:
        """Take the gate that calls pass, and the time of the service and of its clients."""
        self._clock = clock
        self.puts: list[tuple[Asked, int]] = []
        self.entries = LogEntries(None, clock)
        self.entries.create_logstore(PROJECT, LOGSTORE, days=180)
        self._session = _Session(LogService(self.entries, AnyAccessKey(clock), clock), gate)

    def audit(self, retries: Retries) -> AuditLog:
        """Return the client of a run."""
        store = LogStore(
            *(ENDPOINT, PROJECT, LOGSTORE, _KEY),
            session=self._session,  # type: ignore[arg-type]  # as much of a session as is used
            retries=retries,
            now=self._clock.now,
        )
        return _Watched(store, ERASE_KEY, now=lambda: int(self._clock.now() * 1000), puts=self.puts)

    def texts(self) -> list[str]:
        """Return everything that each entry says, as it lies there."""
        found = self.entries.search(PROJECT, LOGSTORE, parse("*"), since=0, until=2**40, newest_first=False)
        return [json.dumps(entry.contents, ensure_ascii=False) for entry in found]

    def records(self) -> list[AuditRecord]:
        """Return everything that is there, in the order of its times."""
        found = self.entries.search(PROJECT, LOGSTORE, parse("*"), since=0, until=2**40, newest_first=False)
        records = [record_from(entry.contents) for entry in found]
        return [one for one in records if one is not None]


class _Watched(AuditLog):
    """The client, with a note of each record that it is given."""

    def __init__(
        self, store: LogStore, key: str, *, now: Callable[[], int], puts: list[tuple[Asked, int]]
    ) -> None:
        super().__init__(store, key, now=now)
        self._puts = puts

    def put(self, records: Sequence[AuditRecord]) -> None:
        self._puts.extend((Asked(record.record_id, record.at), self._now()) for record in records)
        super().put(records)


class _Session:
    """What the client uses of a ``requests.Session``."""

    def __init__(self, service: LogService, gate: Gate) -> None:
        self._service = service
        self._gate = gate

    def request(self, method: str, url: str, **given: Any) -> _Answer:
        parts = urlsplit(url)
        request = Request(
            method=method,
            host=given["headers"]["Host"],
            raw_path=parts.path,
            raw_query=urlencode(given["params"] or {}),
            headers=Headers(given["headers"]),
            body=given["data"] or b"",
        )

        def send() -> _Answer:
            answer = self._service.handle(request)
            return _Answer(answer.status, answer.body, answer.headers)

        try:
            return self._gate("sls", self._service.operation(request), send, SLS)
        except _Answered as given_back:
            return given_back.answer


class _Answer:
    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.body = body
        self.headers = dict(headers or {})

    def json(self) -> Any:
        return json.loads(self.body)


class _Answered(Exception):
    """An answer that the gate gives in the service's name."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status)
        self.answer = _Answer(status, json.dumps({"errorCode": code, "errorMessage": code}).encode())


SLS = Transport(
    no_answer=lambda: requests.exceptions.ReadTimeout("simulated"),
    unreachable=lambda: requests.exceptions.ConnectTimeout("simulated"),
    busy=lambda: _Answered(403, "WriteQuotaExceed"),
    error=lambda: _Answered(500, "InternalServerError"),
    answered=lambda answer: _Answered(answer.status, answer.code),
)
