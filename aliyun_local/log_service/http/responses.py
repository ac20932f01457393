"""Simple Log Service over HTTP: whose project is meant, PutLogs, GetLogs in both its forms, errors.

The project is the first label of the host name: ``PROJECT.cn-beijing.log.aliyuncs.com``.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from aliyun_local.clock import Clock
from aliyun_local.credentials import AccessKeys
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.log_service.errors import (
    LogServiceError,
    internal_error,
    parameter_invalid,
    project_not_found,
    unsupported,
)
from aliyun_local.log_service.http.log_groups import content_of, log_group
from aliyun_local.log_service.http.signatures import check_signature
from aliyun_local.log_service.queries import parse
from aliyun_local.serving.wire import Admission, Refusal, Request, Response

OPERATIONS = frozenset({"GetLogs", "GetLogsV2", "PutLogs"})
OTHER_OPERATION = "OtherOperation"
MOST_LINES = 100
_MAX_BODY_BYTES = 1024 * 1024
_MAX_GROUP_BYTES = 10 * 1024 * 1024
"""Simple Log Service, "PutLogs": the most that one call writes."""
_MOST = 2**63 - 1
_BY_QUERY = re.compile(r"/logstores/([^/]+)")
_PUT = re.compile(r"/logstores/([^/]+)(?:/shards/lb)?")
_BY_BODY = re.compile(r"/logstores/([^/]+)/logs")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Search:
    """The parameters of GetLogs."""

    logstore: str
    statement: str
    since: int
    until: int
    offset: int
    lines: int
    newest_first: bool


class LogService:
    """The wire side of :class:`LogEntries`; satisfies :class:`aliyun_local.serving.wire.Service`."""

    name = "sls"

    def __init__(self, entries: LogEntries, keys: AccessKeys, clock: Clock) -> None:
        """Serve ``entries`` to the owners of ``keys``; dates of requests are compared with ``clock``."""
        self._entries = entries
        self._keys = keys
        self._clock = clock
        self._requests = itertools.count(1)

    def operation(self, request: Request) -> str:
        """Return the operation's name, by method and path."""
        if request.method == "GET" and _BY_QUERY.fullmatch(request.path) and "type" in request.query:
            return "GetLogs"
        if request.method == "POST" and _BY_BODY.fullmatch(request.path):
            return "GetLogsV2"
        if request.method == "POST" and _PUT.fullmatch(request.path):
            return "PutLogs"
        return OTHER_OPERATION

    def admit(self, request: Request) -> Admission | Response:
        """Let a body come: a search is small, a log group is not."""
        is_put = self.operation(request) == "PutLogs"
        return Admission(most_bytes=_MAX_GROUP_BYTES if is_put else _MAX_BODY_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        try:
            check_signature(request, self._keys, self._clock.now())
            operation = self.operation(request)
            return self._put(request) if operation == "PutLogs" else self._searched(request, operation)
        except LogServiceError as failure:
            return self._failed(failure)
        except Exception:
            _log.exception("%s failed", self.operation(request))
            return self._failed(internal_error())

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (all the same)
        """Return the error answer for ``refusal``."""
        return self._failed(LogServiceError(refusal.status, refusal.code, refusal.message))

    def _put(self, request: Request) -> Response:
        found = _PUT.fullmatch(request.path)
        entries = log_group(content_of(request))
        self._entries.put(_project(request), found[1] if found else "", entries)
        return self._answer(200, None, {})

    def _searched(self, request: Request, operation: str) -> Response:
        if operation not in OPERATIONS:
            raise unsupported(f"{request.method} {request.path}")
        search = _search_of(request, operation)
        found = self._entries.search(
            _project(request),
            search.logstore,
            parse(search.statement),
            since=search.since,
            until=search.until,
            newest_first=search.newest_first,
        )
        lines = [entry.as_json() for entry in islice(found, search.offset, search.offset + search.lines)]
        headers = {"x-log-progress": "Complete", "x-log-count": str(len(lines))}
        if operation == "GetLogs":
            return self._answer(200, lines, headers)
        meta = {"progress": "Complete", "count": len(lines)}
        return self._answer(200, {"meta": meta, "data": lines}, headers)

    def _failed(self, failure: LogServiceError) -> Response:
        return self._answer(failure.status, {"errorCode": failure.code, "errorMessage": failure.message}, {})

    def _answer(self, status: int, document: object, headers: Mapping[str, str]) -> Response:
        request_id = f"{int(self._clock.now()):08X}{next(self._requests):016X}"
        body = b""
        if document is not None:
            body = json.dumps(document, ensure_ascii=False).encode(errors="surrogateescape")
        all_headers = {"Content-Type": "application/json", "x-log-requestid": request_id, **headers}
        return Response(status=status, headers=all_headers, body=body)


def _project(request: Request) -> str:
    project, dot, _ = request.host.partition(".")
    if not dot:
        raise project_not_found(project)
    return project


def _search_of(request: Request, operation: str) -> _Search:
    """Read the parameters of a search.

    Raises:
        LogServiceError: one is missing or wrong.
    """
    found = (_BY_QUERY if operation == "GetLogs" else _BY_BODY).fullmatch(request.path)
    given: Mapping[str, object] = request.query
    if operation == "GetLogsV2":
        try:
            given = json.loads(request.body)
        except ValueError:
            raise parameter_invalid("the body is no JSON") from None
    if found is None or not isinstance(given, Mapping):
        raise parameter_invalid("the body is no JSON object")
    if operation == "GetLogs" and given.get("type") != "log":
        raise unsupported(f"type={given.get('type')}")
    lines = _number(given, "line", MOST_LINES)
    if not 0 <= lines <= MOST_LINES:
        raise parameter_invalid(f"line must be 0 to {MOST_LINES}")
    return _Search(
        logstore=found[1],
        statement=str(given.get("query", "")),
        since=_number(given, "from", None),
        until=_number(given, "to", None),
        offset=_number(given, "offset", 0),
        lines=lines,
        newest_first=str(given.get("reverse", "false")).lower() == "true",
    )


def _number(given: Mapping[str, object], name: str, default: int | None) -> int:
    value = given.get(name, default)
    try:
        number = int(str(value))
    except ValueError:
        raise parameter_invalid(f"{name} must be a number, not {value!r}") from None
    if not 0 <= number <= _MOST:
        raise parameter_invalid(f"{name} must be 0 to {_MOST}")
    return number
