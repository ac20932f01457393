"""What a call brings: a template and parameters, read and checked, and what that says of each resource.

``models`` checks with it before anything is stored; ``planning`` and ``operations`` evaluate resources with
it. Limits: ROS, "Limits" (2026).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aliyun_local.ros.errors import RosError, validation_failed
from aliyun_local.ros.state.records import Source
from aliyun_local.template import Template, TemplateError
from aliyun_local.template.language import Evaluation
from aliyun_local.template.parameters import is_hidden

MAX_TEMPLATE_BYTES = 524_288
MAX_RESOURCES = 300
HIDDEN = "******"
_SUBSTITUTION = re.compile(r"\$\{([^!${}.]+)")


@dataclass(frozen=True, kw_only=True)
class Pseudo:
    """The values of ROS's own parameters for one stack."""

    region: str
    account_id: str
    stack_id: str = ""
    stack_name: str = ""

    def values(self) -> dict[str, str]:
        """Return them by their names."""
        return {
            "ALIYUN::Region": self.region,
            "ALIYUN::TenantId": self.account_id,
            "ALIYUN::AccountId": self.account_id,
            "ALIYUN::StackId": self.stack_id,
            "ALIYUN::StackName": self.stack_name,
        }


class Plan:
    """A template with its parameters: which resources there are, in which order, and what each is like."""

    def __init__(self, source: Source, pseudo: Pseudo, attributes: Mapping[str, Any] | None = None) -> None:
        """Read the template and evaluate its parameters.

        Args:
            source: the template and the values given for its parameters.
            pseudo: ROS's own parameters.
            attributes: what resources have turned out to be, by ``LogicalId.Attribute``. May grow later.

        Raises:
            RosError: StackValidationFailed with the place and the reason.
        """
        self.document = read_template(source.template).document
        self._attributes = {} if attributes is None else attributes
        try:
            self._evaluation = Evaluation(
                self.document, dict(source.parameters), pseudo.values(), self._attributes
            )
            self._evaluation.check_rules()
            self.names = self._ordered()
        except TemplateError as problem:
            raise validation_failed(str(problem)) from None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The value of every parameter."""
        return self._evaluation.parameters

    def check(self, kinds: Mapping[str, Any]) -> None:
        """Evaluate everything once, as ROS does before it begins.

        Raises:
            RosError: StackValidationFailed.
        """
        if len(self.names) > MAX_RESOURCES:
            raise validation_failed(f"The template has more than {MAX_RESOURCES} resources.")
        for name in self.names:
            if self.kind(name) not in kinds:
                raise validation_failed(f"Resource {name}: the type {self.kind(name)} is not known here.")
            self.properties(name)

    def kind(self, name: str) -> str:
        """Return the type of a resource."""
        return str(self.document["Resources"][name]["Type"])

    def is_retained(self, name: str) -> bool:
        """Return whether a resource stays when the stack no longer has it."""
        return bool(self.document["Resources"][name].get("DeletionPolicy") == "Retain")

    def properties(self, name: str) -> dict[str, Any]:
        """Return the properties of a resource.

        Raises:
            RosError: StackValidationFailed.
        """
        try:
            return dict(self._evaluation.properties(name))
        except TemplateError as problem:
            raise validation_failed(str(problem)) from None

    def outputs(self) -> dict[str, Any]:
        """Return the value of every output.

        Raises:
            RosError: StackValidationFailed.
        """
        try:
            return self._evaluation.outputs()
        except TemplateError as problem:
            raise validation_failed(str(problem)) from None

    def needed_by(self, name: str) -> set[str]:
        """Return the resources that ``name`` needs, by references or by DependsOn."""
        resources = self.document["Resources"]
        named = {*self._evaluation.depends_on(name), *_references(resources[name].get("Properties"))}
        return {one for one in named if one in resources and self._evaluation.exists(one)} - {name}

    def _ordered(self) -> list[str]:
        # Those that a condition leaves out are read too, since their mistakes are refused as well.
        needed = {name: self.needed_by(name) for name in self.document["Resources"]}
        waiting = {name: needs for name, needs in needed.items() if self._evaluation.exists(name)}
        ordered: list[str] = []
        while waiting:
            ready = next((name for name, needs in waiting.items() if not needs & waiting.keys()), None)
            if ready is None:
                raise TemplateError(f"Circular Dependency Found: {', '.join(sorted(waiting))}")
            del waiting[ready]
            ordered.append(ready)
        return ordered


@functools.lru_cache(maxsize=32)
def read_template(text: str) -> Template:
    """Return a template, which nobody changes.

    Raises:
        RosError: StackValidationFailed, or InvalidTemplate for one that is too long.
    """
    if not text or len(text.encode()) > MAX_TEMPLATE_BYTES:
        raise RosError(400, "InvalidTemplate", f"The template must have 1 to {MAX_TEMPLATE_BYTES:,} bytes.")
    try:
        template = Template.from_text(text)
    except TemplateError as problem:
        raise validation_failed(str(problem)) from None
    if str(template.document.get("ROSTemplateFormatVersion")) != "2015-09-01":
        raise validation_failed("ROSTemplateFormatVersion: it must be 2015-09-01")
    return template


def shown_parameters(source: Source, pseudo: Pseudo) -> dict[str, str]:
    """Return the parameters as answers show them: those with NoEcho as asterisks, ROS's own among them."""
    declared: Mapping[str, Any] = read_template(source.template).document.get("Parameters") or {}
    shown = dict(pseudo.values())
    for name, declaration in declared.items():
        value = source.parameters.get(name, declaration.get("Default", ""))
        shown[name] = HIDDEN if is_hidden(declaration) else str(value)
    return shown


def secrets_of(source: Source) -> set[str]:
    """Return the values of the parameters that answers must not show."""
    declared: Mapping[str, Any] = read_template(source.template).document.get("Parameters") or {}
    return {
        str(source.parameters[name])
        for name, declaration in declared.items()
        if is_hidden(declaration) and source.parameters.get(name)
    }


def _references(raw: Any) -> Iterator[str]:
    """Return the names that ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` in ``raw`` mention, resources or not."""
    if isinstance(raw, list):
        for item in raw:
            yield from _references(item)
    elif isinstance(raw, Mapping):
        for name, argument in raw.items():
            if name == "Ref" and isinstance(argument, str):
                yield argument
            elif name in ("Fn::GetAtt", "Fn::Sub"):
                # Arguments of another form are refused when they are evaluated.
                first = argument[0] if isinstance(argument, list) and argument else argument
                if isinstance(first, str):
                    yield from _SUBSTITUTION.findall(first) if name == "Fn::Sub" else [first.split(".")[0]]
            if not isinstance(argument, str):
                yield from _references(argument)
