"""The typed views of an evaluated template; ``document`` asks for them last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aliyun_local.template.errors import TemplateError
from aliyun_local.template.language import Evaluation
from aliyun_local.template.properties import Properties
from aliyun_local.template.resources import (
    AsyncConfig,
    Bucket,
    Column,
    Function,
    HttpTrigger,
    Logstore,
    OssTrigger,
    Resources,
    SecondaryIndex,
    Table,
    TablestoreInstance,
    TimerTrigger,
)
from aliyun_local.template.values import as_text

MAX_SOURCE_CHARACTERS = 4096
"""ROS, "ALIYUN::FC3::Function": the longest ``SourceCode``."""
_KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "a list"}


def typed_views(evaluation: Evaluation, *, text_environment: bool) -> Resources:
    """Return the resources that the template of ``evaluation`` deploys.

    Raises:
        TemplateError: a value is missing, unknown or not allowed; with ``text_environment`` also a value of
            an environment that is no text.
    """
    by_kind: dict[str, list[Properties]] = {}
    everything: dict[str, Mapping[str, Any]] = {}
    resources: Mapping[str, Any] = evaluation.document["Resources"]
    for name, resource in resources.items():
        evaluation.depends_on(name)
        if not evaluation.exists(name):
            continue
        everything[name] = evaluation.properties(name)
        kind = resource["Type"].removeprefix("ALIYUN::")
        by_kind.setdefault(kind, []).append(Properties(f"Resources.{name}.Properties", everything[name]))
    functions = _functions(by_kind, text_environment=text_environment)
    oss, timers, http = _triggers(by_kind.get("FC3::Trigger", []), functions)
    return Resources(
        functions=functions,
        oss_triggers=oss,
        timer_triggers=timers,
        http_triggers=http,
        buckets=tuple(
            Bucket(name=bucket.text("BucketName"), access_control=bucket.text("AccessControl", "private"))
            for bucket in by_kind.get("OSS::Bucket", [])
        ),
        instances=tuple(
            TablestoreInstance(name=instance.text("InstanceName"))
            for kind in ("OTS::Instance", "OTS::InstanceV2")
            for instance in by_kind.get(kind, [])
        ),
        tables=tuple(table_of(table) for table in by_kind.get("OTS::Table", [])),
        logstores=tuple(_logstore(logstore) for logstore in by_kind.get("SLS::Logstore", [])),
        region=evaluation.pseudo["ALIYUN::Region"],
        account_id=evaluation.pseudo["ALIYUN::AccountId"],
        properties=everything,
        outputs=evaluation.outputs(),
    )


def _functions(by_kind: Mapping[str, list[Properties]], *, text_environment: bool) -> dict[str, Function]:
    declared = {item.text("FunctionName"): item for item in by_kind.get("FC3::Function", [])}
    if len(declared) != len(by_kind.get("FC3::Function", [])):
        raise TemplateError("Resources: two functions have one FunctionName")
    concurrency: dict[str, int] = {}
    for item in by_kind.get("FC3::ConcurrencyConfig", []):
        concurrency[_known_function(item, declared)] = item.number("ReservedConcurrency", None, 0, 100_000)
    asynchronous: dict[str, AsyncConfig] = {}
    for item in by_kind.get("FC3::AsyncInvokeConfig", []):
        asynchronous[_known_function(item, declared)] = AsyncConfig(
            max_retries=item.number("MaxAsyncRetryAttempts", 3, 0, 8),
            max_age_seconds=item.number("MaxAsyncEventAgeInSeconds", 86_400, 1, 604_800),
        )
    return {
        name: Function(
            name=name,
            handler=item.text("Handler"),
            runtime=item.text("Runtime"),
            timeout_seconds=item.number("Timeout", 3, 1, 86_400),
            memory_mb=item.number("MemorySize", 512, 128, 65_536),
            environment=_environment(item, name, must_be_text=text_environment),
            reserved_concurrency=concurrency.get(name),
            asynchronous=asynchronous.get(name, AsyncConfig()),
            source_code=_source_code(item),
            layers=tuple(as_text(layer) for layer in item.items("Layers", [])),
            logs=_logs(item),
        )
        for name, item in declared.items()
    }


def _logstore(item: Properties) -> Logstore:
    days = item.number("TTL", 30, 1, 3650)
    return Logstore(project=item.text("ProjectName"), name=item.text("LogstoreName"), days=days)


def _logs(item: Properties) -> Logstore | None:
    given = Properties(f"{item.place}.LogConfig", item.mapping("LogConfig"))
    if not given.values:
        return None
    return Logstore(project=given.text("Project"), name=given.text("Logstore"))


def _source_code(item: Properties) -> str | None:
    """Return the text that ROS makes ``index.py`` of (ROS, "ALIYUN::FC3::Function": Code)."""
    code = Properties(f"{item.place}.Code", item.mapping("Code"))
    if code.values.get("ZipFile") or not code.values.get("SourceCode"):
        return None  # a zip goes before a source, and a source before an object
    source = code.text("SourceCode")
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise TemplateError(f"{code.place}.SourceCode: more than {MAX_SOURCE_CHARACTERS} characters")
    return source


def _environment(item: Properties, function: str, *, must_be_text: bool) -> dict[str, str]:
    variables = item.mapping("EnvironmentVariables")
    for key, value in variables.items():
        if must_be_text and not isinstance(value, str):
            raise TemplateError(
                f"{item.place}.EnvironmentVariables.{key}: function {function!r} takes strings only, and"
                f" this is {_KINDS.get(type(value), 'an object')}; Fn::Str makes one of a number"
            )
    return {key: as_text(value) for key, value in variables.items()}


def _known_function(item: Properties, functions: Mapping[str, object]) -> str:
    name = item.text("FunctionName")
    if name not in functions:
        raise TemplateError(f"{item.place}.FunctionName: the template has no function {name!r}")
    return name


def _triggers(
    items: list[Properties], functions: Mapping[str, Function]
) -> tuple[tuple[OssTrigger, ...], tuple[TimerTrigger, ...], tuple[HttpTrigger, ...]]:
    oss: list[OssTrigger] = []
    timers: list[TimerTrigger] = []
    http: list[HttpTrigger] = []
    for item in items:
        function = _known_function(item, functions)
        name, kind = item.text("TriggerName"), item.text("TriggerType")
        config = Properties(f"{item.place}.TriggerConfig", item.mapping("TriggerConfig"))
        if kind == "oss":
            oss.append(_oss_trigger(item, config, function, name))
            for other in oss[:-1]:
                if oss[-1].conflicts_with(other):
                    raise TemplateError(
                        f"{config.place}: OSS refuses it beside trigger {other.name!r}: same events, "
                        "overlapping prefix and suffix"
                    )
        elif kind == "timer":
            timers.append(
                TimerTrigger(
                    name=name,
                    function=function,
                    cron=config.text("cronExpression"),
                    payload=config.text("payload", ""),
                    enabled=config.text("enable", "true").lower() == "true",
                )
            )
        elif kind == "http":
            http.append(
                HttpTrigger(
                    name=name,
                    function=function,
                    auth_type=config.text("authType", "function"),
                    methods=tuple(as_text(method) for method in config.items("methods")),
                )
            )
        else:
            raise TemplateError(f"{item.place}.TriggerType: {kind!r} has no local counterpart")
    return tuple(oss), tuple(timers), tuple(http)


def _oss_trigger(item: Properties, config: Properties, function: str, name: str) -> OssTrigger:
    arn = item.text("SourceArn")
    bucket = arn.rpartition(":")[2]
    if not arn.startswith("acs:oss:") or not bucket:
        raise TemplateError(f"{item.place}.SourceArn: {arn!r} is not acs:oss:<region>:<account>:<bucket>")
    key = config.mapping("filter").get("key") or {}
    return OssTrigger(
        name=name,
        function=function,
        bucket=bucket,
        events=tuple(as_text(event) for event in config.items("events")),
        prefix=as_text(key.get("prefix") or ""),
        suffix=as_text(key.get("suffix") or ""),
    )


def table_of(item: Properties) -> Table:
    """Return the table that the properties of an ``ALIYUN::OTS::Table`` describe."""

    def columns(key: str, default: list[Any] | None) -> tuple[Column, ...]:
        found = []
        for position, column in enumerate(item.items(key, default)):
            if not isinstance(column, Mapping) or not {"Name", "Type"} <= set(column):
                raise TemplateError(f"{item.place}.{key}[{position}]: Name and Type are needed")
            found.append(Column(name=as_text(column["Name"]), type=as_text(column["Type"])))
        return tuple(found)

    indexes = []
    for position, index in enumerate(item.items("SecondaryIndices", [])):
        if not isinstance(index, Mapping) or not {"IndexName", "PrimaryKeys"} <= set(index):
            raise TemplateError(
                f"{item.place}.SecondaryIndices[{position}]: IndexName and PrimaryKeys are needed"
            )
        indexes.append(
            SecondaryIndex(
                name=as_text(index["IndexName"]),
                primary_key=tuple(map(as_text, index["PrimaryKeys"])),
                columns=tuple(map(as_text, index.get("Columns") or [])),
            )
        )
    return Table(
        name=item.text("TableName"),
        instance=item.text("InstanceName"),
        primary_key=columns("PrimaryKey", None),
        columns=columns("Columns", []),
        indexes=tuple(indexes),
        max_versions=item.number("MaxVersions", 1, 1, 2**31 - 1),
        time_to_live_seconds=item.number("TimeToLive", -1, -1, 2**31 - 1),
        max_deviation_seconds=item.number("DeviationCellVersionInSec", 86_400, 1, 2**63 // 1_000_000 - 1),
    )
