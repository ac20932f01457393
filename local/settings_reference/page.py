"""The reference of the settings: each parameter of the template, with the variable that the code reads.

The template says groups, labels, descriptions, defaults and bounds; which variable a parameter becomes is
read from the functions' environments. A unit test compares the pages with what this module makes, and another
one the bounds with what :func:`shared.settings.read_settings` takes. Called by
``python -m local.settings_reference``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from aliyun_local.template import Template
from local.generated_tables import code, table
from local.generated_tables import with_tables as fill
from local.packaging import ROOT
from shared.domain.reasons import Language, Words

PAGES = {
    Language.ENGLISH: ROOT / "docs" / "settings.md",
    Language.CHINESE: ROOT / "docs" / "zh-CN" / "settings.md",
}
_KEYS = {Language.ENGLISH: "en", Language.CHINESE: "zh-cn"}
_HEADINGS = (
    Words("parameter", "参数"),
    Words("variable of the functions", "函数的环境变量"),
    Words("default", "默认值"),
    Words("values", "取值"),
    Words("meaning", "含义"),
)
_NO_DEFAULT = Words("must be given", "必填")
_EMPTY = Words("empty", "空")
_SECRET = Words("secret", "机密")


def with_tables(text: str, language: Language) -> str:
    """Return the page with its tables made from the template."""
    return fill(text, {"settings": partial(_settings, language)})


@cache
def document() -> Mapping[str, Any]:
    """Return the template as it is written."""
    return Template.from_file(ROOT / "template.yml").document


@cache
def variables() -> Mapping[str, tuple[str, ...]]:
    """Return, for each parameter, the variables of the functions that it sets, sorted."""
    found: dict[str, set[str]] = {}
    for resource in document()["Resources"].values():
        environment = resource.get("Properties", {}).get("EnvironmentVariables", {})
        for variable, value in environment.items():
            for parameter in _referred(value):
                found.setdefault(parameter, set()).add(variable)
    return {name: tuple(sorted(names)) for name, names in found.items()}


def _referred(value: object) -> Iterator[str]:
    """Yield the parameters that a value is made of."""
    if isinstance(value, Mapping):
        if set(value) == {"Ref"} and value["Ref"] in document()["Parameters"]:
            yield str(value["Ref"])
            return
        for part in value.values():
            yield from _referred(part)
    elif isinstance(value, list):
        for part in value:
            yield from _referred(part)


def _settings(language: Language) -> str:
    parts = []
    for label, names in _groups(language):
        rows = [_row(name, document()["Parameters"][name], language) for name in names]
        parts.append(f"### {label}\n\n{table((one.in_language(language) for one in _HEADINGS), rows)}")
    return "\n".join(parts)


def _groups(language: Language) -> list[tuple[str, list[str]]]:
    """Return the groups of the console's form, each with its parameters."""
    interface = document()["Metadata"]["ALIYUN::ROS::Interface"]
    return [
        (_in(group["Label"]["default"], language), list(group["Parameters"]))
        for group in interface["ParameterGroups"]
    ]


def _row(name: str, parameter: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    meaning = " ".join(_in(parameter.get("Description", ""), language).split())
    return (
        code(name),
        ", ".join(map(code, variables().get(name, ()))) or "–",
        _default(parameter, language),
        _values(parameter, language),
        meaning.replace("|", "\\|").replace("<", "&lt;"),
    )


def _default(parameter: Mapping[str, Any], language: Language) -> str:
    if "Default" not in parameter:
        return _NO_DEFAULT.in_language(language)
    value = parameter["Default"]
    return code(str(value)) if value != "" else _EMPTY.in_language(language)


def _values(parameter: Mapping[str, Any], language: Language) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(code(str(value)) for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        return f"{parameter['MinValue']}–{parameter['MaxValue']}"
    return _SECRET.in_language(language) if parameter.get("NoEcho") else "–"


def _in(text: object, language: Language) -> str:
    if isinstance(text, Mapping):
        return str(text[_KEYS[language]])
    return str(text)
