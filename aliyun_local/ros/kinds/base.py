"""A type of resource: how one is made, changed, found and deleted.

:mod:`aliyun_local.ros.state.operations` calls it, one resource at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.function_compute.account.models import Account
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.tablestore.store.models import TableStore

Properties = Mapping[str, Any]
Attributes = dict[str, Any]


class ResourceFailed(Exception):
    """A resource cannot be made, changed or deleted; the words are those of its own service."""

    def __init__(self, code: str, message: str) -> None:
        """Take the service's code and message."""
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services that resources are made in.

    ``recorded`` returns the physical ids of all stacks' resources of a type. ``role_created_at`` returns when
    the role of an ARN was made, if a stack has made it.
    """

    objects: ObjectStore
    tables: TableStore
    functions: Account
    logs: LogEntries
    clock: Clock
    behaviour: RosBehaviour
    region: str
    account_id: str
    recorded: Callable[[str], Collection[str]]
    role_created_at: Callable[[str], float | None]


class Kind:
    """A type of resource without effect: it is recorded, and its name can be taken.

    Attributes:
        naming: the properties whose values are the resource's physical id, joined with a colon.
        fixed: the properties that cannot be updated, beside ``naming``.
    """

    naming: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()

    def __init__(self, name: str, naming: tuple[str, ...] = ()) -> None:
        """Be the type ``name``."""
        self.name = name
        self.naming = naming or self.naming

    def physical_id(self, properties: Properties, logical_id: str) -> str:
        """Return the id under which a resource is to be made; empty where its service gives one."""
        if not self.naming:
            return logical_id
        return ":".join(str(properties.get(name, "")) for name in self.naming)

    def replaced_by(self, changed: Collection[str]) -> set[str]:
        """Return those of the ``changed`` properties that cannot be updated."""
        return set(changed) & (self.fixed | set(self.naming))

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Refuse a name that is taken.

        Raises:
            ResourceFailed: it is.
        """
        if self.naming and physical_id in services.recorded(self.name):
            raise ResourceFailed("EntityAlreadyExists", f"{self.name} {physical_id} already exists")

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Make a resource and return its id.

        Raises:
            ResourceFailed: the service refuses.
        """
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change a resource in place.

        Raises:
            ResourceFailed: the service refuses.
        """

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete a resource; one that is gone already is no error.

        Raises:
            ResourceFailed: the service refuses.
        """

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether a resource is there, for an operation that was interrupted while it was made."""
        return False

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the attributes that only the service knows; names and properties are attributes as well."""
        return {}
