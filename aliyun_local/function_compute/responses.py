"""The wire of the local Function Compute: the APIs of both generations, and HTTP triggers.

What is served stands in :mod:`aliyun_local.function_compute.operations`. Service names of the API of 2016 are
accepted and have no meaning: a template of Function Compute 3.0 has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.function_compute.call import Call
from aliyun_local.function_compute.errors import RequestRefused, error_response
from aliyun_local.function_compute.invoking import invoke_http_trigger, serve_trigger
from aliyun_local.function_compute.operations import UNKNOWN_OPERATION, VERSION_2023, find_operation

if TYPE_CHECKING:
    from aliyun_local.function_compute.models import FunctionCompute
    from aliyun_local.function_compute.signatures import Authenticator
    from aliyun_local.serving.wire import Refusal, Request, Response


class FunctionComputeService:
    """The invoke and management APIs; a :class:`aliyun_local.serving.wire.Service`."""

    name = "function_compute"

    def __init__(self, compute: FunctionCompute, *, authenticate: Authenticator | None = None) -> None:
        """Serve the functions of ``compute``; without ``authenticate`` every caller is let in."""
        self._compute = compute
        self._authenticate = authenticate

    def operation(self, request: Request) -> str:
        """Return the operation's name in its API, or ``Unknown``."""
        try:
            return find_operation(request)[0].name
        except RequestRefused:
            return UNKNOWN_OPERATION

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = self._compute.new_request_id()
        modern = request.raw_path.startswith(f"/{VERSION_2023}/")
        try:
            return self._run(request, request_id, modern=modern)
        except Exception as problem:
            return error_response(problem, request_id, modern=modern)

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the error that says ``refusal``, in the words of the API that ``request`` is for."""
        problem = RequestRefused(refusal.status, refusal.code, refusal.message)
        modern = request.raw_path.startswith(f"/{VERSION_2023}/")
        return error_response(problem, self._compute.new_request_id(), modern=modern)

    def _run(self, request: Request, request_id: str, *, modern: bool) -> Response:
        operation, names = find_operation(request)
        # Whether an HTTP trigger is open to everybody is the trigger's own to say.
        if self._authenticate is not None and operation.run is not invoke_http_trigger:
            self._authenticate(request, False)
        return operation.run(
            Call(
                compute=self._compute,
                request=request,
                request_id=request_id,
                names=names,
                modern=modern,
                authenticate=self._authenticate,
            )
        )


class HttpTriggerService:
    """One function's HTTP trigger, a :class:`aliyun_local.serving.wire.Service` at its address's root."""

    name = "function_compute_http"

    def __init__(
        self,
        compute: FunctionCompute,
        function_name: str | None = None,
        *,
        authenticate: Authenticator | None = None,
    ) -> None:
        """Serve ``function_name``, by default the only function of the template that has an HTTP trigger.

        ``authenticate`` is asked where ``authType`` is ``function``; without it such triggers say 403.

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
        path = request.raw_path
        if "://" in path.partition("?")[0] and not path.startswith("/"):
            # A request line in absolute form, as proxies get it.
            path = "/" + path.partition("://")[2].partition("/")[2]
        try:
            return serve_trigger(self._compute, self._trigger, request, request_id, path, self._authenticate)
        except Exception as problem:
            return error_response(problem, request_id, modern=False)

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (the protocol's)
        """Return the error that says ``refusal``."""
        problem = RequestRefused(refusal.status, refusal.code, refusal.message)
        return error_response(problem, self._compute.new_request_id(), modern=False)
