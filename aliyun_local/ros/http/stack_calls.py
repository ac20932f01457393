"""Calls that begin an operation on a stack. ``operations`` routes requests here."""

from __future__ import annotations

from typing import Any

from aliyun_local.ros.errors import not_supported
from aliyun_local.ros.http.calls import Call
from aliyun_local.ros.http.documents import Document
from aliyun_local.ros.state.templates import HIDDEN


def create_stack(call: Call) -> Document:
    """Begin to create a stack."""
    stack = call.stacks.create(
        call.name("StackName"),
        call.source(),
        disable_rollback=call.flag("DisableRollback"),
        deletion_protection=call.choice("DeletionProtection", "Disabled", "Enabled") == "Enabled",
        timeout_minutes=call.whole("TimeoutInMinutes", 60, 10, 1440),
        tags=tuple(call.pairs("Tags", "Key", "Value").items()),
    )
    return {"StackId": stack.id}


def update_stack(call: Call) -> Document:
    """Begin to update a stack; with ``DryRun`` only check whether that could begin."""
    source = call.source(call.stack)
    if call.flag("DryRun"):
        stack = call.stacks.updatable(call.stack.id)
        call.stacks.checked(source, stack)
        return {"StackId": stack.id}
    replaces = call.choice("ReplacementOption", "Disabled", "Enabled") == "Enabled"
    settings: dict[str, Any] = {}
    if call.given.get("TimeoutInMinutes"):
        settings["timeout_minutes"] = call.whole("TimeoutInMinutes", 60, 10, 1440)
    if tags := call.pairs("Tags", "Key", "Value"):
        settings["tags"] = tuple(tags.items())
    stack = call.stacks.update(call.stack.id, source, replaces=replaces, **settings)
    return {"StackId": stack.id}


def cancel_update_stack(call: Call) -> Document:
    """Stop an update and roll it back; every cancellation is a safe one here."""
    call.choice("CancelType", "Safe", "Quick")
    call.stacks.cancel(call.stack.id)
    return {}


def delete_stack(call: Call) -> Document:
    """Begin to delete a stack."""
    call.stacks.delete(
        call.stack.id,
        retained=call.list("RetainResources"),
        retains_all=call.flag("RetainAllResources"),
    )
    return {}


def set_deletion_protection(call: Call) -> Document:
    """Protect a stack from deletion, or not any more."""
    call.stacks.protect(call.stack.id, call.choice("DeletionProtection", "Disabled", "Enabled") == "Enabled")
    return {}


def preview_stack(call: Call) -> Document:
    """Show what a creation or an update would do."""
    stack = call.stack if call.given.get("StackId") else None
    source = call.source(stack)
    differences = call.stacks.differences(source, stack)
    return {
        "Stack": {
            "StackName": stack.name if stack else call.name("StackName"),
            "RegionId": call.stacks.region,
            "Parameters": [],
            "Resources": [
                {
                    "LogicalResourceId": one.logical_id,
                    "ResourceType": one.kind,
                    "Action": one.action,
                    "Replacement": one.replacement,
                    "PhysicalResourceId": one.resource.physical_id if one.resource else "",
                    # Properties may hold secrets, which no answer shows.
                    "Properties": dict.fromkeys(one.properties, HIDDEN),
                }
                for one in differences
            ],
        }
    }


def continue_create_stack(call: Call) -> Document:
    """Say that a failed creation is not gone on with here."""
    raise not_supported(f"Continuing to create a stack in state {call.stack.status} is not supported.")
