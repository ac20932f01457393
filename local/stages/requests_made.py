"""Waits until a run of the timer has carried out what was asked of the status API."""

from __future__ import annotations

from local.stages.context import Context
from local.stages.errors import StageError
from local.stages.status_api import StatusApi

MOST_SECONDS = 240
LOOK_SECONDS = 3.0


def wait_for_request(api: StatusApi, request_id: str, context: Context) -> str:
    """Return the outcome's code.

    Raises:
        StageError: no run of the timer has carried it out in four minutes.
    """
    ends_at = context.monotonic() + MOST_SECONDS
    while True:
        document = api.request(request_id)
        if document.get("status") == "done":
            return str((document.get("outcome") or {}).get("code", ""))
        if context.monotonic() > ends_at:
            raise StageError(
                f"request {request_id} was not carried out in {MOST_SECONDS // 60} minutes",
                "The timer does not run reconcile: look at its trigger, and at 'logs --errors'.",
            )
        context.sleep(LOOK_SECONDS)
