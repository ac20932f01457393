"""The wire of the local Function Compute: the APIs of both generations, and HTTP triggers.

A server or an in-process hook carries their requests. The operations that are served stand in
:mod:`aliyun_local.function_compute.http.operations`. Service names of the API of 2016 are accepted and have
no meaning: a template of Function Compute 3.0 has none.
"""

from __future__ import annotations

from aliyun_local.function_compute.account.models import Account
from aliyun_local.function_compute.compute import MAX_SYNC_PAYLOAD_BYTES, FunctionCompute
from aliyun_local.function_compute.http.api_operations import VERSION_2023
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.changing import create_function, update_function
from aliyun_local.function_compute.http.errors import RequestRefused, error_response
from aliyun_local.function_compute.http.invoking import check_caller, invoke_http_trigger, serve_trigger
from aliyun_local.function_compute.http.layers import create_layer_version, download_code
from aliyun_local.function_compute.http.operations import UNKNOWN_OPERATION, find_operation
from aliyun_local.function_compute.http.signatures import Authenticator
from aliyun_local.serving.wire import Admission, Refusal, Request, Response
from aliyun_local.template import HttpTrigger

# Function Compute, "Quotas and limits" (2026): a request that brings code, base64 included.
MAX_CODE_REQUEST_BYTES = 100 * 1024**2
# An HTTP trigger may be open to all, and the address of a package is its secret, as that of a signed URL is.
_OPEN = (invoke_http_trigger, download_code)
_WITH_CODE = (create_function, update_function, create_layer_version)


class FunctionComputeService:
    """The invoke and management APIs; a :class:`aliyun_local.serving.wire.Service`."""

    name = "function_compute"

    def __init__(
        self,
        compute: FunctionCompute,
        *,
        authenticate: Authenticator | None = None,
        account: Account | None = None,
    ) -> None:
        """Serve the functions of ``compute``.

        Without ``authenticate`` every caller is let in, without ``account`` nothing can be changed.
        """
        self._compute = compute
        self._authenticate = authenticate
        self._account = account

    def operation(self, request: Request) -> str:
        """Return the operation's name in its API, or ``Unknown``."""
        try:
            return find_operation(request)[0].name
        except RequestRefused:
            return UNKNOWN_OPERATION

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller whose headers are not signed."""
        try:
            operation, _ = find_operation(request)
            if self._authenticate is not None and operation.run not in _OPEN:
                self._authenticate(request, False)
        except Exception as problem:
            return error_response(problem, self._compute.new_request_id(), is_2023=_is_2023(request))
        takes_code = operation.run in _WITH_CODE
        return Admission(most_bytes=MAX_CODE_REQUEST_BYTES if takes_code else MAX_SYNC_PAYLOAD_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = self._compute.new_request_id()
        try:
            return self._run(request, request_id)
        except Exception as problem:
            return error_response(problem, request_id, is_2023=_is_2023(request))

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the error that says ``refusal``, in the words of the API that ``request`` is for."""
        problem = RequestRefused(refusal.status, refusal.code, refusal.message)
        return error_response(problem, self._compute.new_request_id(), is_2023=_is_2023(request))

    def _run(self, request: Request, request_id: str) -> Response:
        operation, names = find_operation(request)
        if self._authenticate is not None and operation.run not in _OPEN:
            self._authenticate(request, False)
        return operation.run(
            ApiRequest(
                compute=self._compute,
                http=request,
                request_id=request_id,
                names=names,
                is_2023=_is_2023(request),
                authenticate=self._authenticate,
                account=self._account,
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

        ``authenticate`` checks callers where ``authType`` is ``function``; without it these get a 403.

        Raises:
            ValueError: the function is not named, and there is not exactly one with an HTTP trigger.
        """
        triggers = [
            trigger
            for trigger in compute.resources.http_triggers
            if function_name is None or trigger.function == function_name
        ]
        if len(triggers) != 1 and function_name is None:
            raise ValueError(f"{len(triggers)} HTTP triggers match, 1 is needed; name the function")
        self._compute = compute
        self._function = function_name or triggers[0].function
        self._authenticate = authenticate

    def operation(self, request: Request) -> str:  # noqa: ARG002 (the protocol's)
        """Return ``InvokeHTTPTrigger``: every path is the function's own."""
        return "InvokeHTTPTrigger"

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller or a method that is not let in."""
        try:
            check_caller(request, self._trigger(), self._authenticate)
        except Exception as problem:
            return error_response(problem, self._compute.new_request_id(), is_2023=False)
        return Admission(most_bytes=MAX_SYNC_PAYLOAD_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = self._compute.new_request_id()
        path = request.raw_path
        if "://" in path.partition("?")[0] and not path.startswith("/"):
            # A request line in absolute form, as proxies get it.
            path = "/" + path.partition("://")[2].partition("/")[2]
        try:
            asked = ApiRequest(
                compute=self._compute,
                http=request,
                request_id=request_id,
                authenticate=self._authenticate,
            )
            return serve_trigger(asked, self._trigger(), path)
        except Exception as problem:
            return error_response(problem, request_id, is_2023=False)

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (the protocol's)
        """Return the error that says ``refusal``."""
        problem = RequestRefused(refusal.status, refusal.code, refusal.message)
        return error_response(problem, self._compute.new_request_id(), is_2023=False)

    def _trigger(self) -> HttpTrigger:
        """Return the function's HTTP trigger as it is now, since calls change created ones."""
        for trigger in self._compute.resources.http_triggers:
            if trigger.function == self._function:
                return trigger
        raise RequestRefused(404, "TriggerNotFound", f"function '{self._function}' has no HTTP trigger")


def _is_2023(request: Request) -> bool:
    return request.raw_path.startswith(f"/{VERSION_2023}/")
