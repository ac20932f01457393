"""The errors that the emulators answered with, as their clients read them."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pytest

from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.documented_error import IN_PART
from aliyun_local.documented_errors import errors_of_operation
from aliyun_local.oss.http.responses import OssService
from aliyun_local.ros.http.responses import RosService
from aliyun_local.serving.wire import Request, Response
from aliyun_local.tablestore.codec.common_messages import Error
from aliyun_local.tablestore.codec.row_messages import BatchResponse
from aliyun_local.tablestore.http.responses import TablestoreService

_SERVICES: tuple[type[Any], ...] = (OssService, TablestoreService, DashScopeService, RosService)


@dataclass(frozen=True)
class Said:
    """An error of an answer, or of a part of it."""

    service: str
    operation: str
    status: int
    code: str
    message: str

    @property
    def is_documented(self) -> bool:
        return any(
            error.is_said_by(self.status, self.code, self.message)
            for error in errors_of_operation(self.service, self.operation)
        )


def listen(monkeypatch: pytest.MonkeyPatch) -> list[Said]:
    """Return a list that grows by every error that an emulator of this process answers with."""
    said: list[Said] = []
    for service in _SERVICES:
        for method in ("handle", "admit"):
            monkeypatch.setattr(service, method, _heard(getattr(service, method), said))
    return said


@contextmanager
def only_documented_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail if an emulator of this process answers with an error that its error table does not have."""
    said = listen(monkeypatch)
    yield
    undocumented = [error for error in dict.fromkeys(said) if not error.is_documented]
    assert not undocumented, f"not in the service's error_table: {undocumented}"


def errors_in(service: str, response: Response) -> Iterator[tuple[int, str, str]]:
    """Yield the status, the code and the message of each error in an answer of ``service``."""
    return {"oss": _of_oss, "tablestore": _of_tablestore, "dashscope": _of_dashscope, "ros": _of_ros}[
        service
    ](response)


def _heard(method: Callable[[Any, Request], object], said: list[Said]) -> Callable[[Any, Request], object]:
    @functools.wraps(method)
    def hear(service: Any, request: Request) -> object:
        response = method(service, request)
        if isinstance(response, Response) and not _is_refused_by_a_test(service):
            operation = service.operation(request)
            said.extend(Said(service.name, operation, *error) for error in errors_in(service.name, response))
        return response

    return hear


def _is_refused_by_a_test(service: Any) -> bool:
    """Return whether a test has the service answer with an error of the test's choice."""
    return isinstance(service, DashScopeService) and bool(service._studio.behaviour.refused)


def _of_oss(response: Response) -> Iterator[tuple[int, str, str]]:
    described = response.body or base64.b64decode(response.headers.get("x-oss-err", ""))
    if response.status == 304:
        yield 304, "NotModified", "Not Modified"  # which has nothing to read
    elif b"<Error>" in described:
        yield response.status, *_of_xml(described)


def _of_tablestore(response: Response) -> Iterator[tuple[int, str, str]]:
    if response.status >= 300:
        if response.body.startswith(b"{"):
            body = json.loads(response.body)
            yield response.status, body["code"], body["message"]
        else:
            error = Error.decode(response.body)
            yield response.status, error.code, error.message or ""
        return
    try:
        tables = BatchResponse.decode(response.body).tables
    except Exception:
        return  # the answer of another operation
    for table in tables:
        for row in table.rows:
            if row.error is not None:
                yield IN_PART, row.error.code, row.error.message or ""


def _of_dashscope(response: Response) -> Iterator[tuple[int, str, str]]:
    if response.status >= 300:
        if response.body.startswith(b"<"):
            yield response.status, *_of_xml(response.body)
        else:
            body = json.loads(response.body)
            yield response.status, body["code"], body["message"]
    elif b'"failed_uploads"' in response.body:
        for upload in json.loads(response.body)["data"]["failed_uploads"]:
            yield IN_PART, upload["code"], upload["message"]


def _of_ros(response: Response) -> Iterator[tuple[int, str, str]]:
    if response.status >= 300:
        body = json.loads(response.body)
        yield response.status, body["Code"], body["Message"]


def _of_xml(text: bytes) -> tuple[str, str]:
    root = ElementTree.fromstring(text)
    return root.findtext("Code") or "", root.findtext("Message") or ""
