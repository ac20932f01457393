"""The HTTP of the models that are called and not trained: face detection and portraits.

``responses`` calls the handlers.
"""

from __future__ import annotations

from typing import Any

from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.errors import error_of
from aliyun_local.dashscope.http.dashscope_request import DashScopeRequest, Handler
from aliyun_local.dashscope.http.parameters import Body, is_optional, is_strings, json_body
from aliyun_local.dashscope.pictures.portraits import DEFAULT_SIZE, MAX_IMAGES, RESOURCE_TYPE, PortraitOrder

FACE_DETECTION_MODEL = "facechain-facedetect"


class InferenceResponses:
    """The operations of models."""

    def __init__(self, studio: ModelStudio) -> None:
        """Answer for ``studio``."""
        self._studio = studio
        self.handlers: dict[str, Handler] = {
            "DetectFaces": self._detect_faces,
            "GeneratePortraits": self._generate_portraits,
        }

    def _detect_faces(self, request: DashScopeRequest) -> Body:
        if _is_asynchronous(request):
            raise errors.no_asynchronous_calls()
        body = json_body(request.http)
        if not body.get("model"):
            raise error_of("BadRequest.EmptyModel")
        if not body.get("input"):
            raise error_of("BadRequest.EmptyInput")
        if body.get("parameters") is None:
            raise error_of("BadRequest.EmptyParameters")
        if body["model"] != FACE_DETECTION_MODEL:
            raise error_of("ModelNotFound")
        if not isinstance(body["input"], dict) or not isinstance(body["parameters"], dict):
            raise errors.body_invalid()
        images: Any = body["input"].get("images")
        if not is_strings(images) or not 0 < len(images) <= self._studio.behaviour.max_detection_images:
            raise errors.missing_or_invalid("images")
        inspections = self._studio.detect_faces(images)
        output = {
            "is_face": [not inspection.failed_reason for inspection in inspections],
            "failed_reason": [inspection.failed_reason for inspection in inspections],
        }
        return {"output": output, "usage": {}}

    def _generate_portraits(self, request: DashScopeRequest) -> Body:
        if not _is_asynchronous(request):
            raise errors.no_synchronous_calls()
        body = json_body(request.http)
        if not body.get("model"):
            raise error_of("BadRequest.EmptyModel")
        if not body.get("parameters"):
            raise error_of("BadRequest.EmptyParameters")
        if not isinstance(body["model"], str):
            raise error_of("ModelNotFound")
        task = self._studio.portraits.submit(
            model=body["model"],
            order=_order(body),
            request_id=request.request_id,
            api_key_id=request.api_key_id,
        )
        return {"output": {"task_id": task.task_id, "task_status": task.status}}


def _order(body: Body) -> PortraitOrder:
    """Return the order in the body of a request, with every value of the right type."""
    parameters, given = body["parameters"], body.get("input") or {}
    if not isinstance(parameters, dict) or not isinstance(given, dict):
        raise errors.body_invalid()
    for name, kind in (("style", str), ("size", str), ("n", int), ("skin_retouch", bool)):
        if not is_optional(parameters, name, kind) or (
            name == "n" and isinstance(parameters.get(name), bool)
        ):
            raise errors.missing_or_invalid(name)
    if not is_optional(given, "template_url", str):
        raise errors.missing_or_invalid("template_url")
    user_urls = [] if given.get("user_urls") is None else given["user_urls"]
    if not is_strings(user_urls):
        raise errors.missing_or_invalid("user_urls")
    images = parameters.get("n")
    return PortraitOrder(
        style=parameters.get("style") or "",
        size=parameters.get("size") or DEFAULT_SIZE,
        images=MAX_IMAGES if images is None else images,
        resource_ids=_resource_ids(body),
        template_url=given.get("template_url"),
        user_urls=tuple(user_urls),
    )


def _resource_ids(body: Body) -> tuple[str, ...]:
    resources = [] if body.get("resources") is None else body["resources"]
    if not isinstance(resources, list) or not all(
        isinstance(resource, dict)
        and isinstance(resource.get("resource_id"), str)
        and resource.get("resource_type") == RESOURCE_TYPE
        for resource in resources
    ):
        raise errors.missing_or_invalid("resources")
    return tuple(resource["resource_id"] for resource in resources)


def _is_asynchronous(request: DashScopeRequest) -> bool:
    return request.http.headers.get("x-dashscope-async", "").lower() == "enable"
