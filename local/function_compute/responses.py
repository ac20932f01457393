"""The wire of the local Function Compute: the invoke APIs of both generations, and HTTP triggers.

Paths, headers and error codes follow the API references of versions 2016-08-15 (InvokeFunction, and the HTTP
proxy of the official client) and 2023-03-30 (InvokeFunction), and "Error codes". Service names and qualifiers
of the old API are accepted and have no meaning: a template of Function Compute 3.0 has none.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.function_compute.http_trigger import BadRequest, http_event, http_response
from local.function_compute.instances import ConcurrencyExceeded
from local.function_compute.invocations import InvocationIdInUse
from local.function_compute.models import (
    FunctionCompute,
    FunctionNotFound,
    InvocationResult,
    PayloadTooLarge,
    ServiceUnavailable,
)
from local.wire import Request, Response

if TYPE_CHECKING:
    from local.template import HttpTrigger

_INVOKE_2016 = re.compile(r"/2016-08-15/services/([^/]+)/functions/([^/]+)/invocations/?")
_PROXY_2016 = re.compile(r"/2016-08-15/proxy/([^/]+)/([^/]+)(/.*)?")
_INVOKE_2023 = re.compile(r"/2023-03-30/functions/([^/]+)/invocations/?")


class RequestRefused(Exception):
    """A request that is answered with an error: ``status``, ``code`` and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the answer."""
        super().__init__(message)
        self.status = status
        self.code = code


Authenticator = Callable[[Request], None]
"""Checks who sent a request; raises :class:`RequestRefused` to turn it away."""


class FunctionComputeService:
    """The invoke APIs; a :class:`local.wire.Service`."""

    name = "function_compute"

    def __init__(self, compute: FunctionCompute, *, authenticate: Authenticator | None = None) -> None:
        """Invoke the functions of ``compute``; without ``authenticate`` every caller is let in."""
        self._compute = compute
        self._authenticate = authenticate

    def operation(self, request: Request) -> str:
        """Return ``InvokeFunction``, ``InvokeHTTPTrigger`` or ``Unknown``."""
        if _PROXY_2016.fullmatch(request.raw_path):
            return "InvokeHTTPTrigger"
        if _INVOKE_2016.fullmatch(request.raw_path) or _INVOKE_2023.fullmatch(request.raw_path):
            return "InvokeFunction"
        return "Unknown"

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = self._compute.new_request_id()
        modern = request.raw_path.startswith("/2023-03-30/")
        return _answer(lambda: self._route(request, request_id), request_id, modern=modern)

    def _route(self, request: Request, request_id: str) -> Response:
        invoke = _INVOKE_2016.fullmatch(request.raw_path) or _INVOKE_2023.fullmatch(request.raw_path)
        proxy = _PROXY_2016.fullmatch(request.raw_path)
        if invoke is None and proxy is None:
            raise RequestRefused(400, "PathNotSupported", f"'{request.raw_path}' is not supported")
        if invoke is not None and request.method != "POST":
            raise RequestRefused(
                405, "MethodNotAllowed", f"'{request.method}' against '{request.raw_path}' is not supported"
            )
        if self._authenticate is not None:
            self._authenticate(request)
        if invoke is not None:
            return self._invoke(unquote(invoke.groups()[-1]), request, request_id)
        assert proxy is not None  # noqa: S101 (for the type checker)
        name = unquote(proxy.group(2))
        return _serve_trigger(
            self._compute, _http_trigger(self._compute, name), request, request_id, proxy.group(3) or "/"
        )

    def _invoke(self, function_name: str, request: Request, request_id: str) -> Response:
        if _is_async(request):
            return _accept(self._compute, function_name, request.body, request, request_id)
        result = self._compute.invoke(function_name, request.body, request_id=request_id)
        headers = {"Content-Type": "application/octet-stream", **_result_headers(result)}
        if request.headers.get("x-fc-log-type", "").lower() == "tail":
            headers["X-Fc-Log-Result"] = base64.b64encode(result.log_tail).decode("ascii")
        # A function's failure is a 200 here, told by the header ("Error handling").
        return Response(status=200, headers=headers, body=result.body)


class HttpTriggerService:
    """One function's HTTP trigger, served at the root of its address; a :class:`local.wire.Service`."""

    name = "function_compute_http"

    def __init__(
        self,
        compute: FunctionCompute,
        function_name: str | None = None,
        *,
        authenticate: Authenticator | None = None,
    ) -> None:
        """Serve ``function_name``, by default the only function of the template that has an HTTP trigger.

        ``authenticate`` is asked where ``authType`` is not ``anonymous``; without it such triggers say 403.

        Raises:
            ValueError: the function cannot be told, or has no HTTP trigger.
        """
        triggers = [
            trigger
            for trigger in compute.resources.http_triggers
            if function_name is None or trigger.function == function_name
        ]
        if len(triggers) != 1:
            raise ValueError(f"{len(triggers)} HTTP triggers match, 1 is needed; name the function")
        self._compute = compute
        self._trigger = triggers[0]
        self._authenticate = authenticate

    def operation(self, request: Request) -> str:  # noqa: ARG002 (the protocol's)
        """Return ``InvokeHTTPTrigger``, whatever is asked."""
        return "InvokeHTTPTrigger"

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = self._compute.new_request_id()
        return _answer(lambda: self._serve(request, request_id), request_id, modern=False)

    def _serve(self, request: Request, request_id: str) -> Response:
        if self._trigger.auth_type != "anonymous":
            if self._authenticate is None:
                raise RequestRefused(
                    403, "AccessDenied", f"authType {self._trigger.auth_type!r} is not checked here"
                )
            self._authenticate(request)
        path = request.raw_path
        if "://" in path.partition("?")[0] and not path.startswith("/"):
            # A request line in absolute form, as proxies get it.
            path = "/" + path.partition("://")[2].partition("/")[2]
        return _serve_trigger(self._compute, self._trigger, request, request_id, path)


def _serve_trigger(
    compute: FunctionCompute, trigger: HttpTrigger, request: Request, request_id: str, raw_path: str
) -> Response:
    if request.method not in trigger.methods:
        raise RequestRefused(
            403,
            "AccessDenied",
            f"method {request.method} is not one of the trigger's: {', '.join(trigger.methods)}",
        )
    try:
        event = http_event(
            request,
            trigger,
            request_id,
            compute.clock.now(),
            compute.resources.account_id,
            raw_path,
        )
    except BadRequest as problem:
        raise RequestRefused(400, "InvalidArgument", str(problem)) from problem
    if _is_async(request):
        return _accept(compute, trigger.function, event, request, request_id)
    return http_response(compute.invoke(trigger.function, event, request_id=request_id))


def _http_trigger(compute: FunctionCompute, function_name: str) -> HttpTrigger:
    compute.function(function_name)
    for trigger in compute.resources.http_triggers:
        if trigger.function == function_name:
            return trigger
    raise RequestRefused(404, "TriggerNotFound", f"function '{function_name}' has no HTTP trigger")


def _is_async(request: Request) -> bool:
    return request.headers.get("x-fc-invocation-type", "").lower() == "async"


def _accept(
    compute: FunctionCompute, function_name: str, payload: bytes, request: Request, request_id: str
) -> Response:
    task = request.headers.get("x-fc-async-task-id") or request.headers.get(
        "x-fc-stateful-async-invocation-id"
    )
    compute.invoke_async(
        function_name, payload, request_id=request_id, invocation_id=task or None, only_new=bool(task)
    )
    return Response(status=202, headers={"X-Fc-Request-Id": request_id})


def _result_headers(result: InvocationResult) -> dict[str, str]:
    headers = {
        "X-Fc-Request-Id": result.request_id,
        "X-Fc-Instance-Id": result.instance_id,
        "X-Fc-Invocation-Duration": str(round(result.duration_ms)),
    }
    if result.error_type is not None:
        headers["X-Fc-Error-Type"] = result.error_type
    return headers


def _answer(work: Callable[[], Response], request_id: str, *, modern: bool) -> Response:
    """Do ``work`` and turn whatever it raises into the service's error answer."""
    try:
        return work()
    except RequestRefused as problem:
        status, code, message = problem.status, problem.code, str(problem)
    except FunctionNotFound as problem:
        status, code, message = 404, "FunctionNotFound", str(problem.args[0])
    except PayloadTooLarge as problem:
        status, code, message = 413, "EntityTooLarge", str(problem)
    except ConcurrencyExceeded:
        status, code, message = 429, "ResourceExhausted", "the function's reserved concurrency is used up"
    except InvocationIdInUse as problem:
        status, code = 409, "StatefulAsyncInvocationAlreadyExists"
        message = f"the id was given to request {problem.request_id}"
    except ServiceUnavailable as problem:
        status, code, message = 503, "ServiceUnavailable", str(problem)
    except Exception as problem:
        status, code, message = 500, "InternalServerError", f"{type(problem).__name__} in the emulator"
    body = (
        {"Code": code, "Message": message, "RequestId": request_id}
        if modern
        else {"ErrorCode": code, "ErrorMessage": message}
    )
    headers = {
        "Content-Type": "application/json",
        "X-Fc-Request-Id": request_id,
        "X-Fc-Error-Type": "FcCommonError",
    }
    return Response(status=status, headers=headers, body=json.dumps(body).encode())
