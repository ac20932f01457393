"""The service as a whole: calls that begin an operation, and calls that read. ``http`` serves them.

A call checks everything that ROS checks at once, stores the operation, and returns; a thread carries it out.
Operations of several stacks run side by side, those of one stack one after the other.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.function_compute.account.models import Account
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.ros.errors import (
    RosError,
    action_in_progress,
    invalid_value,
    not_supported,
    stack_exists,
    stack_not_found,
)
from aliyun_local.ros.kinds.base import Services
from aliyun_local.ros.kinds.table import KINDS
from aliyun_local.ros.state.failures import ResourceFailures
from aliyun_local.ros.state.operations import Interrupted, Operations
from aliyun_local.ros.state.planning import Difference, differences
from aliyun_local.ros.state.records import (
    COMPLETE,
    CREATE,
    CREATE_ROLLBACK,
    DELETE,
    FAILED,
    IN_PROGRESS,
    REVIEW,
    UPDATE,
    Source,
    Stack,
)
from aliyun_local.ros.state.store import Store
from aliyun_local.ros.state.templates import Plan, Pseudo
from aliyun_local.tablestore.store.models import TableStore

# ROS, "Limits" (2026): stacks of an account in a region.
MAX_STACKS = 200
ROLE = "ALIYUN::RAM::Role"


class Stacks:
    """The stacks of the account. Thread-safe."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        behaviour: RosBehaviour,
        *,
        objects: ObjectStore,
        tables: TableStore,
        logs: LogEntries,
        functions: Account,
        region: str,
        account_id: str,
    ) -> None:
        """Open the stacks in the file ``data`` (None: in memory); :meth:`start` goes on with operations."""
        self.behaviour = behaviour
        self.failures = ResourceFailures()
        self.store = Store(data)
        self.region = region
        self.account_id = account_id
        self._clock = clock
        self._closing = threading.Event()
        self._changing = threading.RLock()
        self._threads: dict[str, threading.Thread] = {}
        services = Services(
            objects=objects,
            tables=tables,
            logs=logs,
            functions=functions,
            clock=clock,
            behaviour=behaviour,
            region=region,
            account_id=account_id,
            recorded=self._recorded,
            role_created_at=self._role_created_at,
        )
        self._operations = Operations(self.store, services, self.failures, self.pseudo_of, self._closing)

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> Stacks:
        """Go on with the operations that closing has interrupted."""
        for stack in self.store.stacks():
            if stack.is_busy:
                self._carry_out(stack.id)
        return self

    def interrupt(self) -> None:
        """Stop the operations between two steps; they go on after the next start."""
        self._closing.set()
        for thread in list(self._threads.values()):
            thread.join()

    def close(self) -> None:
        """Interrupt the operations, and close the state."""
        self.interrupt()
        self.store.close()

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until no operation runs; False: it took too long."""
        for thread in list(self._threads.values()):
            thread.join(timeout_seconds)
        return not any(thread.is_alive() for thread in list(self._threads.values()))

    # -- reading ------------------------------------------------------------------------------------

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
        attributes: dict[str, Any] = {}
        for resource in self.store.resources(stack.id).values() if stack else ():
            for name, value in resource.attributes.items():
                attributes[f"{resource.logical_id}.{name}"] = value
        plan = Plan(source, self.pseudo_of(stack), attributes)
        plan.check(KINDS)
        return plan

    def differences(self, source: Source, stack: Stack | None) -> list[Difference]:
        """Return what ``source`` changes.

        Raises:
            RosError: StackValidationFailed, or InvalidTemplate.
        """
        return differences(self.checked(source, stack), self.store.resources(stack.id) if stack else {})

    # -- operations ---------------------------------------------------------------------------------

    def create(self, name: str, source: Source, **settings: Any) -> Stack:
        """Begin to create a stack; ``settings`` are fields of :class:`Stack`.

        Raises:
            RosError: the name is taken or illegal, the template is wrong, or there are too many stacks.
        """
        with self._changing:
            self.check_new(name)
            stack = self._new(name, source, CREATE + IN_PROGRESS, **settings)
            self.checked(source, stack)
            self._begin(stack)
        return stack

    def review(self, name: str, source: Source, **settings: Any) -> Stack:
        """Make a stack that waits for its first change set to be executed.

        Raises:
            RosError: as :meth:`create`.
        """
        with self._changing:
            self.check_new(name)
            stack = self._new(name, source, REVIEW, **settings)
            self.checked(source, stack)
            self.store.put_stack(stack, at=self._clock.now())
        return stack

    def create_reviewed(self, stack_id: str, source: Source, **settings: Any) -> Stack:
        """Begin to create a stack that has waited for its change set.

        Raises:
            RosError: there is none, or it waits no longer.
        """
        with self._changing:
            stack = self._idle(stack_id)
            if stack.status != REVIEW:
                raise not_supported(f"Creating a stack in state {stack.status} is not supported.")
            stack = replace(stack, source=source, status=CREATE + IN_PROGRESS, reason="", **settings)
            self._begin(stack)
        return stack

    def update(self, stack_id: str, source: Source, *, replaces: bool = False, **settings: Any) -> Stack:
        """Begin to update a stack.

        Raises:
            RosError: the stack is not there, is busy or cannot be updated; the template is wrong; nothing
                would change.
        """
        with self._changing:
            stack = self.updatable(stack_id)
            if self.is_same(stack, source):
                raise not_supported("Update the completely same stack is not supported.")
            self.checked(source, stack)
            stack = replace(
                stack,
                source=source,
                earlier=stack.source,
                replaces=replaces,
                status=UPDATE + IN_PROGRESS,
                reason="Stack UPDATE started",
                **settings,
            )
            self._begin(stack)
        return stack

    def updatable(self, stack_id: str) -> Stack:
        """Return a stack that can be updated now.

        Raises:
            RosError: it is not there, is busy, or never came to be.
        """
        stack = self._idle(stack_id)
        if (
            stack.status == REVIEW
            or stack.action in (CREATE_ROLLBACK, DELETE)
            or stack.status == CREATE + FAILED
        ):
            raise not_supported(f"Updating a stack in state {stack.status} is not supported.")
        return stack

    def is_same(self, stack: Stack, source: Source) -> bool:
        """Return whether ``source`` says of ``stack`` what it is already."""
        plans = [self.checked(one, stack) for one in (stack.source, source)]
        documents = [plan.document for plan in plans]
        values = [plan.parameters for plan in plans]
        return documents[0] == documents[1] and values[0] == values[1] and stack.status.endswith(COMPLETE)

    def cancel(self, stack_id: str) -> Stack:
        """Stop an update before its next resource, and roll it back.

        Raises:
            RosError: there is no such stack, or it is not being updated.
        """
        with self._changing:
            stack = self.stack(stack_id)
            if stack.status != UPDATE + IN_PROGRESS:
                raise not_supported(
                    f"Cancelling the update of a stack in state {stack.status} is not supported."
                )
            self.store.put_stack(replace(stack, is_cancelled=True))
        return stack

    def protect(self, stack_id: str, is_protected: bool) -> None:
        """Protect a stack from deletion, or not any more.

        Raises:
            RosError: StackNotFound.
        """
        with self._changing:
            self.store.put_stack(replace(self.stack(stack_id), deletion_protection=is_protected))

    def delete(self, stack_id: str, *, retained: Collection[str] = (), retains_all: bool = False) -> Stack:
        """Begin to delete a stack.

        Raises:
            RosError: the stack is not there, is busy or protected; a resource that is to stay is unknown.
        """
        with self._changing:
            stack = self._idle(stack_id)
            if stack.deletion_protection:
                raise not_supported("Deleting a stack with deletion protection is not supported.")
            unknown = set(retained) - self.store.resources(stack.id).keys()
            if unknown:
                names = ", ".join(sorted(unknown))
                raise invalid_value("RetainResources", f"the stack has no resource {names}")
            stack = replace(
                stack,
                status=DELETE + IN_PROGRESS,
                reason="Stack DELETE started",
                retained=tuple(retained),
                retains_all=retains_all,
            )
            self._begin(stack)
        return stack

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

    # -- within -------------------------------------------------------------------------------------

    def _new(self, name: str, source: Source, status: str, **settings: Any) -> Stack:
        now = self._clock.now()
        return Stack(
            id=str(uuid.uuid4()),
            name=name,
            status=status,
            reason="Stack CREATE started" if status != REVIEW else "",
            source=source,
            created_at=now,
            **settings,
        )

    def _idle(self, stack_id: str) -> Stack:
        stack = self.stack(stack_id)
        if stack.is_busy:
            raise action_in_progress(stack.name, stack.action)
        return stack

    def _begin(self, stack: Stack) -> None:
        self.store.put_stack(stack, at=self._clock.now())
        self._carry_out(stack.id)

    def _carry_out(self, stack_id: str) -> None:
        before = self._threads.get(stack_id)

        def run() -> None:
            if before is not None:
                before.join()
            try:
                self._operations.run(stack_id)
            except Interrupted:
                return

        thread = threading.Thread(target=run, daemon=True, name=f"ros-{stack_id[:8]}")
        self._threads = {key: one for key, one in self._threads.items() if one.is_alive()}
        self._threads[stack_id] = thread
        thread.start()

    def _recorded(self, kind: str) -> Collection[str]:
        return {
            resource.physical_id
            for stack in self.store.stacks()
            for resource in self.store.resources(stack.id).values()
            if resource.kind == kind and resource.is_there
        }

    def _role_created_at(self, arn: str) -> float | None:
        for stack in self.store.stacks():
            for resource in self.store.resources(stack.id).values():
                if resource.kind == ROLE and resource.attributes.get("Arn") == arn:
                    return resource.created_at
        return None
