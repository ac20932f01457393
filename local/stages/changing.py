"""Changes the stack of a stage by a change set: worked out by ROS, shown, judged, carried out.

Called by ``deploy``, ``diff`` and ``rollback``. Each wait may be interrupted: what has begun at ROS goes on
there, and :func:`settled` waits for it at the next command.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from aliyun_local.template import Template, TemplateError
from local.stages import events
from local.stages.change_set import Change, lines_of, losses, summary
from local.stages.context import REGION, Context
from local.stages.errors import Busy, Refused, ServiceError, StageError
from local.stages.ros import ChangeSet, Stack, says_no_change
from local.stages.stage_file import Stage

CHANGE_SET_SECONDS = 300
LOOK_SECONDS = 2.0
ATTACHMENTS = 5
"""So many operations of others are waited for, one after the other."""
_IN_PROGRESS = ("ActionInProgress", "StackInProgress", "InvalidStackStatus")

_T = TypeVar("_T")


def settled(context: Context) -> Stack | None:
    """Return the stack once nothing goes on with it; None when it is yet to be made.

    An operation that goes on is waited for, whoever began it. A stack whose creation failed is deleted: ROS
    takes no update of it.
    """
    stack = context.stack()
    for _ in range(ATTACHMENTS):
        if stack is None or not stack.is_busy:
            break
        context.output.step(f"{stack.name} is {stack.status}: waiting for it to end")
        context.remember(_begun(context, stack.stack_id, context.stage.operation or "another's"))
        stack = _followed(context, stack.stack_id)
    if stack is None:
        return None
    if stack.is_busy:
        raise Busy(f"{stack.name} is {stack.status} again and again", "Find out who else changes it.")
    if stack.status == "DELETE_FAILED":
        raise events.failure(context.ros, stack, "Its deletion")
    context.remember(_begun(context, stack.stack_id, ""))
    if stack.was_never_made or _holds_nothing(context, stack):
        context.output.step(
            f"{stack.name} was never made whole ({stack.status}): removing what is left of it"
        )
        left = remove(context, stack)
        if left is not None:
            raise events.failure(context.ros, left, "The removal")
        context.remember(replace(context.stage, stack_id=""))
        return None
    return stack


def change(
    context: Context, stack: Stack | None, body: str, parameters: Mapping[str, str]
) -> tuple[Stack, tuple[Change, ...]]:
    """Work out a change set, show it, carry it out; returns the stack then and what was done."""
    context.output.step("Working out what changes")
    present = context.ros.template(stack.stack_id) if stack is not None else ""
    made = worked_out(context, stack, body, parameters)
    if made is None or made.is_nothing:
        if made is not None:
            context.ros.forget(made.change_set_id)
        if stack is None:
            raise StageError("ROS finds nothing to make in the template")
        context.output.mark("ok", "the stack is as it should be; nothing changes")
        return stack, ()
    try:
        _judge(context, made.changes, present)
    except BaseException:
        # Nobody carries it out any more. (Of a new stack an empty one is left, which the next
        # deployment removes.)
        context.ros.forget(made.change_set_id)
        raise
    return _carried_out(context, made), made.changes


def worked_out(
    context: Context, stack: Stack | None, body: str, parameters: Mapping[str, str]
) -> ChangeSet | None:
    """Have ROS work out a change set; None when it refuses because nothing would change."""
    name = f"deploy-{int(context.now())}-{secrets.token_hex(4)}"

    def ask() -> ChangeSet:
        return context.ros.change_set(
            name=name,
            stack_name=context.names.stack,
            stack_id=stack.stack_id if stack is not None else "",
            body=body,
            parameters=parameters,
            token=name,
        )

    try:
        made = _past_others(context, ask)
    except ServiceError as problem:
        if problem.code == "NotSupported" and says_no_change(str(problem)):
            return None
        raise
    ends_at = context.monotonic() + CHANGE_SET_SECONDS
    while made.status in ("CREATE_IN_PROGRESS", "CREATE_PENDING", ""):
        if context.monotonic() > ends_at:
            raise StageError("ROS does not finish the change set", "Try again in some minutes.")
        context.sleep(LOOK_SECONDS)
        made = context.ros.change_set_called(made.change_set_id, made.stack_id)
    if made.status != "CREATE_COMPLETE" and not made.is_nothing:
        raise StageError(f"ROS cannot work out what changes: {made.status}: {made.reason}")
    return made


def _past_others(context: Context, do: Callable[[], _T]) -> _T:
    """Make a call that ROS refuses while another operation goes on, once that has ended."""
    for _ in range(ATTACHMENTS):
        try:
            return do()
        except ServiceError as problem:
            if problem.code not in _IN_PROGRESS:
                raise
            stack = context.stack()
            if stack is None:
                raise
            context.output.step(f"Somebody else changes the stack ({stack.status}): waiting for that to end")
            _followed(context, stack.stack_id)
    raise Busy("others change the stack again and again", "Find out who does, and try again.")


def _judge(context: Context, changes: tuple[Change, ...], present: str) -> None:
    """Show the changes; refuse those that lose data, and ask about those that remove or replace anything.

    Raises:
        Refused: data would be lost, or somebody said no.
    """
    resources = show(context, changes, present)
    lost = losses(changes, resources)
    if lost:
        raise Refused(
            "\n".join(("this would lose data, and was not done:", *(f"  {one}" for one in lost))),
            "Leave the names and keys of bucket, instance and tables as they are. To move data, see "
            "docs/deploying.md.",
        )
    gone = [one for one in changes if one.replaces or one.action == "Remove"]
    if gone:
        context.output.confirm(f"{len(gone)} resources are removed or made anew.")


def show(context: Context, changes: tuple[Change, ...], present: str) -> Mapping[str, Any]:
    """Show the changes of a stack whose template is ``present``; returns that template's resources."""
    resources: Mapping[str, Any] = {}
    if present:
        try:
            resources = Template.from_text(present).document["Resources"]
        except TemplateError:
            # Then nothing is known to be retained.
            resources = {}
    for text, style in lines_of(changes, resources):
        context.output.say(f"  {text}", style)
    context.output.say(summary(changes))
    return resources


def _carried_out(context: Context, made: ChangeSet) -> Stack:
    before = context.ros.stack(made.stack_id)
    known = events.known_events(context.ros, made.stack_id)
    context.remember(_begun(context, made.stack_id, "deploy"))
    context.output.step("Changing the stack (Ctrl-C ends the waiting, not the change)")
    token = f"execute-{made.change_set_id}"[:64]
    _past_others(context, lambda: context.ros.execute(made.change_set_id, token))
    stack = _followed(context, made.stack_id, known, before)
    context.remember(replace(context.stage, operation=""))
    if stack is not None:
        # A stack has 20 change sets at most (ROS, "CreateChangeSet").
        context.ros.forget(made.change_set_id)
    if stack is None:
        raise StageError("the stack is gone: somebody has deleted it meanwhile", "Deploy again.")
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        doing = "The creation" if stack.status.startswith("CREATE") else "The change"
        raise events.failure(context.ros, stack, doing)
    context.output.mark("ok", f"{stack.name} is {stack.status}")
    return stack


def remove(context: Context, stack: Stack, retained: tuple[str, ...] = ()) -> Stack | None:
    """Delete the stack and wait; returns what is left of it, None when nothing is."""
    known = events.known_events(context.ros, stack.stack_id)
    context.remember(_begun(context, stack.stack_id, "destroy"))
    try:
        _past_others(context, lambda: context.ros.delete(stack.stack_id, retained))
    except ServiceError as problem:
        # Gone meanwhile: an earlier try, whose answer was lost, was the operation that went on.
        if problem.code not in _IN_PROGRESS:
            raise
    left = _followed(context, stack.stack_id, known, stack)
    context.remember(replace(context.stage, operation=""))
    return left


def _followed(
    context: Context, stack_id: str, known: set[str] | None = None, before: Stack | None = None
) -> Stack | None:
    return events.follow(
        context.ros,
        stack_id,
        context.output,
        known,
        before=before,
        sleep=context.sleep,
        monotonic=context.monotonic,
    )


def _begun(context: Context, stack_id: str, operation: str) -> Stage:
    return replace(
        context.stage,
        region=REGION,
        account_id=context.caller.account_id,
        stack_id=stack_id,
        operation=operation,
    )


def _holds_nothing(context: Context, stack: Stack) -> bool:
    """Whether a stack that was rolled back was so by its creation: it has no resource then."""
    if not stack.status.startswith("ROLLBACK"):
        return False
    return not any(
        one["status"].endswith("_COMPLETE") and not one["status"].startswith(("DELETE", "INIT"))
        for one in context.ros.resources(stack.stack_id)
    )
