"""A Tablestore on loopback, driven by the official client.

The store stands on a clock that the tests move. The service's own clock is the machine's, because the client
compares the dates of answers with it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # The client's C++ codec is built for CPython 3.12 alone and says so on every other version.
    warnings.filterwarnings("ignore", "OTS C\\+\\+ SDK extension", ImportWarning)
    from tablestore import (
        INF_MAX,
        INF_MIN,
        CapacityUnit,
        Condition,
        OTSClient,
        OTSServiceError,
        ReservedThroughput,
        Row,
        SecondaryIndexMeta,
        TableMeta,
        TableOptions,
    )
    from tablestore.auth import RequestContext
    from tablestore.protobuf import table_store_pb2
    from tablestore.retry import NoRetryPolicy

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Headers, Request
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore

QUIET = logging.getLogger("tests.tablestore")
QUIET.setLevel(logging.CRITICAL + 1)


class Local:
    """A running service with one instance, its store and its clients."""

    def __init__(self, data: Path | None = None, **options: Any) -> None:
        self.clock = ManualClock()
        self.keys = AccessKeys(SystemClock())
        self.keys.add("LTAIlocal", "local-secret")
        self.store = TableStore(data, self.clock, **options)
        self.store.create_instance("studio")
        self.service = TablestoreService(self.store, self.keys, SystemClock())
        self.server = LoopbackServer(Front(self.service)).start()
        self._clients: list[OTSClient] = []
        self.client = self.connect()

    def connect(
        self, key: str = "LTAIlocal", secret: str = "local-secret", instance: str = "studio", **options: Any
    ) -> OTSClient:
        """A client of its own; nothing is retried unless asked for."""
        options.setdefault("retry_policy", NoRetryPolicy())
        path = options.pop("path", "")
        client = OTSClient(self.server.url + path, key, secret, instance, logger_name=QUIET.name, **options)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.connection.pool.clear()
        self.server.close()
        self.store.close()

    def create(
        self,
        name: str = "jobs",
        key: list[tuple[str, ...]] | None = None,
        *,
        columns: list[tuple[str, str]] | None = None,
        indexes: list[SecondaryIndexMeta] | None = None,
        **options: Any,
    ) -> str:
        """Create a table, by default of one STRING key column ``id``."""
        self.client.create_table(
            TableMeta(name, key or [("id", "STRING")], columns),
            TableOptions(**options),
            ReservedThroughput(CapacityUnit(0, 0)),
            indexes or [],
        )
        return name

    def put(self, table: str, key: Any, *columns: Any, condition: str = "IGNORE", **more: Any) -> Any:
        """Put a row; a key that is no list is the value of ``id``."""
        return self.client.put_row(table, Row(as_key(key), list(columns)), Condition(condition), **more)

    def update(self, table: str, key: Any, change: dict[str, Any], condition: Condition | None = None) -> Any:
        return self.client.update_row(table, Row(as_key(key), change), condition or Condition("IGNORE"))

    def get(self, table: str, key: Any, **options: Any) -> Any:
        """The row's columns as a dictionary, ``None`` for no row."""
        _, row, _ = self.client.get_row(table, as_key(key), **options)
        return None if row is None else {column[0]: column[1] for column in row.attribute_columns}

    def scan(self, table: str, names: list[str], **options: Any) -> list[Any]:
        """Every row of the table by paging until there is no next key."""
        start = [(name, INF_MIN) for name in names]
        end = [(name, INF_MAX) for name in names]
        found: list[Any] = []
        while start is not None:
            _, start, rows, _ = self.client.get_range(table, "FORWARD", start, end, **options)
            found += rows
        return found


def as_key(key: Any) -> list[tuple[str, Any]]:
    return key if isinstance(key, list) else [("id", key)]


@pytest.fixture
def local() -> Iterator[Local]:
    """A service in memory."""
    running = Local()
    yield running
    running.close()


@pytest.fixture
def start() -> Iterator[Any]:
    """Starts services with arguments of one's own; all are closed in the end."""
    running: list[Local] = []

    def begin(*args: Any, **options: Any) -> Local:
        running.append(Local(*args, **options))
        return running[-1]

    yield begin
    for one in running:
        one.close()


@pytest.fixture
def refused() -> Any:
    """Calls something and returns the (status, code, message) that it is refused with."""

    def call(function: Any, *args: Any, **options: Any) -> tuple[int, str, str]:
        with pytest.raises(OTSServiceError) as failure:
            function(*args, **options)
        error = failure.value
        return error.http_status, error.code, error.message

    return call


@pytest.fixture
def send(local: Local) -> Any:
    """Sends a signed body to an operation and returns the status and, of a failure, code and message."""
    answers: list[bytes] = []
    context = RequestContext(local.client.credentials_provider.get_credentials())

    def call(operation: str, body: bytes) -> tuple[int, str, str]:
        path = f"/{operation}"
        headers = local.client.protocol._make_request_headers(body, path, local.client._signer, context)
        request = Request(method="POST", host="local", raw_path=path, headers=Headers(headers), body=body)
        response = local.service.handle(request)
        answered = {name.lower(): value for name, value in response.headers.items()}
        local.client.protocol._check_headers(answered, response.body, status=response.status)
        local.client.protocol._check_authorization(
            path, answered, response.status, local.client._signer, context
        )
        answers.append(response.body)
        if response.status == 200:
            return 200, "", ""
        error = table_store_pb2.Error.FromString(response.body)
        assert error.code.startswith("OTS")
        assert error.message
        return response.status, error.code, error.message

    call.answers = answers  # type: ignore[attr-defined]
    return call
