"""The management reads that clients make around an invocation; what is deployed is the template's to change.

Paging follows the lists of both API references: names in order, ``prefix``, ``startKey``, and a ``nextToken``
that goes before ``startKey``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from aliyun_local.function_compute.descriptions import (
    DEFAULT_SERVICE,
    describe_async_config,
    describe_concurrency,
    describe_function,
    describe_service,
    describe_task,
    describe_trigger,
    triggers_of,
)
from aliyun_local.function_compute.errors import RequestRefused, invalid_argument

if TYPE_CHECKING:
    from aliyun_local.function_compute.call import Call
    from aliyun_local.serving.wire import Response
    from aliyun_local.template import Function

MAX_LIMIT = 100
DEFAULT_LIMIT = 20
T = TypeVar("T")


def get_account_settings(call: Call) -> Response:
    """Return the account's zones."""
    return call.json_response({"availableAZs": [f"{call.compute.resources.region}-h"], "defaultRole": ""})


def list_services(call: Call) -> Response:
    """List the one service that stands for the template."""
    names, token = _page(call, [DEFAULT_SERVICE], str)
    return _list(call, "services", [describe_service(call.compute, name) for name in names], token)


def get_service(call: Call) -> Response:
    """Return a service; every name is one."""
    call.check_qualifier()
    return _tagged(call, describe_service(call.compute, call.service))


def list_functions(call: Call) -> Response:
    """List what is deployed; functions of the second generation are none."""
    call.check_qualifier()
    functions = [] if call.request.query.get("fcVersion") == "v2" else _functions(call)
    page, token = _page(call, functions, lambda function: function.name)
    shown = [describe_function(call.compute, function, modern=call.modern) for function in page]
    return _list(call, "functions", shown, token)


def get_function(call: Call) -> Response:
    """Return a function."""
    return _tagged(call, describe_function(call.compute, call.function(), modern=call.modern))


def list_triggers(call: Call) -> Response:
    """List a function's triggers."""
    triggers = triggers_of(call.compute, call.function().name)
    page, token = _page(call, triggers, lambda trigger: trigger.name)
    return _list(call, "triggers", [describe_trigger(call, trigger) for trigger in page], token)


def get_trigger(call: Call) -> Response:
    """Return a trigger."""
    for trigger in triggers_of(call.compute, call.function().name):
        if trigger.name == call.names["trigger"]:
            return _tagged(call, describe_trigger(call, trigger))
    raise RequestRefused(404, "TriggerNotFound", f"trigger '{call.names['trigger']}' does not exist")


def get_async_invoke_config(call: Call) -> Response:
    """Return how a function's asynchronous invocations are retried."""
    return call.json_response(describe_async_config(call.compute, call.function(), modern=call.modern))


def list_async_invoke_configs(call: Call) -> Response:
    """List how asynchronous invocations are retried: one function's (2016) or all functions' (2023)."""
    functions = [call.function()] if "function" in call.names else _functions_of_query(call)
    page, token = _page(call, functions, lambda function: function.name)
    shown = [describe_async_config(call.compute, function, modern=call.modern) for function in page]
    return _list(call, "configs", shown, token)


def get_concurrency_config(call: Call) -> Response:
    """Return a function's reserved concurrency."""
    return call.json_response(describe_concurrency(call.compute, call.function()))


def list_concurrency_configs(call: Call) -> Response:
    """List the functions that have reserved concurrency."""
    functions = [function for function in _functions_of_query(call) if function.concurrency is not None]
    page, token = _page(call, functions, lambda function: function.name)
    return _list(call, "configs", [describe_concurrency(call.compute, function) for function in page], token)


def list_instances(call: Call) -> Response:
    """List the processes that a function has now."""
    instances = [
        {"instanceId": instance.identity, "versionId": "0", "qualifier": "LATEST", "status": "Running"}
        for instance in call.compute.instances(call.function().name)
    ]
    return call.json_response({"instances": instances, "requestId": call.request_id})


def list_versions(call: Call) -> Response:
    """List no versions: a template publishes none."""
    if call.modern:
        call.function()
    return call.json_response({"versions": [], "direction": "BACKWARD"})


def list_aliases(call: Call) -> Response:
    """List no aliases: a template makes none."""
    if call.modern:
        call.function()
    return call.json_response({"aliases": []})


def get_alias(call: Call) -> Response:
    """Say that the alias does not exist: a template makes none."""
    owner = f"function '{call.function().name}'" if call.modern else f"service '{call.service}'"
    message = f"alias '{call.names['alias']}' of {owner} does not exist"
    raise RequestRefused(404, "AliasNotFound", message)


def get_async_task(call: Call) -> Response:
    """Return how far an asynchronous invocation is that its caller gave an id."""
    task_id = call.names["task"]
    for task in call.compute.tasks(call.function().name, task_id):
        return call.json_response(describe_task(call.compute, task, payload=True))
    raise RequestRefused(404, "AsyncTaskNotFound", f"async task '{task_id}' does not exist")


def list_async_tasks(call: Call) -> Response:
    """List the asynchronous invocations that came with an id, the newest first."""
    query = call.request.query
    tasks = [
        task
        for task in call.compute.tasks(call.function().name)
        # The triggers' own ids are written so that no caller can have one.
        if ":" not in task.id
        and task.status == (query.get("status") or task.status)
        and task.id.startswith(query.get("prefix", ""))
    ]
    if query.get("sortOrderByTime") == "asc":
        tasks.reverse()
    begin = call.number("nextToken", 0, 0, 10**8)
    end = begin + call.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    with_payload = query.get("includePayload", "").lower() == "true"
    shown = [describe_task(call.compute, task, payload=with_payload) for task in tasks[begin:end]]
    return _list(call, "tasks", shown, str(end) if end < len(tasks) else None)


def _functions(call: Call) -> list[Function]:
    return sorted(call.compute.resources.functions.values(), key=lambda function: function.name)


def _functions_of_query(call: Call) -> list[Function]:
    wanted = call.request.query.get("functionName", "")
    return [function for function in _functions(call) if function.name == (wanted or function.name)]


def _page(call: Call, items: Sequence[T], name: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Return what the query asks for of ``items``, which are in the order of their names, and a token."""
    query = call.request.query
    begin = _read_token(query["nextToken"]) if query.get("nextToken") else query.get("startKey", "")
    wanted = [
        item for item in items if name(item) >= begin and name(item).startswith(query.get("prefix", ""))
    ]
    limit = call.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    return wanted[:limit], _write_token(name(wanted[limit])) if len(wanted) > limit else None


def _write_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument("nextToken was not given out here") from None


def _list(call: Call, name: str, shown: list[dict[str, Any]], token: str | None) -> Response:
    return call.json_response({name: shown, **({"nextToken": token} if token else {})})


def _tagged(call: Call, document: dict[str, Any]) -> Response:
    etag = hashlib.md5(json.dumps(document, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    return call.json_response(document, {"Etag": etag})
