"""The documents that reads return, in the form of ROS's API reference (2019-09-10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aliyun_local.clock import utc
from aliyun_local.ros.state.records import COMPLETE, FAILED, IN_PROGRESS, ChangeSet, Event, Resource, Stack
from aliyun_local.ros.state.templates import Pseudo, read_template, shown_parameters

Document = dict[str, Any]


def stack_summary(stack: Stack, region: str) -> Document:
    """Return a stack as ListStacks does."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackType": "ROS",
        "Status": stack.status,
        "StatusReason": stack.reason,
        "RegionId": region,
        "CreateTime": written(stack.created_at),
        **({} if stack.updated_at is None else {"UpdateTime": written(stack.updated_at)}),
        "DisableRollback": stack.disable_rollback,
        "DeletionProtection": "Enabled" if stack.deletion_protection else "Disabled",
        "TimeoutInMinutes": stack.timeout_minutes,
        "StackDriftStatus": "NOT_CHECKED",
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags],
    }


def stack_details(stack: Stack, pseudo: Pseudo, resources: Mapping[str, Resource]) -> Document:
    """Return a stack as GetStack does."""
    template = read_template(stack.source.template).document
    declared: Mapping[str, Any] = template.get("Outputs") or {}
    return {
        **stack_summary(stack, pseudo.region),
        "Description": stack.description,
        "TemplateDescription": _text(template.get("Description", "")),
        "Parameters": _parameters(shown_parameters(stack.source, pseudo)),
        "Outputs": [
            {
                "OutputKey": name,
                "OutputValue": value,
                "Description": _text((declared.get(name) or {}).get("Description", "")),
            }
            for name, value in stack.outputs.items()
        ],
        "ResourceProgress": _progress(resources),
        "Interface": {},
    }


def resource_summary(stack: Stack, resource: Resource) -> Document:
    """Return a resource as ListStackResources does."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.kind,
        "Status": resource.status,
        "StatusReason": resource.reason or "state changed",
        "CreateTime": written(resource.created_at),
        "UpdateTime": written(resource.updated_at),
        "ResourceDriftStatus": "NOT_CHECKED",
    }


def resource_details(stack: Stack, resource: Resource) -> Document:
    """Return a resource as GetStackResource does, with the attributes that its service has given it."""
    template = read_template(stack.source.template).document
    declared = template["Resources"].get(resource.logical_id) or {}
    return {
        **resource_summary(stack, resource),
        "Description": _text(declared.get("Description", "")),
        "Metadata": declared.get("Metadata") or {},
        "ResourceAttributes": [
            {"ResourceAttributeKey": name, "ResourceAttributeValue": value}
            for name, value in resource.attributes.items()
        ],
    }


def event(stack: Stack, happened: Event) -> Document:
    """Return an event as ListStackEvents does."""
    return {
        "EventId": happened.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": happened.logical_id,
        "PhysicalResourceId": happened.physical_id,
        "ResourceType": happened.kind,
        "Status": happened.status,
        "StatusReason": happened.reason or "state changed",
        "CreateTime": written(happened.at),
    }


def change_set_summary(change_set: ChangeSet, stack_name: str, region: str) -> Document:
    """Return a change set as ListChangeSets does."""
    return {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "ChangeSetType": change_set.kind,
        "StackId": change_set.stack_id,
        "StackName": stack_name,
        "RegionId": region,
        "Description": change_set.description,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "ExecutionStatus": change_set.execution,
        "CreateTime": written(change_set.created_at),
    }


def change_set_details(
    change_set: ChangeSet, stack_name: str, pseudo: Pseudo, *, with_template: bool
) -> Document:
    """Return a change set as GetChangeSet does."""
    return {
        **change_set_summary(change_set, stack_name, pseudo.region),
        "Changes": list(change_set.changes),
        "Parameters": _parameters(shown_parameters(change_set.source, pseudo)),
        "DisableRollback": change_set.disable_rollback,
        "TimeoutInMinutes": change_set.timeout_minutes,
        **({"TemplateBody": change_set.source.template} if with_template else {}),
    }


def written(moment: float) -> str:
    """Return a time as ROS writes it: UTC, without a zone."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S")


def _parameters(values: Mapping[str, str]) -> list[Document]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def _progress(resources: Mapping[str, Resource]) -> Document:
    statuses = [resource.status for resource in resources.values()]
    return {
        "TotalResourceCount": len(statuses),
        "SuccessResourceCount": sum(status.endswith(COMPLETE) for status in statuses),
        "FailedResourceCount": sum(status.endswith(FAILED) for status in statuses),
        "InProgressResourceCount": sum(status.endswith(IN_PROGRESS) for status in statuses),
        "PendingResourceCount": 0,
    }


def _text(description: Any) -> str:
    """Return a description, which templates write as a text or by language."""
    return description if isinstance(description, str) else json.dumps(description, ensure_ascii=False)
