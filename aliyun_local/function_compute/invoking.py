"""Invocations and HTTP triggers on the wire: headers in, headers out.

Headers follow InvokeFunction in the API references of 2016-08-15 and 2023-03-30.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from aliyun_local.function_compute.errors import RequestRefused, access_denied, invalid_argument
from aliyun_local.function_compute.http_trigger import BadRequest, http_event, http_response
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.function_compute.call import Call
    from aliyun_local.function_compute.models import FunctionCompute, InvocationResult
    from aliyun_local.function_compute.signatures import Authenticator
    from aliyun_local.serving.wire import Request
    from aliyun_local.template import HttpTrigger

_TASK_HEADERS = ("X-Fc-Async-Task-Id", "X-Fc-Stateful-Async-Invocation-Id")
_TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_EXPOSED = (
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,"
    "x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version,x-fc-instance-id"
)


def invoke_function(call: Call) -> Response:
    """Run a function and return what it returned, or accept it for later."""
    function, request = call.function(), call.request
    log_type = _choice(request, "X-Fc-Log-Type", "None", "Tail")
    if _is_async(request):
        return _accept(call.compute, function.name, request.body, request, call.request_id)
    result = call.compute.invoke(function.name, request.body, request_id=call.request_id)
    headers = {"Content-Type": "application/octet-stream", **_result_headers(result)}
    if log_type == "tail":
        headers["X-Fc-Log-Result"] = base64.b64encode(result.log_tail).decode("ascii")
    # A function's failure is a 200 here, told by the header ("Error handling").
    return Response(status=200, headers=headers, body=result.body)


def invoke_http_trigger(call: Call) -> Response:
    """Carry a request to a function's HTTP trigger."""
    trigger = _http_trigger(call.compute, call.function().name)
    path = call.names.get("rest") or "/"
    return serve_trigger(call.compute, trigger, call.request, call.request_id, path, call.authenticate)


def serve_trigger(
    compute: FunctionCompute,
    trigger: HttpTrigger,
    request: Request,
    request_id: str,
    raw_path: str,
    authenticate: Authenticator | None,
) -> Response:
    """Answer a request to ``trigger``; ``raw_path`` is the path as the function sees it.

    Where ``authType`` is not ``anonymous``, ``authenticate`` is asked; without it nobody gets in.

    Raises:
        RequestRefused: the caller may not, or the request is over a limit.
    """
    if trigger.auth_type != "anonymous":
        if authenticate is None or trigger.auth_type != "function":
            raise access_denied(f"authType {trigger.auth_type!r} is not checked here")
        authenticate(request, True)
    if request.method not in trigger.methods:
        allowed = ", ".join(trigger.methods)
        raise access_denied(f"method {request.method} is not one of the trigger's: {allowed}")
    try:
        event = http_event(
            request, trigger, request_id, compute.clock.now(), compute.resources.account_id, raw_path
        )
    except BadRequest as problem:
        raise invalid_argument(str(problem)) from problem
    if _is_async(request):
        return _accept(compute, trigger.function, event, request, request_id)
    return http_response(compute.invoke(trigger.function, event, request_id=request_id))


def _http_trigger(compute: FunctionCompute, function_name: str) -> HttpTrigger:
    for trigger in compute.resources.http_triggers:
        if trigger.function == function_name:
            return trigger
    raise RequestRefused(404, "TriggerNotFound", f"function '{function_name}' has no HTTP trigger")


def _choice(request: Request, header: str, *choices: str) -> str:
    """Return a header's value in lower case, by default the first of ``choices``."""
    value = request.headers.get(header, "") or choices[0]
    if value.lower() not in map(str.lower, choices):
        raise invalid_argument(f"{header} must be one of {', '.join(choices)}")
    return value.lower()


def _is_async(request: Request) -> bool:
    return _choice(request, "X-Fc-Invocation-Type", "Sync", "Async") == "async"


def _accept(
    compute: FunctionCompute, function_name: str, payload: bytes, request: Request, request_id: str
) -> Response:
    header, task = next(
        ((name, request.headers[name]) for name in _TASK_HEADERS if request.headers.get(name)), ("", "")
    )
    if task and not _TASK_ID.fullmatch(task):
        raise invalid_argument(
            f"{header} must have 1 to 128 letters, digits, _ and -, and begin with a letter or _"
        )
    compute.invoke_async(
        function_name, payload, request_id=request_id, invocation_id=task or None, only_new=bool(task)
    )
    named = {header: task} if task else {}
    return Response(status=202, headers={"X-Fc-Request-Id": request_id, **named})


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
