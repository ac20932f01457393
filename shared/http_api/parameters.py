"""The query parameters of the routes: how each is read, and what ``openapi.json`` says of it.

Called by the routes that take parameters, and by ``operations``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.domain.object_keys import person_of, problem_with_person_id
from shared.domain.states import JobState
from shared.http_api.cursors import decode_cursor
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.problems import Problem

MAX_DIGITS = 9


class Parameter(NamedTuple):
    """A query parameter: what JSON Schema says of its values, and what it means."""

    name: str
    schema: Mapping[str, Any]
    meaning: str
    is_required: bool = False


_STATES = [state.value for state in JobState]
STATE = Parameter(
    "state", {"enum": [*_STATES, *map(str.lower, _STATES)]}, "Only those in this state, in any letter case."
)
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "How many a page shows at most.",
)
CURSOR = Parameter(
    "cursor", {"type": "string", "format": "cursor"}, "`next` of a page, unchanged: the page that follows."
)
FORMATS = ("json", "csv")
FORMAT = Parameter("format", {"enum": [*FORMATS], "default": FORMATS[0]}, "JSON, or CSV for a spreadsheet.")
PERSON = Parameter("person", {"$ref": "#/components/schemas/PersonId"}, "The name of the person.", True)

DOWNLOAD = Parameter(
    "download", {"type": "string"}, "With it, of any value: a browser saves the picture and does not show it."
)
REVISION = Parameter("revision", {"type": "integer", "minimum": 1}, "Only the pictures of this revision.")
PICTURE_PARAMETERS = (DOWNLOAD,)
ZIP_PARAMETERS = (REVISION,)
PAGE_PARAMETERS = (STATE, LIMIT, CURSOR, FORMAT)
MODELS_PARAMETERS = (LIMIT, CURSOR)
EVENTS_PARAMETERS = (PERSON,)
COSTS_PARAMETERS = (FORMAT,)
_TIME = {"$ref": "#/components/schemas/Time"}
AUDIT_PARAMETERS = (
    Parameter("from", _TIME, "Only what was asked for from then on; by default seven days before `to`."),
    Parameter("to", _TIME, "Only what was asked for before then; by default now."),
    PERSON._replace(meaning="Only what was about this person.", is_required=False),
    LIMIT,
    CURSOR,
)


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
    cursor = query.get(CURSOR.name)
    return PageQuery(
        state=read_state(query.get(STATE.name)),
        limit=read_limit(query.get(LIMIT.name)),
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
    person_id = person_of(query.get(PERSON.name, ""))
    if problem_with_person_id(person_id):
        raise Problem("invalid_person")
    return person_id


def wants_csv(query: Mapping[str, str]) -> bool:
    """Whether a list is asked for as CSV.

    Raises:
        Problem: there is no such format.
    """
    given = query.get(FORMAT.name, FORMATS[0])
    if given not in FORMATS:
        raise Problem("invalid_format", known=", ".join(FORMATS))
    return given == "csv"


def read_known(query: Mapping[str, str], known: Sequence[Parameter]) -> None:
    """Raise a problem for a parameter that the route does not take: a typing error must not pass for all."""
    names = [one.name for one in known]
    unknown = sorted(set(query) - set(names))
    if unknown:
        raise Problem("unknown_parameter", parameter=repr(unknown[0]), known=", ".join(names))


def count_in(text: str) -> int | None:
    """Return the whole number from 1 on that a text is, or None: a revision, or how many."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return (int(text) or None) if is_number else None


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
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise Problem("invalid_limit")
    if not 1 <= int(text) <= MAX_LIMIT:
        raise Problem("invalid_limit")
    return int(text)
