"""One call of the API, with its parameters read; the functions of operations take it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from aliyun_local.ros.errors import invalid_value, missing_parameter
from aliyun_local.ros.state.change_sets import ChangeSets
from aliyun_local.ros.state.models import Stacks
from aliyun_local.ros.state.records import Source, Stack
from aliyun_local.serving.wire import Request

_FORM = "application/x-www-form-urlencoded"
# ROS, "CreateStack": StackName; change sets are named alike.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
MAX_PARAMETERS = 200


def parameters_of(request: Request) -> dict[str, str]:
    """Return the parameters of a request; those of the form go before those of the query."""
    given = dict(request.query)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        body = request.body.decode("utf-8", errors="replace")
        given |= dict(parse_qsl(body, keep_blank_values=True))
    return given


@dataclass(frozen=True)
class Call:
    """A call whose caller has been checked."""

    stacks: Stacks
    change_sets: ChangeSets
    given: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter; without a ``default`` it is required.

        Raises:
            RosError: it is missing.
        """
        value = self.given.get(name, "")
        if value:
            return value
        if default is None:
            raise missing_parameter(name)
        return default

    def name(self, parameter: str) -> str:
        """Return the name that a parameter gives to something new.

        Raises:
            RosError: it is missing or illegal.
        """
        name = self.text(parameter)
        if not _NAME.fullmatch(name):
            reason = "it has up to 255 letters, digits, - and _, and begins with a letter or a digit"
            raise invalid_value(parameter, reason)
        return name

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a parameter that is true or false.

        Raises:
            RosError: it is neither.
        """
        value = self.text(name, "true" if default else "false").lower()
        if value not in ("true", "false"):
            raise invalid_value(name, "it must be true or false")
        return value == "true"

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number.

        Raises:
            RosError: it is none, or outside of ``low`` to ``high``.
        """
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()) or not low <= int(value[:9]) <= high:
            raise invalid_value(name, f"it must be a whole number from {low} to {high}")
        return int(value)

    def choice(self, name: str, *choices: str) -> str:
        """Return one of ``choices``, by default the first.

        Raises:
            RosError: it is another one.
        """
        value = self.text(name, choices[0])
        if value not in choices:
            raise invalid_value(name, f"it must be one of {', '.join(choices)}")
        return value

    def list(self, name: str) -> list[str]:
        """Return the parameters ``name.1``, ``name.2`` and so on, in order."""
        found = {
            int(number): value
            for key, value in self.given.items()
            for prefix, _, number in [key.rpartition(".")]
            if prefix == name and number.isascii() and number.isdigit()
        }
        return [found[number] for number in sorted(found)]

    def pairs(self, name: str, key: str, value: str) -> dict[str, str]:
        """Return the parameters ``name.N.key`` with their ``name.N.value``."""
        pattern = re.compile(rf"{re.escape(name)}\.(\d+)\.{re.escape(key)}")
        return {
            text: self.given.get(f"{name}.{found[1]}.{value}", "")
            for member, text in self.given.items()
            if (found := pattern.fullmatch(member))
        }

    @cached_property
    def stack(self) -> Stack:
        """The stack that ``StackId`` names.

        Raises:
            RosError: it is missing, or there is none.
        """
        return self.stacks.stack(self.text("StackId"))

    def template(self) -> str:
        """Return the template that the call brings, empty if none.

        Raises:
            RosError: it is to be fetched from somewhere, which the local ROS does not.
        """
        for name in ("TemplateURL", "TemplateId", "TemplateScratchId"):
            if self.given.get(name):
                raise invalid_value(name, "the local ROS takes TemplateBody alone")
        return self.given.get("TemplateBody", "")

    def source(self, before: Stack | None = None) -> Source:
        """Return the template and parameters of the call, completed by those of a stack that it updates.

        UpdateStack: without a template the stack's is kept; ``UsePreviousParameters`` keeps the values of
        parameters that are not given.

        Raises:
            RosError: there is no template, or there are too many parameters.
        """
        template = self.template() or (before.source.template if before else "")
        if not template:
            raise missing_parameter("TemplateBody")
        parameters = self.pairs("Parameters", "ParameterKey", "ParameterValue")
        if len(parameters) > MAX_PARAMETERS:
            raise invalid_value("Parameters", f"there are at most {MAX_PARAMETERS}")
        if before is not None and self.flag("UsePreviousParameters"):
            parameters = {**before.source.parameters, **parameters}
        return Source(template=template, parameters=parameters)
