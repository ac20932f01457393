"""The rows of the table ``requests`` as what they hold. Called by :mod:`shared.clients.request_table`."""

from __future__ import annotations

from typing import Any

from shared.clients.rows import VERSION, WRITE_TOKEN
from shared.clients.stored_values import (
    UNREADABLE,
    check_format,
    check_scalars,
    checked,
    scalars_of,
    unknown_in,
    unreadable,
)
from shared.clients.table_calls import Columns
from shared.domain import formats
from shared.domain.control_rows import Doorbell
from shared.domain.requests import Request
from shared.errors import Permanent
from shared.logs import warn

PREFIX = "request/"
_SCALARS = scalars_of(Request)
_OF_EVERY_ROW = ("name", "format", VERSION, WRITE_TOKEN)


def doorbell_from(columns: Columns | None) -> Doorbell:
    """Return the doorbell that a row holds; without one it has not been rung.

    Raises:
        Permanent: the row cannot be read.
    """
    if columns is None:
        return Doorbell()
    try:
        check_format(columns, formats.REQUESTS)
        return Doorbell(
            is_rung=checked("is_rung", columns["is_rung"], bool),
            rings_at=checked("rings_at", columns.get("rings_at", 0), int),
            version=columns[VERSION],
            unknown=unknown_in(columns, (*_OF_EVERY_ROW, "is_rung", "rings_at")),
        )
    except UNREADABLE as problem:
        raise unreadable("the doorbell", problem) from problem


def request_from(columns: Columns) -> Request:
    """Return the request that a row holds.

    Raises:
        Permanent: the row cannot be read.
    """
    try:
        check_format(columns, formats.REQUESTS)
        name = columns["name"].removeprefix(PREFIX)
        values: dict[str, Any] = {field: columns[field] for field in _SCALARS if field in columns}
        check_scalars(values, _SCALARS)
        unknown = unknown_in(columns, (*_OF_EVERY_ROW, *_SCALARS))
        return Request(**{**values, "request_id": name, "unknown": unknown})
    except UNREADABLE as problem:
        raise unreadable("a request", problem) from problem


def readable(columns: Columns) -> Request | None:
    """Return the request that a row holds; None, with a line in the log: it cannot be read."""
    try:
        return request_from(columns)
    except Permanent as trouble:
        warn("unreadable_row", table="requests", name=columns["name"], message=trouble.message)
        return None
