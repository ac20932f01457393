"""Jobs in Tablestore: one row a revision, one partition a person.

The index of unfinished jobs holds a row for each job with work in hand, sorted by lane and ``due_at``, so
that nobody reads history for it. :mod:`shared.assembly` makes the table for ``status``, and
:class:`shared.clients.work_in_hand.JobsInHand`, which knows what a tick has to do as well, for the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from shared.clients.job_rows import (
    SUMMARY_COLUMNS,
    from_columns,
    has_summary,
    summary_from_columns,
    to_columns,
)
from shared.clients.row_batches import Found
from shared.clients.rows import INF_MAX, INF_MIN, Rows
from shared.clients.table_calls import Columns, Key
from shared.domain.job import Job
from shared.domain.job_summary import JobPage, JobSummary, PeoplePage
from shared.domain.lanes import QUEUE_LANE, RUNNING_LANE
from shared.domain.object_keys import parse_job_id, person_key, search_name
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Permanent, RetryLater, Trouble

TABLE = "jobs"
BY_STATE = "jobs_by_state"
IN_HAND = "jobs_in_hand"
IN_HAND_PAGE = 40
"""Rows of an index that Tablestore reads for one capacity unit (4 KB), more or less."""
BUSY_SECONDS = 2

_T = TypeVar("_T")


class Position(NamedTuple):
    """Where a page of jobs, newest first, left off."""

    opened_at: int
    person_key: str
    revision: int


class JobTable:
    """The table ``jobs`` and its two indexes."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def latest(self, person_id: str) -> Job | None:
        """Return the person's newest revision, or None.

        Raises:
            Permanent: its row cannot be read.
        """
        newest = self.revisions_of(person_key(person_id), limit=1)
        return newest[0] if newest else None

    def revisions_of(self, key: str, *, limit: int = 100, before: int | None = None) -> list[Job]:
        """Return the jobs of the person whose partition is ``key``, newest first, ``before`` a revision."""
        columns = self._rows.range(
            _key(key, INF_MAX if before is None else before - 1),
            _key(key, INF_MIN),
            backward=True,
            limit=limit,
        )
        return [from_columns(row) for row in columns]

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        """Return jobs by id, read consistently; None for those that are not there.

        A row that cannot be read, or that Tablestore does not give, is an :class:`Unread` and concerns itself
        alone, whatever the words: a table that is not there refuses the read of its index as well, and a
        right that is missing the call as a whole.
        """
        found: dict[str, Job | Unread | None] = dict.fromkeys(ids)
        keys = {name: _key(*parts) for name in found if (parts := parse_job_id(name))}
        wanted = [(TABLE, key) for key in keys.values()]
        for name, answer in zip(keys, self._rows.find_in_tables(wanted), strict=True):
            found[name] = None if answer is None else _read(name, answer, from_columns)
        return found

    def find(self, ids: Iterable[str]) -> dict[str, Job | None]:
        """Return jobs by id like :meth:`find_each`.

        Raises:
            Permanent: a row cannot be read.
            RetryLater: Tablestore does not give a row.
        """
        found: dict[str, Job | None] = {}
        for name, job in self.find_each(ids).items():
            if isinstance(job, Unread):
                if job.kind is Kind.OBJECT:
                    raise Permanent(job.code, job.message)
                raise RetryLater(job.code, job.message, delay_seconds=BUSY_SECONDS, kind=job.kind)
            found[name] = job
        return found

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        """Return ids of the jobs that run or wait for their delivery, and of the first ``count`` queued jobs.

        First closed, first named; may lag behind the table by moments. The lanes lie side by side, so one
        read gets them all. Running jobs come first. When more results wait for their delivery than a page
        holds, as with a bucket that cannot be written, the queue is read by itself.
        """
        names = _all("due_at", "person_key", "revision", bound=INF_MIN)
        page = IN_HAND_PAGE + 2 * count
        rows = self._rows.range(
            [("lane", RUNNING_LANE), *names],
            [("lane", QUEUE_LANE + 1), *names],
            limit=page,
            index=IN_HAND,
            columns=["state"],
        )
        running = [_id(row) for row in rows if row["lane"] != QUEUE_LANE]
        queue = [_id(row) for row in rows if row["lane"] == QUEUE_LANE][:count]
        if len(queue) < count and len(rows) == page:
            queue = self._in_hand(QUEUE_LANE, limit=count)
        return running, queue

    def queue_before(self, job: Job, *, count: int = 5000) -> int:
        """Return how many queued jobs are to be submitted before ``job`` (at most ``count``)."""
        return len(self._in_hand(QUEUE_LANE, limit=count, until=job))

    def save(self, before: Job | None, after: Job) -> Job:
        """Write ``after`` on top of ``before`` (None: it must be new) and return it with its new version.

        Raises:
            Conflict: the stored job is not ``before`` any more.
        """
        expected = None if before is None else before.version
        version = self._rows.put(_key(after.person_key, after.revision), to_columns(after), expected=expected)
        return replace(after, version=version)

    def delete_job(self, job: Job) -> None:
        """Delete the row of ``job``; one that is gone is deleted.

        Raises:
            Conflict: the stored job is not ``job`` any more.
        """
        self._rows.delete(_key(job.person_key, job.revision), expected=job.version)

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        """Return the person's revisions that come before the revision ``before``, newest first.

        Their photos are not read.
        """
        key = person_key(person_id)
        columns = self._rows.range(
            _key(key, before - 1), _key(key, INF_MIN), backward=True, limit=limit, columns=SUMMARY_COLUMNS
        )
        return self._summaries([_id(row) for row in columns], columns)

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> JobPage:
        """Return at most ``limit`` jobs, newest first, behind ``after``, without reading their photos."""
        states = [state] if state else list(JobState)
        newest = heapq.merge(*(self._newest(one, limit + 1, after) for one in states), reverse=True)
        positions = [position for _, position in zip(range(limit + 1), newest, strict=False)]
        shown = positions[:limit]
        keys = [_key(position.person_key, position.revision) for position in shown]
        rows = self._rows.find_each(keys, columns=SUMMARY_COLUMNS)
        ids = [f"{position.person_key}-{position.revision}" for position in shown]
        return JobPage(self._summaries(ids, rows), shown[-1] if len(positions) > limit else None)

    def summaries(self, ids: Sequence[str]) -> list[JobSummary | Unread]:
        """Return jobs by id in the order of ``ids``, without reading their photos; those that are there."""
        keys = {name: _key(*parts) for name in ids if (parts := parse_job_id(name))}
        rows = self._rows.find_each(list(keys.values()), columns=SUMMARY_COLUMNS)
        return self._summaries(list(keys), rows)

    def people_by_name(
        self, beginning: str, state: JobState | None, limit: int, after: tuple[str, str] | None
    ) -> PeoplePage:
        """Return people whose names begin so; see :mod:`shared.clients.people_index`."""
        # Imported here: few requests are for pages of people.
        from shared.clients.people_index import NamePosition, read_by_name

        position = NamePosition(*after) if after is not None else None
        wanted = state.value if state is not None else None
        people, following = read_by_name(self._rows, search_name(beginning), wanted, limit, position)
        keys = [_key(one.person_key, one.revision) for one in people]
        found = self._rows.find_each(keys, columns=SUMMARY_COLUMNS)
        ids = [f"{one.person_key}-{one.revision}" for one in people]
        return PeoplePage(self._summaries(ids, found), following)

    def people_by_state(self, state: JobState, limit: int, after: tuple[int, str, int] | None) -> PeoplePage:
        """Return people whose newest revision stands in ``state``, the newest first.

        A page may be short, even empty, and yet not be the last.
        """
        positions = self._newest(state, limit + 1, after)
        shown = positions[:limit]
        keys = [_key(one.person_key, one.revision) for one in shown]
        behind = [_key(one.person_key, one.revision + 1) for one in shown]
        found = self._rows.find_each([*keys, *behind], columns=SUMMARY_COLUMNS)
        pairs = zip(shown, found[: len(shown)], found[len(shown) :], strict=True)
        newest = [(f"{one.person_key}-{one.revision}", row) for one, row, later in pairs if later is None]
        summaries = self._summaries([name for name, _ in newest], [row for _, row in newest])
        still = [one for one in summaries if isinstance(one, Unread) or one.state is state]
        return PeoplePage(still, shown[-1] if len(positions) > limit else None)

    def _summaries(self, ids: Sequence[str], rows: Sequence[Found]) -> list[JobSummary | Unread]:
        """Return summaries of rows; a row of an earlier version is read again, with its photos."""
        found = dict(zip(ids, rows, strict=True))
        old = {
            name: _key(row["person_key"], row["revision"])
            for name, row in found.items()
            if isinstance(row, dict) and not has_summary(row)
        }
        keys = list(old.values())
        found |= zip(old, self._rows.find_each(keys, columns=(*SUMMARY_COLUMNS, "photos")), strict=True)
        return [_read(name, row, summary_from_columns) for name, row in found.items() if row is not None]

    def _newest(self, state: JobState, limit: int, after: tuple[int, str, int] | None) -> list[Position]:
        start: list[tuple[str, Any]] = [("state", state.value)]
        names = ("opened_at", "person_key", "revision")
        start += zip(names, after, strict=True) if after else _all(*names, bound=INF_MAX)
        end = [("state", state.value), *_all("opened_at", "person_key", "revision", bound=INF_MIN)]
        rows = self._rows.range(
            start, end, backward=True, limit=limit + 1, index=BY_STATE, columns=["due_at"]
        )
        positions = [Position(row["opened_at"], row["person_key"], row["revision"]) for row in rows]
        return [position for position in positions if position != after][:limit]

    def _in_hand(self, lane: int, *, limit: int, until: Job | None = None) -> list[str]:
        start = [("lane", lane), *_all("due_at", "person_key", "revision", bound=INF_MIN)]
        end: list[tuple[str, Any]] = [("lane", lane)]
        if until is None:
            end += _all("due_at", "person_key", "revision", bound=INF_MAX)
        else:
            end += [("due_at", until.due_at), ("person_key", until.person_key), ("revision", until.revision)]
        rows = self._rows.range(start, end, limit=limit, index=IN_HAND, columns=["state"])
        return [_id(row) for row in rows]


def _read(name: str, answer: Columns | Trouble, read: Callable[[Columns], _T]) -> _T | Unread:
    try:
        if isinstance(answer, Trouble):
            raise answer
        return read(answer)
    except Trouble as trouble:
        return Unread(name, trouble.code, trouble.message, trouble.kind)


def _id(row: Columns) -> str:
    return f"{row['person_key']}-{row['revision']}"


def _key(person: str, revision: Any) -> Key:
    return [("person_key", person), ("revision", revision)]


def _all(*names: str, bound: Any) -> list[tuple[str, Any]]:
    return [(name, bound) for name in names]
