"""Tablestore over HTTP: authentication of the caller, dispatch to the operation, signed answers.

The emulators of the local cloud and the tests serve :class:`TablestoreService` on loopback.
"""

from __future__ import annotations

import itertools
import json
import logging
import uuid
from collections.abc import Callable
from typing import TypeAlias, cast

from aliyun_local.clock import Clock, utc
from aliyun_local.credentials import AccessKeys
from aliyun_local.serving.wire import Admission, Refusal, Request, Response
from aliyun_local.tablestore.codec.common_messages import Error
from aliyun_local.tablestore.codec.protobuf import DecodeError, Message
from aliyun_local.tablestore.codec.row_messages import BatchResponse
from aliyun_local.tablestore.errors import (
    TableStoreError,
    authentication_failed,
    internal_error,
    parameter_invalid,
    unsupported,
)
from aliyun_local.tablestore.http import row_faults
from aliyun_local.tablestore.http.operations import OPERATIONS, Operation
from aliyun_local.tablestore.http.signatures import Caller, authenticate, content_md5
from aliyun_local.tablestore.http.touched_rows import Touched
from aliyun_local.tablestore.store.models import TableStore

MAX_BODY_BYTES = 5 * 1024 * 1024

_Run: TypeAlias = Callable[[Operation, str, Message], Message]
_log = logging.getLogger(__name__)


class TablestoreService:
    """The wire side of a :class:`TableStore`; satisfies :class:`aliyun_local.serving.wire.Service`."""

    name = "tablestore"

    def __init__(self, store: TableStore, keys: AccessKeys, clock: Clock) -> None:
        """Serve ``store`` to the owners of ``keys``. Dates in requests are compared with ``clock``."""
        self._store = store
        self._keys = keys
        self._clock = clock
        # A request id is a UUID whose last part is a counter: a random UUID costs a tenth of the time of a
        # read.
        self._id_of_run = str(uuid.uuid4())[:23]
        self._requests = itertools.count(1)

    def operation(self, request: Request) -> str:
        """Return the operation's name: the last segment of the path, because an endpoint may have a path."""
        return request.raw_path.rpartition("/")[2]

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller whose headers are not signed."""
        try:
            self._caller(request)
        except TableStoreError as failure:
            return self._failed(request, None, failure)
        return Admission(most_bytes=MAX_BODY_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        return self._answered(request, self._run)

    def fail_rows(
        self,
        request: Request,
        fails: Callable[[Touched], bool],
        refusal: Refusal,
        *,
        are_carried_out: bool,
    ) -> Response:
        """Answer a batch so that the rows for which ``fails`` holds fail with ``refusal``.

        Rows that fail are carried out all the same if ``are_carried_out``.
        """
        error = Error(code=refusal.code, message=refusal.message)

        def run(served: Operation, instance: str, message: Message) -> Message:
            if not isinstance(message, row_faults.Batch):
                return self._run(served, instance, message)
            split = row_faults.split(message, fails)
            done = BatchResponse(tables=[])
            if split.has_rest or are_carried_out:
                carried_out = message if are_carried_out else split.rest
                done = cast(BatchResponse, self._run(served, instance, carried_out))
            return split.merged(done, error, is_whole=are_carried_out)

        return self._answered(request, run)

    def _answered(self, request: Request, run: _Run) -> Response:
        """Return what ``run`` returns for the operation, instance and message of a request, or the error."""
        operation = self.operation(request)
        caller: Caller | None = None
        try:
            caller = self._caller(request)
            body = run(*self._message(operation, request)).encode()
        except TableStoreError as failure:
            return self._failed(request, caller, failure)
        except Exception:
            _log.exception("%s failed", operation)
            return self._failed(request, caller, internal_error())
        return self._signed(operation, caller, 200, body)

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the error answer for ``refusal``, unsigned because the caller is unknown."""
        return self._failed(request, None, TableStoreError(refusal.status, refusal.code, refusal.message))

    def _caller(self, request: Request) -> Caller:
        """Return who sends ``request``; its head is enough.

        Raises:
            TableStoreError: the request is no POST, is too large, or is not signed.
        """
        if request.method != "POST":
            raise TableStoreError(405, "OTSMethodNotAllowed", "Only POST method for requests is supported.")
        if len(request.body) > MAX_BODY_BYTES:
            raise TableStoreError(413, "OTSRequestBodyTooLarge", "The size of POST data is too large.")
        return authenticate(request, self.operation(request), self._keys, self._clock.now())

    def _message(self, operation: str, request: Request) -> tuple[Operation, str, Message]:
        """Return the operation, the instance and the message of a request.

        Raises:
            TableStoreError: one of them does not exist.
        """
        instance = request.headers["x-ots-instancename"]
        if not self._store.has_instance(instance):
            raise authentication_failed("The instance is not found.")
        served = OPERATIONS.get(operation)
        if served is None:
            raise unsupported(operation)
        try:
            return served, instance, served.request.decode(request.body)
        except DecodeError as problem:
            raise parameter_invalid("Parse PBMessage from RawString failed.") from problem

    def _run(self, served: Operation, instance: str, message: Message) -> Message:
        return served.run(self._store, instance, message)

    def _failed(self, request: Request, caller: Caller | None, failure: TableStoreError) -> Response:
        if request.headers.get("content-type", "").startswith("application/json"):
            text = json.dumps({"code": failure.code, "message": failure.message})
            body = text.encode(errors="surrogateescape")
        else:
            body = Error(code=failure.code, message=failure.message).encode()
        return self._signed(self.operation(request), caller, failure.status, body)

    def _signed(self, operation: str, caller: Caller | None, status: int, body: bytes) -> Response:
        headers = {
            "x-ots-requestid": f"{self._id_of_run}-{next(self._requests):012x}",
            "x-ots-date": f"{utc(self._clock.now()).isoformat(timespec='microseconds')[:26]}Z",
            "x-ots-contenttype": "protocol buffer",
            "x-ots-contentmd5": content_md5(body),
        }
        if caller is not None:
            headers["Authorization"] = caller.authorization(operation, headers)
        return Response(status=status, headers=headers, body=body)
