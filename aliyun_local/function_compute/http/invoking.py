"""Invocations and HTTP triggers on the wire: headers in, headers out.

``operations`` routes requests here; the service of a single trigger calls :func:`serve_trigger`. Headers
follow InvokeFunction in the API references of 2016-08-15 and 2023-03-30.
"""

from __future__ import annotations

import base64
import re

from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.errors import RequestRefused, access_denied, invalid_argument
from aliyun_local.function_compute.http.http_trigger import http_event, http_response
from aliyun_local.function_compute.http.signatures import Authenticator
from aliyun_local.function_compute.running.runner import InvocationResult
from aliyun_local.serving.wire import Request, Response
from aliyun_local.template import HttpTrigger

_TASK_HEADERS = ("X-Fc-Async-Task-Id", "X-Fc-Stateful-Async-Invocation-Id")
_TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_EXPOSED = (
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,"
    "x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version,x-fc-instance-id"
)


def invoke_function(request: ApiRequest) -> Response:
    """Run a function and answer with its result, or accept the invocation for later."""
    function = request.function()
    log_type = _choice(request.http, "X-Fc-Log-Type", "None", "Tail")
    if _is_async(request.http):
        return _accept(request, function.name, request.http.body)
    result = request.compute.invoke(function.name, request.http.body, request_id=request.request_id)
    headers = {"Content-Type": "application/octet-stream", **_result_headers(result)}
    if log_type == "tail":
        headers["X-Fc-Log-Result"] = base64.b64encode(result.log_tail).decode("ascii")
    # A function's failure is a 200 here, told by the header ("Error handling").
    return Response(status=200, headers=headers, body=result.body)


def invoke_http_trigger(request: ApiRequest) -> Response:
    """Carry a request to a function's HTTP trigger."""
    function = request.function()
    for trigger in request.compute.resources.http_triggers:
        if trigger.function == function.name:
            return serve_trigger(request, trigger, request.names.get("rest") or "/")
    raise RequestRefused(404, "TriggerNotFound", f"function '{function.name}' has no HTTP trigger")


def serve_trigger(request: ApiRequest, trigger: HttpTrigger, raw_path: str) -> Response:
    """Answer a request to ``trigger``; ``raw_path`` is the path as the function sees it.

    Where ``authType`` is ``function``, the request's ``authenticate`` checks the caller. A trigger that
    cannot be checked lets no caller in.

    Raises:
        RequestRefused: the caller or the method is not let in, or the request is over a limit.
    """
    http, compute = request.http, request.compute
    check_caller(http, trigger, request.authenticate)
    event = http_event(
        http,
        trigger,
        raw_path=raw_path,
        request_id=request.request_id,
        received_at=compute.clock.now(),
        account_id=compute.resources.account_id,
    )
    if _is_async(http):
        return _accept(request, trigger.function, event)
    result = compute.invoke(trigger.function, event, request_id=request.request_id)
    return http_response(result, default_domain=compute.default_domain)


def check_caller(http: Request, trigger: HttpTrigger, authenticate: Authenticator | None) -> None:
    """Refuse a caller or a method that ``trigger`` does not let in; the head of a request is enough.

    Raises:
        RequestRefused: as it says.
    """
    if trigger.auth_type != "anonymous":
        if authenticate is None or trigger.auth_type != "function":
            raise access_denied(f"authType {trigger.auth_type!r} is not checked here")
        authenticate(http, True)
    if http.method not in trigger.methods:
        allowed = ", ".join(trigger.methods)
        raise access_denied(f"method {http.method} is not one of the trigger's: {allowed}")


def _choice(request: Request, header: str, *choices: str) -> str:
    """Return a header's value in lower case, by default the first of ``choices``."""
    value = request.headers.get(header, "") or choices[0]
    if value.lower() not in map(str.lower, choices):
        raise invalid_argument(f"{header} must be one of {', '.join(choices)}")
    return value.lower()


def _is_async(request: Request) -> bool:
    return _choice(request, "X-Fc-Invocation-Type", "Sync", "Async") == "async"


def _accept(request: ApiRequest, function_name: str, payload: bytes) -> Response:
    given = request.http.headers
    header, task_id = next(((name, given[name]) for name in _TASK_HEADERS if given.get(name)), ("", ""))
    if task_id and not _TASK_ID.fullmatch(task_id):
        raise invalid_argument(
            f"{header} must have 1 to 128 letters, digits, _ and -, and begin with a letter or _"
        )
    request.compute.invoke_async(
        function_name,
        payload,
        request_id=request.request_id,
        invocation_id=task_id or None,
        only_new=bool(task_id),
    )
    named = {header: task_id} if task_id else {}
    return Response(status=202, headers={"X-Fc-Request-Id": request.request_id, **named})


def _result_headers(result: InvocationResult) -> dict[str, str]:
    headers = {
        "X-Fc-Request-Id": result.request_id,
        "X-Fc-Instance-Id": result.instance_id,
        "X-Fc-Invocation-Duration": str(round(result.duration_ms)),
        "X-Fc-Invocation-Service-Version": "LATEST",
        "X-Fc-Max-Memory-Usage": f"{result.max_memory_mb:.2f}",
        "Access-Control-Expose-Headers": _EXPOSED,
    }
    if result.error_type is not None:
        headers["X-Fc-Error-Type"] = result.error_type
    return headers
