"""Check (b): the models of Function Compute's API take what the stack makes of functions and triggers.

ROS hands a trigger's configuration on as it is, so that only these models know its fields. A model leaves out
what it does not know and checks no types; both is done here, by what it gives back and by its annotations.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from alibabacloud_fc20230330 import models

from aliyun_local.template import Resources

MODELS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "ALIYUN::FC3::Function": (
        models.CreateFunctionInput,
        ("functionName", "handler", "runtime", "code", "role"),
    ),
    "ALIYUN::FC3::LayerVersion": (models.CreateLayerVersionInput, ("code", "compatibleRuntime")),
    "ALIYUN::FC3::Trigger": (models.CreateTriggerInput, ("triggerName", "triggerType", "triggerConfig")),
    "ALIYUN::FC3::AsyncInvokeConfig": (models.PutAsyncInvokeConfigInput, ()),
    "ALIYUN::FC3::ConcurrencyConfig": (models.PutConcurrencyInput, ("reservedConcurrency",)),
}
"""The input of the call that ROS makes for a resource, and the fields without which it is refused."""
TRIGGERS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "oss": (models.OSSTriggerConfig, ("events", "filter")),
    "timer": (models.TimerTriggerConfig, ("cronExpression", "enable")),
    "http": (models.HTTPTriggerConfig, ("authType", "methods")),
}


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what the models say against the resources."""
    found: list[str] = []
    for name, properties in resources.properties.items():
        kind = document["Resources"][name]["Type"]
        if kind in MODELS:
            model, needed = MODELS[kind]
            given = {_api_name(key): _nested(key, value) for key, value in properties.items()}
            config = given.pop("triggerConfig", None)
            if isinstance(given.get("code"), dict) and "sourceCode" in given["code"]:
                given["code"]["zipFile"] = given["code"].pop("sourceCode")  # ROS packs it
            given.pop("layerName", None)  # of the call's path
            if kind != "ALIYUN::FC3::Function":
                given.pop("functionName", None)  # of the call's path
            if kind == "ALIYUN::FC3::Trigger":
                of_type, fields = TRIGGERS.get(properties["TriggerType"], (None, ()))
                if of_type is None:
                    found.append(f"Resources.{name}: no model for TriggerType {properties['TriggerType']}")
                elif isinstance(config, Mapping):
                    place = f"Resources.{name}.TriggerConfig"
                    found += _against(of_type, config, fields, place)
                    given["triggerConfig"] = "{}"
            found += _against(model, given, needed, f"Resources.{name}")
    return found


def _api_name(name: str) -> str:
    return name[:1].lower() + name[1:]


def _nested(name: str, value: Any) -> Any:
    """Spell the fields of a structure as the API does; maps of the user's own names stay as they are."""
    if isinstance(value, Mapping) and name not in ("EnvironmentVariables", "TriggerConfig"):
        return {_api_name(key): _nested(key, one) for key, one in value.items()}
    return value


def _against(model: Any, given: Mapping[str, Any], needed: tuple[str, ...], place: str) -> Iterator[str]:
    for name in needed:
        if name not in given:
            yield f"{place}.{name}: required but missing"
    try:
        read = model().from_map(dict(given))
        known = read.to_map()
    except Exception as problem:  # an odd shape ends somewhere inside the model
        yield f"{place}: the model cannot read it: {problem}"
        return
    yield from _lost(given, known, place)
    yield from _mistyped(read, place)


def _lost(given: Any, known: Any, place: str) -> Iterator[str]:
    if isinstance(given, Mapping):
        for name, value in given.items():
            if not isinstance(known, Mapping) or name not in known:
                yield f"{place}.{name}: unknown to the API"
            else:
                yield from _lost(value, known[name], f"{place}.{name}")


def _mistyped(read: Any, place: str) -> Iterator[str]:
    hints = typing.get_type_hints(type(read).__init__)
    for name, hint in hints.items():
        value = getattr(read, name, None)
        if value is None or name == "return":
            continue
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if hasattr(value, "to_map"):
            yield from _mistyped(value, f"{place}.{name}")
        elif origin is list:
            if not isinstance(value, list) or not all(_is(parts[0], one) for one in value):
                yield f"{place}.{name}: {value!r} is no list of {parts[0].__name__}"
        elif origin is dict:
            wrong = {key: one for key, one in value.items() if not _is(parts[1], one)}
            if wrong:
                yield f"{place}.{name}: {wrong!r} should be {parts[1].__name__}"
        elif not _is(hint, value):
            yield f"{place}.{name}: {value!r} is no {hint.__name__}"


def _is(kind: type, value: Any) -> bool:
    if kind is float:  # JSON knows one kind of number
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
