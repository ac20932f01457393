"""Tries and causes as JSON values and back: for the rows of jobs and photos, and for the row of the health.

An API or a kind that this version of the code does not know is taken for none: what is stored is a history of
troubles, and work never stops for it.
"""

from __future__ import annotations

from typing import Any

from shared.domain.retry_state import Cause, RetryState
from shared.domain.trouble_kinds import Api, Kind

_KINDS = {kind.value: kind for kind in Kind}
_APIS = {api.value: api for api in Api}


def retry_to_json(retry: RetryState | None) -> dict[str, Any] | None:
    """Return the JSON value of ``retry``."""
    if retry is None:
        return None
    return {
        "tries": retry.tries,
        "since": retry.since,
        "next_try_at": retry.next_try_at,
        "tried_at": retry.tried_at,
        "cause": cause_to_json(retry.cause),
    }


def retry_from_json(value: dict[str, Any] | None) -> RetryState | None:
    """Return the tries that a JSON value holds."""
    if value is None:
        return None
    return RetryState(
        tries=int(value["tries"]),
        since=int(value["since"]),
        next_try_at=int(value["next_try_at"]),
        cause=cause_from_json(value["cause"]),
        tried_at=int(value.get("tried_at", 0)),
    )


def cause_to_json(cause: Cause) -> dict[str, Any]:
    """Return the JSON value of ``cause``."""
    api = cause.api.value if cause.api else None
    return {"code": cause.code, "message": cause.message, "kind": cause.kind.value, "api": api}


def cause_from_json(value: dict[str, Any]) -> Cause:
    """Return the cause that a JSON value holds."""
    kind = _KINDS.get(value["kind"], Kind.UNKNOWN)
    return Cause(str(value["code"]), str(value["message"]), kind, _APIS.get(value["api"] or ""))
