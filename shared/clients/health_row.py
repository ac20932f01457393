"""The deployment's health as a JSON value and back; :mod:`shared.clients.control_table` keeps it in a row."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from shared.clients.stored_values import checked, unknown_in
from shared.domain.retry_json import cause_from_json, cause_to_json
from shared.domain.trouble_kinds import Api

if TYPE_CHECKING:
    from shared.domain.breakers import Breaker
    from shared.domain.health import Health

_APART = {"version", "breakers", "unknown", "unknown_breakers"}
"""Fields that are not stored as they are."""


def health_to_json(health: Health) -> dict[str, Any]:
    """Return the JSON value of ``health``, without its version."""
    value = {name: part for name, part in vars(health).items() if name not in _APART}
    breakers = {api.value: _breaker_to_json(one) for api, one in health.breakers.items()}
    return {**health.unknown, **value, "breakers": {**health.unknown_breakers, **breakers}}


def health_from_json(value: dict[str, Any], version: int) -> Health:
    """Return the health that a JSON value holds."""
    # Imported here: ``collect`` and ``status`` load the breakers only when something is wrong.
    from shared.domain.breakers import Breaker
    from shared.domain.health import Health, Unwritten

    names = {field.name for field in fields(Health)} - _APART
    known = {name: value[name] for name in names if name in value}
    apis = {api.value: api for api in Api}
    breaker_names = {field.name for field in fields(Breaker)} - {"cause"}
    breakers = {
        apis[name]: Breaker(
            cause=cause_from_json(one["cause"]) if one.get("cause") else None,
            **{key: one[key] for key in breaker_names if key in one},
        )
        for name, one in value.get("breakers", {}).items()
        if name in apis
    }
    unknown_breakers = unknown_in(value.get("breakers", {}), apis)
    errors = checked("errors", known.get("errors", {}), dict)
    known["errors"] = {code: checked("count", count, int) for code, count in errors.items()}
    gone = checked("gone_receivers", known.get("gone_receivers", {}), dict)
    known["gone_receivers"] = {name: checked("since", since, int) for name, since in gone.items()}
    known["unwritten"] = {name: Unwritten(*one) for name, one in value.get("unwritten", {}).items()}
    unknown = unknown_in(value, {*names, "breakers"})
    return Health(
        **known, version=version, breakers=breakers, unknown=unknown, unknown_breakers=unknown_breakers
    )


def _breaker_to_json(breaker: Breaker) -> dict[str, Any]:
    value = {name: part for name, part in vars(breaker).items() if name != "cause"}
    return {**value, "cause": cause_to_json(breaker.cause) if breaker.cause else None}
