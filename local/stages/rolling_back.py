"""``rollback``: the code that ran before, on the stack as it is.

Only the layer goes back, and neither the template nor parameters: rows and settings are read by old and new
code alike. Which layer was before stands in the stage's file; where that is lost, in the layer's versions.
"""

from __future__ import annotations

from dataclasses import replace

from local.stages.changing import change, settled
from local.stages.context import Context
from local.stages.errors import NotStarted
from local.stages.layers import LayerVersion, parts_of
from local.stages.ros import Stack
from local.stages.stage_file import Release, Stage


def rollback(context: Context, to: str = "") -> tuple[Stack, Release]:
    """Run earlier code again; ``to`` is a layer's version number, else the release before is taken.

    Raises:
        NotStarted: there is no earlier code.
        StageError: the stack could not be changed; ROS has gone back to what was before.
    """
    context.needed_stack()
    stack = settled(context)
    if stack is None:
        raise NotStarted(f"stage {context.name} is not deployed", f"make deploy STAGE={context.name}")
    present = stack.parameters.get("CodeLayer", "")
    if parts_of(present) is None:
        raise NotStarted(
            "the stack's code did not come by deploy (CodeLayer is empty)",
            "Set CodeBucket and CodeObject back in the console, or deploy an earlier commit.",
        )
    versions = context.layers.versions(parts_of(present)[0])  # type: ignore[index]  # looked at above
    earlier = _wanted(versions, to) if to else _before(context.stage, versions, present)
    context.output.step(
        f"Going back from version {_number(present)} to {earlier.version} ({earlier.package})"
    )
    body = context.ros.template(stack.stack_id)
    stack, _ = change(context, stack, body, {"CodeLayer": earlier.arn})
    release = Release(layer=earlier.arn, package=earlier.package, at=int(context.now()))
    stage = context.stage
    kept = tuple(one for one in stage.releases if one.layer not in (present, earlier.arn))
    context.remember(
        replace(
            stage,
            releases=(*kept, release),
            outputs=stack.outputs,
            parameters={**stage.parameters, "CodeLayer": earlier.arn},
        )
    )
    return stack, release


def _wanted(versions: list[LayerVersion], to: str) -> LayerVersion:
    for one in versions:
        if str(one.version) == to:
            return one
    known = ", ".join(f"{one.version} ({one.package})" for one in versions) or "none"
    raise NotStarted(f"there is no version {to} of the code", f"There are: {known}.")


def _before(stage: Stage, versions: list[LayerVersion], present: str) -> LayerVersion:
    """Return the code that ran before: by the stage's file if it is there still, else the version before."""
    there = {one.arn: one for one in versions}
    ran = [one.layer for one in stage.releases if one.layer != present and one.layer in there]
    if ran:
        return there[ran[-1]]
    older = [one for one in versions if one.version < _number(present)]
    if older:
        return older[0]
    raise NotStarted("there is no code before this one", "Check out an earlier commit and deploy that.")


def _number(arn: str) -> int:
    parts = parts_of(arn)
    return parts[1] if parts else 0
