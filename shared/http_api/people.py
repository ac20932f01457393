"""``GET /people``: people by their newest revision. Called by ``resources``."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.job_summary import JobSummary, PeoplePage
from shared.domain.object_keys import MAX_PERSON_BYTES, parse_job_id
from shared.domain.reasons import Language
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.http_api.cursors import MAX_LENGTH, decode_cursor, encode_cursor
from shared.http_api.documents import unread_document
from shared.http_api.parameters import (
    CURSOR,
    FORMAT,
    LIMIT,
    STATE,
    Parameter,
    read_known,
    read_limit,
    read_state,
)
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.views import job_summary, timestamp

if TYPE_CHECKING:
    from shared.http_api.document_types import PeopleDocument, PersonSummaryDocument

MAX_PEOPLE = 50
QUERY = Parameter(
    "query",
    {"type": "string", "maxLength": MAX_PERSON_BYTES, "format": "person-id-beginning"},
    "The beginning of a name; letter case and accents do not count.",
)
PEOPLE_PARAMETERS = (
    STATE,
    QUERY,
    LIMIT._replace(meaning=f"How many a page shows at most; never more than {MAX_PEOPLE}."),
    CURSOR,
    FORMAT,
)
_NAME_BYTES = 4 * MAX_PERSON_BYTES


class PeopleQuery(NamedTuple):
    """Which people are asked for; ``cursor`` as it was sent."""

    state: JobState | None
    beginning: str
    limit: int
    cursor: str | None

    @property
    def is_by_state(self) -> bool:
        """Whether the index by state serves: it has the newest first."""
        return self.state is not None and not self.beginning


def read_people_query(query: Mapping[str, str]) -> PeopleQuery:
    """Read the parameters of a page of people.

    Raises:
        Problem: a parameter is unknown or its value is not usable.
    """
    read_known(query, PEOPLE_PARAMETERS)
    beginning = query.get(QUERY.name, "")
    if len(beginning.encode("utf-8", "replace")) > MAX_PERSON_BYTES:
        raise Problem("invalid_query")
    return PeopleQuery(
        state=read_state(query.get(STATE.name)),
        beginning=beginning.encode("utf-8", "replace").decode("utf-8"),
        limit=min(read_limit(query.get(LIMIT.name)), MAX_PEOPLE),
        cursor=query.get(CURSOR.name),
    )


def read_people(reader: Reader, asked: PeopleQuery) -> PeoplePage:
    """Read a page of people.

    Raises:
        Problem: the cursor is not of such a page.
    """
    if asked.state is not None and asked.is_by_state:
        after = decode_cursor(asked.cursor) if asked.cursor is not None else None
        return reader.jobs.people_by_state(asked.state, asked.limit, after)
    behind = _decoded(asked.cursor) if asked.cursor is not None else None
    return reader.jobs.people_by_name(asked.beginning, asked.state, asked.limit, behind)


def people_document(page: PeoplePage, language: Language) -> PeopleDocument:
    """Describe a page of people."""
    return {
        "people": [_person(one, language) for one in page.people if isinstance(one, JobSummary)],
        "unreadable": [unread_document(one, language) for one in page.people if isinstance(one, Unread)],
        "next": _encoded(page.following),
    }


def _person(newest: JobSummary, language: Language) -> PersonSummaryDocument:
    summary = job_summary(newest, language)
    return {
        "person_id": newest.person_id,
        "state": newest.state.value,
        "job_id": newest.job_id,
        "revision": newest.revision,
        "photo_count": newest.photo_count,
        "usable_count": newest.usable_count,
        "reason": summary["reason"],
        "finetuned_output": newest.finetuned_output or None,
        "opened_at": timestamp(newest.opened_at),
        "changed_at": timestamp(newest.changed_at),
    }


def _encoded(following: tuple[int, str, int] | tuple[str, str] | None) -> str | None:
    if following is None:
        return None
    if len(following) == 3:
        opened_at, person_key, revision = following
        return encode_cursor(opened_at, f"{person_key}-{revision}")
    text = json.dumps(list(following), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _decoded(cursor: str) -> tuple[str, str]:
    """Return the position by name that a cursor stands for."""
    problem = Problem("invalid_cursor")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        is_short = len(cursor) <= MAX_LENGTH + 8 * _NAME_BYTES
        value = json.loads(base64.urlsafe_b64decode(padded)) if is_short else None
    except (ValueError, RecursionError):
        raise problem from None
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):
        raise problem
    name, person_key = value
    if len(name.encode("utf-8", "replace")) > _NAME_BYTES or parse_job_id(f"{person_key}-1") is None:
        raise problem
    # What is no Unicode text cannot stand in a key of Tablestore.
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        raise problem
    return name, person_key
