"""Helpers of the Tablestore tests: a running emulator, signed requests, and the official codecs.

The store runs on a clock that the tests move. The service runs on the clock of the machine, because the
official client compares the dates of answers with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tablestore import INF_MAX, INF_MIN, OTSClient, Row, SecondaryIndexMeta, TableMeta, TableOptions
from tablestore.auth import RequestContext
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedInputStream
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream
from tablestore.protobuf import table_store_pb2

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Headers, Request, Response
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column
from aliyun_local.tablestore.store.schema import TableOptions as StoredOptions
from tests.contracts.tablestore_client.contract.calls import (
    INSTANCE,
    KEY_ID,
    NO_RESERVED_UNITS,
    SECRET,
    Calls,
    Key,
    KeySchema,
    Refusal,
    connect,
    disconnect,
)

OK: Refusal = (200, "", "")
PLAIN_KEY = [Column(name="id", type="STRING")]
PLAIN_OPTIONS = StoredOptions(time_to_live_seconds=-1, max_versions=1)


class Emulator(Calls):
    """A running service with one instance, its store and its clients."""

    def __init__(
        self, data: Path | None = None, *, index_lag_seconds: float = 0.0, local_transactions: bool = True
    ) -> None:
        self.clock = ManualClock()
        self.keys = AccessKeys(SystemClock())
        self.keys.add(KEY_ID, SECRET)
        self.store = TableStore(
            data, self.clock, index_lag_seconds=index_lag_seconds, local_transactions=local_transactions
        )
        self.store.create_instance(INSTANCE)
        self.service = TablestoreService(self.store, self.keys, SystemClock())
        self.server = LoopbackServer(Front(self.service)).start()
        self._clients: list[OTSClient] = []
        super().__init__(self.connect())

    @property
    def now_ms(self) -> int:
        """The time of the store's clock, as the versions of cells count it."""
        return int(self.clock.now() * 1000)

    def connect(
        self,
        key_id: str = KEY_ID,
        secret: str = SECRET,
        instance: str = INSTANCE,
        *,
        path: str = "",
        **options: Any,
    ) -> OTSClient:
        """A separate client, which is disconnected with the emulator."""
        client = connect(self.server.url + path, key_id, secret, instance, **options)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            disconnect(client)
        self.server.close()
        self.store.close()

    def create(
        self,
        name: str = "jobs",
        key: KeySchema | None = None,
        *,
        columns: Sequence[tuple[str, str]] | None = None,
        indexes: Sequence[SecondaryIndexMeta] = (),
        **options: Any,
    ) -> None:
        """Create a table, by default ``jobs`` with one STRING key column ``id``."""
        self.create_table(name, key, columns, indexes, **options)

    def scan(self, table: str, names: Sequence[str], **options: Any) -> list[Row]:
        """Every row of a table with the key columns ``names``, page by page."""
        start: Key | None = [(name, INF_MIN) for name in names]
        end = [(name, INF_MAX) for name in names]
        found: list[Row] = []
        while start is not None:
            _, start, rows, _ = self.client.get_range(table, "FORWARD", start, end, **options)
            found += rows
        return found


class StartEmulator(Protocol):
    """A function that starts an emulator, which is closed after the test."""

    def __call__(
        self, data: Path | None = None, *, index_lag_seconds: float = 0.0, local_transactions: bool = True
    ) -> Emulator: ...


def signed_request(
    client: OTSClient,
    operation: str = "ListTable",
    body: bytes = b"",
    changed_headers: dict[str, str | None] | None = None,
) -> Request:
    """The request that ``client`` would send, with headers changed or (``None``) removed after signing."""
    context = RequestContext(client.credentials_provider.get_credentials())
    headers = client.protocol._make_request_headers(body, f"/{operation}", client._signer, context)
    for name, value in (changed_headers or {}).items():
        if value is None:
            del headers[name]
        else:
            headers[name] = value
    return Request(method="POST", host="local", raw_path=f"/{operation}", headers=Headers(headers), body=body)


def refusal_of(response: Response) -> Refusal:
    """The error in an answer."""
    error = table_store_pb2.Error.FromString(response.body)
    return response.status, error.code, error.message


class Sender:
    """Sends signed requests with any body, and checks the answers as the official client does.

    Attributes:
        body: the body of the last answer.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.body = b""
        self._emulator = emulator
        self._client = emulator.client
        self._context = RequestContext(self._client.credentials_provider.get_credentials())

    def __call__(self, operation: str, body: bytes) -> Refusal:
        """Send ``body`` to ``operation`` and return the error, or :data:`OK`."""
        response = self._emulator.service.handle(signed_request(self._client, operation, body))
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._client.protocol._check_headers(headers, response.body, status=response.status)
        self._client.protocol._check_authorization(
            f"/{operation}", headers, response.status, self._client._signer, self._context
        )
        self.body = response.body
        if response.status == 200:
            return OK
        status, code, message = refusal_of(response)
        assert code.startswith("OTS")
        assert message
        return status, code, message


def create_table_request(client: OTSClient, name: str) -> Any:
    """The official message that creates a table. A test can add fields that the client cannot set."""
    meta = TableMeta(name, [("id", "STRING")])
    return client.protocol.encoder.encode_request(
        "CreateTable", meta, TableOptions(), NO_RESERVED_UNITS, None, []
    )


def compute_split_points(send: Sender, split_bytes: int, unit_bytes: int = 1) -> tuple[Any, list[Key]]:
    """The answer about the splits of the table ``jobs``, and the keys in it."""
    request = table_store_pb2.ComputeSplitPointsBySizeRequest(
        table_name="jobs", split_size=split_bytes, split_size_unit_in_byte=unit_bytes
    )
    assert send("ComputeSplitPointsBySize", request.SerializeToString()) == OK
    answer = table_store_pb2.ComputeSplitPointsBySizeResponse.FromString(send.body)
    return answer, [decode_officially(point)[0] for point in answer.split_points]


def decode_officially(encoded: bytes) -> tuple[Key, list[tuple[str, Any, int]]]:
    """The key and the columns of one row in PlainBuffer, as the official client reads them."""
    key, columns = PlainBufferCodedInputStream(PlainBufferInputStream(encoded)).read_row()
    return key, columns
