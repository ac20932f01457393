"""The language of templates: conditions, references and intrinsic functions, evaluated as ROS does.

``views`` asks for the properties of every resource that is deployed. It follows ROS, "Template syntax".

Values are evaluated on demand: a reference to another resource evaluates that resource's properties first.
Since two resources may refer to each other's names, a name is evaluated without the other properties; every
other circle is an error, which names the way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from aliyun_local.template.attributes import derived_attribute, naming_property
from aliyun_local.template.errors import TemplateError
from aliyun_local.template.parameters import parameter_values, pseudo_values
from aliyun_local.template.values import as_text

_NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^${}]+)\}")


class Evaluation:
    """One resolution of one template; keeps finished values and the places that are in progress."""

    def __init__(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, object],
        pseudo: Mapping[str, str],
        attributes: Mapping[str, str],
    ) -> None:
        """Evaluate the parameters; everything else is evaluated when it is asked for."""
        self.document = document
        self.pseudo = pseudo_values(pseudo)
        self.attributes = attributes
        self.parameters = parameter_values(document.get("Parameters") or {}, parameters)
        self._conditions: dict[str, bool] = {}
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._in_progress: list[str] = []

    # -- rules and conditions ---------------------------------------------------------------------

    def check_rules(self) -> None:
        """Raise TemplateError with the description of the first assertion that fails (ROS, "Rules")."""
        declared: Mapping[str, Any] = self.document.get("Rules") or {}
        for name, rule in declared.items():
            place = f"Rules.{name}"
            if "RuleCondition" in rule and not self._truth(rule["RuleCondition"], place):
                continue
            for assertion in rule.get("Assertions") or []:
                if not self._truth(assertion.get("Assert"), place):
                    raise TemplateError(
                        f"{place}: {assertion.get('AssertDescription', 'its assertion fails')}"
                    )

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
            if function == "Fn::MatchPattern":
                pattern, value = (self.value(part, place) for part in _pair(argument, function, place))
                return re.fullmatch(str(pattern), as_text(value)) is not None
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
        """Return the value of ``Ref: name``: a parameter, a pseudo parameter or a resource's own name."""
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
            "Fn::Str": self._str,
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
                return as_text(variables[name])
            if "." in name:
                return as_text(self._get_att(name.split(".", 1), place))
            return as_text(self.reference(name, place))

        return _SUBSTITUTION.sub(replace, text)

    def _join(self, argument: Any, place: str) -> str:
        separator, parts = _pair(argument, "Fn::Join", place)
        values = self.value(parts, place)
        if not isinstance(values, list):
            raise TemplateError(f"{place}: Fn::Join needs a list")
        return str(separator).join(as_text(value) for value in values)

    def _str(self, argument: Any, place: str) -> str:
        # ROS, "Fn::Str": the argument is a value of the type Number or Integer.
        value = self.value(argument, place)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TemplateError(f"{place}: Fn::Str takes a number, not {value!r}")
        return as_text(value)

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
        if not isinstance(name, str) or not isinstance(attribute, str):
            raise TemplateError(f"{place}: Fn::GetAtt takes two texts, not {name!r} and {attribute!r}")
        if name not in self.document["Resources"]:
            raise TemplateError(f"{place}: Fn::GetAtt of unknown resource {name!r}")
        if f"{name}.{attribute}" in self.attributes:
            return self.attributes[f"{name}.{attribute}"]
        properties = self.properties(name, place)
        if attribute in properties:
            return properties[attribute]
        derived = self._derived_attribute(name, attribute, place)
        if derived is None:
            kind = self.document["Resources"][name]["Type"]
            raise TemplateError(f"{place}: {name} ({kind}) has no attribute {attribute!r} that is known here")
        return derived

    def _derived_attribute(self, name: str, attribute: str, place: str) -> str | None:
        kind = self.document["Resources"][name]["Type"]
        region, account = self.pseudo["ALIYUN::Region"], self.pseudo["ALIYUN::AccountId"]
        own = self._physical_name(name, place)
        return derived_attribute(kind, attribute, own=own, region=region, account=account)

    # -- resources --------------------------------------------------------------------------------

    def exists(self, name: str) -> bool:
        """Return whether the resource ``name`` is deployed under its condition."""
        resource = self.document["Resources"][name]
        return "Condition" not in resource or self.condition(
            resource["Condition"], f"Resources.{name}.Condition"
        )

    def depends_on(self, name: str) -> list[str]:
        """Return the resources that the resource ``name`` is said to come after."""
        place, given = f"Resources.{name}.DependsOn", self.document["Resources"][name].get("DependsOn") or []
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list):
            raise TemplateError(f"{place}: a name or a list of names is needed")
        for target in names:
            if not isinstance(target, str) or target not in self.document["Resources"]:
                raise TemplateError(f"{place}: no resource is called {target!r}")
        return names

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs whose conditions hold."""
        declared: Mapping[str, Any] = self.document.get("Outputs") or {}
        return {
            name: self.value(output.get("Value"), f"Outputs.{name}.Value")
            for name, output in declared.items()
            if "Condition" not in output or self.condition(output["Condition"], f"Outputs.{name}")
        }

    def properties(self, name: str, place: str | None = None) -> Mapping[str, Any]:
        """Return the evaluated properties of the resource ``name``; ``place`` asks."""
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
        naming = naming_property(kind)
        if naming not in raw:
            return name
        where = f"Resources.{name}.Properties.{naming}"
        return as_text(self._guarded(where, lambda: self.value(raw[naming], where)))

    def _guarded(self, place: str, work: Callable[[], Any]) -> Any:
        if place in self._in_progress:
            raise TemplateError(f"{place}: refers to itself by way of {' > '.join(self._in_progress)}")
        self._in_progress.append(place)
        try:
            return work()
        finally:
            self._in_progress.pop()


def _pair(argument: Any, function: str, place: str) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError(f"{place}: {function} takes two arguments")
    return argument[0], argument[1]
