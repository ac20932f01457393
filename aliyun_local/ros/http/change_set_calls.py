"""Calls on change sets. ``operations`` routes requests here."""

from __future__ import annotations

from typing import Any

from aliyun_local.ros.http import documents
from aliyun_local.ros.http.calls import Call
from aliyun_local.ros.http.documents import Document
from aliyun_local.ros.http.reading_calls import page_of
from aliyun_local.ros.state.change_sets import check_kind
from aliyun_local.ros.state.records import CREATE


def create_change_set(call: Call) -> Document:
    """Make a change set of a stack, or of a new stack."""
    kind = check_kind(call.text("ChangeSetType", "UPDATE"))
    settings: dict[str, Any] = {
        "description": call.text("Description", ""),
        "disable_rollback": call.flag("DisableRollback"),
        "replaces": call.choice("ReplacementOption", "Disabled", "Enabled") == "Enabled",
        "timeout_minutes": call.whole("TimeoutInMinutes", 60, 10, 1440),
    }
    name = call.name("ChangeSetName")
    if kind == CREATE:
        change_set = call.change_sets.create(
            name, kind, call.source(), stack_name=call.name("StackName"), **settings
        )
    else:
        stack = call.stack
        change_set = call.change_sets.create(name, kind, call.source(stack), stack_id=stack.id, **settings)
    return {"ChangeSetId": change_set.id, "StackId": change_set.stack_id}


def get_change_set(call: Call) -> Document:
    """Return a change set with its changes."""
    change_set = call.change_sets.find(call.text("ChangeSetId"))
    stack = call.stacks.stack(change_set.stack_id)
    return documents.change_set_details(
        change_set, stack.name, call.stacks.pseudo_of(stack), with_template=call.flag("ShowTemplate")
    )


def list_change_sets(call: Call) -> Document:
    """List the change sets of a stack, the newest first."""
    stack = call.stack
    names, statuses = call.list("ChangeSetName"), call.list("Status")
    executions = call.list("ExecutionStatus")
    found = [
        change_set
        for change_set in call.change_sets.of_stack(stack.id)
        if (not names or change_set.name in names)
        and (not statuses or change_set.status in statuses)
        and (not executions or change_set.execution in executions)
        and call.given.get("ChangeSetId", change_set.id) == change_set.id
    ]
    page, counts = page_of(call, found)
    region = call.stacks.region
    return {
        "ChangeSets": [documents.change_set_summary(one, stack.name, region) for one in page],
        **counts,
    }


def execute_change_set(call: Call) -> Document:
    """Begin what a change set shows."""
    call.change_sets.execute(call.text("ChangeSetId"))
    return {}


def delete_change_set(call: Call) -> Document:
    """Throw a change set away."""
    call.change_sets.delete(call.text("ChangeSetId"))
    return {}
