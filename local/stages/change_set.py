"""What an update would do: ROS's change set, read, judged and put into lines.

ROS, "GetChangeSet" and "Data structures" (of change sets): Action is Add, Modify or Remove; Replacement is
True, False or Conditional, the last when ROS cannot tell before it does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DATA_TYPES = {
    "ALIYUN::OSS::Bucket": "the photos and results in the bucket",
    "ALIYUN::OTS::Instance": "all tables of the instance",
    "ALIYUN::OTS::InstanceV2": "all tables of the instance",
    "ALIYUN::OTS::Table": "the rows of the table",
}
"""Kinds of resources that hold what cannot be made again, and what that is."""
RETAIN = "Retain"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one resource.

    Attributes:
        action: ``Add``, ``Modify`` or ``Remove``.
        resource: its name in the template.
        kind: its type.
        replacement: whether a new one takes its place: ``True``, ``False`` or ``Conditional``; of ``Modify``.
        properties: the names of what changes; of ``Modify``.
    """

    action: str
    resource: str
    kind: str
    replacement: str = "False"
    properties: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """``+``, ``~`` or ``-``."""
        return {"Add": "+", "Modify": "~", "Remove": "-"}.get(self.action, "?")

    @property
    def replaces(self) -> bool:
        """Whether the resource is, or may be, deleted and made anew."""
        return self.action == "Modify" and self.replacement != "False"


def changes_of(document: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes in the answer to GetChangeSet, in ROS's order; of some kinds it has no fields."""
    return tuple(_change(one.get("ResourceChange") or {}) for one in document)


def _change(one: Mapping[str, Any]) -> Change:
    targets = (detail.get("Target") or {} for detail in one.get("Details") or ())
    named = [str(target["Name"]) for target in targets if target.get("Name")]
    return Change(
        action=str(one.get("Action", "")),
        resource=str(one.get("LogicalResourceId", "")),
        kind=str(one.get("ResourceType", "")),
        replacement=str(one.get("Replacement") or "False"),
        properties=tuple(dict.fromkeys(named or [str(scope) for scope in one.get("Scope") or ()])),
    )


def losses(changes: Sequence[Change], present: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each change by which data would be lost; empty when none would be.

    A replaced bucket, instance or table is another, empty one. One that is removed stays in the account if
    ``present``, the resources of the template that the stack has now, says Retain.
    """
    return tuple(filter(None, (_loss(change, present) for change in changes)))


def _loss(change: Change, present: Mapping[str, Any]) -> str:
    data = DATA_TYPES.get(change.kind)
    if data is None:
        return ""
    if change.replaces:
        what = f" by a change of {', '.join(change.properties)}" if change.properties else ""
        may = "may be" if change.replacement == "Conditional" else "would be"
        return f"{change.resource} {may} replaced{what}, and {data} would be lost to the stage"
    if change.action == "Remove" and not is_retained(change.resource, present):
        return f"{change.resource} would be removed, and {data} would be lost"
    return ""


def is_retained(resource: str, present: Mapping[str, Any]) -> bool:
    """Whether a resource stays in the account when it leaves the stack."""
    return bool((present.get(resource) or {}).get("DeletionPolicy") == RETAIN)


def lines_of(changes: Sequence[Change], present: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each change as a line, and the style that it is shown in."""
    return [_line(change, present) for change in changes]


def _line(change: Change, present: Mapping[str, Any]) -> tuple[str, str]:
    text = f"{change.sign} {change.resource}  {change.kind}"
    if change.properties:
        text += f"  {', '.join(change.properties)}"
    if change.replaces:
        again = "is made anew" if change.replacement == "True" else "may be made anew"
        return f"{text}  ({again})", "bold red"
    if change.action == "Remove":
        return (
            (f"{text}  (stays in the account)", "yellow")
            if is_retained(change.resource, present)
            else (text, "red")
        )
    return text, "green" if change.action == "Add" else "yellow"


def summary(changes: Sequence[Change]) -> str:
    """Return the numbers of all changes in a sentence."""
    if not changes:
        return "No change."
    counts = [(sum(one.action == action for one in changes), word) for action, word in _WORDS]
    replaced = sum(one.replaces for one in changes)
    text = ", ".join(f"{count} to {word}" for count, word in counts if count)
    return f"{text}{f', {replaced} of them made anew' if replaced else ''}."


_WORDS = (("Add", "add"), ("Modify", "change"), ("Remove", "remove"))
