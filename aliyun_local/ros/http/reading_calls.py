"""Calls that read stacks, resources, events and templates. ``operations`` routes requests here."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from aliyun_local.ros.errors import RosError
from aliyun_local.ros.http import documents
from aliyun_local.ros.http.calls import Call
from aliyun_local.ros.http.documents import Document
from aliyun_local.ros.state.templates import read_template

MAX_PAGE = 50
T = TypeVar("T")


def get_stack(call: Call) -> Document:
    """Return a stack with its parameters and outputs."""
    stack = call.stack
    resources = call.stacks.store.resources(stack.id)
    return documents.stack_details(stack, call.stacks.pseudo_of(stack), resources)


def list_stacks(call: Call) -> Document:
    """List stacks, the newest first, by name, id or status."""
    names, statuses, ids = call.list("StackName"), call.list("Status"), call.list("StackIds")
    if call.given.get("StackId"):
        ids.append(call.given["StackId"])
    found = [
        stack
        for stack in call.stacks.store.stacks()
        if (not names or any(fnmatchcase(stack.name, name) for name in names))
        and (not statuses or stack.status in statuses)
        and (not ids or stack.id in ids)
    ]
    page, counts = page_of(call, found)
    return {"Stacks": [documents.stack_summary(stack, call.stacks.region) for stack in page], **counts}


def list_stack_events(call: Call) -> Document:
    """List what happened to a stack, the newest first."""
    stack = call.stack
    names, statuses, kinds = call.list("LogicalResourceId"), call.list("Status"), call.list("ResourceType")
    found = [
        event
        for event in call.stacks.store.events(stack.id)
        if (not names or event.logical_id in names)
        and (not statuses or event.status in statuses)
        and (not kinds or event.kind in kinds)
    ]
    page, counts = page_of(call, found)
    return {"Events": [documents.event(stack, event) for event in page], **counts}


def list_stack_resources(call: Call) -> Document:
    """List the resources of a stack."""
    stack = call.stack
    resources = call.stacks.store.resources(stack.id).values()
    return {"Resources": [documents.resource_summary(stack, resource) for resource in resources]}


def get_stack_resource(call: Call) -> Document:
    """Return a resource with its attributes."""
    stack, name = call.stack, call.text("LogicalResourceId")
    resource = call.stacks.store.resources(stack.id).get(name)
    if resource is None:
        message = f"The Resource ({name}) could not be found in Stack {stack.name}."
        raise RosError(404, "ResourceNotFound", message)
    return documents.resource_details(stack, resource)


def get_template(call: Call) -> Document:
    """Return the template of a stack or of a change set."""
    if call.given.get("ChangeSetId"):
        return {"TemplateBody": call.change_sets.find(call.text("ChangeSetId")).source.template}
    return {"TemplateBody": call.stack.source.template}


def validate_template(call: Call) -> Document:
    """Check a template by itself, and return its parameters."""
    document = read_template(call.template()).document
    declared: dict[str, Any] = document.get("Parameters") or {}
    return {
        "Description": document.get("Description", ""),
        "Parameters": [{"ParameterKey": name, **one} for name, one in declared.items()],
        "Resources": [
            {"LogicalResourceIdPattern": name, "ResourcePath": name, "ResourceType": one["Type"]}
            for name, one in document["Resources"].items()
        ],
        "Outputs": [{"OutputKey": name} for name in document.get("Outputs") or {}],
    }


def describe_regions(call: Call) -> Document:
    """Return the one region that there is."""
    region = call.stacks.region
    return {"Regions": [{"RegionId": region, "LocalName": region, "RegionEndpoint": ""}]}


def page_of(call: Call, found: Sequence[T]) -> tuple[Sequence[T], Document]:
    """Return the page that a call asks for, and the numbers that go with it."""
    number = call.whole("PageNumber", 1, 1, 10**6)
    size = call.whole("PageSize", 10, 1, MAX_PAGE)
    page = found[(number - 1) * size : number * size]
    return page, {"PageNumber": number, "PageSize": size, "TotalCount": len(found)}
