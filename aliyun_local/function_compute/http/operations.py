"""The routing table: every operation of the APIs of 2016-08-15 and 2023-03-30 that is served.

``responses`` finds operations in it, the page of coverage lists them. Deployed resources are changed in the
template, so operations that create, update or delete are not here; a request for one is refused for its
path or its method. ``api_operations`` names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from aliyun_local.function_compute.http import invoking, management
from aliyun_local.function_compute.http.api_operations import VERSION_2016, VERSION_2023
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.errors import method_not_allowed, path_not_supported
from aliyun_local.serving.wire import Request, Response

ANY_METHOD = "*"
UNKNOWN_OPERATION = "Unknown"


@dataclass(frozen=True)
class Operation:
    """An operation of the API of ``version``: its name, method and path, and the function that serves it.

    ``{…}`` in the path stands for one part of it; ``{rest}`` for all that follows, undecoded.
    """

    name: str
    version: str
    method: str
    path: str
    run: Callable[[ApiRequest], Response]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern that a request's raw path has to match."""
        path = re.escape(f"/{self.version}{self.path}").replace(r"\{", "{").replace(r"\}", "}")
        rest = path.endswith("{rest}")
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.removesuffix("{rest}"))
        return re.compile(path + ("(?P<rest>/.*)?" if rest else "/?"), re.DOTALL)

    def takes(self, method: str) -> bool:
        """Tell whether a request of ``method`` may be for this operation."""
        return self.method in (ANY_METHOD, method)


_SERVICE = "/services/{service}"
_OLD_FUNCTION = "/services/{service}/functions/{function}"
_FUNCTION = "/functions/{function}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "InvokeFunction", VERSION_2016, "POST", f"{_OLD_FUNCTION}/invocations", invoking.invoke_function
    ),
    Operation(
        "InvokeHTTPTrigger",
        VERSION_2016,
        ANY_METHOD,
        "/proxy/{service}/{function}{rest}",
        invoking.invoke_http_trigger,
    ),
    Operation(
        "GetAccountSettings", VERSION_2016, "GET", "/account-settings", management.get_account_settings
    ),
    Operation("ListServices", VERSION_2016, "GET", "/services", management.list_services),
    Operation("GetService", VERSION_2016, "GET", _SERVICE, management.get_service),
    Operation("ListFunctions", VERSION_2016, "GET", f"{_SERVICE}/functions", management.list_functions),
    Operation("GetFunction", VERSION_2016, "GET", _OLD_FUNCTION, management.get_function),
    Operation("ListTriggers", VERSION_2016, "GET", f"{_OLD_FUNCTION}/triggers", management.list_triggers),
    Operation(
        "GetTrigger", VERSION_2016, "GET", f"{_OLD_FUNCTION}/triggers/{{trigger}}", management.get_trigger
    ),
    Operation("ListVersions", VERSION_2016, "GET", f"{_SERVICE}/versions", management.list_versions),
    Operation("ListAliases", VERSION_2016, "GET", f"{_SERVICE}/aliases", management.list_aliases),
    Operation("GetAlias", VERSION_2016, "GET", f"{_SERVICE}/aliases/{{alias}}", management.get_alias),
    Operation(
        "GetFunctionAsyncInvokeConfig",
        VERSION_2016,
        "GET",
        f"{_OLD_FUNCTION}/async-invoke-config",
        management.get_async_invoke_config,
    ),
    Operation(
        "ListFunctionAsyncInvokeConfigs",
        VERSION_2016,
        "GET",
        f"{_OLD_FUNCTION}/async-invoke-configs",
        management.list_async_invoke_configs,
    ),
    Operation("ListInstances", VERSION_2016, "GET", f"{_OLD_FUNCTION}/instances", management.list_instances),
    Operation("InvokeFunction", VERSION_2023, "POST", f"{_FUNCTION}/invocations", invoking.invoke_function),
    Operation("ListFunctions", VERSION_2023, "GET", "/functions", management.list_functions),
    Operation("GetFunction", VERSION_2023, "GET", _FUNCTION, management.get_function),
    Operation("ListTriggers", VERSION_2023, "GET", f"{_FUNCTION}/triggers", management.list_triggers),
    Operation("GetTrigger", VERSION_2023, "GET", f"{_FUNCTION}/triggers/{{trigger}}", management.get_trigger),
    Operation("ListFunctionVersions", VERSION_2023, "GET", f"{_FUNCTION}/versions", management.list_versions),
    Operation("ListAliases", VERSION_2023, "GET", f"{_FUNCTION}/aliases", management.list_aliases),
    Operation("GetAlias", VERSION_2023, "GET", f"{_FUNCTION}/aliases/{{alias}}", management.get_alias),
    Operation(
        "GetAsyncInvokeConfig",
        VERSION_2023,
        "GET",
        f"{_FUNCTION}/async-invoke-config",
        management.get_async_invoke_config,
    ),
    Operation(
        "ListAsyncInvokeConfigs",
        VERSION_2023,
        "GET",
        "/async-invoke-configs",
        management.list_async_invoke_configs,
    ),
    Operation(
        "GetConcurrencyConfig",
        VERSION_2023,
        "GET",
        f"{_FUNCTION}/concurrency",
        management.get_concurrency_config,
    ),
    Operation(
        "ListConcurrencyConfigs",
        VERSION_2023,
        "GET",
        "/concurrency-configs",
        management.list_concurrency_configs,
    ),
    Operation("ListInstances", VERSION_2023, "GET", f"{_FUNCTION}/instances", management.list_instances),
    Operation("ListAsyncTasks", VERSION_2023, "GET", f"{_FUNCTION}/async-tasks", management.list_async_tasks),
    Operation(
        "GetAsyncTask", VERSION_2023, "GET", f"{_FUNCTION}/async-tasks/{{task}}", management.get_async_task
    ),
)


def find_operation(request: Request) -> tuple[Operation, dict[str, str]]:
    """Return the operation of ``request``, and the parts of its path.

    Raises:
        RequestRefused: no operation has this path and this method.
    """
    path_is_known = False
    for operation in OPERATIONS:
        found = operation.pattern.fullmatch(request.raw_path)
        if found is None:
            continue
        path_is_known = True
        if operation.takes(request.method):
            return operation, {
                name: part if name == "rest" else unquote(part)
                for name, part in found.groupdict(default="").items()
            }
    refuse = method_not_allowed if path_is_known else path_not_supported
    raise refuse(request.method, request.raw_path)
