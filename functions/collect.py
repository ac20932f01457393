"""OSS trigger: a photo or a marker has arrived under ``people/``.

Function Compute calls it asynchronously, at least once an upload and in any order. An exception makes the
platform call again, which is harmless: the code looks at the bucket and the rows as they are now.
"""

from __future__ import annotations

from shared.assembly import build_world
from shared.events import UnusableEvent, parse_oss_event
from shared.logs import warn
from shared.tracing import begin
from shared.workflow.collecting import collect


def handler(event: bytes, context: object) -> dict[str, object]:
    """Handle every upload that ``event`` names; returns the outcome of each, by key.

    Raises:
        RetryLater: something could not be done now; Function Compute tries the event again.
    """
    begin(context)
    try:
        entries = parse_oss_event(event)
    except UnusableEvent as problem:
        warn("event_unusable", problem=str(problem))
        return {"ignored": str(problem)}
    return {"outcomes": collect(build_world(context), entries)}
