"""Pages of people, each by the newest revision: by the beginning of their names, or by their state.

The theory. Tablestore has no table of people: a person is a partition of revisions. In the index by names a
person's revisions lie side by side, so one range has the newest of each as the last of its group, and a page
costs a range and a batch, however many people there are. A group that the end of the range has cut is left to
the next page. In the index by state a job is its person's newest if there is no row behind it, which the same
batch tells that reads the page. Called by :mod:`shared.clients.job_table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from shared.clients.rows import INF_MAX, INF_MIN, Rows
from shared.clients.table_calls import Columns, Key

BY_NAME = "jobs_by_name"
ROWS_BEYOND, ROWS_FOR_EACH = 40, 4
"""Rows of the index that are read for a page: most people have few revisions. Of a person with more than the
range holds the newest among these is shown, and the next page begins behind it."""
_BEHIND_EVERY_CHARACTER = "\U0010ffff"


class NamePosition(NamedTuple):
    """The last person of a page by names."""

    search_name: str
    person_key: str


class Newest(NamedTuple):
    """A person's newest revision, as the index by names has it."""

    person_key: str
    revision: int
    state: str
    position: NamePosition


def read_by_name(
    rows: Rows, beginning: str, state: str | None, limit: int, after: NamePosition | None
) -> tuple[list[Newest], NamePosition | None]:
    """Return people whose search name begins so, in the order of these, and where the next page begins.

    A page may be short, even empty, and yet not be the last: of people in one ``state`` many may be passed
    over.
    """
    start: Key = _key(beginning, INF_MIN, INF_MIN)
    if after is not None:
        start = _key(after.search_name, after.person_key, INF_MAX)
    end = _key(beginning + _BEHIND_EVERY_CHARACTER, INF_MIN, INF_MIN)
    count = ROWS_FOR_EACH * limit + ROWS_BEYOND
    found = rows.range(start, end, limit=count, index=BY_NAME, columns=["state"])
    people = [_newest(list(group)) for _, group in groupby(found, key=lambda row: row["person_key"])]
    is_cut = len(found) == count
    if is_cut and len(people) > 1:
        del people[-1]
    fitting = [one for one in people if state is None or one.state == state]
    if len(fitting) > limit:
        return fitting[:limit], fitting[limit - 1].position
    return fitting, people[-1].position if is_cut else None


def _newest(group: Sequence[Columns]) -> Newest:
    row = group[-1]
    position = NamePosition(row["search_name"], row["person_key"])
    return Newest(row["person_key"], row["revision"], row["state"], position)


def _key(search_name: Any, person_key: Any, revision: Any) -> Key:
    return [("search_name", search_name), ("person_key", person_key), ("revision", revision)]
