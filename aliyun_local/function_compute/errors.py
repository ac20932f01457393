"""Refusals: the service's error codes with their statuses and words, and how each API generation writes them.

Codes, statuses and messages follow Function Compute, "Error codes"; that a missing or wrong signature is a
403 follows "Signature authentication".
"""

from __future__ import annotations

import json

from aliyun_local.function_compute.instances import ConcurrencyExceeded
from aliyun_local.function_compute.invocations import InvocationIdInUse
from aliyun_local.function_compute.models import FunctionNotFound, PayloadTooLarge, ServiceUnavailable
from aliyun_local.serving.wire import Response


class RequestRefused(Exception):
    """A request that is answered with an error: ``status``, ``code`` and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the answer."""
        super().__init__(message)
        self.status = status
        self.code = code


def invalid_argument(message: str) -> RequestRefused:
    """Return the error for a value that the service does not take."""
    return RequestRefused(400, "InvalidArgument", message)


def missing_header(name: str) -> RequestRefused:
    """Return the error for a header that a signed request must have."""
    return RequestRefused(400, "MissingRequiredHeader", f"required HTTP header {name} was not specified")


def access_denied(message: str) -> RequestRefused:
    """Return the error for a caller who may not."""
    return RequestRefused(403, "AccessDenied", message)


def path_not_supported(method: str, path: str) -> RequestRefused:
    """Return the error for a path that no operation has."""
    return RequestRefused(400, "PathNotSupported", f"'{method}' against '{path}' is not supported")


def method_not_allowed(method: str, path: str) -> RequestRefused:
    """Return the error for a path that is there, asked with a method that no operation has on it."""
    return RequestRefused(405, "MethodNotAllowed", f"'{method}' against '{path}' is not supported")


def refusal(problem: Exception) -> RequestRefused:
    """Return what a caller is told of ``problem``, whatever it is."""
    match problem:
        case RequestRefused():
            return problem
        case FunctionNotFound():
            return RequestRefused(404, "FunctionNotFound", str(problem.args[0]))
        case PayloadTooLarge():
            return RequestRefused(413, "EntityTooLarge", str(problem))
        case ConcurrencyExceeded():
            return RequestRefused(429, "ResourceExhausted", "the function's reserved concurrency is used up")
        case InvocationIdInUse():
            message = f"the id was given to request {problem.request_id}"
            return RequestRefused(409, "StatefulAsyncInvocationAlreadyExists", message)
        case ServiceUnavailable():
            return RequestRefused(503, "ServiceUnavailable", str(problem))
        case _:
            message = f"{type(problem).__name__} in the emulator"
            return RequestRefused(500, "InternalServerError", message)


def error_response(problem: Exception, request_id: str, *, modern: bool) -> Response:
    """Return the error answer for ``problem``, as 2023-03-30 writes it if ``modern``, else as 2016-08-15."""
    refused = refusal(problem)
    body = (
        {"Code": refused.code, "Message": str(refused), "RequestId": request_id}
        if modern
        else {"ErrorCode": refused.code, "ErrorMessage": str(refused)}
    )
    headers = {
        "Content-Type": "application/json",
        "X-Fc-Request-Id": request_id,
        "X-Fc-Error-Type": "FcCommonError",
    }
    return Response(status=refused.status, headers=headers, body=json.dumps(body).encode())
