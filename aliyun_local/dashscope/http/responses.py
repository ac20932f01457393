"""The service's HTTP: authentication, the way to each operation, and the envelope of every answer."""

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
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.http.calls import Answer, Call
from aliyun_local.dashscope.http.download_responses import DownloadResponses
from aliyun_local.dashscope.http.error_table import error_of
from aliyun_local.dashscope.http.file_responses import FileResponses
from aliyun_local.dashscope.http.fine_tune_responses import FineTuneResponses
from aliyun_local.dashscope.http.inference_responses import FACE_DETECTION_MODEL, ModelResponses
from aliyun_local.dashscope.http.operations import (
    DOWNLOAD_OPERATION,
    OPERATIONS,
    UNKNOWN_OPERATION,
    segments_of,
)
from aliyun_local.dashscope.http.parameters import Body
from aliyun_local.dashscope.http.task_responses import TaskResponses
from aliyun_local.serving.wire import Refusal, Request, Response

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
        """Serve ``studio`` to whoever has one of ``api_keys`` (None: any); they belong to one account.

        ``wait`` lets the seconds between two events of a stream pass, and defaults to a real wait.
        """
        self._studio = studio
        self._api_keys = None if api_keys is None else [key.encode() for key in api_keys]
        self._downloads = DownloadResponses(studio, clock)
        self._answers: dict[str, Answer] = {
            **FineTuneResponses(studio, clock, wait or threading.Event().wait).answers,
            **FileResponses(studio, clock).answers,
            **ModelResponses(studio).answers,
            **TaskResponses(studio).answers,
        }

    def operation(self, request: Request) -> str:
        """Name the operation that ``request`` asks for: one of :data:`OPERATIONS`, or ``Unknown``."""
        if is_download(request.raw_path):
            return DOWNLOAD_OPERATION
        for operation in OPERATIONS:
            if (
                operation.method == request.method
                and operation.match(segments_of(request.raw_path)) is not None
            ):
                return operation.name
        return UNKNOWN_OPERATION

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        call = Call(request=request, request_id=str(uuid.uuid4()))
        try:
            if is_download(request.raw_path):
                return self._downloads.answer(call)
            answer = self._answer(call)
        except ServiceError as error:
            return _error_response(call.request_id, error)
        except Exception:  # the service never shows its own defects in another way
            return _error_response(call.request_id, errors.internal_error())
        if isinstance(answer, Response):
            return answer
        return _json_response(200, call.request_id, {"request_id": call.request_id} | answer)

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (the protocol's)
        """Return the error envelope that says ``refusal``."""
        error = ServiceError(refusal.status, refusal.code, refusal.message)
        return _error_response(str(uuid.uuid4()), error)

    def _answer(self, call: Call) -> Body | Response:
        request = call.request
        self._authenticate(request)
        segments = segments_of(request.raw_path)
        fitting = [
            (operation, varying)
            for operation in OPERATIONS
            if (varying := operation.match(segments)) is not None
        ]
        if not fitting:
            raise errors.invalid_parameter("url error, please check url！")
        for operation, varying in fitting:
            if operation.method == request.method:
                self._refuse(operation.name)
                return self._answers[operation.name](call, *varying)
        raise errors.invalid_parameter(f"Request method '{request.method}' is not supported.")

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = key.strip().encode("utf-8", "replace")
        known = [given] if self._api_keys is None and given else self._api_keys or []
        if scheme.lower() != "bearer" or not any(hmac.compare_digest(given, key) for key in known):
            raise errors.invalid_api_key()

    def _refuse(self, operation: str) -> None:
        """Refuse what the account's switches say is refused."""
        refused = self._studio.behaviour.refused
        code = refused.get(operation) or refused.get("*")
        if code is not None:
            raise error_of(code)


def _json_response(status: int, request_id: str, body: Body) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json", "X-Request-Id": request_id},
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
    )


def _error_response(request_id: str, error: ServiceError) -> Response:
    body = {"code": error.code, "message": error.message, "request_id": request_id}
    return _json_response(error.status, request_id, body)
