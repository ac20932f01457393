"""A template as written: read from YAML or JSON with ROS's short tags, and resolved on demand.

The entry to this package, for everything that deploys a template or documents one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from aliyun_local.template.errors import TemplateError
from aliyun_local.template.language import Evaluation
from aliyun_local.template.resources import Resources
from aliyun_local.template.views import typed_views


class Template:
    """A template as written; :meth:`resolve` turns it into the resources of a deployment."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take a parsed document.

        Raises:
            TemplateError: it has no ``Resources``, or a section or a member of one has another form.
        """
        if not isinstance(document, Mapping) or not isinstance(document.get("Resources"), Mapping):
            raise TemplateError("Resources: a template is a mapping with a section of that name")
        for section in ("Parameters", "Mappings", "Conditions", "Rules", "Outputs"):
            members = _mapping(document.get(section) or {}, section)
            if section in ("Parameters", "Rules", "Outputs"):
                for name, member in members.items():
                    _mapping(member, f"{section}.{name}")
        for name, resource in document["Resources"].items():
            if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
                raise TemplateError(f"Resources.{name}: a resource needs a Type")
            _mapping(resource.get("Properties") or {}, f"Resources.{name}.Properties")
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
        """Read YAML (or JSON) text; short tags like ``!Ref`` are understood.

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
        *,
        text_environment: bool = True,
    ) -> Resources:
        """Evaluate parameters, rules, conditions and intrinsic functions.

        Args:
            parameters: values of the template's parameters; the others take their defaults.
            pseudo: values of ``ALIYUN::Region``, ``ALIYUN::AccountId`` and so on.
            attributes: values for ``Fn::GetAtt`` that only a deployment knows, by ``LogicalName.Attribute``,
                for example ``{"StatusTrigger.UrlInternet": "http://127.0.0.1:8080"}``.
            text_environment: every value of ``EnvironmentVariables`` must be text; else numbers and booleans
                become text. Function Compute, "Environment variables", takes a map of strings, and no
                document promises that ROS turns a Number parameter into one.

        Raises:
            TemplateError: a value is missing, unknown or not allowed, or a rule is broken.
        """
        evaluation = Evaluation(self.document, parameters or {}, pseudo or {}, attributes or {})
        evaluation.check_rules()
        return typed_views(evaluation, text_environment=text_environment)


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TemplateError(f"{place}: a mapping is needed")
    return value


class _Loader(yaml.SafeLoader):
    """A SafeLoader that knows ROS's short forms of intrinsic functions."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the stub wants a narrower kind of node
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)
