"""The management reads that clients make around an invocation; changes are made in the template.

``operations`` routes requests to the functions here, ``descriptions`` makes the documents that they return.

Paging follows the lists of both API references: names in order, ``prefix``, ``startKey``, and a ``nextToken``
that goes before ``startKey``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

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
from aliyun_local.function_compute.http.errors import RequestRefused, invalid_argument
from aliyun_local.serving.wire import Response
from aliyun_local.template import Function

MAX_LIMIT = 100
DEFAULT_LIMIT = 20
T = TypeVar("T")


def get_account_settings(request: ApiRequest) -> Response:
    """Return the account's zones."""
    return request.json_response(
        {"availableAZs": [f"{request.compute.resources.region}-h"], "defaultRole": ""}
    )


def list_services(request: ApiRequest) -> Response:
    """List the one service that stands for the template."""
    names, token = _page(request, [DEFAULT_SERVICE], str)
    return _list(request, "services", [describe_service(request.compute, name) for name in names], token)


def get_service(request: ApiRequest) -> Response:
    """Return a service; every name is one."""
    request.check_qualifier()
    return _tagged(request, describe_service(request.compute, request.service))


def list_functions(request: ApiRequest) -> Response:
    """List the deployed functions; all are of the third generation."""
    request.check_qualifier()
    functions = [] if request.http.query.get("fcVersion") == "v2" else _functions(request)
    page, token = _page(request, functions, lambda function: function.name)
    shown = [describe_function(request.compute, function, is_2023=request.is_2023) for function in page]
    return _list(request, "functions", shown, token)


def get_function(request: ApiRequest) -> Response:
    """Return a function."""
    return _tagged(request, describe_function(request.compute, request.function(), is_2023=request.is_2023))


def list_triggers(request: ApiRequest) -> Response:
    """List a function's triggers."""
    triggers = triggers_of(request.compute, request.function().name)
    page, token = _page(request, triggers, lambda trigger: trigger.name)
    return _list(request, "triggers", [describe_trigger(request, trigger) for trigger in page], token)


def get_trigger(request: ApiRequest) -> Response:
    """Return a trigger."""
    for trigger in triggers_of(request.compute, request.function().name):
        if trigger.name == request.names["trigger"]:
            return _tagged(request, describe_trigger(request, trigger))
    raise RequestRefused(404, "TriggerNotFound", f"trigger '{request.names['trigger']}' does not exist")


def get_async_invoke_config(request: ApiRequest) -> Response:
    """Return how a function's asynchronous invocations are retried."""
    return request.json_response(
        describe_async_config(request.compute, request.function(), is_2023=request.is_2023)
    )


def list_async_invoke_configs(request: ApiRequest) -> Response:
    """List how asynchronous invocations are retried: one function's (2016) or all functions' (2023)."""
    functions = [request.function()] if "function" in request.names else _functions_of_query(request)
    page, token = _page(request, functions, lambda function: function.name)
    shown = [describe_async_config(request.compute, function, is_2023=request.is_2023) for function in page]
    return _list(request, "configs", shown, token)


def get_concurrency_config(request: ApiRequest) -> Response:
    """Return a function's reserved concurrency."""
    return request.json_response(describe_concurrency(request.compute, request.function()))


def list_concurrency_configs(request: ApiRequest) -> Response:
    """List the functions that have reserved concurrency."""
    functions = [
        function for function in _functions_of_query(request) if function.reserved_concurrency is not None
    ]
    page, token = _page(request, functions, lambda function: function.name)
    return _list(
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
    return _list(request, "tasks", shown, str(end) if end < len(tasks) else None)


def _functions(request: ApiRequest) -> list[Function]:
    return sorted(request.compute.resources.functions.values(), key=lambda function: function.name)


def _functions_of_query(request: ApiRequest) -> list[Function]:
    wanted = request.http.query.get("functionName", "")
    return [function for function in _functions(request) if function.name == (wanted or function.name)]


def _page(request: ApiRequest, items: Sequence[T], name: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Return the items of the page that the query asks for, and a token for the next; names are in order."""
    query = request.http.query
    begin = _read_token(query["nextToken"]) if query.get("nextToken") else query.get("startKey", "")
    wanted = [
        item for item in items if name(item) >= begin and name(item).startswith(query.get("prefix", ""))
    ]
    limit = request.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    return wanted[:limit], _write_token(name(wanted[limit])) if len(wanted) > limit else None


def _write_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument("nextToken was not given out here") from None


def _list(request: ApiRequest, name: str, shown: list[dict[str, Any]], token: str | None) -> Response:
    return request.json_response({name: shown, **({"nextToken": token} if token else {})})


def _tagged(request: ApiRequest, document: dict[str, Any]) -> Response:
    etag = hashlib.md5(json.dumps(document, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    return request.json_response(document, {"Etag": etag})
