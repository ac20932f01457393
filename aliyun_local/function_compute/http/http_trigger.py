"""HTTP triggers: a request becomes the event of version v1, and the function's result becomes the answer.

``invoking`` calls both halves. The shapes, and the headers that are dropped on the way, follow Function
Compute 3.0, "Use an HTTP trigger to invoke a function"; statuses follow "HTTP functions", error table, and
sizes follow "Quotas and limits".
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from aliyun_local.clock import utc
from aliyun_local.function_compute.http.errors import invalid_argument
from aliyun_local.function_compute.running.runner import InvocationResult
from aliyun_local.serving.wire import Request, Response
from aliyun_local.template import HttpTrigger

MAX_REQUEST_HEADER_BYTES = 8 * 1024
MAX_PATH_AND_QUERY_BYTES = 4 * 1024
MAX_RESPONSE_HEADER_BYTES = 8 * 1024
_NOT_PASSED_IN = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)
_NOT_PASSED_OUT = _NOT_PASSED_IN | {"content-length", "date", "server", "trailer"}
_DISPOSITION = "content-disposition"
_ASCII_EXCEPT_CONTROLS = "".join(map(chr, range(0x21, 0x7F)))


def http_event(
    request: Request,
    trigger: HttpTrigger,
    *,
    raw_path: str,
    request_id: str,
    received_at: float,
    account_id: str,
) -> bytes:
    """Return the event for ``request``; ``raw_path`` is the part of its path that the function sees.

    Raises:
        RequestRefused: headers, or path and query, are too large.
    """
    path = _encoded(raw_path)
    if len(path) + len(request.raw_query) > MAX_PATH_AND_QUERY_BYTES:
        raise invalid_argument(f"path and query exceed {MAX_PATH_AND_QUERY_BYTES} bytes")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_REQUEST_HEADER_BYTES:
        raise invalid_argument(f"request headers exceed {MAX_REQUEST_HEADER_BYTES} bytes")
    body, encoded = _text_or_base64(request.body)
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
            "time": utc(received_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(received_at * 1000)),
            "triggerId": trigger.name,
        },
    }
    return json.dumps(event, ensure_ascii=False).encode("utf-8", errors="replace")


def http_response(result: InvocationResult, *, default_domain: bool) -> Response:
    """Return the answer to the caller of a trigger whose function ended with ``result``.

    ``default_domain`` is that of :class:`~aliyun_local.function_compute.compute.FunctionCompute`.
    """
    response = _answer(result)
    if default_domain:
        kept = {name: value for name, value in response.headers.items() if name.lower() != _DISPOSITION}
        response.headers = {**kept, "Content-Disposition": "attachment"}
    return response


def _answer(result: InvocationResult) -> Response:
    headers = {"X-Fc-Request-Id": result.request_id, "Content-Type": "application/json"}
    if result.error_type is not None:
        headers["X-Fc-Error-Type"] = result.error_type
        return Response(status=502, headers=headers, body=result.body)
    shape = _response_shape(result.body)
    if shape is None:
        # The shape is not the documented one: Function Compute answers 200 with all of the result.
        return Response(status=200, headers=headers, body=result.body)
    try:
        response = _shaped(shape)
    except (ValueError, TypeError) as problem:
        headers["X-Fc-Error-Type"] = "UnhandledInvocationError"
        body = json.dumps({"ErrorCode": "BadResponse", "ErrorMessage": str(problem)}).encode()
        return Response(status=502, headers=headers, body=body)
    response.headers["X-Fc-Request-Id"] = result.request_id
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
    # A client must escape bytes outside ASCII; where it has not, the gateway does.
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
