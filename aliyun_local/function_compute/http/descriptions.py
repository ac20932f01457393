"""The documents that describe the deployed resources, as the management APIs of both generations write them.

``management`` asks for them. Field names follow the API references of 2016-08-15 and 2023-03-30 (GetService,
GetFunction, GetTrigger and their lists). No call created the resources of the template, so their time is that
at which it was read.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aliyun_local.clock import utc
from aliyun_local.function_compute.account.records import public
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.queue.invocations import AsyncTask
from aliyun_local.template import Function, HttpTrigger, OssTrigger, TimerTrigger

Trigger = OssTrigger | TimerTrigger | HttpTrigger
# The API of 2016 needs a service: deployed functions are found under any name, and listed under this one.
DEFAULT_SERVICE = "default"


def describe_service(compute: FunctionCompute, name: str) -> dict[str, Any]:
    """Return a service of the API of 2016, which stands for the whole template."""
    return {
        "serviceName": name,
        "serviceId": _identity(compute, "service", name),
        "description": "",
        "role": "",
        "logConfig": {},
        "internetAccess": True,
        **_times(compute),
    }


def describe_function(request: ApiRequest, function: Function) -> dict[str, Any]:
    """Return a function as GetFunction does."""
    compute, created = request.compute, request.account and request.account.find_function(function.name)
    if created and request.is_2023:
        return public(created)
    declared = _declared(compute, FunctionName=function.name, Handler=function.handler)
    size, checksum = (
        (created["codeSize"], created["codeChecksum"]) if created else _measure(compute.deployed.code.folder)
    )
    common = {
        "functionName": function.name,
        "functionId": _identity(compute, "function", function.name),
        "description": declared.get("Description", ""),
        "runtime": function.runtime,
        "handler": function.handler,
        "timeout": function.timeout_seconds,
        "memorySize": function.memory_mb,
        "environmentVariables": dict(function.environment),
        "instanceConcurrency": 1,
        "codeSize": size,
        "codeChecksum": checksum,
        **_times(compute),
    }
    if not request.is_2023:
        return {**common, "instanceType": "e1", "initializer": None, "initializationTimeout": 3}
    log = declared.get("LogConfig") or {}
    return {
        **common,
        "functionArn": function_arn(compute, function.name),
        "cpu": declared.get("Cpu", round(function.memory_mb / 1024, 2)),
        "diskSize": declared.get("DiskSize", 512),
        "role": declared.get("Role", ""),
        "internetAccess": declared.get("InternetAccess", True),
        "logConfig": {
            "project": log.get("Project", ""),
            "logstore": log.get("Logstore", ""),
            "enableRequestMetrics": log.get("EnableRequestMetrics", False),
            "enableInstanceMetrics": log.get("EnableInstanceMetrics", False),
        },
        "state": "Active",
        "lastUpdateStatus": "Successful",
    }


def triggers_of(compute: FunctionCompute, function_name: str) -> list[Trigger]:
    """Return a function's triggers, by name."""
    resources = compute.resources
    every: list[Trigger] = [*resources.oss_triggers, *resources.timer_triggers, *resources.http_triggers]
    return sorted((trigger for trigger in every if trigger.function == function_name), key=lambda t: t.name)


def describe_trigger(request: ApiRequest, trigger: Trigger) -> dict[str, Any]:
    """Return a trigger as GetTrigger does; an HTTP trigger's URL reaches it here."""
    compute, account = request.compute, request.account
    created = account and account.find_trigger(trigger.function, trigger.name)
    declared = _declared(compute, TriggerName=trigger.name, FunctionName=trigger.function)
    kind, config = _trigger_config(trigger)
    described: dict[str, Any] = {
        "triggerName": trigger.name,
        "triggerId": _identity(compute, "trigger", trigger.function, trigger.name),
        "triggerType": kind,
        "triggerConfig": json.dumps(config, ensure_ascii=False) if request.is_2023 else config,
        "qualifier": "LATEST",
        "description": declared.get("Description", ""),
        "invocationRole": declared.get("InvocationRole", ""),
        "sourceArn": declared.get("SourceArn", ""),
        **_times(compute),
    }
    if request.is_2023:
        described["targetArn"] = function_arn(compute, trigger.function)
    if created:
        described |= {**public(created), "triggerConfig": described["triggerConfig"]}
    if isinstance(trigger, HttpTrigger):
        service = request.service or DEFAULT_SERVICE
        url = f"http://{request.http.host}/2016-08-15/proxy/{service}/{trigger.function}/"
        url = (created or {}).get("_url") or url
        urls = {"urlInternet": url, "urlIntranet": url}
        described.update({"httpTrigger": urls} if request.is_2023 else urls)
    return described


def describe_task(compute: FunctionCompute, task: AsyncTask, *, payload: bool) -> dict[str, Any]:
    """Return an asynchronous task as GetAsyncTask does; times are in milliseconds."""
    described: dict[str, Any] = {
        "taskId": task.id,
        "requestId": task.request_id,
        "functionArn": function_arn(compute, task.function),
        "qualifier": "LATEST",
        "status": task.status,
        "startedTime": int(task.accepted_at * 1000),
        "alreadyRetriedTimes": task.retry_count,
        "taskErrorMessage": task.error,
        "events": [],
    }
    if task.ended_at is not None:
        described["endTime"] = int(task.ended_at * 1000)
    if payload and task.payload is not None:
        described["taskPayload"] = task.payload.decode("utf-8", errors="replace")
    return described


def describe_async_config(request: ApiRequest, function: Function) -> dict[str, Any]:
    """Return how a function's asynchronous invocations are retried."""
    compute = request.compute
    created = request.account and request.account.find_asynchronous(function.name)
    if created and request.is_2023:
        return public(created)
    config: dict[str, Any] = {
        "maxAsyncRetryAttempts": function.asynchronous.max_retries,
        "maxAsyncEventAgeInSeconds": function.asynchronous.max_age_seconds,
        "destinationConfig": {},
        "qualifier": "LATEST",
        **_times(compute),
    }
    if request.is_2023:
        return {**config, "functionArn": function_arn(compute, function.name), "asyncTask": False}
    return {**config, "function": function.name, "statefulInvocation": False}


def describe_concurrency(compute: FunctionCompute, function: Function) -> dict[str, Any]:
    """Return a function's reserved concurrency, where it has one."""
    config: dict[str, Any] = {"functionArn": function_arn(compute, function.name)}
    if function.reserved_concurrency is not None:
        config["reservedConcurrency"] = function.reserved_concurrency
    return config


def function_arn(compute: FunctionCompute, name: str) -> str:
    """Return a function's resource name."""
    return f"acs:fc:{compute.resources.region}:{compute.resources.account_id}:functions/{name}"


def _trigger_config(trigger: Trigger) -> tuple[str, dict[str, Any]]:
    match trigger:
        case OssTrigger():
            key = {"prefix": trigger.prefix, "suffix": trigger.suffix}
            return "oss", {"events": list(trigger.events), "filter": {"key": key}}
        case TimerTrigger():
            config = {"cronExpression": trigger.cron, "enable": trigger.enabled, "payload": trigger.payload}
            return "timer", config
        case HttpTrigger():
            return "http", {"authType": trigger.auth_type, "methods": list(trigger.methods)}


def _declared(compute: FunctionCompute, **wanted: str) -> Mapping[str, Any]:
    """Return the properties of the template's resource that has the ``wanted`` ones."""
    for properties in compute.resources.properties.values():
        if all(properties.get(name) == value for name, value in wanted.items()):
            return properties
    return {}


def _times(compute: FunctionCompute) -> dict[str, str]:
    moment = utc(compute.deployed_at).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"createdTime": moment, "lastModifiedTime": moment}


def _identity(compute: FunctionCompute, *names: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((compute.resources.account_id, *names))))


def _measure(code: Path) -> tuple[int, str]:
    """Return the code's bytes, and a number that changes with them in the place of its zip's CRC-64."""
    size, digest = 0, hashlib.sha256()
    for path in sorted(code.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            size += len(content)
            digest.update(
                f"{path.relative_to(code)}\0{len(content)}\0".encode(errors="surrogateescape") + content
            )
    return size, str(int.from_bytes(digest.digest()[:8], "big"))
