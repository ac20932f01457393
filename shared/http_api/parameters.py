"""The query parameters of the routes that answer with pages. Called by ``resources`` and ``people``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.object_keys import person_of, problem_with_person_id
from shared.domain.states import JobState
from shared.http_api.cursors import decode_cursor
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.problems import Problem

FORMAT, FORMATS = "format", ("json", "csv")
PAGE_PARAMETERS = ("state", "limit", "cursor", FORMAT)
MODELS_PARAMETERS = ("limit", "cursor")
EVENTS_PARAMETERS = ("person",)
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
    read_known(query, PAGE_PARAMETERS)
    cursor = query.get("cursor")
    return PageQuery(
        state=read_state(query.get("state")),
        limit=read_limit(query.get("limit")),
        after=decode_cursor(cursor) if cursor is not None else None,
    )


def read_models_query(query: Mapping[str, str]) -> PageQuery:
    """Read the parameters of a page of models.

    Raises:
        Problem: a parameter is unknown or its value is not usable.
    """
    read_known(query, MODELS_PARAMETERS)
    return read_page_query(query)


def read_person_query(query: Mapping[str, str]) -> str:
    """Read the person that is asked about.

    Raises:
        Problem: a parameter is unknown, or no person can have the name.
    """
    read_known(query, EVENTS_PARAMETERS)
    person_id = person_of(query.get("person", ""))
    if problem_with_person_id(person_id):
        raise Problem("invalid_person")
    return person_id


def wants_csv(query: Mapping[str, str]) -> bool:
    """Whether a list is asked for as CSV.

    Raises:
        Problem: there is no such format.
    """
    given = query.get(FORMAT, FORMATS[0])
    if given not in FORMATS:
        raise Problem("invalid_format", known=", ".join(FORMATS))
    return given == "csv"


def read_known(query: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise a problem for a parameter that the route does not take: a typing error must not pass for all."""
    unknown = sorted(set(query) - set(known))
    if unknown:
        raise Problem("unknown_parameter", parameter=repr(unknown[0]), known=", ".join(known))


def read_state(text: str | None) -> JobState | None:
    """Read a state in any case: the upper case of the documents is hard to type.

    Raises:
        Problem: there is no such state.
    """
    if text is None:
        return None
    try:
        return JobState(text.upper() if text.isascii() else text)
    except ValueError:
        raise Problem("invalid_state") from None


def read_limit(text: str | None) -> int:
    """Read how many a page shows at most.

    Raises:
        Problem: it is not usable.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > MAX_LIMIT_DIGITS:
        raise Problem("invalid_limit")
    if not 1 <= int(text) <= MAX_LIMIT:
        raise Problem("invalid_limit")
    return int(text)
