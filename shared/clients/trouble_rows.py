"""Tries, causes and the deployment's health as JSON values and back, for ``job_rows`` and ``control_table``.

An API or a kind that this version of the code does not know is taken for none: what is stored is a history of
troubles, and work never stops for it.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from shared.domain.retry_state import Cause, RetryState
from shared.domain.trouble_kinds import Api, Kind

if TYPE_CHECKING:
    from shared.domain.breakers import Breaker
    from shared.domain.health import Health


def retry_to_json(retry: RetryState | None) -> dict[str, Any] | None:
    """Return the JSON value of ``retry``."""
    if retry is None:
        return None
    return {
        "tries": retry.tries,
        "since": retry.since,
        "next_try_at": retry.next_try_at,
        "cause": _cause_to_json(retry.cause),
    }


def retry_from_json(value: dict[str, Any] | None) -> RetryState | None:
    """Return the tries that a JSON value holds."""
    if value is None:
        return None
    return RetryState(
        tries=value["tries"],
        since=value["since"],
        next_try_at=value["next_try_at"],
        cause=_cause_from_json(value["cause"]),
    )


def health_to_json(health: Health) -> dict[str, Any]:
    """Return the JSON value of ``health``, without its version."""
    value = {name: part for name, part in asdict(health).items() if name not in ("version", "breakers")}
    return {**value, "breakers": {api.value: _breaker_to_json(one) for api, one in health.breakers.items()}}


def health_from_json(value: dict[str, Any], version: int) -> Health:
    """Return the health that a JSON value holds."""
    # Imported here: ``collect`` and ``status`` load the breakers only when something is wrong.
    from shared.domain.breakers import Breaker
    from shared.domain.health import Health

    names = {field.name for field in fields(Health)} - {"version", "breakers"}
    known = {name: value[name] for name in names if name in value}
    apis = {api.value: api for api in Api}
    breaker_names = {field.name for field in fields(Breaker)} - {"cause"}
    breakers = {
        apis[name]: Breaker(
            cause=_cause_from_json(one["cause"]) if one.get("cause") else None,
            **{key: one[key] for key in breaker_names if key in one},
        )
        for name, one in value.get("breakers", {}).items()
        if name in apis
    }
    return Health(**known, version=version, breakers=breakers)


def _breaker_to_json(breaker: Breaker) -> dict[str, Any]:
    value = {name: part for name, part in vars(breaker).items() if name != "cause"}
    return {**value, "cause": _cause_to_json(breaker.cause) if breaker.cause else None}


def _cause_to_json(cause: Cause) -> dict[str, Any]:
    api = cause.api.value if cause.api else None
    return {"code": cause.code, "message": cause.message, "kind": cause.kind.value, "api": api}


def _cause_from_json(value: dict[str, Any]) -> Cause:
    kinds, apis = {kind.value: kind for kind in Kind}, {api.value: api for api in Api}
    return Cause(
        value["code"], value["message"], kinds.get(value["kind"], Kind.UNKNOWN), apis.get(value["api"] or "")
    )
