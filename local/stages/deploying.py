"""``deploy`` and ``diff``: brings a stage to what this checkout and the given parameters say.

The steps: checks; the code as a layer, unless it is there; a change set, shown and judged; its execution,
with ROS's events; what is remembered. A step that is interrupted leaves nothing that the next deployment
does not use or forget: a layer version, a change set, an operation that goes on at ROS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from local.stages.change_set import Change
from local.stages.changing import change, settled, show, worked_out
from local.stages.context import REGION, Context
from local.stages.doctor import check_account, raise_failed
from local.stages.errors import Busy
from local.stages.layers import LayerVersion
from local.stages.package import Code, build_code
from local.stages.parameters import check_values, read_parameters, shown
from local.stages.ros import Stack
from local.stages.stage_file import Release
from local.stages.values import values_for


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What ``deploy`` is asked for beside the stage.

    Attributes:
        parameters: ``Name=Value`` each.
        parameters_file: a YAML or JSON file of them.
        checks: whether the account is checked first.
    """

    parameters: tuple[str, ...] = ()
    parameters_file: Path | None = None
    checks: bool = True


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment came to; ``changes`` is empty when nothing had to be done."""

    stack: Stack
    changes: tuple[Change, ...]
    release: Release


def deploy(context: Context, wishes: Wishes) -> Deployed:
    """Deploy the stage.

    Raises:
        NotStarted: something has to be given or switched on first.
        Refused: data would be lost, or somebody said no.
        StageError: the stack could not be made or changed; ROS has gone back to what was before.
    """
    stack = settled(context)
    asked = read_parameters(wishes.parameters, wishes.parameters_file, context.template)
    values = values_for(context, stack, asked)
    if wishes.checks:
        raise_failed(check_account(context, values, is_new=stack is None))
    code = build_code(values.runtime)
    release = published(context, code)
    parameters = {**values.sent, "CodeLayer": release.layer}
    check_values(context.template, {**values.checked, **parameters}, context.caller.account_id, REGION)
    stack, changes = change(context, stack, context.template_text, parameters)
    stage = context.stage.released(release)
    context.remember(
        replace(stage, outputs=stack.outputs, parameters=shown(context.template, stack.parameters))
    )
    return Deployed(stack=stack, changes=changes, release=release)


def diff(context: Context, wishes: Wishes) -> tuple[Change, ...]:
    """Show what ``deploy`` would do, and do none of it; the layer is not published either."""
    stack = context.needed_stack()
    if stack.is_busy:
        raise Busy(f"{stack.name} is {stack.status}", "Wait for it: 'status' shows how far it is.")
    asked = read_parameters(wishes.parameters, wishes.parameters_file, context.template)
    values = values_for(context, stack, asked)
    code = build_code(values.runtime)
    layer = next((one.arn for one in _versions(context) if one.package == code.name), "")
    # A version that is not there yet, so that ROS sees the change that publishing it would be.
    coming = _next_arn(context)
    parameters = {**values.sent, "CodeLayer": layer or coming}
    made = worked_out(context, stack, context.template_text, parameters)
    try:
        if made is None or made.is_nothing:
            context.output.say("No change.")
            return ()
        show(context, made.changes, context.ros.template(stack.stack_id))
        return made.changes
    finally:
        if made is not None:
            context.ros.forget(made.change_set_id)


def published(context: Context, code: Code) -> Release:
    """Return the release of ``code``, published as a layer version unless that is there already."""
    there = next((one for one in _versions(context) if one.package == code.name), None)
    size = f"{len(code.content) / 1024:,.0f} KB"
    if there is None:
        context.output.step(f"Publishing the code: {code.name}, {size}")
        there = context.layers.publish(context.names.layer, code.name, code.content, [code.runtime])
        context.output.mark("ok", there.arn)
    else:
        context.output.mark("ok", f"the code is there already: {there.arn}")
    if not code.has_bytecode:
        context.output.mark(
            "warning", "no Python of the runtime's version is here, so cold starts compile what they load"
        )
    return Release(layer=there.arn, package=code.name, at=int(context.now()))


def _versions(context: Context) -> list[LayerVersion]:
    return context.layers.versions(context.names.layer)


def _next_arn(context: Context) -> str:
    number = max((one.version for one in _versions(context)), default=0) + 1
    return f"acs:fc:{REGION}:{context.caller.account_id}:layers/{context.names.layer}/versions/{number}"
