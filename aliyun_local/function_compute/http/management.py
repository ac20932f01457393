"""The management reads that clients make around an invocation; ``changing`` has the changes.

``operations`` routes requests to the functions here, ``descriptions`` makes the documents that they return.
"""

from __future__ import annotations

from aliyun_local.function_compute.http.answers import DEFAULT_LIMIT, MAX_LIMIT, listed, page_of, tagged
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.descriptions import (
    DEFAULT_SERVICE,
    describe_async_config,
    describe_concurrency,
    describe_function,
    describe_service,
    describe_task,
    describe_trigger,
    triggers_of,
)
from aliyun_local.function_compute.http.errors import RequestRefused
from aliyun_local.serving.wire import Response
from aliyun_local.template import Function


def get_account_settings(request: ApiRequest) -> Response:
    """Return the account's zones."""
    return request.json_response(
        {"availableAZs": [f"{request.compute.resources.region}-h"], "defaultRole": ""}
    )


def list_services(request: ApiRequest) -> Response:
    """List the one service that stands for the template."""
    names, token = page_of(request, [DEFAULT_SERVICE], str)
    return listed(request, "services", [describe_service(request.compute, name) for name in names], token)


def get_service(request: ApiRequest) -> Response:
    """Return a service; every name is one."""
    request.check_qualifier()
    return tagged(request, describe_service(request.compute, request.service))


def list_functions(request: ApiRequest) -> Response:
    """List the deployed functions; all are of the third generation."""
    request.check_qualifier()
    functions = [] if request.http.query.get("fcVersion") == "v2" else _functions(request)
    page, token = page_of(request, functions, lambda function: function.name)
    shown = [describe_function(request, function) for function in page]
    return listed(request, "functions", shown, token)


def get_function(request: ApiRequest) -> Response:
    """Return a function."""
    return tagged(request, describe_function(request, request.function()))


def list_triggers(request: ApiRequest) -> Response:
    """List a function's triggers."""
    triggers = triggers_of(request.compute, request.function().name)
    page, token = page_of(request, triggers, lambda trigger: trigger.name)
    return listed(request, "triggers", [describe_trigger(request, trigger) for trigger in page], token)


def get_trigger(request: ApiRequest) -> Response:
    """Return a trigger."""
    return trigger_named(request, request.function().name, request.names["trigger"])


def trigger_named(request: ApiRequest, function: str, name: str) -> Response:
    """Return the trigger ``name`` of a function."""
    for trigger in triggers_of(request.compute, function):
        if trigger.name == name:
            return tagged(request, describe_trigger(request, trigger))
    raise RequestRefused(404, "TriggerNotFound", f"trigger '{name}' does not exist")


def get_async_invoke_config(request: ApiRequest) -> Response:
    """Return how a function's asynchronous invocations are retried."""
    return request.json_response(describe_async_config(request, request.function()))


def list_async_invoke_configs(request: ApiRequest) -> Response:
    """List how asynchronous invocations are retried: one function's (2016) or all functions' (2023)."""
    functions = [request.function()] if "function" in request.names else _functions_of_query(request)
    page, token = page_of(request, functions, lambda function: function.name)
    shown = [describe_async_config(request, function) for function in page]
    return listed(request, "configs", shown, token)


def get_concurrency_config(request: ApiRequest) -> Response:
    """Return a function's reserved concurrency."""
    return request.json_response(describe_concurrency(request.compute, request.function()))


def list_concurrency_configs(request: ApiRequest) -> Response:
    """List the functions that have reserved concurrency."""
    functions = [
        function for function in _functions_of_query(request) if function.reserved_concurrency is not None
    ]
    page, token = page_of(request, functions, lambda function: function.name)
    return listed(
        request, "configs", [describe_concurrency(request.compute, function) for function in page], token
    )


def list_instances(request: ApiRequest) -> Response:
    """List the instances that a function has now."""
    instances = [
        {"instanceId": instance.identity, "versionId": "0", "qualifier": "LATEST", "status": "Running"}
        for instance in request.compute.instances(request.function().name)
    ]
    return request.json_response({"instances": instances, "requestId": request.request_id})


def list_versions(request: ApiRequest) -> Response:
    """List no versions: a template publishes none."""
    if request.is_2023:
        request.function()
    return request.json_response({"versions": [], "direction": "BACKWARD"})


def list_aliases(request: ApiRequest) -> Response:
    """List no aliases: a template makes none."""
    if request.is_2023:
        request.function()
    return request.json_response({"aliases": []})


def get_alias(request: ApiRequest) -> Response:
    """Say that the alias does not exist: a template makes none."""
    owner = f"function '{request.function().name}'" if request.is_2023 else f"service '{request.service}'"
    message = f"alias '{request.names['alias']}' of {owner} does not exist"
    raise RequestRefused(404, "AliasNotFound", message)


def get_async_task(request: ApiRequest) -> Response:
    """Return how far the asynchronous invocation with an id is."""
    task_id = request.names["task"]
    for task in request.compute.tasks(request.function().name, task_id):
        return request.json_response(describe_task(request.compute, task, payload=True))
    raise RequestRefused(404, "AsyncTaskNotFound", f"async task '{task_id}' does not exist")


def list_async_tasks(request: ApiRequest) -> Response:
    """List the asynchronous invocations that came with an id, the newest first."""
    query = request.http.query
    tasks = [
        task
        for task in request.compute.tasks(request.function().name)
        # The triggers' own ids are written so that no caller can have one.
        if ":" not in task.id
        and task.status == (query.get("status") or task.status)
        and task.id.startswith(query.get("prefix", ""))
    ]
    if query.get("sortOrderByTime") == "asc":
        tasks.reverse()
    begin = request.number("nextToken", 0, 0, 10**8)
    end = begin + request.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    with_payload = query.get("includePayload", "").lower() == "true"
    shown = [describe_task(request.compute, task, payload=with_payload) for task in tasks[begin:end]]
    return listed(request, "tasks", shown, str(end) if end < len(tasks) else None)


def _functions(request: ApiRequest) -> list[Function]:
    return sorted(request.compute.resources.functions.values(), key=lambda function: function.name)


def _functions_of_query(request: ApiRequest) -> list[Function]:
    wanted = request.http.query.get("functionName", "")
    return [function for function in _functions(request) if function.name == (wanted or function.name)]
