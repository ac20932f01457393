"""The four checks of ``template.yml``, by name, each from its text to what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aliyun_local.template import Resources, Template
from local import template_checks
from local.template_checks.all_checks import EXAMPLE_PARAMETERS
from tests.template import resource_classes, ros_validator, service_models

STACKS: Mapping[str, Mapping[str, object]] = {
    "with everything new": EXAMPLE_PARAMETERS,
    "with everything taken over": {
        **EXAMPLE_PARAMETERS,
        **dict.fromkeys(("CreateBucket", "CreateInstance", "CreateTables"), "off"),
    },
    "with every choice made otherwise": {
        **EXAMPLE_PARAMETERS,
        "CreateInstance": "off",
        "CodeLayer": "acs:fc:cn-beijing:1000000000000000:layers/faces/versions/7",
        "CodeBucket": "",
        "CodeObject": "",
        "Runtime": "python3.12",
        "TriggerConditions": "on",
        "AdminToken": "fedcba9876543210",
        "OssEndpoint": "https://oss.example.com",
        "OssPublicEndpoint": "https://photos.example.com",
        "OtsEndpoint": "https://faces.example.com",
        "LogEndpoint": "https://logs.example.com",
        "QuietSeconds": 86_400,
        "StatusInstances": 100,
        "AlarmActionPolicy": "sls.builtin",
        "KeepFailedEvents": "on",
        "OssPublicDomain": "photos.example.com",
        "BindOssPublicDomain": "on",
        "VpcId": "vpc-2ze0123456789abcdefgh",
        "VSwitchId": "vsw-2ze0123456789abcdefgh",
        "SecurityGroupId": "sg-2ze0123456789abcdefg",
        "InternetThroughVpc": "on",
    },
}
"""Parameters of deployments that reach every branch of the template's conditions."""

_Look = Callable[[Mapping[str, Any], Resources], list[str]]


def _resolved(look: _Look) -> Callable[[str], list[str]]:
    def findings(text: str) -> list[str]:
        template = Template.from_text(text)
        return [
            f"{stack}: {finding}"
            for stack, parameters in STACKS.items()
            for finding in look(template.document, template.resolve(parameters))
        ]

    return findings


def _own(text: str) -> list[str]:
    return [
        f"{stack}: {finding}"
        for stack, parameters in STACKS.items()
        for finding in template_checks.findings(text, parameters)
    ]


CHECKS: Mapping[str, Callable[[str], list[str]]] = {
    "classes": _resolved(resource_classes.findings),
    "models": _resolved(service_models.findings),
    "validator": ros_validator.findings,
    "own": _own,
}
