"""DashScope behind the gate: the emulated service, called like a ``requests.Session``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.serving.wire import Headers, Request
from tests.simulation.faults import Fault
from tests.simulation.gate import Gate, Transport
from tests.simulation.kernel import Run

_BUSY = (
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    (429, "Throttling", "Only 20 fine-tune job in running or succeeded allowed per user."),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
)
_ERRORS = (
    (500, "InternalError", "Internal server error!"),
    (500, "InternalError.Timeout", "An internal timeout error has occurred."),
    (503, "ModelUnavailable", "Model is unavailable, please try again later."),
    (504, "", ""),
)


DASHSCOPE = Transport(
    no_answer=lambda: requests.exceptions.ReadTimeout("simulated"),
    unreachable=lambda: requests.exceptions.ConnectTimeout("simulated"),
    busy=lambda: _Answered(*_BUSY[0]),
    error=lambda: _Answered(*_ERRORS[0]),
    answered=lambda answer: _Refused(answer.status, answer.code, answer.message),
)


ORDER = "GeneratePortraits"
LEAVE = ("DetectFaces", "UploadFiles", "CreateFineTune")
"""Operations that bring photos to DashScope."""


class Watch:
    """Hears of every submit; each method may be replaced."""

    def photos_leave(self, operation: str, told: str) -> None:
        """A call of ``operation`` is on its way; ``told`` says what it is about."""

    def submit_begins(self) -> None:
        """The product sends a POST."""

    def submit_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """A POST is on its way, whatever becomes of it."""

    def submit_answered(self, body: dict[str, Any], status: int) -> None:
        """A POST has reached DashScope, which has said ``status``."""

    def order_begins(self) -> None:
        """The product sends an order of portraits."""

    def order_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """An order of portraits is on its way."""

    def order_answered(self) -> None:
        """An order of portraits has reached DashScope."""

    def list_page_asked(self) -> None:
        """A page of the list is about to be made."""


class Session:
    """What the DashScope client uses of a ``requests.Session``."""

    def __init__(
        self, service: DashScopeService, gate: Gate, watch: Watch, told_of: Callable[[str], str]
    ) -> None:
        """``told_of`` adds to a text what else it is about."""
        self._service = service
        self._told_of = told_of
        self._gate = gate
        self._watch = watch
        self.hidden_fields: tuple[str, ...] = ()
        self.alter: Callable[[str, dict[str, Any]], None] | None = None
        self._transport = replace(
            DASHSCOPE,
            busy=lambda: _Answered(*gate.kernel.random.choice(_BUSY)),
            error=lambda: _Answered(*gate.kernel.random.choice(_ERRORS)),
        )

    def request(self, method: str, url: str, *, headers: dict[str, str], **options: Any) -> _Answer:
        parts = urlsplit(url)
        content_type, body = "application/json", b""
        document: dict[str, Any] | None = options.get("json")
        if document is not None:
            body = json.dumps(document).encode()
        elif options.get("files") is not None:
            prepared = requests.Request("POST", url, files=options["files"]).prepare()
            assert isinstance(prepared.body, bytes)
            content_type, body = prepared.headers["Content-Type"], prepared.body
        request = Request(
            method=method,
            host=parts.netloc,
            raw_path=parts.path,
            raw_query=urlencode(options.get("params") or {}) or parts.query,
            headers=Headers({**headers, "Content-Type": content_type}),
            body=body,
        )
        operation = self._service.operation(request)
        submitted = (document or {}) if operation == "CreateFineTune" else None
        ordered = (document or {}) if operation == ORDER else None
        run = self._gate.kernel.current

        def send() -> _Answer:
            if operation == "ListFineTunes":
                self._watch.list_page_asked()
            response = self._service.handle(request)
            if submitted is not None:
                self._watch.submit_answered(submitted, response.status)
            if ordered is not None:
                self._watch.order_answered()
            answered = without(response.body, self.hidden_fields)
            if self.alter is not None and response.status == 200:
                altered = json.loads(answered)
                self.alter(operation, altered)
                answered = json.dumps(altered).encode()
            return _Answer(response.status, answered)

        begins: Callable[[], None] | None = None
        leaves: Callable[[], None] | None = None
        if submitted is not None:
            begins, leaves = self._watch.submit_begins, partial(self._watch.submit_leaves, run, submitted)
        if ordered is not None:
            begins, leaves = self._watch.order_begins, partial(self._watch.order_leaves, run, ordered)
        text = f"{parts.path} {body.decode(errors='replace')}"
        self._watch.photos_leave(operation, self._told_of(text) if operation in LEAVE else "")
        try:
            return self._gate(
                "dashscope",
                operation,
                send,
                self._transport,
                about=lambda: self._told_of(text),
                garbled=_garbled,
                begins=begins,
                leaves=leaves,
            )
        except _Answered as given:
            if submitted is not None and isinstance(given, _Refused):
                self._watch.submit_answered(submitted, given.answer.status_code)
            return given.answer

    def get(self, url: str, **_: Any) -> _Answer:
        """Download a picture that was made; no key goes with it."""
        parts = urlsplit(url)
        request = Request(
            method="GET",
            host=parts.netloc,
            raw_path=parts.path,
            raw_query=parts.query,
            headers=Headers({}),
            body=b"",
        )

        def send() -> _Answer:
            response = self._service.handle(request)
            return _Answer(response.status, response.body)

        try:
            return self._gate(
                "dashscope",
                "DownloadPortrait",
                send,
                self._transport,
                about=lambda: self._told_of(parts.path),
                garbled=_cut_short,
            )
        except _Answered as given:
            return given.answer

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


def without(body: bytes, hidden: tuple[str, ...]) -> bytes:
    """Return an answer without some fields of its fine-tunes."""
    if not hidden:
        return body
    document = json.loads(body)
    output = document.get("output")
    for one in (output, *(output.get("jobs") or ())) if isinstance(output, dict) else ():
        for name in hidden:
            one.pop(name, None)
    return json.dumps(document).encode()


class _Answered(Exception):
    """An answer that the gate gives in DashScope's name."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status)
        body = json.dumps({"code": code, "message": message}).encode() if code else b"upstream timed out"
        self.answer = _Answer(status, body)


class _Refused(_Answered):
    """An answer of a trouble that stays: it is meant for the request."""


class _Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self.body = body
        self.headers = {"Content-Length": str(len(body))}

    def iter_content(self, size: int) -> Iterator[bytes]:
        return (self.body[start : start + size] for start in range(0, len(self.body), size))

    def json(self) -> Any:
        return json.loads(self.body)


def _cut_short(answer: _Answer, fault: Fault) -> _Answer:
    """A picture that arrives in part is no picture."""
    if fault is Fault.NOT_FOUND:
        return _Answer(404, b"")
    cut = _Answer(answer.status_code, answer.body[: len(answer.body) // 2])
    cut.headers = answer.headers
    return cut if fault is Fault.GARBAGE else answer


def _garbled(answer: _Answer, fault: Fault) -> _Answer:
    if fault is Fault.GARBAGE:
        if answer.status_code == 200 and len(answer.body) % 2:
            return _Answer(502, b"<html><body>Bad Gateway</body></html>")
        return _Answer(answer.status_code, answer.body[: len(answer.body) // 2])
    if fault is Fault.NOT_FOUND:
        return _Answer(404, json.dumps({"code": "NotFound", "message": "Not Found!"}).encode())
    if fault is not Fault.ODD:
        return answer
    document = json.loads(answer.body)
    document["novelty"] = {"deep": [1, 2, 3]}
    output = document.get("output")
    if isinstance(output, dict) and output.get("status") in ("PENDING", "RUNNING"):
        output["status"] = "WARMING_UP"
        output.pop("hyper_parameters", None)
    return _Answer(answer.status_code, json.dumps(document).encode())
