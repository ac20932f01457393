"""The differences between the resources that a stack has and those that a template asks for.

``change_sets`` shows them before anything is done, and an update without any is refused. The form follows
ROS, "Data structures" of change sets.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aliyun_local.ros.kinds.table import KINDS
from aliyun_local.ros.state.records import FAILED, Resource
from aliyun_local.ros.state.templates import HIDDEN, Plan

ADD, MODIFY, REMOVE = "Add", "Modify", "Remove"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What happens to one resource.

    ``changed`` are the properties whose values differ, ``fixed`` those of them that cannot be updated, so
    that the resource is to be replaced.
    """

    action: str
    logical_id: str
    kind: str
    resource: Resource | None = None
    properties: Mapping[str, Any]
    changed: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()

    @property
    def replacement(self) -> str:
        """Whether the resource is replaced: ``True``, ``False``, or ``Conditional``.

        It is conditional where the only fixed properties that differ come from other resources, whose
        attributes are known only once those are made.
        """
        if not self.fixed:
            return "False"
        return "Conditional" if self.fixed <= self.follows else "True"


def differences(plan: Plan, resources: Mapping[str, Resource]) -> list[Difference]:
    """Return what is to be done, in the order in which it will be: additions and changes, then removals."""
    found: list[Difference] = []
    renewed: set[str] = set()
    for name in plan.names:
        difference = difference_of(plan, name, resources.get(name), renewed)
        if difference is not None:
            found.append(difference)
            if difference.action == ADD or difference.fixed:
                renewed.add(name)
    return [*found, *removals(plan, resources)]


def changed_properties(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that differ, in order."""
    return tuple(
        name for name in sorted({*before, *after}) if _plain(before.get(name)) != _plain(after.get(name))
    )


def as_change(difference: Difference, secrets: Collection[str]) -> dict[str, Any]:
    """Return a difference as an element of ``Changes``; ``secrets`` are shown as asterisks."""
    resource = difference.resource
    change: dict[str, Any] = {
        "Action": difference.action,
        "LogicalResourceId": difference.logical_id,
        "ResourceType": difference.kind,
    }
    if resource is not None:
        change["PhysicalResourceId"] = resource.physical_id
    if difference.action == MODIFY:
        change["Replacement"] = difference.replacement
        change["Scope"] = ["Properties"]
        change["Details"] = [_detail(difference, name) for name in difference.changed]
        before = resource.properties if resource else {}
        change["ResourcePropertyChanges"] = [
            {
                "Property": name,
                "Before": _shown(before.get(name), secrets),
                "After": _shown(difference.properties.get(name), secrets),
            }
            for name in difference.changed
        ]
    return {"Type": "Resource", "ResourceChange": change}


def difference_of(
    plan: Plan, name: str, resource: Resource | None, renewed: Collection[str] = ()
) -> Difference | None:
    """Return what happens to the resource ``name``; None: nothing.

    ``renewed`` are the resources that are made before it, whose attributes are not known yet.
    """
    kind, properties = plan.kind(name), plan.properties(name)
    if resource is None or not resource.is_there:
        return Difference(action=ADD, logical_id=name, kind=kind, properties=properties)
    changed = changed_properties(resource.properties, properties)
    fixed = frozenset(KINDS[kind].replaced_by(changed))
    if resource.kind != kind:
        changed, fixed = ("Type", *changed), frozenset({"Type"})
    # A step that failed may have had a part of its effect.
    if not changed and not resource.status.endswith(FAILED):
        return None
    return Difference(
        action=MODIFY,
        logical_id=name,
        kind=kind,
        resource=resource,
        properties=properties,
        changed=changed,
        fixed=fixed,
        follows=frozenset(changed) if plan.needed_by(name) & set(renewed) else frozenset(),
    )


def removals(plan: Plan, resources: Mapping[str, Resource]) -> list[Difference]:
    """Return what the template no longer has, in the order in which it goes."""
    return [
        Difference(action=REMOVE, logical_id=name, kind=resource.kind, resource=resource, properties={})
        for name, resource in reversed(list(resources.items()))
        if name not in plan.names
    ]


def _detail(difference: Difference, name: str) -> dict[str, Any]:
    is_fixed = name in difference.fixed
    return {
        "ChangeSource": "DirectModification",
        "Evaluation": "Dynamic" if name in difference.follows else "Static",
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": "Always" if is_fixed else "Never",
        },
    }


def _shown(value: Any, secrets: Collection[str]) -> str:
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(_plain(value), ensure_ascii=False)
        # Within JSON a secret has its quotes and line breaks escaped.
        secrets = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets]
    # The longest first: a secret may be a part of another one.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON gives it back, so that what was stored compares equal."""
    return json.loads(json.dumps(value, sort_keys=True, default=str))
