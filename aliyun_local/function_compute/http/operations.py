"""The routing table: every operation of the APIs of 2016-08-15 and 2023-03-30 that is served.

``responses`` finds operations in it, the page of coverage lists them. The API of 2016 changes nothing here; a
request for an operation that is not served is refused for its path or its method. ``api_operations`` names
those.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from aliyun_local.function_compute.http import changing, domains, invoking, layers, management
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
        version = f"/{self.version}" if self.version else ""
        path = re.escape(f"{version}{self.path}").replace(r"\{", "{").replace(r"\}", "}")
        rest = path.endswith("{rest}")
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.removesuffix("{rest}"))
        return re.compile(path + ("(?P<rest>/.*)?" if rest else "/?"), re.DOTALL)

    def takes(self, method: str) -> bool:
        """Tell whether a request of ``method`` may be for this operation."""
        return self.method in (ANY_METHOD, method)


_SERVICE = "/services/{service}"
_OLD_FUNCTION = "/services/{service}/functions/{function}"
_FUNCTION = "/functions/{function}"
_LAYER = "/layers/{layer}/versions"
_DOMAIN = "/custom-domains/{domain}"

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
    *(
        Operation(name, VERSION_2023, method, path, run)
        for name, method, path, run in (
            ("CreateFunction", "POST", "/functions", changing.create_function),
            ("UpdateFunction", "PUT", _FUNCTION, changing.update_function),
            ("DeleteFunction", "DELETE", _FUNCTION, changing.delete_function),
            ("GetFunctionCode", "GET", f"{_FUNCTION}/code", changing.get_function_code),
            ("CreateTrigger", "POST", f"{_FUNCTION}/triggers", changing.create_trigger),
            ("UpdateTrigger", "PUT", f"{_FUNCTION}/triggers/{{trigger}}", changing.update_trigger),
            ("DeleteTrigger", "DELETE", f"{_FUNCTION}/triggers/{{trigger}}", changing.delete_trigger),
            ("PutConcurrencyConfig", "PUT", f"{_FUNCTION}/concurrency", changing.put_concurrency_config),
            (
                "DeleteConcurrencyConfig",
                "DELETE",
                f"{_FUNCTION}/concurrency",
                changing.delete_concurrency_config,
            ),
            (
                "PutAsyncInvokeConfig",
                "PUT",
                f"{_FUNCTION}/async-invoke-config",
                changing.put_async_invoke_config,
            ),
            (
                "DeleteAsyncInvokeConfig",
                "DELETE",
                f"{_FUNCTION}/async-invoke-config",
                changing.delete_async_invoke_config,
            ),
            ("CreateLayerVersion", "POST", _LAYER, layers.create_layer_version),
            ("ListLayerVersions", "GET", _LAYER, layers.list_layer_versions),
            ("GetLayerVersion", "GET", f"{_LAYER}/{{version}}", layers.get_layer_version),
            ("DeleteLayerVersion", "DELETE", f"{_LAYER}/{{version}}", layers.delete_layer_version),
            ("GetLayerVersionByArn", "GET", "/layerarn/{arn}", layers.get_layer_version_by_arn),
            ("ListLayers", "GET", "/layers", layers.list_layers),
            ("PutLayerACL", "PUT", "/layers/{layer}/acl", layers.put_layer_acl),
            ("CreateCustomDomain", "POST", "/custom-domains", domains.create_custom_domain),
            ("ListCustomDomains", "GET", "/custom-domains", domains.list_custom_domains),
            ("GetCustomDomain", "GET", _DOMAIN, domains.get_custom_domain),
            ("UpdateCustomDomain", "PUT", _DOMAIN, domains.update_custom_domain),
            ("DeleteCustomDomain", "DELETE", _DOMAIN, domains.delete_custom_domain),
        )
    ),
)
CODE_DOWNLOAD = Operation("DownloadCode", "", "GET", "/code/{digest}.zip", layers.download_code)
"""Not an operation of the API: the address of a package, which is one of OSS in the cloud."""


def find_operation(request: Request) -> tuple[Operation, dict[str, str]]:
    """Return the operation of ``request``, and the parts of its path.

    Raises:
        RequestRefused: no operation has this path and this method.
    """
    path_is_known = False
    for operation in (*OPERATIONS, CODE_DOWNLOAD):
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
