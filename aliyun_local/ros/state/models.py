"""The service as a whole: calls that begin an operation, and calls that read. ``http`` serves them.

A call checks everything that ROS checks at once, stores the operation, and returns; a thread carries it out.
Operations of several stacks run side by side, those of one stack one after the other.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.function_compute.account.models import Account
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.ros.errors import invalid_value, not_supported, stack_not_found
from aliyun_local.ros.kinds.base import Services
from aliyun_local.ros.state.checking import CheckedStacks
from aliyun_local.ros.state.failures import ResourceFailures
from aliyun_local.ros.state.operations import Operations
from aliyun_local.ros.state.records import (
    CREATE,
    DELETE,
    IN_PROGRESS,
    REVIEW,
    UPDATE,
    Source,
    Stack,
)
from aliyun_local.ros.state.store import Store
from aliyun_local.ros.state.workers import Workers
from aliyun_local.tablestore.store.models import TableStore


class Stacks(CheckedStacks):
    """The stacks of the account. Thread-safe."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        behaviour: RosBehaviour,
        *,
        objects: ObjectStore,
        tables: TableStore,
        functions: Account,
        logs: LogEntries,
        region: str,
        account_id: str,
    ) -> None:
        """Open the stacks in the file ``data`` (None: in memory); :meth:`start` goes on with operations."""
        self.behaviour = behaviour
        self.failures = ResourceFailures()
        super().__init__(Store(data), region, account_id)
        self._clock = clock
        self._changing = threading.RLock()
        self._workers = Workers()
        services = Services(
            objects=objects,
            tables=tables,
            functions=functions,
            logs=logs,
            clock=clock,
            behaviour=behaviour,
            region=region,
            account_id=account_id,
            recorded=self.store.physical_ids,
            role_created_at=self.store.role_created_at,
        )
        self._operations = Operations(
            self.store, services, self.failures, self.pseudo_of, self._workers.closing
        )

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> Stacks:
        """Go on with the operations that closing has interrupted."""
        for stack in self.store.stacks():
            if stack.is_busy:
                self._workers.begin(stack.id, self._operations.run)
        return self

    def interrupt(self) -> None:
        """Stop the operations between two steps; they go on after the next start."""
        self._workers.interrupt()

    def close(self) -> None:
        """Interrupt the operations, and close the state."""
        self.interrupt()
        self.store.close()

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until no operation runs; False: it took too long."""
        return self._workers.wait(timeout_seconds)

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
            stack = self.idle(stack_id)
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

    def cancel(self, stack_id: str) -> None:
        """Stop an update before its next resource, and roll it back.

        Raises:
            RosError: there is no such stack, or it is not being updated.
        """

        def cancelled(stack: Stack) -> Stack:
            if stack.status != UPDATE + IN_PROGRESS:
                raise not_supported(
                    f"Cancelling the update of a stack in state {stack.status} is not supported."
                )
            return replace(stack, is_cancelled=True)

        self._change(stack_id, cancelled)

    def protect(self, stack_id: str, is_protected: bool) -> None:
        """Protect a stack from deletion, or not any more.

        Raises:
            RosError: StackNotFound.
        """
        self._change(stack_id, lambda stack: replace(stack, deletion_protection=is_protected))

    def delete(self, stack_id: str, *, retained: Collection[str] = (), retains_all: bool = False) -> Stack:
        """Begin to delete a stack.

        Raises:
            RosError: the stack is not there, is busy or protected; a resource that is to stay is unknown.
        """
        with self._changing:
            stack = self.idle(stack_id)
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

    def _change(self, stack_id: str, change: Callable[[Stack], Stack]) -> None:
        """Change a stack on which an operation may be under way.

        Raises:
            RosError: StackNotFound, or what ``change`` raises.
        """
        with self._changing:
            if self.store.change_stack(self.stack(stack_id).id, change) is None:
                raise stack_not_found(stack_id)

    def _begin(self, stack: Stack) -> None:
        self.store.put_stack(stack, at=self._clock.now())
        self._workers.begin(stack.id, self._operations.run)
