"""Orders of portraits as JSON values and back, for the rows of jobs."""

from __future__ import annotations

from typing import Any

from shared.domain.portrait_styles import Wanted
from shared.domain.portraits import OrderState, Picture, PortraitOrder
from shared.domain.reason import Reason
from shared.domain.retry_json import retry_from_json, retry_to_json

_NUMBERS = (
    "number",
    "asked_at",
    "attempt",
    "attempt_expires_at",
    "submitted_at",
    "lost",
    "failures",
    "billed",
    "price_fen",
    "missing",
    "ended_at",
)
_WORDS = ("asked_by", "task_id")


def order_to_json(order: PortraitOrder) -> dict[str, Any]:
    """Return the JSON value of an order; what is empty is left out."""
    why = order.reason
    values: dict[str, Any] = {name: getattr(order, name) for name in (*_NUMBERS, *_WORDS)}
    values |= {
        "retry": retry_to_json(order.retry),
        "reason": [why.code, why.message] if why is not None else None,
        "pictures": [list(picture) for picture in order.pictures],
    }
    state = {"state": order.state.value, "wanted": list(order.wanted)}
    return {**state, **{name: value for name, value in values.items() if value}}


def order_from_json(value: dict[str, Any]) -> PortraitOrder:
    """Return the order that a JSON value holds.

    Raises:
        KeyError, TypeError, ValueError: it is none that this version of the code can read.
    """
    style, count, *template = value["wanted"]
    why = value.get("reason")
    numbers = {name: int(value.get(name, 0)) for name in _NUMBERS}
    words = {name: str(value.get(name, "")) for name in _WORDS}
    return PortraitOrder(
        **numbers,  # type: ignore[arg-type]  # names and types are those above
        **words,  # type: ignore[arg-type]  # names and types are those above
        state=OrderState(value["state"]),
        wanted=Wanted(str(style), int(count), *map(str, template)),
        pictures=tuple(Picture(str(key), int(size)) for key, size in value.get("pictures", ())),
        retry=retry_from_json(value.get("retry")),
        reason=Reason(str(why[0]), str(why[1])) if why else None,
    )
