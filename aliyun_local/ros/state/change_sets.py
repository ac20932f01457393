"""Change sets: what an update or a creation would do, shown first and carried out on demand.

ROS, "CreateChangeSet" and "Change sets": a change set is made at once here, and is obsolete when its stack
has changed since.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.ros.errors import RosError, invalid_value, not_supported
from aliyun_local.ros.state.models import Stacks
from aliyun_local.ros.state.planning import as_change
from aliyun_local.ros.state.records import CREATE, REVIEW, UPDATE, ChangeSet, Source, Stack
from aliyun_local.ros.state.templates import secrets_of

# ROS, "CreateChangeSet": change sets of a stack.
MAX_CHANGE_SETS = 20
AVAILABLE, UNAVAILABLE, OBSOLETE = "AVAILABLE", "UNAVAILABLE", "OBSOLETE"
EXECUTED, EXECUTION_FAILED = "EXECUTE_COMPLETE", "EXECUTE_FAILED"
NO_CHANGES = "The change set has no changes."


class ChangeSets:
    """The change sets of all stacks. Thread-safe."""

    def __init__(self, stacks: Stacks, clock: Clock) -> None:
        """Compare with the stacks as they are."""
        self._stacks = stacks
        self._clock = clock
        self._changing = threading.RLock()

    def create(
        self,
        name: str,
        kind: str,
        source: Source,
        *,
        stack_id: str = "",
        stack_name: str = "",
        **settings: Any,
    ) -> ChangeSet:
        """Make a change set of an existing stack, or of a new one, which then waits for its execution.

        Raises:
            RosError: the stack is not there, or its name is taken; the template is wrong; the name is taken.
        """
        with self._changing:
            if kind == CREATE:
                stack = self._stacks.review(stack_name, source)
            else:
                stack = self._stacks.updatable(stack_id)
            self._check_name(name, stack)
            differences = self._stacks.differences(source, stack)
            secrets = secrets_of(source) | secrets_of(stack.source)
            change_set = ChangeSet(
                id=str(uuid.uuid4()),
                name=name,
                stack_id=stack.id,
                kind=kind,
                status="CREATE_COMPLETE",
                source=source,
                changes=tuple(as_change(difference, secrets) for difference in differences),
                created_at=self._clock.now(),
                **settings,
            )
            if not differences and (kind == CREATE or self._stacks.is_same(stack, source)):
                status = self._stacks.behaviour.empty_change_set
                execution = UNAVAILABLE if status == "CREATE_FAILED" else AVAILABLE
                change_set = replace(change_set, status=status, reason=NO_CHANGES, execution=execution)
            self._stacks.store.put_change_set(change_set)
        return change_set

    def find(self, change_set_id: str) -> ChangeSet:
        """Return a change set as it is now.

        Raises:
            RosError: there is none.
        """
        for change_set in self._stacks.store.change_sets():
            if change_set.id == change_set_id:
                return self._current(change_set)
        raise RosError(404, "ChangeSetNotFound", f"The ChangeSet ({change_set_id}) could not be found.")

    def of_stack(self, stack_id: str) -> list[ChangeSet]:
        """Return the change sets of a stack, the newest first.

        Raises:
            RosError: StackNotFound.
        """
        stack = self._stacks.stack(stack_id)
        return [self._current(change_set) for change_set in self._stacks.store.change_sets(stack.id)]

    def execute(self, change_set_id: str) -> Stack:
        """Begin what a change set shows.

        Raises:
            RosError: it cannot be executed, or not any more; the stack is busy.
        """
        with self._changing:
            change_set = self.find(change_set_id)
            if change_set.execution != AVAILABLE:
                raise not_supported(
                    f"Executing a change set in execution status {change_set.execution} is not supported."
                )
            try:
                stack = self._begin(change_set)
            except RosError:
                self._stacks.store.put_change_set(replace(change_set, execution=EXECUTION_FAILED))
                raise
            self._stacks.store.put_change_set(replace(change_set, execution=EXECUTED))
        return stack

    def delete(self, change_set_id: str) -> None:
        """Throw a change set away; the stack that waited for it stays.

        Raises:
            RosError: there is none.
        """
        with self._changing:
            self._stacks.store.remove_change_set(self.find(change_set_id).id)

    def _begin(self, change_set: ChangeSet) -> Stack:
        settings = {"timeout_minutes": change_set.timeout_minutes}
        if change_set.kind == CREATE:
            return self._stacks.create_reviewed(
                change_set.stack_id,
                change_set.source,
                disable_rollback=change_set.disable_rollback,
                **settings,
            )
        return self._stacks.update(
            change_set.stack_id, change_set.source, replaces=change_set.replaces, **settings
        )

    def _current(self, change_set: ChangeSet) -> ChangeSet:
        """Return a change set, obsolete if its stack has been changed after it was made."""
        stack = self._stacks.store.stack(change_set.stack_id)
        waits = stack is not None and (
            stack.status == REVIEW
            if change_set.kind == CREATE
            else (stack.updated_at or 0.0) <= change_set.created_at
        )
        if change_set.execution == AVAILABLE and not waits:
            return replace(change_set, execution=OBSOLETE)
        return change_set

    def _check_name(self, name: str, stack: Stack) -> None:
        others = self._stacks.store.change_sets(stack.id)
        if any(other.name == name for other in others):
            raise RosError(409, "ChangeSetExists", f"The ChangeSet ({name}) already exists.")
        if len(others) >= MAX_CHANGE_SETS:
            message = f"A stack has at most {MAX_CHANGE_SETS} change sets."
            raise RosError(403, "TooManyChangeSets", message)


def check_kind(kind: str) -> str:
    """Return the type of a change set.

    Raises:
        RosError: it is neither CREATE nor UPDATE.
    """
    if kind not in (CREATE, UPDATE):
        raise invalid_value("ChangeSetType", "it must be CREATE or UPDATE here")
    return kind
