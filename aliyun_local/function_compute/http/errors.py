"""Refusals: the service's error codes with their statuses and words, as each API writes them.

Every module of the wire raises or writes them. Codes, statuses and messages follow Function Compute, "Error
codes"; that a missing or wrong signature is a 403 follows "Signature authentication".
"""

from __future__ import annotations

import json

from aliyun_local.function_compute.errors import (
    ConcurrencyExceeded,
    FunctionNotFound,
    InvocationIdInUse,
    PayloadTooLarge,
    ResourceRefused,
    ServiceUnavailable,
)
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
    """Return the error for a caller that is not let in."""
    return RequestRefused(403, "AccessDenied", message)


def path_not_supported(method: str, path: str) -> RequestRefused:
    """Return the error for a path that no operation has."""
    return RequestRefused(400, "PathNotSupported", f"'{method}' against '{path}' is not supported")


def method_not_allowed(method: str, path: str) -> RequestRefused:
    """Return the error for a path whose operations have other methods."""
    return RequestRefused(405, "MethodNotAllowed", f"'{method}' against '{path}' is not supported")


def refusal(problem: Exception) -> RequestRefused:
    """Return the refusal that stands for ``problem``; an unknown one is an error of the emulator."""
    match problem:
        case RequestRefused():
            return problem
        case ResourceRefused():
            return RequestRefused(problem.status, problem.code, str(problem))
        case FunctionNotFound():
            return RequestRefused(404, "FunctionNotFound", str(problem))
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


def error_response(problem: Exception, request_id: str, *, is_2023: bool) -> Response:
    """Return the error answer for ``problem``, as the API of 2023-03-30 or that of 2016-08-15 writes it."""
    refused = refusal(problem)
    body = (
        {"Code": refused.code, "Message": str(refused), "RequestId": request_id}
        if is_2023
        else {"ErrorCode": refused.code, "ErrorMessage": str(refused)}
    )
    headers = {
        "Content-Type": "application/json",
        "X-Fc-Request-Id": request_id,
        "X-Fc-Error-Type": "FcCommonError",
    }
    return Response(status=refused.status, headers=headers, body=json.dumps(body).encode())
