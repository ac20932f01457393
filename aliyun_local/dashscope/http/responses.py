"""The service's HTTP: authentication, the handler of each operation, and the envelope of every answer.

:mod:`aliyun_local.emulators` puts it behind a loopback server.
"""

from __future__ import annotations

import hmac
import json
import threading
import uuid
from collections.abc import Callable, Collection

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.downloads import is_download
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.account.refusals import refusal_of
from aliyun_local.dashscope.errors import ServiceError, error_of
from aliyun_local.dashscope.http.dashscope_request import FIRST_API_KEY_ID, DashScopeRequest, Handler
from aliyun_local.dashscope.http.download_responses import DownloadResponses
from aliyun_local.dashscope.http.file_responses import FileResponses
from aliyun_local.dashscope.http.fine_tune_responses import FineTuneResponses
from aliyun_local.dashscope.http.inference_responses import FACE_DETECTION_MODEL, InferenceResponses
from aliyun_local.dashscope.http.multipart import MultipartError, parts
from aliyun_local.dashscope.http.operations import (
    DOWNLOAD_OPERATION,
    OPERATIONS,
    UNKNOWN_OPERATION,
    operations_at,
)
from aliyun_local.dashscope.http.parameters import MAX_JSON_BYTES, Body
from aliyun_local.dashscope.http.task_responses import TaskResponses
from aliyun_local.serving.wire import Admission, Refusal, Request, Response

# Files are taken apart in memory; "File management API": up to 1 GB each.
MAX_UPLOAD_BYTES = 128 * 1024**2

__all__ = ["FACE_DETECTION_MODEL", "OPERATIONS", "DashScopeService"]


class DashScopeService:
    """The service, wire side; see :class:`aliyun_local.serving.wire.Service`."""

    name = "dashscope"

    def __init__(
        self,
        studio: ModelStudio,
        clock: Clock,
        *,
        api_keys: Collection[str] | None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """Serve ``studio`` to clients with one of ``api_keys`` (None: any); they belong to one account.

        ``wait`` lets the seconds between two events of a stream pass, and defaults to a real wait.
        """
        self._studio = studio
        self._api_keys = None if api_keys is None else [key.encode() for key in api_keys]
        self._downloads = DownloadResponses(studio, clock)
        self._handlers: dict[str, Handler] = {
            **FineTuneResponses(studio, clock, wait or threading.Event().wait).handlers,
            **FileResponses(studio, clock).handlers,
            **InferenceResponses(studio).handlers,
            **TaskResponses(studio).handlers,
        }

    def operation(self, request: Request) -> str:
        """Name the operation that ``request`` asks for: one of :data:`OPERATIONS`, or ``Unknown``."""
        if is_download(request.raw_path):
            return DOWNLOAD_OPERATION
        for operation, _ in operations_at(request.raw_path):
            if operation.method == request.method:
                return operation.name
        return UNKNOWN_OPERATION

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller without a key."""
        if is_download(request.raw_path):
            return Admission(most_bytes=0)
        try:
            self._authenticate(request)
            operation, _ = _found(request)
        except ServiceError as error:
            return _error_response(str(uuid.uuid4()), error)
        return Admission(most_bytes=MAX_UPLOAD_BYTES if operation == "UploadFiles" else MAX_JSON_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        own = DashScopeRequest(
            http=request, request_id=str(uuid.uuid4()), api_key_id=self._api_key_id(request)
        )
        try:
            if is_download(request.raw_path):
                return self._downloads.answer(own)
            answer = self._answer(own)
        except ServiceError as error:
            return _error_response(own.request_id, error)
        except Exception:  # a defect of the emulator is answered as the service answers one
            return _error_response(own.request_id, error_of("InternalError"))
        if isinstance(answer, Response):
            return answer
        return _json_response(200, own.request_id, {"request_id": own.request_id} | answer)

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (the protocol's)
        """Return the error envelope that says ``refusal``."""
        error = ServiceError(refusal.status, refusal.code, refusal.message)
        return _error_response(str(uuid.uuid4()), error)

    def fail_uploads(self, request: Request, refusal: Refusal) -> Response:
        """Answer an upload with a success in which every file fails with ``refusal``."""
        try:
            files = parts(request.headers.get("content-type", ""), request.body)
        except MultipartError:
            return self.handle(request)
        failed = [
            {"name": file.filename, "code": refusal.code, "message": refusal.message}
            for file in files
            if file.filename is not None
        ]
        request_id = str(uuid.uuid4())
        data = {"uploaded_files": [], "failed_uploads": failed}
        return _json_response(200, request_id, {"request_id": request_id, "data": data})

    def _answer(self, request: DashScopeRequest) -> Body | Response:
        self._authenticate(request.http)
        operation, varying = _found(request.http)
        refusal = refusal_of(operation, self._studio.behaviour)
        if refusal is not None:
            raise refusal
        return self._handlers[operation](request, *varying)

    def _api_key_id(self, request: Request) -> str:
        """Return the id of the key: each of the account's has one of its own."""
        _, given = _credentials(request)
        known = self._api_keys or []
        return str(int(FIRST_API_KEY_ID) + (known.index(given) if given in known else 0))

    def _authenticate(self, request: Request) -> None:
        scheme, given = _credentials(request)
        known = [given] if self._api_keys is None and given else self._api_keys or []
        known = [] if self._studio.behaviour.keys_revoked else known
        if scheme.lower() != "bearer" or not any(hmac.compare_digest(given, key) for key in known):
            raise error_of("InvalidApiKey")


def _credentials(request: Request) -> tuple[str, bytes]:
    """Return the scheme of the Authorization header, and the key."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme, key.strip().encode("utf-8", "replace")


def _found(request: Request) -> tuple[str, tuple[str, ...]]:
    """Return the name of the operation and the varying segments of its path.

    Raises:
        ServiceError: the path or the method is no operation's.
    """
    fitting = operations_at(request.raw_path)
    for operation, varying in fitting:
        if operation.method == request.method:
            return operation.name, varying
    if fitting:
        raise errors.invalid_parameter(f"Request method '{request.method}' is not supported.")
    raise errors.invalid_parameter("url error, please check url！")


def _json_response(status: int, request_id: str, body: Body) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json", "X-Request-Id": request_id},
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
    )


def _error_response(request_id: str, error: ServiceError) -> Response:
    body = {"code": error.code, "message": error.message, "request_id": request_id}
    return _json_response(error.status, request_id, body)
