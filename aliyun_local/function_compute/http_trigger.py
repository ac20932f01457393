"""HTTP triggers: a request becomes the event of version v1, and what the function returns becomes the answer.

The shapes and what is dropped on the way follow Function Compute 3.0, "Use an HTTP trigger to invoke a
function"; statuses follow "HTTP functions", error table, and sizes follow "Quotas and limits".
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

from aliyun_local.clock import utc
from aliyun_local.serving.wire import Request, Response

if TYPE_CHECKING:
    from aliyun_local.function_compute.models import InvocationResult
    from aliyun_local.template import HttpTrigger

MAX_REQUEST_HEADER_BYTES = 8 * 1024
MAX_PATH_AND_QUERY_BYTES = 4 * 1024
MAX_RESPONSE_HEADER_BYTES = 8 * 1024
_NOT_PASSED_IN = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)
_NOT_PASSED_OUT = _NOT_PASSED_IN | {"content-length", "date", "server", "trailer"}
_ASCII_EXCEPT_CONTROLS = "".join(map(chr, range(0x21, 0x7F)))


class BadRequest(ValueError):
    """The request is over a limit of HTTP triggers."""


def http_event(
    request: Request,
    trigger: HttpTrigger,
    request_id: str,
    now: float,
    account_id: str,
    raw_path: str | None = None,
) -> bytes:
    """Return the event for ``request``; ``raw_path`` is its path where that is only a part of the request's.

    Raises:
        BadRequest: headers, or path and query, are too large.
    """
    path = _encoded(request.raw_path if raw_path is None else raw_path)
    if len(path) + len(request.raw_query) > MAX_PATH_AND_QUERY_BYTES:
        raise BadRequest(f"path and query exceed {MAX_PATH_AND_QUERY_BYTES} bytes")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_REQUEST_HEADER_BYTES:
        raise BadRequest(f"request headers exceed {MAX_REQUEST_HEADER_BYTES} bytes")
    body, encoded = _text_or_base64(request.body)
    moment = utc(now)
    event = {
        "version": "v1",
        "rawPath": path,
        "body": body,
        "isBase64Encoded": encoded,
        "headers": {
            _canonical(name): value
            for name, value in request.headers.items()
            if name not in _NOT_PASSED_IN and not name.startswith("x-fc-")
        },
        "queryParameters": _query(request.raw_query),
        "requestContext": {
            "accountId": account_id,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": unquote(path, errors="replace"),
                "protocol": "HTTP/1.1",
                "sourceIp": request.remote_address,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(now * 1000)),
            "triggerId": trigger.name,
        },
    }
    return json.dumps(event, ensure_ascii=False).encode("utf-8", errors="replace")


def http_response(result: InvocationResult) -> Response:
    """Return the answer that a function's result stands for."""
    identity = {"X-Fc-Request-Id": result.request_id}
    if result.error_type is not None:
        return Response(
            status=502,
            headers={**identity, "Content-Type": "application/json", "X-Fc-Error-Type": result.error_type},
            body=result.body,
        )
    shape = _response_shape(result.body)
    if shape is None:
        # Not the documented shape: Function Compute answers 200 with all of it.
        return Response(
            status=200, headers={**identity, "Content-Type": "application/json"}, body=result.body
        )
    try:
        response = _shaped(shape)
    except (ValueError, TypeError) as problem:
        return Response(
            status=502,
            headers={
                **identity,
                "Content-Type": "application/json",
                "X-Fc-Error-Type": "UnhandledInvocationError",
            },
            body=json.dumps({"ErrorCode": "BadResponse", "ErrorMessage": str(problem)}).encode(),
        )
    response.headers.update(identity)
    return response


def _response_shape(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "statusCode" in value else None


def _shaped(shape: dict[str, Any]) -> Response:
    status, headers, body = shape["statusCode"], shape.get("headers"), shape.get("body", "")
    headers = {} if headers is None else headers
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"statusCode {status!r} is not a status of an answer")
    if not isinstance(body, str):
        raise TypeError("body is not a string")
    if not isinstance(headers, dict):
        raise TypeError("headers is not an object")
    sent: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(value, str):
            raise TypeError(f"header {name!r} is not a string")
        if any(character in name + value for character in "\r\n\0") or not name.strip():
            raise ValueError(f"header {name!r} has a character that headers cannot carry")
        if name.lower() not in _NOT_PASSED_OUT and not name.lower().startswith("x-fc-"):
            sent[name] = value
    if sum(len(name) + len(value.encode()) for name, value in sent.items()) > MAX_RESPONSE_HEADER_BYTES:
        raise ValueError(f"response headers exceed {MAX_RESPONSE_HEADER_BYTES} bytes")
    if not any(name.lower() == "content-type" for name in sent):
        sent["Content-Type"] = "application/json"
    try:
        content = base64.b64decode(body, validate=True) if shape.get("isBase64Encoded") is True else None
    except binascii.Error:
        raise ValueError("body is not base64 though isBase64Encoded says so") from None
    return Response(
        status=status,
        headers=sent,
        body=body.encode("utf-8", errors="replace") if content is None else content,
    )


def _encoded(raw_path: str) -> str:
    # A path with bytes outside ASCII is not a valid one; the gateway escapes what a client has not.
    try:
        octets = raw_path.encode("latin-1")
    except UnicodeEncodeError:
        octets = raw_path.encode("utf-8", errors="replace")
    return quote(octets, safe=_ASCII_EXCEPT_CONTROLS) or "/"


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _query(raw_query: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(raw_query, keep_blank_values=True, errors="replace"):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _text_or_base64(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
