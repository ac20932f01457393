"""Documents as the running functions need them: typed, with the bounds of Function Compute's API reference.

``functions``, ``triggers`` and ``configs`` read a document here before they store it; ``models`` reads all
stored ones. Bounds: Function Compute, "CreateFunction", "CreateTrigger" and "PutAsyncInvokeConfig".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.account.fields import Fields
from aliyun_local.function_compute.errors import invalid
from aliyun_local.template import AsyncConfig, Function, HttpTrigger, Logstore, OssTrigger, TimerTrigger

Trigger = OssTrigger | TimerTrigger | HttpTrigger
_MEMORY_STEP_MB = 64


def function_of(
    document: Mapping[str, Any],
    concurrency: Mapping[str, Any] | None = None,
    asynchronous: Mapping[str, Any] | None = None,
) -> Function:
    """Return the function of ``document`` with its limits.

    Raises:
        ResourceRefused: a member is missing or out of bounds, or the runtime cannot run here.
    """
    fields = Fields(document)
    runtime = fields.text("runtime")
    if not runtime.startswith("python3"):
        raise invalid(f"runtime {runtime!r} cannot run here, only python3*")
    memory_mb = fields.whole("memorySize", 512, 128, 32_768)
    if memory_mb % _MEMORY_STEP_MB:
        raise invalid(f"memorySize must be a multiple of {_MEMORY_STEP_MB}")
    return Function(
        name=fields.text("functionName"),
        handler=fields.text("handler"),
        runtime=runtime,
        timeout_seconds=fields.whole("timeout", 3, 1, 86_400),
        memory_mb=memory_mb,
        environment=fields.texts("environmentVariables"),
        reserved_concurrency=None if concurrency is None else concurrency_of(concurrency),
        asynchronous=AsyncConfig() if asynchronous is None else asynchronous_of(asynchronous),
        logs=_logs_of(document),
    )


def _logs_of(document: Mapping[str, Any]) -> Logstore | None:
    given = Fields(document).mapping("logConfig")
    project, logstore = given.get("project"), given.get("logstore")
    if not project and not logstore:
        return None
    fields = Fields(given, "logConfig")
    return Logstore(project=fields.text("project"), name=fields.text("logstore"))


def concurrency_of(document: Mapping[str, Any]) -> int:
    """Return the reserved concurrency of ``document``."""
    return Fields(document).whole("reservedConcurrency", None, 0, 100_000)


def asynchronous_of(document: Mapping[str, Any]) -> AsyncConfig:
    """Return the retries of ``document``."""
    fields = Fields(document)
    return AsyncConfig(
        max_retries=fields.whole("maxAsyncRetryAttempts", 3, 0, 8),
        max_age_seconds=fields.whole("maxAsyncEventAgeInSeconds", 86_400, 1, 604_800),
    )


def trigger_of(document: Mapping[str, Any], function: str) -> Trigger:
    """Return the trigger of ``document`` for ``function``.

    Raises:
        ResourceRefused: a member is missing or wrong, or the kind has no local counterpart.
    """
    fields = Fields(document)
    name, kind = fields.text("triggerName"), fields.text("triggerType")
    config = Fields(fields.mapping("triggerConfig"), "triggerConfig")
    if kind == "oss":
        return _oss_trigger(fields, config, function, name)
    if kind == "timer":
        return TimerTrigger(
            name=name,
            function=function,
            cron=config.text("cronExpression"),
            payload=config.text("payload", ""),
            enabled=_flag(fields.mapping("triggerConfig").get("enable", True)),
        )
    if kind == "http":
        methods = tuple(str(method) for method in config.list("methods"))
        return HttpTrigger(
            name=name, function=function, auth_type=config.text("authType", "function"), methods=methods
        )
    raise invalid(f"triggerType {kind!r} has no local counterpart")


def _oss_trigger(fields: Fields, config: Fields, function: str, name: str) -> OssTrigger:
    arn = fields.text("sourceArn")
    bucket = arn.rpartition(":")[2]
    if not arn.startswith("acs:oss:") or not bucket:
        raise invalid(f"sourceArn {arn!r} is not acs:oss:<region>:<account>:<bucket>")
    key = Fields(Fields(config.mapping("filter")).mapping("key"), "triggerConfig.filter.key")
    events = tuple(str(event) for event in config.list("events"))
    if not events:
        raise invalid("triggerConfig.events is required")
    return OssTrigger(
        name=name,
        function=function,
        bucket=bucket,
        events=events,
        prefix=key.text("prefix", ""),
        suffix=key.text("suffix", ""),
    )


def _flag(value: object) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"
