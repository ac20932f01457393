"""``status``: how a stage stands: its stack, its functions, the queue, and what is in the way."""

from __future__ import annotations

from typing import Any, cast

from local.stages.context import Context
from local.stages.errors import StageError
from local.stages.events import console_url
from local.stages.layers import parts_of
from local.stages.names import FUNCTIONS
from local.stages.ros import Stack


def standing(context: Context) -> dict[str, object]:
    """Return how the stage stands, for people and programs.

    Raises:
        NotStarted: it is not deployed.
    """
    stack = context.needed_stack()
    document: dict[str, object] = {
        "stage": context.name,
        "account": context.caller.account_id,
        "stack": {
            "name": stack.name,
            "id": stack.stack_id,
            "status": stack.status,
            "reason": stack.reason,
            "progress_percent": stack.progress,
            "updated_at": f"{stack.updated_at}Z" if stack.updated_at else None,
            "console": console_url(stack.stack_id),
        },
        "functions": [_function(context, stack, name) for name in FUNCTIONS],
        "release": _release(context, stack),
        "outputs": dict(stack.outputs),
    }
    return {**document, **_work(context, stack)}


def lines_of(document: dict[str, object]) -> list[str]:
    """Return the document of :func:`standing` as lines for people."""
    told = cast(Any, document)
    stack = told["stack"]
    percent = f", {stack['progress_percent']} %" if stack["progress_percent"] not in (None, 100) else ""
    lines = [("stack", f"{stack['status']}{percent} since {stack['updated_at']}")]
    if stack["reason"] and "FAILED" in stack["status"]:
        lines.append(("", stack["reason"]))
    lines.append(("code", told["release"]))
    lines += [("function", f"{one['name']}: {one['state']}") for one in told["functions"]]
    lines += told["outputs"].items()
    if told.get("unreachable"):
        lines.append(("work", told["unreachable"]))
    else:
        queue = told["queue"]
        lines.append(("training", f"{queue['running']} of {queue['places']}; {queue['waiting']} wait"))
        for one in told["blocked_by"]:
            lines.append(("in the way", f"{one['code']}: {one.get('message', '')}"))
            lines += [("", one["remedy"])] if one.get("remedy") else []
        if not told["blocked_by"]:
            lines.append(("in the way", "nothing: the last run of the timer was a good one"))
    width = max(len(label) for label, _ in lines)
    return [
        f"Stage {told['stage']} in account {told['account']}",
        *(f"  {label:<{width}}  {text}" for label, text in lines),
    ]


def _function(context: Context, stack: Stack, name: str) -> dict[str, object]:
    full = f"{stack.parameters.get('AppName') or context.names.app}-{name}"
    try:
        found = context.layers.function(full)
    except StageError as problem:
        return {"name": full, "state": str(problem).splitlines()[0]}
    if found is None:
        return {"name": full, "state": "gone"}
    return {
        "name": full,
        "state": str(found.get("state") or "Active"),
        "runtime": found.get("runtime"),
        "changed_at": found.get("lastModifiedTime"),
    }


def _release(context: Context, stack: Stack) -> str:
    layer = stack.parameters.get("CodeLayer", "")
    if parts_of(layer) is None:
        return "of CodeBucket and CodeObject"
    known = {one.layer: one.package for one in context.stage.releases}
    if layer in known:
        return known[layer]
    versions = {one.arn: one.package for one in context.layers.versions(parts_of(layer)[0])}  # type: ignore[index]  # looked at above
    return versions.get(layer, layer)


def _work(context: Context, stack: Stack) -> dict[str, object]:
    """Return the queue and what is in the way, by the status API."""
    try:
        api = context.status_api(stack)
        obstacles = api.obstacles()
        line = api.line()
    except StageError as problem:
        return {"unreachable": str(problem).splitlines()[0], "queue": None, "blocked_by": []}
    queue = line.get("queue") or {}
    slot = line.get("slot") or {}
    return {
        "queue": {
            "running": len(slot.get("running") or ()),
            "places": slot.get("places"),
            "waiting": queue.get("length", 0),
            "oldest_since": queue.get("oldest_since"),
            "paused": queue.get("paused"),
        },
        "blocked_by": obstacles,
    }
