"""Checks of roles: who may take them, and that their rights end at this stack's resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aliyun_local.template import Resources
from local.template_checks.functions import module_of

_ROWS = frozenset({"ots:GetRow", "ots:GetRange", "ots:BatchGetRow", "ots:PutRow"})
_LOGS = frozenset({"log:PostLogStoreLogs"})
_FACTORY = _ROWS | {
    *("oss:ListObjects", "oss:GetObject", "oss:PutObject", "oss:DeleteObject", "oss:PostProcessTask"),
    "ots:BatchWriteRow",
}
_ERASURES = frozenset(
    {"oss:GetBucketVersioning", "oss:ListObjectVersions", "oss:DeleteObjectVersion", "ots:DeleteRow"}
)
_EXPORTS = frozenset({"oss:ListMultipartUploads", "oss:AbortMultipartUpload"})
ACTIONS: Mapping[str, frozenset[str]] = {
    # The platform sends an event that failed for good to its queue with the function's role.
    "collect": _FACTORY | _LOGS | {"mns:SendMessage"},
    # Whoever is erased goes from rows and from versions of objects; an export is written in parts.
    "reconcile": _FACTORY | _LOGS | _ERASURES | _EXPORTS,
    # What the function that the Internet reaches may do.
    "status": _ROWS | _LOGS | {"oss:GetObject", "oss:PutObject", "log:GetLogStoreLogs"},
}
"""The actions that each function calls, by the module that its source imports."""
TRIGGER_ACTIONS = frozenset({"fc:InvokeFunction"})
"""What OSS calls for its trigger."""


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the roles."""
    taken_by: dict[str, list[str]] = {}
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == "ALIYUN::FC3::Function":
            module = module_of(resources.functions[properties["FunctionName"]]).rpartition(".")[2]
            taken_by.setdefault(str(properties.get("Role")), []).append(module)
    found = []
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == "ALIYUN::RAM::Role":
            arn = f"acs:ram::{resources.account_id}:role/{str(properties['RoleName']).lower()}"
            found += [
                f"Resources.{name}: {one}" for one in _role(properties, resources, taken_by.get(arn, []))
            ]
    return found


def _role(properties: Mapping[str, Any], resources: Resources, functions: list[str]) -> Iterator[str]:
    trusted = [
        service
        for statement in properties["AssumeRolePolicyDocument"]["Statement"]
        for service in statement["Principal"].get("Service", ["an account"])
    ]
    if len(trusted) != 1 or trusted[0] not in ("fc.aliyuncs.com", "oss.aliyuncs.com"):
        yield f"{', '.join(trusted)} may take the role; Function Compute or OSS is meant"
        return
    if len(functions) > 1:
        yield f"{' and '.join(functions)} share the role, so that each may do what the other needs"
    allowed = TRIGGER_ACTIONS
    if trusted[0] == "fc.aliyuncs.com":
        allowed = frozenset.intersection(*(ACTIONS.get(name, frozenset()) for name in functions or [""]))
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
    if "*" in _without_open_folders(service, resource):
        yield f"{arn} matches names that only begin or end like this stack's"
    bucket, instance = _names(resources)
    own = {
        "oss": (bucket, f"{bucket}/"),
        "ots": (f"instance/{instance}/table/",),
        "fc": tuple(f"functions/{name}" for name in resources.functions),
        "log": ("project/",),
        "mns": tuple(f"{queue}/messages" for queue in _queues(resources)),
    }.get(service, ())
    if not any(
        resource == name or (name.endswith("/") and resource.startswith(name)) for name in own
    ) and not (service == "fc" and resource.removesuffix("/*") in own):
        yield f"{arn} is nothing of this stack"
    if service == "ots" and resource.endswith("/*"):
        yield f"{arn} matches tables of others in an instance that is taken over"


def _without_open_folders(service: str, resource: str) -> str:
    """Return the resource without what may stand open: its end, and whole folders inside a bucket."""
    if service != "oss":
        return resource.removesuffix("/*")
    bucket, *folders = resource.split("/")
    return "/".join([bucket, *(folder for folder in folders if folder != "*")])


def _queues(resources: Resources) -> set[str]:
    """Return the queues that events go to whose last try has failed, as destinations name them."""
    destinations = (
        properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        for properties in resources.properties.values()
    )
    return {one.split(":", 4)[4].removesuffix("/messages") for one in destinations if ":/queues/" in one}


def _names(resources: Resources) -> tuple[str, str]:
    environments = [function.environment for function in resources.functions.values()]
    buckets = [environment["OSS_BUCKET"] for environment in environments if "OSS_BUCKET" in environment]
    instances = [environment["OTS_INSTANCE"] for environment in environments if "OTS_INSTANCE" in environment]
    return (buckets or [""])[0], (instances or [""])[0]
