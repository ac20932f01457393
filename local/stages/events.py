"""Waits for an operation of ROS and shows its events.

An operation belongs to ROS once it has begun. Ctrl-C ends the waiting and not the operation, and whoever
waits next sees all its events.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from local.stages.errors import Busy, StageError
from local.stages.output import Output
from local.stages.ros import Event, Ros, Stack

POLL_SECONDS = 3.0
BEGINS_SECONDS = 60
MOST_SECONDS = 45 * 60
"""ROS gives up after the stack's own timeout, 30 minutes; this bounds the waiting for whatever else."""


def follow(
    ros: Ros,
    stack_id: str,
    output: Output,
    known: set[str] | None = None,
    *,
    before: Stack | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Stack | None:
    """Show the events of an operation until it has ended; returns the stack then, None when it is gone.

    Args:
        ros: the service.
        stack_id: of the stack.
        output: shows.
        known: ids of events of earlier operations, which are not shown.
        before: the stack before an operation that has just been asked for. ROS may take a moment to begin it,
            and until then the stack looks like this.
        sleep: waits so many seconds.
        monotonic: a clock in seconds.

    Raises:
        Busy: it has not ended in 45 minutes.
    """
    seen = set(known or ())
    began_at = monotonic()
    has_begun = before is None
    while True:
        stack = ros.stack(stack_id)
        if stack is None:
            return None
        news = ros.events(stack_id, seen)
        for event in news:
            seen.add(event.event_id)
            output.event(event)
        has_begun = has_begun or bool(news) or stack != before or monotonic() > began_at + BEGINS_SECONDS
        if has_begun and not stack.is_busy:
            return stack
        output.progress(stack.status, stack.progress)
        if monotonic() >= began_at + MOST_SECONDS:
            raise Busy(
                f"{stack.name} is still {stack.status} after {MOST_SECONDS // 60} minutes",
                f"Look at it in the console, {console_url(stack_id)}, and run the command again.",
            )
        sleep(POLL_SECONDS)


def known_events(ros: Ros, stack_id: str) -> set[str]:
    """Return the ids of all events of a stack so far."""
    return {event.event_id for event in ros.events(stack_id, set())} if stack_id else set()


def failure(ros: Ros, stack: Stack, doing: str) -> StageError:
    """Return the error that says why an operation has failed: the first resource that did, in ROS's words."""
    failed = [one for one in ros.events(stack.stack_id, set()) if _is_cause(one, stack)]
    causes = [f"{one.resource} ({one.kind}): {one.reason}" for one in failed[-3:]]
    why = "\n  ".join(causes) or stack.reason or "ROS gives no reason"
    return StageError(
        f"{doing} has failed; the stack is {stack.status}.\n  {why}",
        f"The stack in the console: {console_url(stack.stack_id)}",
    )


def _is_cause(event: Event, stack: Stack) -> bool:
    return event.status.endswith("_FAILED") and event.resource != stack.name and bool(event.reason)


def console_url(stack_id: str, region: str = "cn-beijing") -> str:
    """Return the address of a stack in ROS's console."""
    return f"https://ros.console.aliyun.com/{region}/stacks/{stack_id}"
