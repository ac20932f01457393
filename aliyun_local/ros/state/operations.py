"""Operations on stacks: each goes through the resources one by one, and stores every step.

An operation is a loop over what is left to do, found by comparing the template with the stored resources. So
an operation that a restart has interrupted goes on by beginning again: what is done is found done. ROS is a
service that outlives its machines, so the local one goes on too, rather than fail what was interrupted.

- Creation: a resource that fails makes the stack roll back, unless that is disabled: all that was made goes.
- Update: changed resources are updated in place. A property that cannot be updated fails the update, or with
  ReplacementOption the resource is deleted and made again. What the template no longer has goes last. After a
  failure the same loop brings the earlier template back; there everything may be replaced.
- Deletion: in the opposite order; a resource that cannot be deleted stays with all that it needs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from aliyun_local.ros.errors import RosError
from aliyun_local.ros.kinds.base import Attributes, Kind, ResourceFailed, Services
from aliyun_local.ros.kinds.table import KINDS
from aliyun_local.ros.state.failures import ResourceFailures
from aliyun_local.ros.state.planning import ADD, Difference, difference_of, removals
from aliyun_local.ros.state.records import (
    COMPLETE,
    CREATE,
    CREATE_ROLLBACK,
    DELETE,
    FAILED,
    IN_PROGRESS,
    ROLLBACK,
    UPDATE,
    Resource,
    Source,
    Stack,
    attributes_of,
)
from aliyun_local.ros.state.store import Store
from aliyun_local.ros.state.templates import Plan, Pseudo
from aliyun_local.ros.state.workers import Interrupted

_POLL_SECONDS = 0.02
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Operations:
    """Carries operations out, on a thread of the caller's."""

    def __init__(
        self,
        store: Store,
        services: Services,
        failures: ResourceFailures,
        pseudo_of: Callable[[Stack], Pseudo],
        closing: threading.Event,
    ) -> None:
        """Take what operations need; ``closing`` interrupts them between two steps."""
        self._store = store
        self._services = services
        self._failures = failures
        self._pseudo_of = pseudo_of
        self._closing = closing

    def run(self, stack_id: str) -> None:
        """Carry out the operation that the status of a stack names, and those that follow from it.

        A mistake of the emulator fails the stack, which would be busy for ever otherwise.

        Raises:
            Interrupted: the service is closing.
        """
        steps = {
            CREATE: self._create,
            UPDATE: self._update,
            DELETE: self._delete,
            CREATE_ROLLBACK: self._roll_creation_back,
            ROLLBACK: self._roll_update_back,
        }
        while (stack := self._store.stack(stack_id)) is not None and stack.is_busy:
            try:
                steps[stack.action](stack)
            except Interrupted:
                raise
            except Exception as problem:
                _log.exception("the operation on stack %s failed", stack.id)
                self._end(stack, stack.action + FAILED, str(_mistake(problem)))

    # -- operations ---------------------------------------------------------------------------------

    def _create(self, stack: Stack) -> None:
        try:
            outputs = self._bring_to(stack, stack.source, replaces=True)
        except (ResourceFailed, RosError) as problem:
            if stack.disable_rollback:
                self._end(stack, CREATE + FAILED, f"Resource CREATE failed: {problem}")
            else:
                self._end(stack, CREATE_ROLLBACK + IN_PROGRESS, f"Resource CREATE failed: {problem}")
            return
        self._end(stack, CREATE + COMPLETE, "Stack CREATE completed successfully", outputs=outputs)

    def _update(self, stack: Stack) -> None:
        try:
            outputs = self._bring_to(stack, stack.source, replaces=stack.replaces)
        except (ResourceFailed, RosError) as problem:
            reason = f"Resource UPDATE failed: {problem}"
            self._end(stack, ROLLBACK + IN_PROGRESS, reason, source=stack.earlier or stack.source)
            return
        self._end(stack, UPDATE + COMPLETE, "Stack successfully updated", outputs=outputs, earlier=None)

    def _roll_update_back(self, stack: Stack) -> None:
        try:
            outputs = self._bring_to(stack, stack.source, replaces=True)
        except (ResourceFailed, RosError) as problem:
            self._end(stack, ROLLBACK + FAILED, f"{stack.reason}; rollback failed: {problem}")
            return
        self._end(stack, ROLLBACK + COMPLETE, stack.reason, outputs=outputs, earlier=None)

    def _roll_creation_back(self, stack: Stack) -> None:
        keeps = self._services.behaviour.keeps_retained_on_rollback
        failed = self._delete_all(stack, lambda resource: keeps and resource.is_retained)
        status = CREATE_ROLLBACK + (FAILED if failed else COMPLETE)
        self._end(stack, status, f"{stack.reason}; rollback failed: {failed}" if failed else stack.reason)

    def _delete(self, stack: Stack) -> None:
        def stays(resource: Resource) -> bool:
            return stack.retains_all or resource.is_retained or resource.logical_id in stack.retained

        failed = self._delete_all(stack, stays)
        if failed:
            self._end(stack, DELETE + FAILED, f"Resource DELETE failed: {failed}")
        else:
            self._store.remove_stack(stack.id)

    # -- the loop -----------------------------------------------------------------------------------

    def _bring_to(self, stack: Stack, source: Source, *, replaces: bool) -> dict[str, Any]:
        """Make the resources what ``source`` says, and return the outputs.

        Raises:
            ResourceFailed: a resource failed; its status says so.
            RosError: the template cannot be evaluated any further.
            Interrupted: the service is closing.
        """
        resources = self._store.resources(stack.id)
        attributes = attributes_of(resources.values())
        plan = Plan(source, self._pseudo_of(stack), attributes)
        for name in plan.names:
            # Each time anew, with what the resources before have turned out to be.
            fresh = Plan(source, self._pseudo_of(stack), attributes)
            difference = difference_of(fresh, name, resources.get(name))
            if difference is not None:
                self._check_cancelled(stack)
                made = self._carry_out(stack, difference, fresh, replaces=replaces)
                attributes |= attributes_of([made])
        for difference in removals(plan, self._store.resources(stack.id)):
            if difference.resource is not None:
                self._remove(stack, difference.resource)
        self._store.retain(stack.id, {name: plan.is_retained(name) for name in plan.names})
        return Plan(source, self._pseudo_of(stack), attributes).outputs()

    def _carry_out(self, stack: Stack, difference: Difference, plan: Plan, *, replaces: bool) -> Resource:
        resource = difference.resource
        if difference.action == ADD or resource is None:
            return self._make(stack, difference, plan)
        if not difference.fixed:
            return self._change(stack, difference, resource, plan)
        if not replaces:
            fixed = ", ".join(sorted(difference.fixed))
            reason = f"NotSupported: update to properties {fixed} of {resource.logical_id} ({resource.kind})"
            reason += " is not supported; allow replacement"
            self._step(stack, resource, UPDATE + FAILED, reason)
            raise ResourceFailed("NotSupported", reason)
        self._remove(stack, resource)
        return self._make(stack, difference, plan)

    # -- steps of resources -------------------------------------------------------------------------

    def _make(self, stack: Stack, difference: Difference, plan: Plan) -> Resource:
        name, kind, properties = difference.logical_id, KINDS[difference.kind], difference.properties
        begun = self._store.resources(stack.id).get(name)
        physical_id = kind.physical_id(properties, name)
        now = self._services.clock.now()
        resource = Resource(
            logical_id=name,
            physical_id="",
            kind=difference.kind,
            status=CREATE + IN_PROGRESS,
            is_retained=plan.is_retained(name),
            created_at=now,
            updated_at=now,
        )

        def make() -> tuple[str, Attributes]:
            made = physical_id
            # A step that was interrupted may have made the resource; otherwise its name must be free.
            is_made = begun is not None and begun.status == resource.status
            if not (is_made and kind.exists(self._services, physical_id, properties)):
                kind.check_free(self._services, properties, physical_id)
                made = kind.create(self._services, properties, physical_id)
            return made, kind.attributes(self._services, made, properties)

        resource = self._step(stack, resource, CREATE + IN_PROGRESS)
        made, attributes = self._try(stack, resource, CREATE, make)
        return self._step(
            stack,
            replace(resource, physical_id=made, properties=properties, attributes=attributes),
            CREATE + COMPLETE,
        )

    def _change(self, stack: Stack, difference: Difference, resource: Resource, plan: Plan) -> Resource:
        kind, properties = KINDS[resource.kind], difference.properties
        resource = self._step(stack, resource, UPDATE + IN_PROGRESS)

        def change() -> Attributes:
            kind.update(self._services, resource.physical_id, resource.properties, properties)
            return kind.attributes(self._services, resource.physical_id, properties)

        attributes = self._try(stack, resource, UPDATE, change)
        is_retained = plan.is_retained(resource.logical_id)
        changed = replace(resource, properties=properties, attributes=attributes, is_retained=is_retained)
        return self._step(stack, changed, UPDATE + COMPLETE)

    def _remove(self, stack: Stack, resource: Resource, *, stays: bool | None = None) -> None:
        kind: Kind = KINDS[resource.kind]
        if resource.is_there and not (resource.is_retained if stays is None else stays):
            resource = self._step(stack, resource, DELETE + IN_PROGRESS)
            delete = partial(kind.delete, self._services, resource.physical_id, resource.properties)
            self._try(stack, resource, DELETE, delete)
        gone = replace(resource, status=DELETE + COMPLETE, reason="", updated_at=self._services.clock.now())
        self._store.remove_resource(stack.id, gone)

    def _delete_all(self, stack: Stack, stays: Callable[[Resource], bool]) -> str:
        """Delete the resources in the opposite order, and return the reasons of those that failed."""
        resources = self._store.resources(stack.id)
        try:
            plan: Plan | None = Plan(stack.source, self._pseudo_of(stack))
        except RosError:
            plan = None
        needed: set[str] = set()
        reasons = []
        for name, resource in reversed(resources.items()):
            problem = "a resource that needs it could not be deleted" if name in needed else ""
            if not problem:
                try:
                    self._remove(stack, resource, stays=stays(resource))
                except ResourceFailed as failed:
                    problem = str(failed)
                    reasons.append(f"{name}: {problem}")
            if problem and plan is not None and name in plan.names:
                needed |= plan.needed_by(name)
        return "; ".join(reasons)

    def _try(self, stack: Stack, resource: Resource, action: str, work: Callable[[], T]) -> T:
        self._take_time()
        try:
            self._failures.strike(resource.logical_id, resource.kind, action)
            return work()
        except Exception as problem:
            if not isinstance(problem, ResourceFailed):
                _log.exception("%s of resource %s failed", action, resource.logical_id)
                problem = _mistake(problem)
            self._step(stack, resource, action + FAILED, str(problem))
            raise problem from None

    def _step(self, stack: Stack, resource: Resource, status: str, reason: str = "") -> Resource:
        stepped = replace(resource, status=status, reason=reason, updated_at=self._services.clock.now())
        self._store.put_resource(stack.id, stepped)
        return stepped

    def _take_time(self) -> None:
        """Wait for ``resource_seconds`` on the cloud's clock, which tests move.

        Raises:
            Interrupted: the service is closing.
        """
        due_at = self._services.clock.now() + self._services.behaviour.resource_seconds
        while self._services.clock.now() < due_at and not self._closing.wait(_POLL_SECONDS):
            pass
        if self._closing.is_set():
            raise Interrupted

    def _check_cancelled(self, stack: Stack) -> None:
        now = self._store.stack(stack.id)
        if now is not None and now.is_cancelled and now.action == UPDATE:
            raise ResourceFailed("Cancelled", "the update was cancelled")

    def _end(self, stack: Stack, status: str, reason: str, **changes: Any) -> None:
        """Store the next status of a stack."""
        now = self._services.clock.now()
        changes |= {"status": status, "reason": reason, "updated_at": now, "is_cancelled": False}
        self._store.change_stack(stack.id, lambda current: replace(current, **changes), at=now)


def _mistake(problem: Exception) -> ResourceFailed:
    return ResourceFailed("InternalError", f"{type(problem).__name__} in the emulator")
