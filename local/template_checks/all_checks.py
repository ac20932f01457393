"""All checks of a template in one call: its text is read and resolved, then looked at part by part."""

from __future__ import annotations

from collections.abc import Mapping

from aliyun_local.template import Template, TemplateError
from local.template_checks import alarms, functions, parameters, rights, stored_data, triggers

EXAMPLE_PARAMETERS: Mapping[str, object] = {
    "AppName": "faces",
    "BucketName": "photos-of-people",
    "InstanceName": "faces",
    "CodeBucket": "code-of-faces",
    "CodeObject": "faces/0123456789abcdef.zip",
    "DashScopeApiKey": "sk-0123456789abcdef",
    "StatusToken": "0123456789abcdef",
}
"""Values for the parameters without a default."""


def findings(text: str, given: Mapping[str, object] = EXAMPLE_PARAMETERS) -> list[str]:
    """Return what is wrong with the template of this ``text``, a sentence with its place each.

    Args:
        text: the template, YAML or JSON.
        given: the parameters of the deployment.
    """
    try:
        template = Template.from_text(text)
        resources = template.resolve(given)
    except TemplateError as problem:
        return [str(problem)]
    found = parameters.findings(template, given)
    for check in (stored_data, rights, functions, triggers, alarms):
        found += check.findings(template.document, resources)
    return found
