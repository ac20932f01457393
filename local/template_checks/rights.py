"""Checks of roles: who may take them, and that their rights end at this stack's resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aliyun_local.template import Resources

ACTIONS: Mapping[str, frozenset[str]] = {
    "fc.aliyuncs.com": frozenset(
        {
            "oss:ListObjects",
            "oss:GetObject",
            "oss:PutObject",
            "oss:DeleteObject",
            "oss:PostProcessTask",
            "ots:GetRow",
            "ots:GetRange",
            "ots:BatchGetRow",
            "ots:PutRow",
            "ots:BatchWriteRow",
            "log:PostLogStoreLogs",
        }
    ),
    "oss.aliyuncs.com": frozenset({"fc:InvokeFunction"}),
}
"""The actions that the code calls, by the service that takes the role: functions, and OSS for its trigger."""
PUBLIC_ACTIONS = frozenset(
    {
        *("ots:GetRow", "ots:GetRange", "ots:BatchGetRow", "ots:PutRow"),
        *("oss:GetObject", "oss:PutObject"),
        "log:PostLogStoreLogs",
    }
)
"""What the function that the Internet reaches may do."""


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the roles."""
    public = {trigger.function for trigger in resources.http_triggers}
    exposed = {
        str(properties.get("Role"))
        for name, properties in resources.properties.items()
        if document["Resources"][name]["Type"] == "ALIYUN::FC3::Function"
        and properties["FunctionName"] in public
    }
    found = []
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == "ALIYUN::RAM::Role":
            arn = f"acs:ram::{resources.account_id}:role/{str(properties['RoleName']).lower()}"
            found += [
                f"Resources.{name}: {one}" for one in _role(properties, resources, is_public=arn in exposed)
            ]
    return found


def _role(properties: Mapping[str, Any], resources: Resources, *, is_public: bool) -> Iterator[str]:
    trusted = [
        service
        for statement in properties["AssumeRolePolicyDocument"]["Statement"]
        for service in statement["Principal"].get("Service", ["an account"])
    ]
    if len(trusted) != 1 or trusted[0] not in ACTIONS:
        yield f"{', '.join(trusted)} may take the role; Function Compute or OSS is meant"
        return
    allowed = PUBLIC_ACTIONS if is_public else ACTIONS[trusted[0]]
    for policy in properties.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in statement["Action"]:
                if action not in allowed:
                    yield f"{action} is allowed, which nothing that takes the role calls"
            for arn in statement["Resource"]:
                yield from _arn(str(arn), resources)


def _arn(arn: str, resources: Resources) -> Iterator[str]:
    """Hold an ARN against the stack: acs:service:region:account:resource."""
    parts = arn.split(":", 4)
    if len(parts) != 5 or parts[0] != "acs":
        yield f"{arn} is not acs:service:region:account:resource"
        return
    _, service, _, account, resource = parts
    if account != resources.account_id:
        yield f"{arn} names another account"
    if "*" in resource.removesuffix("/*"):
        yield f"{arn} matches names that only begin or end like this stack's"
    bucket, instance = _names(resources)
    own = {
        "oss": (bucket, f"{bucket}/"),
        "ots": (f"instance/{instance}/table/",),
        "fc": tuple(f"functions/{name}" for name in resources.functions),
        "log": ("project/",),
    }.get(service, ())
    if not any(
        resource == name or (name.endswith("/") and resource.startswith(name)) for name in own
    ) and not (service == "fc" and resource.removesuffix("/*") in own):
        yield f"{arn} is nothing of this stack"
    if service == "ots" and resource.endswith("/*"):
        yield f"{arn} matches tables of others in an instance that is taken over"


def _names(resources: Resources) -> tuple[str, str]:
    environments = [function.environment for function in resources.functions.values()]
    buckets = [environment["OSS_BUCKET"] for environment in environments if "OSS_BUCKET" in environment]
    instances = [environment["OTS_INSTANCE"] for environment in environments if "OTS_INSTANCE" in environment]
    return (buckets or [""])[0], (instances or [""])[0]
