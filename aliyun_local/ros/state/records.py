"""Stacks, resources, events and change sets as values; ``store`` keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

IN_PROGRESS, COMPLETE, FAILED = "_IN_PROGRESS", "_COMPLETE", "_FAILED"
CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"
CREATE_ROLLBACK, ROLLBACK = "CREATE_ROLLBACK", "ROLLBACK"
REVIEW = "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A template and the values that its parameters are given."""

    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack; times are in seconds since the epoch.

    Attributes:
        status: an action and how it is going, such as ``CREATE_IN_PROGRESS``.
        source: the template and parameters that the stack has, or is being brought to.
        earlier: those to which a failed update goes back.
        replaces: whether the update may replace resources (UpdateStack, ReplacementOption).
        retained: the resources that a deletion leaves (DeleteStack, RetainResources).
        retains_all: it leaves all of them.
        is_cancelled: the update was told to stop (CancelUpdateStack).
    """

    id: str
    name: str
    status: str
    reason: str = ""
    source: Source
    earlier: Source | None = None
    replaces: bool = False
    retained: tuple[str, ...] = ()
    retains_all: bool = False
    is_cancelled: bool = False
    description: str = ""
    disable_rollback: bool = False
    deletion_protection: bool = False
    timeout_minutes: int = 60
    tags: tuple[tuple[str, str], ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    created_at: float
    updated_at: float | None = None

    @property
    def action(self) -> str:
        """The action of the status, such as ``CREATE``."""
        return self.status.removesuffix(IN_PROGRESS).removesuffix(COMPLETE).removesuffix(FAILED)

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith(IN_PROGRESS) and self.status != REVIEW


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a stack, with the properties and attributes that it has now."""

    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_retained: bool = False
    created_at: float
    updated_at: float

    @property
    def is_there(self) -> bool:
        """Whether the resource exists, or may exist."""
        return bool(self.physical_id)


def attributes_of(resources: Iterable[Resource]) -> dict[str, Any]:
    """Return the attributes of resources as ``Fn::GetAtt`` names them: ``LogicalId.Attribute``."""
    return {
        f"{resource.logical_id}.{name}": value
        for resource in resources
        for name, value in resource.attributes.items()
    }


@dataclass(frozen=True, kw_only=True)
class Event:
    """A change of the status of a stack or a resource."""

    id: str
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str
    at: float


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """Changes of a stack that wait for their execution."""

    id: str
    name: str
    stack_id: str
    kind: str
    status: str
    reason: str = ""
    execution: str = "AVAILABLE"
    source: Source
    changes: tuple[Mapping[str, Any], ...] = ()
    description: str = ""
    disable_rollback: bool = False
    replaces: bool = False
    timeout_minutes: int = 60
    created_at: float
