"""The values of the template's parameters: given, from a file, or made from the stage's name.

ROS keeps the values of a stack, so an update names only what changes (ROS, "UpdateStack",
UsePreviousParameters).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from aliyun_local.template import Template, TemplateError
from local.stages.errors import NotStarted
from local.stages.names import Names

HIDDEN = "******"
"""What ROS answers in the place of a secret parameter's value (ROS, "Parameters", NoEcho)."""


def read_parameters(pairs: Sequence[str], file: Path | None, template: Template) -> dict[str, str]:
    """Return the parameters of ``--parameters FILE`` and, on top of them, of ``--parameter Name=Value``.

    Raises:
        NotStarted: one is unknown, secret, or not of that form.
    """
    values = dict(_of_file(file)) if file is not None else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            # What stands there may be a secret that was meant for a file.
            raise NotStarted("--parameter takes Name=Value", "Write for example --parameter QuietSeconds=60.")
        values[name] = value
    declared = template.document.get("Parameters", {})
    for name in values:
        if name not in declared:
            raise NotStarted(f"the template has no parameter {name}", "docs/settings.md lists them.")
        if name in secret_names(template):
            raise NotStarted(
                f"{name} is secret and is not taken from the command line or a file of parameters",
                "Set it in the environment, or name a file for your eyes only by --secrets.",
            )
        if name == "CodeLayer":
            raise NotStarted("CodeLayer is set by deploy and rollback", "Leave it out.")
    return values


def secret_names(template: Template) -> tuple[str, ...]:
    """Return the parameters whose values ROS shows nobody."""
    declared: Mapping[str, Any] = template.document.get("Parameters", {})
    return tuple(name for name, one in declared.items() if str(one.get("NoEcho", "")).lower() == "true")


def first_values(names: Names) -> dict[str, str]:
    """Return the values that a new stage has unless others are given."""
    return {"AppName": names.app, "BucketName": names.bucket, "InstanceName": names.instance}


def check_values(template: Template, values: Mapping[str, str], account_id: str, region: str) -> None:
    """Check the values by the template's own constraints and rules, as ROS will.

    Raises:
        NotStarted: ROS would refuse them.
    """
    pseudo = {"ALIYUN::TenantId": account_id, "ALIYUN::Region": region}
    try:
        template.resolve(values, pseudo)
    except TemplateError as problem:
        raise NotStarted(f"the template refuses these parameters: {problem}") from problem


def shown(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values as they may be shown and kept: without secrets."""
    hidden = secret_names(template)
    return {name: HIDDEN if name in hidden else value for name, value in values.items()}


def _of_file(path: Path) -> dict[str, str]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise NotStarted(f"{path} cannot be read: {problem.strerror}") from problem
    except yaml.YAMLError as problem:
        raise NotStarted(f"{path} is neither YAML nor JSON") from problem
    if not isinstance(document, dict):
        raise NotStarted(f"{path} is not a mapping of parameters", "Write lines such as QuietSeconds: 60.")
    return {str(name): _as_text(path, name, value) for name, value in document.items()}


def _as_text(path: Path, name: object, value: object) -> str:
    if isinstance(value, bool):
        # YAML takes on and off for booleans, and the template's switches are these words.
        return "on" if value else "off"
    if isinstance(value, str | int | float):
        return str(value)
    raise NotStarted(f"{path}: {name} is neither a text nor a number")
