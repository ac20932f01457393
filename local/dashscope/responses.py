"""The service's HTTP: authentication, parameters and answers of each operation."""

from __future__ import annotations

import hmac
import json
import re
import uuid
from collections.abc import Callable, Collection
from typing import Any

from local.clock import Clock
from local.dashscope import errors, shapes
from local.dashscope.errors import ServiceError
from local.dashscope.files import FailedUpload
from local.dashscope.models import ModelStudio
from local.dashscope.multipart import MultipartError, parts
from local.dashscope.operations import OPERATIONS, UNKNOWN_OPERATION, segments_of
from local.wire import Request, Response

FACE_DETECTION_MODEL = "facechain-facedetect"
_MAX_JSON_BYTES = 10 * 1024**2
_MAX_PAGE_SIZE = 100
_PURPOSES = ("fine-tune", "file-extract", "batch")

Body = dict[str, Any]

__all__ = ["FACE_DETECTION_MODEL", "OPERATIONS", "DashScopeService"]


class DashScopeService:
    """The service, wire side; see :class:`local.wire.Service`."""

    name = "dashscope"

    def __init__(self, studio: ModelStudio, clock: Clock, *, api_keys: Collection[str]) -> None:
        """Serve ``studio`` to whoever has one of ``api_keys``; all keys belong to one account."""
        self._studio = studio
        self._clock = clock
        self._api_keys = [key.encode() for key in api_keys]
        self._answers: dict[str, Callable[..., Body]] = {
            "CreateFineTune": self._create_fine_tune,
            "ListFineTunes": self._list_fine_tunes,
            "GetFineTune": self._get_fine_tune,
            "DeleteFineTune": self._delete_fine_tune,
            "CancelFineTune": self._cancel_fine_tune,
            "GetFineTuneLogs": self._get_fine_tune_logs,
            "UploadFiles": self._upload_files,
            "ListFiles": self._list_files,
            "GetFile": self._get_file,
            "DeleteFile": self._delete_file,
            "DetectFaces": self._detect_faces,
        }

    def operation(self, request: Request) -> str:
        """Name the operation that ``request`` asks for: one of :data:`OPERATIONS`, or ``Unknown``."""
        for operation in OPERATIONS:
            if (
                operation.method == request.method
                and operation.match(segments_of(request.raw_path)) is not None
            ):
                return operation.name
        return UNKNOWN_OPERATION

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = str(uuid.uuid4())
        try:
            return _json_response(200, request_id, {"request_id": request_id} | self._answer(request))
        except ServiceError as error:
            return _error_response(request_id, error)
        except Exception:  # the service never shows its own defects in another way
            return _error_response(request_id, errors.internal_error())

    def _answer(self, request: Request) -> Body:
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
                return self._answers[operation.name](request, *varying)
        raise errors.invalid_parameter(f"Request method '{request.method}' is not supported.")

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = key.strip().encode("utf-8", "replace")
        if scheme.lower() != "bearer" or not any(
            hmac.compare_digest(given, known) for known in self._api_keys
        ):
            raise errors.invalid_api_key()

    # --- fine-tunes ---------------------------------------------------------------------------------------

    def _create_fine_tune(self, request: Request) -> Body:
        body = _json_body(request)
        if "finetuned_output" in body:
            # It exists in answers only, and the service is known to refuse it in a request.
            raise errors.missing_or_invalid("finetuned_output")
        hyper_parameters = {} if body.get("hyper_parameters") is None else body["hyper_parameters"]
        # Names and plain values: nothing that is nested could be stored and shown at any depth.
        if not isinstance(hyper_parameters, dict) or any(
            isinstance(value, dict | list) for value in hyper_parameters.values()
        ):
            raise errors.missing_or_invalid("hyper_parameters")
        for name in ("job_name", "model_name", "training_type"):
            if not _is_optional(body, name, str):
                raise errors.missing_or_invalid(name)
        if not isinstance(body.get("model"), str) or not body["model"]:
            raise errors.missing_or_invalid("model")
        if body.get("validation_file_ids") is not None and not _is_strings(body["validation_file_ids"]):
            raise errors.missing_or_invalid("validation_file_ids")
        training_file_ids = body.get("training_file_ids")
        if training_file_ids is None or training_file_ids == []:
            raise errors.missing_training_files()
        if not _is_strings(training_file_ids):
            raise errors.missing_or_invalid("training_file_ids")
        job = self._studio.create_fine_tune(
            model=body["model"],
            training_file_ids=training_file_ids,
            hyper_parameters=hyper_parameters,
            job_name=body.get("job_name"),
            model_name=body.get("model_name"),
        )
        return {"output": shapes.fine_tune(job, self._studio.behaviour)}

    def _list_fine_tunes(self, request: Request) -> Body:
        query = request.query
        page_no, page_size = _page(query)
        total, jobs = self._studio.fine_tunes(
            page_no=page_no, page_size=page_size, model=query.get("model") or None
        )
        shown = [shapes.fine_tune(job, self._studio.behaviour) for job in jobs]
        return {"output": {"page_no": page_no, "page_size": page_size, "total": total, "jobs": shown}}

    def _get_fine_tune(self, _: Request, job_id: str) -> Body:
        return {"output": shapes.fine_tune(self._studio.fine_tune(job_id), self._studio.behaviour)}

    def _delete_fine_tune(self, _: Request, job_id: str) -> Body:
        self._studio.delete_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _cancel_fine_tune(self, _: Request, job_id: str) -> Body:
        self._studio.cancel_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _get_fine_tune_logs(self, request: Request, job_id: str) -> Body:
        query = request.query
        offset = _number(query, "offset", default=0, least=0, most=10**9)
        line = _number(query, "line", default=100, least=1, most=1000)
        lines = self._studio.fine_tune_log(job_id)
        return {"output": {"total": len(lines), "logs": lines[offset : offset + line]}}

    # --- files --------------------------------------------------------------------------------------------

    def _upload_files(self, request: Request) -> Body:
        try:
            fields = parts(request.headers.get("content-type", ""), request.body)
        except MultipartError as problem:
            raise errors.body_invalid() from problem
        uploads = [part for part in fields if part.name == "files" and part.filename is not None]
        descriptions = [_text(part.content) for part in fields if part.name == "descriptions"]
        purpose = next((_text(part.content) for part in fields if part.name == "purpose"), None)
        if not uploads:
            raise errors.missing_or_invalid("files")
        if purpose is not None and purpose not in _PURPOSES:
            raise errors.missing_or_invalid("purpose")
        descriptions += [""] * len(uploads)
        uploaded: list[Body] = []
        failed: list[Body] = []
        for part, description in zip(uploads, descriptions, strict=False):
            result = self._studio.files.add(
                name=part.filename or "",
                content=part.content,
                description=description,
                purpose=purpose,
                at=self._clock.now(),
            )
            if isinstance(result, FailedUpload):
                failed.append({"name": result.name, "code": result.code, "message": result.message})
            else:
                uploaded.append({"name": result.name, "file_id": result.file_id})
        return {"data": {"uploaded_files": uploaded, "failed_uploads": failed}}

    def _list_files(self, request: Request) -> Body:
        page_no, page_size = _page(request.query)
        total, stored = self._studio.files.page(offset=(page_no - 1) * page_size, limit=page_size)
        shown = [shapes.file(file, self._clock.now()) for file in stored]
        return {"data": {"total": total, "page_size": page_size, "page_no": page_no, "files": shown}}

    def _get_file(self, _: Request, file_id: str) -> Body:
        return {"data": shapes.file(self._studio.files.get(file_id), self._clock.now())}

    def _delete_file(self, _: Request, file_id: str) -> Body:
        self._studio.files.delete(file_id)
        return {}

    # --- face detection -----------------------------------------------------------------------------------

    def _detect_faces(self, request: Request) -> Body:
        if request.headers.get("x-dashscope-async", "").lower() == "enable":
            raise errors.no_asynchronous_calls()
        body = _json_body(request)
        if not body.get("model"):
            raise ServiceError(
                400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.'
            )
        if not body.get("input"):
            raise ServiceError(400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
        if body.get("parameters") is None:
            raise ServiceError(
                400, "BadRequest.EmptyParameters", 'Required parameter "parameters" missing from request.'
            )
        if body["model"] != FACE_DETECTION_MODEL:
            raise errors.model_not_found()
        if not isinstance(body["input"], dict) or not isinstance(body["parameters"], dict):
            raise errors.body_invalid()
        images: Any = body["input"].get("images")
        if not _is_strings(images) or not 0 < len(images) <= self._studio.behaviour.max_detection_images:
            raise errors.missing_or_invalid("images")
        inspections = self._studio.detect_faces(images)
        output = {
            "is_face": [not inspection.failed_reason for inspection in inspections],
            "failed_reason": [inspection.failed_reason for inspection in inspections],
        }
        return {"output": output, "usage": {}}


def _json_body(request: Request) -> Body:
    """Return the JSON object in the body.

    Refused besides what is no JSON: what cannot be written again (NaN, infinity, halves of characters).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.body_invalid()
    if len(request.body) > _MAX_JSON_BYTES:
        raise errors.body_invalid()
    try:
        body = json.loads(request.body.decode("utf-8"), parse_int=_integer)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise errors.body_invalid() from None
    if not isinstance(body, dict):
        raise errors.body_invalid()
    return body


def _integer(digits: str) -> int:
    """Read a JSON integer; reading takes time in the square of the digits, so not of too many."""
    if len(digits) > 100:
        raise ValueError("an integer of too many digits")
    return int(digits)


def _is_optional(body: Body, name: str, kind: type) -> bool:
    return body.get(name) is None or isinstance(body[name], kind)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _page(query: dict[str, str]) -> tuple[int, int]:
    """Return page number and page size; by default the first 10."""
    return (
        _number(query, "page_no", default=1, least=1, most=10**9),
        _number(query, "page_size", default=10, least=1, most=_MAX_PAGE_SIZE),
    )


def _number(query: dict[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise errors.missing_or_invalid(name)
    return int(text)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _json_response(status: int, request_id: str, body: Body) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json", "X-Request-Id": request_id},
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
    )


def _error_response(request_id: str, error: ServiceError) -> Response:
    body = {"code": error.code, "message": error.message, "request_id": request_id}
    return _json_response(error.status, request_id, body)
