"""The parameters of a template: ROS's own, and the declared ones with their defaults and constraints.

``language`` asks for both before it evaluates anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aliyun_local.template.errors import TemplateError
from aliyun_local.template.values import as_text

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


def pseudo_values(given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every pseudo parameter that has one; those not ``given`` stand for a local stack.

    Raises:
        TemplateError: one of ``given`` is not a pseudo parameter.
    """
    values: dict[str, str] = {
        "ALIYUN::Region": "cn-beijing",
        "ALIYUN::AccountId": "1000000000000000",
        "ALIYUN::StackName": "local",
        "ALIYUN::StackId": "00000000-0000-0000-0000-000000000000",
    }
    for name, value in given.items():
        if name not in PSEUDO_PARAMETERS:
            raise TemplateError(f"{name}: not a pseudo parameter")
        values[name] = value
    # ROS has two names for the account; a value for one is meant for both.
    if "ALIYUN::TenantId" in given and "ALIYUN::AccountId" not in given:
        values["ALIYUN::AccountId"] = given["ALIYUN::TenantId"]
    values.setdefault("ALIYUN::TenantId", values["ALIYUN::AccountId"])
    return values


def parameter_values(declared: Mapping[str, Any], given: Mapping[str, object]) -> dict[str, Any]:
    """Return the value of every ``declared`` parameter: the ``given`` one, else its default.

    Raises:
        TemplateError: a value is missing, unknown or not allowed.
    """
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
        values[name] = _checked(name, declaration, value)
    return values


def is_hidden(declaration: Mapping[str, Any]) -> bool:
    """Return whether the value of a declared parameter is a secret (``NoEcho``)."""
    return str(declaration.get("NoEcho", "")).lower() == "true"


def _checked(name: str, declaration: Mapping[str, Any], value: Any) -> Any:
    """Convert and check one parameter as ROS does; the value of a ``NoEcho`` one stays out of messages."""
    place = f"Parameters.{name}"
    shown = "the value" if is_hidden(declaration) else repr(value)
    kind = declaration.get("Type", "String")
    if kind == "String":
        value = as_text(value)
    elif kind == "Number":
        try:
            value = float(value)
        except (TypeError, ValueError):
            raise TemplateError(f"{place}: {shown} is not a number") from None
        value = int(value) if value.is_integer() else value
    elif kind == "Boolean":
        if as_text(value).lower() not in ("true", "false"):
            raise TemplateError(f"{place}: {shown} is neither true nor false")
        value = as_text(value).lower() == "true"
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
