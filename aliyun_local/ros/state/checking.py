"""The checks before an operation: which stacks there are, and what can be done to them.

``models`` is built on it.
"""

from __future__ import annotations

from aliyun_local.ros.errors import RosError, action_in_progress, not_supported, stack_exists, stack_not_found
from aliyun_local.ros.kinds.table import KINDS
from aliyun_local.ros.state.planning import Difference, differences
from aliyun_local.ros.state.records import (
    COMPLETE,
    CREATE,
    CREATE_ROLLBACK,
    DELETE,
    FAILED,
    REVIEW,
    Source,
    Stack,
    attributes_of,
)
from aliyun_local.ros.state.store import Store
from aliyun_local.ros.state.templates import Plan, Pseudo

# ROS, "Limits" (2026): stacks of an account in a region.
MAX_STACKS = 200


class CheckedStacks:
    """The stacks of the account as they are."""

    def __init__(self, store: Store, region: str, account_id: str) -> None:
        """Read from ``store``."""
        self.store = store
        self.region = region
        self.account_id = account_id

    def stack(self, name: str) -> Stack:
        """Return a stack by its id, or by its name.

        Raises:
            RosError: StackNotFound.
        """
        found = self.store.stack(name)
        if found is None:
            found = next((stack for stack in self.store.stacks() if stack.name == name), None)
        if found is None:
            raise stack_not_found(name)
        return found

    def pseudo_of(self, stack: Stack | None) -> Pseudo:
        """Return the values of ROS's own parameters for a stack, or for one that is not there yet."""
        return Pseudo(
            region=self.region,
            account_id=self.account_id,
            stack_id=stack.id if stack else "",
            stack_name=stack.name if stack else "",
        )

    def checked(self, source: Source, stack: Stack | None = None) -> Plan:
        """Return the plan of a source, after the checks that come before any operation.

        Raises:
            RosError: StackValidationFailed, or InvalidTemplate.
        """
        attributes = attributes_of(self.store.resources(stack.id).values() if stack else ())
        plan = Plan(source, self.pseudo_of(stack), attributes)
        plan.check(KINDS)
        return plan

    def differences(self, source: Source, stack: Stack | None) -> list[Difference]:
        """Return what ``source`` changes.

        Raises:
            RosError: StackValidationFailed, or InvalidTemplate.
        """
        return differences(self.checked(source, stack), self.store.resources(stack.id) if stack else {})

    def updatable(self, stack_id: str) -> Stack:
        """Return a stack that can be updated now.

        Raises:
            RosError: it is not there, is busy, or never came to be.
        """
        stack = self.idle(stack_id)
        if (
            stack.status == REVIEW
            or stack.action in (CREATE_ROLLBACK, DELETE)
            or stack.status == CREATE + FAILED
        ):
            raise not_supported(f"Updating a stack in state {stack.status} is not supported.")
        return stack

    def is_same(self, stack: Stack, source: Source) -> bool:
        """Return whether ``source`` says of ``stack`` what it is already."""
        if not stack.status.endswith(COMPLETE):
            return False
        before, after = (Plan(one, self.pseudo_of(stack)) for one in (stack.source, source))
        return before.document == after.document and before.parameters == after.parameters

    def check_new(self, name: str) -> None:
        """Refuse the name of a stack, and one stack more than the account may have.

        Raises:
            RosError: StackExists, or TooManyStacks.
        """
        stacks = self.store.stacks()
        if any(stack.name == name for stack in stacks):
            raise stack_exists(name)
        if len(stacks) >= MAX_STACKS:
            message = f"The account has {MAX_STACKS} stacks, and may have no more."
            raise RosError(403, "TooManyStacks", message)

    def idle(self, stack_id: str) -> Stack:
        """Return a stack on which no operation is under way.

        Raises:
            RosError: StackNotFound, or ActionInProgress.
        """
        stack = self.stack(stack_id)
        if stack.is_busy:
            raise action_in_progress(stack.name, stack.action)
        return stack
