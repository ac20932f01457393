"""The clients' far ends: the emulators' state behind the gate, without sockets and without the SDKs' codecs.

``shared.clients`` runs unchanged above these: what they would get from an ``OTSClient``, an OSS bucket or a
``requests.Session`` they get here, errors and lost answers in the SDKs' own classes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import requests
import tablestore
import urllib3.exceptions

from local.dashscope.fetching import Fetched
from local.dashscope.responses import DashScopeService
from local.oss.errors import OssError
from local.oss.models import ObjectStore
from local.tablestore.errors import TableStoreError
from local.tablestore.filters import SingleColumn
from local.tablestore.messages import Comparator
from local.tablestore.models import TableStore
from local.tablestore.results import Condition
from local.tablestore.values import Cell, Row, RowExistence, Special
from local.wire import Headers, Request
from shared.domain.photos import Picture, Stored
from shared.errors import NotFound, Permanent, RetryLater
from shared.workflow.ports import Listed
from tests.simulation.faults import Fault
from tests.simulation.gate import Gate, Transport

INSTANCE = "facechain"
BUCKET = "photos"
SIGNATURE = "x-oss-signature=deadbeef"
API_KEY = "sk-simulated-key"

_EXISTENCE = {
    tablestore.RowExistenceExpectation.IGNORE: RowExistence.IGNORE,
    tablestore.RowExistenceExpectation.EXPECT_EXIST: RowExistence.EXPECT_EXIST,
    tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST: RowExistence.EXPECT_NOT_EXIST,
}
_BOUNDS = {id(tablestore.INF_MIN): Special.INF_MIN, id(tablestore.INF_MAX): Special.INF_MAX}


def _ots_error(code: str, status: int) -> Callable[[], Exception]:
    return lambda: tablestore.OTSServiceError(status, code, "simulated", "")


OTS = Transport(
    no_answer=lambda: urllib3.exceptions.ReadTimeoutError(None, "/", "simulated"),  # type: ignore[arg-type]
    unreachable=lambda: urllib3.exceptions.ProtocolError("simulated"),
    busy=_ots_error("OTSServerBusy", 503),
    error=_ots_error("OTSTimeout", 503),
)


class SimulatedOtsClient:
    """What the production code uses of an ``OTSClient``; ``watch`` sees every row that was written."""

    def __init__(
        self,
        store: TableStore,
        gate: Gate,
        watch: Callable[[str, dict[str, Any] | None, dict[str, Any]], None],
    ) -> None:
        self._store = store
        self._gate = gate
        self._watch = watch

    def get_row(self, table: str, key: Any, **_: object) -> tuple[None, Any, None]:
        return self._gate("ots", "GetRow", lambda: (None, self._read(table, key), None), OTS)

    def batch_get_row(self, request: Any) -> Any:
        (item,) = request.items.values()
        rows = self._gate(
            "ots",
            "BatchGetRow",
            lambda: [self._read(item.table_name, key) for key in item.primary_keys],
            OTS,
        )
        return _Batch([_Item(row) for row in rows])

    def get_range(
        self,
        table: str,
        direction: str,
        start: Any,
        end: Any,
        columns_to_get: Any = None,
        limit: Any = None,
        **_: Any,
    ) -> tuple[None, Any, list[Any], None]:
        def read() -> tuple[None, Any, list[Any], None]:
            page = self._store.get_range(
                INSTANCE,
                table,
                _key(start),
                _key(end),
                backward=direction == tablestore.Direction.BACKWARD,
                limit=limit,
            )
            return None, page.next_start, [_sdk_row(row) for row in page.rows], None

        return self._gate("ots", f"GetRange {table}", read, OTS)

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        expected = condition.get_column_condition()
        column = None
        if expected is not None:
            column = SingleColumn(
                expected.get_column_name(), Comparator.EQUAL, expected.get_column_value(), False, True
            )
        wanted = Condition(_EXISTENCE[condition.get_row_existence_expectation()], column)
        cells = [Cell(name, value) for name, value in row.attribute_columns]

        def write() -> None:
            before = self._read(table, row.primary_key)
            try:
                self._store.put_row(INSTANCE, table, Row(_key(row.primary_key), cells), wanted)
            except TableStoreError as error:
                raise tablestore.OTSServiceError(error.status, error.code, error.message, "") from None
            old = None if before is None else {name: value for name, value, _ in before.attribute_columns}
            self._watch(table, old, dict(row.attribute_columns))

        self._gate("ots", f"PutRow {table}", write, OTS)

    def _read(self, table: str, key: Any) -> Any:
        found = self._store.get_row(INSTANCE, table, _key(key))
        return None if found.row is None else _sdk_row(found.row)


def _key(key: Any) -> list[tuple[str, Any]]:
    return [(name, _BOUNDS.get(id(value), value)) for name, value in key]


def _sdk_row(row: Row) -> Any:
    return tablestore.Row(list(row.primary_key), [(cell.name, cell.value, 0) for cell in row.cells])


class _Item:
    is_ok = True

    def __init__(self, row: Any) -> None:
        self.row = row


class _Batch:
    def __init__(self, items: list[_Item]) -> None:
        self._items = items

    def get_result_by_table(self, _: str) -> list[_Item]:
        return self._items


OSS = Transport(
    no_answer=lambda: RetryLater("oss_unreachable", "simulated", delay=5),
    unreachable=lambda: RetryLater("oss_unreachable", "simulated", delay=5),
    busy=lambda: RetryLater("QpsLimitExceeded", "simulated", delay=5),
    error=lambda: RetryLater("InternalError", "simulated", delay=5),
)


class SimulatedBucket:
    """The bucket's port. A photo's content begins with ``FACE``, ``VIEW`` (no face) or anything else."""

    name = BUCKET

    def __init__(self, store: ObjectStore, gate: Gate) -> None:
        self._store = store
        self._gate = gate

    def _call(self, operation: str, do: Callable[[], Any]) -> Any:
        def translated() -> Any:
            try:
                return do()
            except OssError as error:
                kind = NotFound if error.status == 404 else Permanent
                raise kind(error.code, "simulated") from None

        return self._gate("oss", operation, translated, OSS)

    def stored(self, key: str) -> Stored | None:
        try:
            found = self._call("HeadObject", lambda: self._store.head(BUCKET, key))
        except NotFound:
            return None
        return Stored(etag=found.etag, size=found.size, modified_at=int(found.modified) * 1000)

    def picture(self, key: str) -> Picture:
        def read() -> Picture:
            if not self._store.get(BUCKET, key)[1].startswith((b"FACE", b"VIEW")):
                raise Permanent("InvalidArgument", "not an image")
            return Picture(format="jpg", width=1000, height=1000)

        return self._call("GetObject image/info", read)

    def prepare(self, key: str, snapshot: str) -> None:
        def write() -> None:
            assert snapshot.startswith("submissions/"), snapshot
            try:
                self._store.head(BUCKET, snapshot)
            except OssError:
                self._store.put(BUCKET, snapshot, self._store.get(BUCKET, key)[1])
            else:
                raise AssertionError(f"{snapshot} is rewritten")

        self._call("PostObject saveas", write)

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        def read() -> tuple[list[Listed], str]:
            page = self._store.list_objects(BUCKET, prefix=prefix, marker=after, limit=count)
            listed = [
                Listed(
                    found.key,
                    Stored(etag=found.etag, size=found.size, modified_at=int(found.modified) * 1000),
                )
                for found in page.rows
            ]
            return listed, page.next_marker

        return self._call("ListObjects", read)

    def signed_url(self, key: str) -> str:
        return f"https://{BUCKET}.oss-cn-beijing.aliyuncs.com/{key}?{SIGNATURE}"

    def read(self, key: str) -> bytes:
        return self._call("GetObject", lambda: self._store.get(BUCKET, key)[1])

    def write_json(self, key: str, text: str) -> None:
        self._call("PutObject", lambda: self._store.put(BUCKET, key, text.encode()))

    def fetch(self, url: str) -> Fetched:
        """What DashScope gets when it downloads ``url``."""
        assert SIGNATURE in url, url
        content = self._store.get(BUCKET, unquote(urlsplit(url).path).lstrip("/"))[1]
        return Fetched(content=content, content_type="image/jpeg")


def _no_connection() -> Exception:
    return requests.exceptions.ConnectTimeout("simulated")


class _Answered(Exception):
    """An answer that the gate gives in DashScope's name."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.answer = _Answer(status, body)


class _Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


_BUSY = json.dumps({"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded."}).encode()
_ERROR = json.dumps({"code": "InternalError", "message": "Internal server error!"}).encode()
DASHSCOPE = Transport(
    no_answer=lambda: requests.exceptions.ReadTimeout("simulated"),
    unreachable=_no_connection,
    busy=lambda: _Answered(429, _BUSY),
    error=lambda: _Answered(500, _ERROR),
)


class SimulatedSession:
    """What the DashScope client uses of a ``requests.Session``."""

    def __init__(
        self, service: DashScopeService, gate: Gate, before_create: Callable[[dict[str, Any]], None]
    ) -> None:
        self._service = service
        self._gate = gate
        self._before_create = before_create

    def request(self, method: str, url: str, *, headers: dict[str, str], **options: Any) -> _Answer:
        parts = urlsplit(url)
        query = urlencode(options.get("params") or {}) or parts.query
        body = json.dumps(options["json"]).encode() if options.get("json") is not None else b""
        request = Request(
            method=method,
            host=parts.netloc,
            raw_path=parts.path,
            raw_query=query,
            headers=Headers({**headers, "Content-Type": "application/json"}),
            body=body,
        )
        operation = self._service.operation(request)

        def send() -> _Answer:
            if operation == "CreateFineTune":
                self._before_create(options["json"])
            response = self._service.handle(request)
            return _Answer(response.status, response.body)

        try:
            return self._gate("dashscope", operation, send, DASHSCOPE, garbled=_garbled)
        except _Answered as given:
            return given.answer

    def close(self) -> None:
        """Nothing is open."""


def _garbled(answer: _Answer, fault: Fault) -> _Answer:
    if fault is Fault.GARBAGE:
        if answer.status_code == 200 and len(answer.body) % 2:
            return _Answer(502, b"<html><body>Bad Gateway</body></html>")
        return _Answer(answer.status_code, answer.body[: len(answer.body) // 2])
    document = json.loads(answer.body)
    document["novelty"] = {"deep": [1, 2, 3]}
    output = document.get("output")
    if isinstance(output, dict) and output.get("status") in ("PENDING", "RUNNING"):
        output["status"] = "WARMING_UP"
        output.pop("hyper_parameters", None)
    return _Answer(answer.status_code, json.dumps(document).encode())
