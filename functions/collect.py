"""OSS trigger: a photo or a marker has arrived under ``people/``.

Function Compute calls it asynchronously, at least once an upload and in any order. An exception makes the
platform call again, which is harmless: the code looks at the bucket and the rows as they are now.
"""

from __future__ import annotations

from shared.assembly import build_world
from shared.events import UnusableEvent, parse_oss_event
from shared.logs import naming_nobody, warn
from shared.tracing import begin
from shared.workflow.collecting import collect

RETRIES = 8
"""So often Function Compute calls again after an exception, as ``template.yml`` sets it."""
KEYS_TOLD = 20
MESSAGE_CHARACTERS = 1000


def handler(event: bytes, context: object) -> dict[str, object]:
    """Handle every upload that ``event`` names; returns the outcome of each, by key.

    Raises:
        RetryLater: something could not be done now; Function Compute tries the event again.
    """
    begin(context)
    with naming_nobody():
        return _handled(event, context)


def _handled(event: bytes, context: object) -> dict[str, object]:
    try:
        entries = parse_oss_event(event)
    except UnusableEvent as problem:
        warn("event_unusable", problem=str(problem))
        return {"ignored": str(problem)}
    try:
        return {"outcomes": collect(build_world(context), entries)}
    except Exception as problem:
        if _retries_before(context) >= RETRIES:
            # An alarm watches for this line. The upload is not lost: the sweep finds it.
            keys = [entry.key for entry in entries[:KEYS_TOLD]]
            warn("event_given_up", keys=keys, message=str(problem)[:MESSAGE_CHARACTERS])
        raise


def _retries_before(context: object) -> int:
    """Return how often the event has been tried before; Function Compute gives it as a number or as text."""
    try:
        return int(getattr(context, "retry_count", 0))
    except (TypeError, ValueError):
        return 0
