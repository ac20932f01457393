"""The query parameters of ``GET /jobs``. Called by ``resources``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.states import JobState
from shared.http_api.cursors import decode_cursor
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.problems import Problem

PAGE_PARAMETERS = ("state", "limit", "cursor")
MAX_LIMIT_DIGITS = 9


class PageQuery(NamedTuple):
    """Which page is asked for; ``after`` is the position that a cursor stands for."""

    state: JobState | None
    limit: int
    after: tuple[int, str, int] | None


def read_page_query(query: Mapping[str, str]) -> PageQuery:
    """Read the parameters of a page.

    Raises:
        Problem: a parameter is unknown or its value is not usable.
    """
    unknown = sorted(set(query) - set(PAGE_PARAMETERS))
    if unknown:
        raise Problem("unknown_parameter", parameter=repr(unknown[0]), known=", ".join(PAGE_PARAMETERS))
    cursor = query.get("cursor")
    return PageQuery(
        state=_state(query.get("state")),
        limit=_limit(query.get("limit")),
        after=decode_cursor(cursor) if cursor is not None else None,
    )


def _state(text: str | None) -> JobState | None:
    """Read a state in any case: the upper case of the documents is hard to type."""
    if text is None:
        return None
    try:
        return JobState(text.upper() if text.isascii() else text)
    except ValueError:
        raise Problem("invalid_state") from None


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > MAX_LIMIT_DIGITS:
        raise Problem("invalid_limit")
    if not 1 <= int(text) <= MAX_LIMIT:
        raise Problem("invalid_limit")
    return int(text)
