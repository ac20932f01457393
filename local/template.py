"""What is deployed, read from the one place that says so: a ROS template with ``ALIYUN::FC3::*`` resources.

The local cloud asks this module for functions, triggers, buckets and tables instead of keeping a list of its
own, so that a local run exercises the handlers, prefixes, schedules and limits that the stack will have.
The language of the template (parameters, conditions, intrinsic functions) follows ROS, "Template syntax";
what a resource's properties mean follows the ROS resource types and the Function Compute 3.0 API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PSEUDO_PARAMETERS = frozenset(
    {
        "ALIYUN::Region",
        "ALIYUN::AccountId",
        "ALIYUN::TenantId",
        "ALIYUN::StackId",
        "ALIYUN::StackName",
        "ALIYUN::NoValue",
    }
)
_NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^${}]+)\}")


class TemplateError(ValueError):
    """The template cannot be deployed as it stands; the message names the place and the reason."""


@dataclass(frozen=True, kw_only=True)
class AsyncConfig:
    """How a function's asynchronous invocations are retried (Function Compute, PutAsyncInvokeConfig)."""

    max_retries: int = 3
    max_age_seconds: int = 86_400


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function. ``timeout`` in seconds, ``memory`` in MB; ``concurrency`` is the reserved one, if any."""

    name: str
    handler: str
    runtime: str
    timeout: int = 3
    memory: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    concurrency: int | None = None
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)


@dataclass(frozen=True, kw_only=True)
class OssTrigger:
    """Calls ``function`` for events on ``bucket``; ``events`` are written as in ``oss:ObjectCreated:*``."""

    name: str
    function: str
    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def matches(self, bucket: str, event_name: str, key: str) -> bool:
        """Tell whether an event fires this trigger; ``event_name`` comes with or without ``oss:``."""
        name = event_name.removeprefix("oss:")
        return (
            bucket == self.bucket
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
            and any(_event_matches(wanted, name) for wanted in self.events)
        )

    def conflicts_with(self, other: OssTrigger) -> bool:
        """Tell whether OSS refuses the two side by side (Function Compute, OSS triggers, "Trigger rules")."""
        return (
            self.bucket == other.bucket
            and any(
                _event_matches(mine, its.removeprefix("oss:"))
                or _event_matches(its, mine.removeprefix("oss:"))
                for mine in self.events
                for its in other.events
            )
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
        )


@dataclass(frozen=True, kw_only=True)
class TimerTrigger:
    """Calls ``function`` with ``payload`` whenever ``cron`` (``@every Nm`` or six fields) is due."""

    name: str
    function: str
    cron: str
    payload: str = ""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class HttpTrigger:
    """Calls ``function`` for HTTP requests whose method is one of ``methods``."""

    name: str
    function: str
    auth_type: str
    methods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An OSS bucket; ``access_control`` is its canned ACL."""

    name: str
    access_control: str = "private"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A Tablestore instance."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column and its type as ROS spells it, such as ``STRING`` or ``INTEGER``."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class SecondaryIndex:
    """A global secondary index: the names of its primary key columns and of the columns it carries."""

    name: str
    primary_key: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Tablestore table. ``time_to_live`` in seconds, -1 for ever."""

    name: str
    instance: str
    primary_key: tuple[Column, ...]
    columns: tuple[Column, ...] = ()
    indexes: tuple[SecondaryIndex, ...] = ()
    max_versions: int = 1
    time_to_live: int = -1


@dataclass(frozen=True, kw_only=True)
class Resources:
    """A resolved template: the typed views, and every resource's properties by logical name."""

    functions: Mapping[str, Function]
    oss_triggers: tuple[OssTrigger, ...] = ()
    timer_triggers: tuple[TimerTrigger, ...] = ()
    http_triggers: tuple[HttpTrigger, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    instances: tuple[Instance, ...] = ()
    tables: tuple[Table, ...] = ()
    region: str = "cn-beijing"
    account_id: str = "1000000000000000"
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Template:
    """A template as written; :meth:`resolve` turns it into what would be deployed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take a parsed document.

        Raises:
            TemplateError: it has no ``Resources``.
        """
        if not isinstance(document, Mapping) or not isinstance(document.get("Resources"), Mapping):
            raise TemplateError("Resources: a template is a mapping with a section of that name")
        for name, resource in document["Resources"].items():
            if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
                raise TemplateError(f"Resources.{name}: a resource needs a Type")
        self.document = document

    @classmethod
    def from_file(cls, path: str | Path) -> Template:
        """Read the YAML (or JSON) file ``path``.

        Raises:
            TemplateError: it is not YAML or not a template.
            OSError: it cannot be read.
        """
        return cls.from_text(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def from_text(cls, text: str) -> Template:
        """Read YAML (or JSON) text; short tags such as ``!Ref`` are understood.

        Raises:
            TemplateError: it is not YAML or not a template.
        """
        try:
            document = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader with ROS's short tags)
        except yaml.YAMLError as problem:
            raise TemplateError(f"not YAML: {problem}") from problem
        return cls(document)

    def resolve(
        self,
        parameters: Mapping[str, object] | None = None,
        pseudo: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> Resources:
        """Evaluate parameters, conditions and intrinsic functions.

        Args:
            parameters: values of the template's parameters; the others take their defaults.
            pseudo: values of ``ALIYUN::Region``, ``ALIYUN::AccountId`` and so on.
            attributes: values for ``Fn::GetAtt`` that only a deployment knows, by ``LogicalName.Attribute``,
                for example ``{"StatusTrigger.UrlInternet": "http://127.0.0.1:8080"}``.

        Raises:
            TemplateError: a value is missing, unknown or not allowed.
        """
        evaluation = _Evaluation(self.document, parameters or {}, pseudo or {}, attributes or {})
        return _views(evaluation)


class _Loader(yaml.SafeLoader):
    """A SafeLoader that knows ROS's short forms of intrinsic functions."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


class _Evaluation:
    """One resolution of one template; keeps what is evaluated and what is being evaluated."""

    def __init__(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, object],
        pseudo: Mapping[str, str],
        attributes: Mapping[str, str],
    ) -> None:
        self.document = document
        self.pseudo: dict[str, str] = {
            "ALIYUN::Region": "cn-beijing",
            "ALIYUN::AccountId": "1000000000000000",
            "ALIYUN::StackName": "local",
            "ALIYUN::StackId": "00000000-0000-0000-0000-000000000000",
        }
        for name, value in pseudo.items():
            if name not in PSEUDO_PARAMETERS:
                raise TemplateError(f"{name}: not a pseudo parameter")
            self.pseudo[name] = value
        # ROS has two names for the account; whoever gives one means both.
        if "ALIYUN::TenantId" in pseudo and "ALIYUN::AccountId" not in pseudo:
            self.pseudo["ALIYUN::AccountId"] = pseudo["ALIYUN::TenantId"]
        self.pseudo.setdefault("ALIYUN::TenantId", self.pseudo["ALIYUN::AccountId"])
        self.attributes = attributes
        self.parameters = self._parameters(parameters)
        self._conditions: dict[str, bool] = {}
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._in_progress: list[str] = []

    # -- parameters -------------------------------------------------------------------------------

    def _parameters(self, given: Mapping[str, object]) -> dict[str, Any]:
        declared: Mapping[str, Any] = self.document.get("Parameters") or {}
        for name in given:
            if name not in declared:
                raise TemplateError(f"Parameters.{name}: the template has no such parameter")
        values: dict[str, Any] = {}
        for name, declaration in declared.items():
            if name in given:
                value = given[name]
            elif "Default" in declaration:
                value = declaration["Default"]
            else:
                raise TemplateError(f"Parameters.{name}: a value is needed, there is no default")
            values[name] = _checked_parameter(name, declaration, value)
        return values

    # -- conditions -------------------------------------------------------------------------------

    def condition(self, name: object, place: str) -> bool:
        """Return whether the condition ``name`` holds."""
        declared: Mapping[str, Any] = self.document.get("Conditions") or {}
        if not isinstance(name, str) or name not in declared:
            raise TemplateError(f"{place}: no condition is called {name!r}")
        if name not in self._conditions:
            with_name = f"Conditions.{name}"
            self._conditions[name] = self._guarded(with_name, lambda: self._truth(declared[name], with_name))
        return self._conditions[name]

    def _truth(self, value: object, place: str) -> bool:
        if isinstance(value, str):
            return self.condition(value, place)
        if isinstance(value, bool):
            return value
        if isinstance(value, Mapping) and len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Condition":
                return self.condition(argument, place)
            if function == "Fn::Not":
                return not self._truth(argument[0] if isinstance(argument, list) else argument, place)
            if function in ("Fn::And", "Fn::Or") and isinstance(argument, list):
                parts = [self._truth(part, place) for part in argument]
                return all(parts) if function == "Fn::And" else any(parts)
            if function == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
                left, right = (self.value(part, place) for part in argument)
                return bool(left == right)
        raise TemplateError(f"{place}: not a condition: {value!r}")

    # -- values -----------------------------------------------------------------------------------

    def value(self, raw: Any, place: str) -> Any:
        """Return ``raw`` with every intrinsic function in it evaluated; ``place`` is for messages."""
        if isinstance(raw, list):
            items = [self.value(item, f"{place}[{index}]") for index, item in enumerate(raw)]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(raw, Mapping):
            return raw
        if len(raw) == 1:
            (name, argument), *_ = raw.items()
            if name == "Ref":
                return self.reference(argument, place)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._intrinsic(name, argument, place)
        members = {name: self.value(member, f"{place}.{name}") for name, member in raw.items()}
        return {name: member for name, member in members.items() if member is not _NO_VALUE}

    def reference(self, name: object, place: str) -> Any:
        """Return what ``Ref: name`` stands for: a parameter, a pseudo parameter or a resource's own name."""
        if name == "ALIYUN::NoValue":
            return _NO_VALUE
        if isinstance(name, str):
            if name in self.pseudo:
                return self.pseudo[name]
            if name in self.parameters:
                return self.parameters[name]
            if name in self.document["Resources"]:
                return self._physical_name(name, place)
        raise TemplateError(f"{place}: Ref to unknown {name!r}")

    def _intrinsic(self, name: str, argument: Any, place: str) -> Any:
        evaluate: Callable[[Any, str], Any] | None = {
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
        }.get(name)
        if evaluate is None:
            raise TemplateError(f"{place}: {name} is not known here")
        return evaluate(argument, place)

    def _sub(self, argument: Any, place: str) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else (_pair(argument, "Fn::Sub", place))
        variables = {name: self.value(value, place) for name, value in extra.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.group(1), match.group(2).strip()
            if literal:
                return "${" + match.group(2) + "}"
            if name in variables:
                return _text(variables[name])
            if "." in name:
                return _text(self._get_att(name.split(".", 1), place))
            return _text(self.reference(name, place))

        return _SUBSTITUTION.sub(replace, text)

    def _join(self, argument: Any, place: str) -> str:
        separator, parts = _pair(argument, "Fn::Join", place)
        values = self.value(parts, place)
        if not isinstance(values, list):
            raise TemplateError(f"{place}: Fn::Join needs a list")
        return str(separator).join(_text(value) for value in values)

    def _if(self, argument: Any, place: str) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise TemplateError(f"{place}: Fn::If takes a condition and two values")
        return self.value(argument[1] if self.condition(argument[0], place) else argument[2], place)

    def _select(self, argument: Any, place: str) -> Any:
        index, options = (self.value(part, place) for part in _pair(argument, "Fn::Select", place))
        try:
            return options[int(index)] if isinstance(options, list) else options[index]
        except (LookupError, ValueError, TypeError):
            raise TemplateError(f"{place}: Fn::Select finds nothing at {index!r}") from None

    def _split(self, argument: Any, place: str) -> list[str]:
        separator, text = (self.value(part, place) for part in _pair(argument, "Fn::Split", place))
        return str(text).split(str(separator))

    def _find_in_map(self, argument: Any, place: str) -> Any:
        found: Any = self.document.get("Mappings") or {}
        for key in argument if isinstance(argument, list) else [argument]:
            try:
                found = found[self.value(key, place)]
            except (LookupError, TypeError):
                raise TemplateError(f"{place}: Fn::FindInMap finds no {key!r}") from None
        return found

    def _get_att(self, argument: Any, place: str) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) != 2:
            raise TemplateError(f"{place}: Fn::GetAtt takes a resource and an attribute")
        name, attribute = parts[0], self.value(parts[1], place)
        if name not in self.document["Resources"]:
            raise TemplateError(f"{place}: Fn::GetAtt of unknown resource {name!r}")
        if f"{name}.{attribute}" in self.attributes:
            return self.attributes[f"{name}.{attribute}"]
        properties = self.properties(name, place)
        if attribute in properties:
            return properties[attribute]
        derived = self._derived_attribute(name, str(attribute), place)
        if derived is None:
            kind = self.document["Resources"][name]["Type"]
            raise TemplateError(f"{place}: {name} ({kind}) has no attribute {attribute!r} that is known here")
        return derived

    def _derived_attribute(self, name: str, attribute: str, place: str) -> str | None:
        kind = self.document["Resources"][name]["Type"]
        region, account = self.pseudo["ALIYUN::Region"], self.pseudo["ALIYUN::AccountId"]
        own = self._physical_name(name, place)
        known = {
            ("ALIYUN::RAM::Role", "Arn"): f"acs:ram::{account}:role/{own.lower()}",
            ("ALIYUN::RAM::Role", "RoleId"): own,
            ("ALIYUN::FC3::Function", "ARN"): f"acs:fc:{region}:{account}:functions/{own}",
            ("ALIYUN::FC3::Function", "FunctionId"): own,
            ("ALIYUN::FC3::Trigger", "TriggerId"): own,
            ("ALIYUN::FC3::Trigger", "UrlInternet"): f"https://{own}.{region}.fcapp.run",
            ("ALIYUN::FC3::Trigger", "UrlIntranet"): f"https://{own}.{region}-internal.fcapp.run",
            ("ALIYUN::OSS::Bucket", "Name"): own,
            ("ALIYUN::OSS::Bucket", "DomainName"): f"{own}.oss-{region}.aliyuncs.com",
            ("ALIYUN::OSS::Bucket", "InternalDomainName"): f"{own}.oss-{region}-internal.aliyuncs.com",
        }
        if kind.startswith("ALIYUN::OTS::Instance"):
            known[kind, "PublicEndpoint"] = f"https://{own}.{region}.ots.aliyuncs.com"
            known[kind, "PrivateEndpoint"] = f"https://{own}.{region}.ots-internal.aliyuncs.com"
        return known.get((kind, attribute))

    # -- resources --------------------------------------------------------------------------------

    def exists(self, name: str) -> bool:
        """Return whether the resource ``name`` is deployed under its condition."""
        resource = self.document["Resources"][name]
        return "Condition" not in resource or self.condition(
            resource["Condition"], f"Resources.{name}.Condition"
        )

    def properties(self, name: str, place: str | None = None) -> Mapping[str, Any]:
        """Return the evaluated properties of the resource ``name``; ``place`` is who asks."""
        if place is not None and not self.exists(name):
            raise TemplateError(f"{place}: {name} is not deployed under its condition")
        if name not in self._properties:
            raw = self.document["Resources"][name].get("Properties") or {}
            where = f"Resources.{name}.Properties"
            self._properties[name] = self._guarded(where, lambda: self.value(raw, where))
        return self._properties[name]

    def _physical_name(self, name: str, place: str) -> str:
        # Only the naming property is evaluated, so that two resources may refer to each other's names.
        if not self.exists(name):
            raise TemplateError(f"{place}: {name} is not deployed under its condition")
        kind = self.document["Resources"][name]["Type"]
        raw = self.document["Resources"][name].get("Properties") or {}
        naming = _NAMING_PROPERTY.get(kind, kind.rpartition("::")[2] + "Name")
        if naming not in raw:
            return name
        where = f"Resources.{name}.Properties.{naming}"
        return _text(self._guarded(where, lambda: self.value(raw[naming], where)))

    def _guarded(self, place: str, work: Callable[[], Any]) -> Any:
        if place in self._in_progress:
            raise TemplateError(f"{place}: refers to itself by way of {' > '.join(self._in_progress)}")
        self._in_progress.append(place)
        try:
            return work()
        finally:
            self._in_progress.pop()


_NAMING_PROPERTY = {
    "ALIYUN::OTS::InstanceV2": "InstanceName",
    "ALIYUN::SLS::Project": "Name",
    "ALIYUN::FC3::ConcurrencyConfig": "FunctionName",
    "ALIYUN::FC3::AsyncInvokeConfig": "FunctionName",
}


def _checked_parameter(name: str, declaration: Mapping[str, Any], value: Any) -> Any:
    """Convert and check one parameter as ROS does; the value of a ``NoEcho`` one stays out of messages."""
    place = f"Parameters.{name}"
    shown = "the value" if str(declaration.get("NoEcho", "")).lower() == "true" else repr(value)
    kind = declaration.get("Type", "String")
    if kind == "String":
        value = _text(value)
    elif kind == "Number":
        try:
            value = float(value)
        except (TypeError, ValueError):
            raise TemplateError(f"{place}: {shown} is not a number") from None
        value = int(value) if value.is_integer() else value
    elif kind == "Boolean":
        if _text(value).lower() not in ("true", "false"):
            raise TemplateError(f"{place}: {shown} is neither true nor false")
        value = _text(value).lower() == "true"
    elif kind == "CommaDelimitedList":
        value = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    elif kind == "Json":
        value = json.loads(value) if isinstance(value, str) else value
    else:
        raise TemplateError(f"{place}: type {kind!r} is not known here")
    allowed = declaration.get("AllowedValues")
    if allowed is not None and value not in allowed:
        raise TemplateError(f"{place}: {shown} is not one of {', '.join(map(str, allowed))}")
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, str(value)):
        raise TemplateError(f"{place}: {shown} does not match {pattern}")
    measure, suffix = (value, "Value") if kind == "Number" else (len(str(value)), "Length")
    low, high = declaration.get(f"Min{suffix}"), declaration.get(f"Max{suffix}")
    if (low is not None and measure < low) or (high is not None and measure > high):
        raise TemplateError(f"{place}: {shown} is outside {low}..{high}, its Min{suffix} and Max{suffix}")
    return value


def _pair(argument: Any, function: str, place: str) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError(f"{place}: {function} takes two arguments")
    return argument[0], argument[1]


def _text(value: Any) -> str:
    """Write a value as ROS does where a string is wanted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _event_matches(wanted: str, event_name: str) -> bool:
    wanted = wanted.removeprefix("oss:")
    return wanted == event_name or (wanted.endswith("*") and event_name.startswith(wanted[:-1]))


class _Properties:
    """The evaluated properties of one resource, read with checks."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.place = f"Resources.{name}.Properties"
        self.values = values

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if value is None:
            raise TemplateError(f"{self.place}.{key}: required but missing")
        if isinstance(value, (dict, list)):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a string")
        return _text(value)

    def number(self, key: str, default: int | None, low: int, high: int) -> int:
        value = self.values.get(key, default)
        if value is None:
            raise TemplateError(f"{self.place}.{key}: required but missing")
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a number") from None
        if not low <= number <= high:
            raise TemplateError(f"{self.place}.{key}: {number} is outside {low}..{high}")
        return number

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key) or {}
        if isinstance(value, str):  # the API takes a JSON string, the template either
            try:
                value = json.loads(value)
            except ValueError:
                raise TemplateError(f"{self.place}.{key}: not JSON") from None
        if not isinstance(value, Mapping):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a mapping")
        return value

    def items(self, key: str, default: list[Any] | None = None) -> list[Any]:
        value = self.values.get(key, default)
        if not isinstance(value, list):
            raise TemplateError(f"{self.place}.{key}: a list is needed")
        return value


def _views(evaluation: _Evaluation) -> Resources:
    by_kind: dict[str, list[_Properties]] = {}
    everything: dict[str, Mapping[str, Any]] = {}
    resources: Mapping[str, Any] = evaluation.document["Resources"]
    for name, resource in resources.items():
        depends = resource.get("DependsOn") or []
        for target in [depends] if isinstance(depends, str) else depends:
            if target not in resources:
                raise TemplateError(f"Resources.{name}.DependsOn: no resource is called {target!r}")
        if not evaluation.exists(name):
            continue
        everything[name] = evaluation.properties(name)
        kind = resource["Type"].removeprefix("ALIYUN::")
        by_kind.setdefault(kind, []).append(_Properties(name, everything[name]))
    functions = _functions(by_kind)
    oss, timers, http = _triggers(by_kind.get("FC3::Trigger", []), functions)
    outputs = {
        name: evaluation.value(output.get("Value"), f"Outputs.{name}.Value")
        for name, output in (evaluation.document.get("Outputs") or {}).items()
        if "Condition" not in output or evaluation.condition(output["Condition"], f"Outputs.{name}")
    }
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
            Instance(name=instance.text("InstanceName"))
            for kind in ("OTS::Instance", "OTS::InstanceV2")
            for instance in by_kind.get(kind, [])
        ),
        tables=tuple(_table(table) for table in by_kind.get("OTS::Table", [])),
        region=evaluation.pseudo["ALIYUN::Region"],
        account_id=evaluation.pseudo["ALIYUN::AccountId"],
        properties=everything,
        outputs=outputs,
    )


def _functions(by_kind: Mapping[str, list[_Properties]]) -> dict[str, Function]:
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
            timeout=item.number("Timeout", 3, 1, 86_400),
            memory=item.number("MemorySize", 512, 128, 65_536),
            environment={key: _text(value) for key, value in item.mapping("EnvironmentVariables").items()},
            concurrency=concurrency.get(name),
            asynchronous=asynchronous.get(name, AsyncConfig()),
        )
        for name, item in declared.items()
    }


def _known_function(item: _Properties, functions: Mapping[str, object]) -> str:
    name = item.text("FunctionName")
    if name not in functions:
        raise TemplateError(f"{item.place}.FunctionName: the template has no function {name!r}")
    return name


def _triggers(
    items: list[_Properties], functions: Mapping[str, Function]
) -> tuple[tuple[OssTrigger, ...], tuple[TimerTrigger, ...], tuple[HttpTrigger, ...]]:
    oss: list[OssTrigger] = []
    timers: list[TimerTrigger] = []
    http: list[HttpTrigger] = []
    for item in items:
        function, name, kind = (
            _known_function(item, functions),
            item.text("TriggerName"),
            item.text("TriggerType"),
        )
        config = _Properties("", item.mapping("TriggerConfig"))
        config.place = f"{item.place}.TriggerConfig"
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
                    methods=tuple(_text(method) for method in config.items("methods")),
                )
            )
        else:
            raise TemplateError(f"{item.place}.TriggerType: {kind!r} has no local counterpart")
    return tuple(oss), tuple(timers), tuple(http)


def _oss_trigger(item: _Properties, config: _Properties, function: str, name: str) -> OssTrigger:
    arn = item.text("SourceArn")
    bucket = arn.rpartition(":")[2]
    if not arn.startswith("acs:oss:") or not bucket:
        raise TemplateError(f"{item.place}.SourceArn: {arn!r} is not acs:oss:<region>:<account>:<bucket>")
    key = config.mapping("filter").get("key") or {}
    return OssTrigger(
        name=name,
        function=function,
        bucket=bucket,
        events=tuple(_text(event) for event in config.items("events")),
        prefix=_text(key.get("prefix") or ""),
        suffix=_text(key.get("suffix") or ""),
    )


def _table(item: _Properties) -> Table:
    def columns(key: str, default: list[Any] | None) -> tuple[Column, ...]:
        found = []
        for position, column in enumerate(item.items(key, default)):
            if not isinstance(column, Mapping) or not {"Name", "Type"} <= set(column):
                raise TemplateError(f"{item.place}.{key}[{position}]: Name and Type are needed")
            found.append(Column(name=_text(column["Name"]), type=_text(column["Type"])))
        return tuple(found)

    indexes = []
    for position, index in enumerate(item.items("SecondaryIndices", [])):
        if not isinstance(index, Mapping) or not {"IndexName", "PrimaryKeys"} <= set(index):
            raise TemplateError(
                f"{item.place}.SecondaryIndices[{position}]: IndexName and PrimaryKeys are needed"
            )
        indexes.append(
            SecondaryIndex(
                name=_text(index["IndexName"]),
                primary_key=tuple(map(_text, index["PrimaryKeys"])),
                columns=tuple(map(_text, index.get("Columns") or [])),
            )
        )
    return Table(
        name=item.text("TableName"),
        instance=item.text("InstanceName"),
        primary_key=columns("PrimaryKey", None),
        columns=columns("Columns", []),
        indexes=tuple(indexes),
        max_versions=item.number("MaxVersions", 1, 1, 2**31 - 1),
        time_to_live=item.number("TimeToLive", -1, -1, 2**31 - 1),
    )
