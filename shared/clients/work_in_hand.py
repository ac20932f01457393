"""The table of jobs for those who work on them: what a tick has to do, in two reads of an index.

:mod:`shared.assembly` makes it for ``collect`` and ``reconcile``.

The lanes lie side by side, so one read gets all that is urgent (from lane 1 up to what is due of lane 4), and
another all that waits (from lane 5 up to what is due of lane 10). What is due later is never read. When a
page is full, the lanes that it has cut off are read by themselves, so that no lane hides another: neither ten
thousand queued jobs the open sets, nor a bucket that cannot be written the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from shared.clients.job_table import BY_STATE, IN_HAND, JobTable
from shared.clients.rows import INF_MAX, INF_MIN, Rows
from shared.clients.table_calls import Key
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    KEPT_LANE,
    PORTRAIT_LANE,
    PORTRAIT_LANES,
    PORTRAIT_QUEUE_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANES,
    Work,
)
from shared.domain.photo_set import NEVER
from shared.domain.states import JobState

ROWS_FOR_ONE_UNIT = 40
"""Rows of the index that Tablestore reads for one capacity unit (4 KB), more or less."""
FEWEST_RUNNING = 200
"""So many running jobs are read, however few of the others are wanted: each one left out holds a slot."""

_TIMED = (COLLECTING_LANE, ASIDE_LANE, KEPT_LANE, PORTRAIT_LANE)
"""Lanes whose jobs have nothing to do before ``due_at``."""
_SORTED = (QUEUE_LANE, COLLECTING_LANE, ASIDE_LANE)
"""Lanes in which a moment too far ahead keeps a job waiting: till then, or behind all who come till then."""

ENDED = [state.value for state in JobState if state.is_terminal]


class JobsInHand(JobTable):
    """The table ``jobs``, and what there is to do for its jobs."""

    def work(self, now: int, queue_count: int, count: int) -> Work:
        """Return what is to be done at ``now``, by two reads, and more only if a page does not hold it.

        May lag behind the table by moments.

        Args:
            now: milliseconds since the epoch.
            queue_count: at most so many queued jobs.
            count: at most so many jobs of every other lane, but never fewer than 200 running ones.
        """
        limits = dict.fromkeys((RUNNING_LANE, DELIVERY_LANE, QUEUE_LANE, COLLECTING_LANE), count)
        limits |= {RUNNING_LANE: max(FEWEST_RUNNING, count), QUEUE_LANE: queue_count}
        urgent = _read_lanes(self._rows, limits, now, page=ROWS_FOR_ONE_UNIT + queue_count + count)
        limits = dict.fromkeys((*WAITING_LANES, ASIDE_LANE), count)
        others = _read_lanes(self._rows, limits, now, page=ROWS_FOR_ONE_UNIT + count)
        return Work(
            running=urgent[RUNNING_LANE],
            delivering=urgent[DELIVERY_LANE],
            queue=urgent[QUEUE_LANE],
            due=urgent[COLLECTING_LANE],
            waiting={lane: others[lane] for lane in WAITING_LANES if others[lane]},
            aside=others[ASIDE_LANE],
        )

    def due_beyond(self, moment: int, count: int, *, with_portraits: bool = False) -> list[str]:
        """Return ids of jobs that are due from ``moment`` on, but not never; at most ``count`` of each lane.

        With a moment that no right clock would have named, these are times of a clock that ran ahead.
        ``with_portraits``: those whose portraits are due then too.
        """
        lanes = (*_SORTED, *PORTRAIT_LANES) if with_portraits else _SORTED
        far = [_range(self._rows, _key(lane, moment), _key(lane, NEVER), limit=count) for lane in lanes]
        return [_id(row) for page in far for row in page]

    def kept_until(self, moment: int, count: int) -> list[str]:
        """Return ids of delivered jobs of which something is to go by ``moment``, longest due first.

        Of more than ``count`` they are from both ends, so that what cannot be helped hides nobody.
        """
        return _read_lanes(self._rows, {KEPT_LANE: count}, moment, page=count)[KEPT_LANE]

    def portraits_in_hand(self, now: int, count: int) -> list[str]:
        """Return ids of jobs of whose portraits something is to be done, and of the first that wait for it.

        May lag behind the table by moments.
        """
        found = _read_lanes(self._rows, dict.fromkeys(PORTRAIT_LANES, count), now, page=ROWS_FOR_ONE_UNIT)
        return [name for lane in PORTRAIT_LANES for name in found[lane]]

    def portraits_waiting(self, after: str, count: int) -> tuple[list[str], str]:
        """Return a page of jobs whose portraits wait their turn, like :meth:`collecting`."""
        return self._page(PORTRAIT_QUEUE_LANE, after, count)

    def collecting(self, after: str, count: int) -> tuple[list[str], str]:
        """Return a page of open sets, whenever they are due, and the place of the next page ("": the end).

        A set whose moment changes meanwhile may be met twice, or not at all: it has just been computed anew.
        """
        return self._page(COLLECTING_LANE, after, count)

    def set_aside(self, after: str, count: int) -> tuple[list[str], str]:
        """Return a page of jobs that stand aside, whenever they are due, like :meth:`collecting`."""
        return self._page(ASIDE_LANE, after, count)

    def ended(self, after: str, count: int) -> tuple[list[str], str]:
        """Return a page of jobs that have ended, by state and then oldest first, like :meth:`collecting`."""
        state, *place = after.split(" ") if after else ENDED[:1]
        start: Key = _key_of_state(state, INF_MIN)
        if place:
            opened_at, person, revision = place
            start = [("state", state), ("opened_at", int(opened_at))]
            start += [("person_key", person), ("revision", int(revision))]
        end = _key_of_state(state, INF_MAX)
        page = self._rows.range(start, end, limit=count + 1, index=BY_STATE, columns=["due_at"])
        ids = [_id(row) for row in page[:count]]
        if len(page) > count:
            last = page[count]
            return ids, f"{state} {last['opened_at']} {last['person_key']} {last['revision']}"
        return ids, dict(pairwise(ENDED)).get(state, "")

    def _page(self, lane: int, after: str, count: int) -> tuple[list[str], str]:
        start: Key = _key(lane, INF_MIN)
        if after:
            due_at, person, revision = after.split(" ")
            start = [("lane", lane), ("due_at", int(due_at)), ("person_key", person)]
            start += [("revision", int(revision))]
        page = _range(self._rows, start, _key(lane + 1, INF_MIN), limit=count + 1)
        following = page[count] if len(page) > count else None
        ids = [_id(row) for row in page[:count]]
        if following is None:
            return ids, ""
        return ids, f"{following['due_at']} {following['person_key']} {following['revision']}"


def _read_lanes(rows: Rows, limits: Mapping[int, int], now: int, *, page: int) -> dict[int, list[str]]:
    """Return the ids in lanes that lie side by side, at most so many of each as ``limits`` says."""
    found: dict[int, list[str]] = {lane: [] for lane in limits}
    read = _range(rows, _key(min(limits), INF_MIN), _end(max(limits), now), limit=page)
    for row in read:
        found[row["lane"]].append(_id(row))
    if len(read) == page:
        # It may have been cut anywhere from the lane of its last row on.
        cut_at = read[-1]["lane"]
        for lane, limit in limits.items():
            if lane > cut_at or (lane == cut_at and len(found[lane]) < limit):
                alone = _range(rows, _key(lane, INF_MIN), _end(lane, now), limit=limit)
                found[lane] = [_id(row) for row in alone]
    return {lane: _both_ends(rows, lane, found[lane], limit, now) for lane, limit in limits.items()}


def _both_ends(rows: Rows, lane: int, found: list[str], limit: int, now: int) -> list[str]:
    """Return at most ``limit`` of a lane: of a full one the first half, and as many from its end.

    Whoever cannot be helped, and whose row cannot even be written to say so, stays at its beginning.
    """
    if len(found) < limit or lane not in _TIMED:
        return found[:limit]
    half = limit // 2
    last = _range(rows, _end(lane, now), _key(lane, INF_MIN), limit=half, backward=True)
    return list(dict.fromkeys([*found[: limit - half], *map(_id, last)]))


def _range(rows: Rows, start: Key, end: Key, *, limit: int, backward: bool = False) -> list[dict[str, Any]]:
    return rows.range(start, end, limit=limit, backward=backward, index=IN_HAND, columns=["state"])


def _end(lane: int, now: int) -> Key:
    """Where the part of a lane ends in which something is to be done."""
    return _key(lane, now + 1) if lane in _TIMED else _key(lane + 1, INF_MIN)


def _key(lane: int, due_at: Any) -> Key:
    return [("lane", lane), ("due_at", due_at), ("person_key", INF_MIN), ("revision", INF_MIN)]


def _key_of_state(state: str, bound: Any) -> Key:
    return [("state", state), ("opened_at", bound), ("person_key", bound), ("revision", bound)]


def _id(row: dict[str, Any]) -> str:
    return f"{row['person_key']}-{row['revision']}"
