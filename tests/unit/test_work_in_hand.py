"""What a tick reads of the index of the work in hand, from an index of any length, and in how many reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import tablestore
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.rows import Rows
from shared.clients.work_in_hand import FEWEST_RUNNING, JobsInHand
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    PORTRAIT_LANES,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANES,
    Work,
)
from shared.domain.photo_set import NEVER
from shared.domain.states import JobState
from tests.unit.support import NOW, few_examples, job_in

QUEUE_COUNT, COUNT = 2, 5
KEY_NAMES = ["lane", "due_at", "person_key", "revision"]
LANES = range(RUNNING_LANE, ASIDE_LANE + 1)
BOUNDS = {tablestore.INF_MIN: (0, 0), tablestore.INF_MAX: (2, 0)}


def order(key: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    return tuple(BOUNDS.get(value, (1, value)) for _, value in key)


class IndexClient:
    """An index as a list of ``(lane, due_at)``; the job of each has its place in the list as its revision.

    ``read`` has the places of the rows that each call has read; an answer holds at most ``page`` rows.
    """

    def __init__(self, *places: tuple[int, int], page: int = 5000) -> None:
        self.page = page
        self.read: list[list[int]] = []
        keys: list[list[tuple[str, Any]]] = [
            [*zip(KEY_NAMES, (lane, due_at, f"{number % 7:020x}", number), strict=True)]
            for number, (lane, due_at) in enumerate(places, start=1)
        ]
        self.rows = sorted(keys, key=order)

    def get_range(
        self,
        table: str,
        direction: str,
        start: Any,
        end: Any,
        columns_to_get: Any,
        limit: int,
        max_version: int,
    ) -> tuple[Any, ...]:
        assert table == "jobs_in_hand"
        assert limit > 0
        assert [name for name, _ in start] == [name for name, _ in end] == KEY_NAMES
        if direction == tablestore.Direction.FORWARD:
            assert order(start) < order(end)
            found = [row for row in self.rows if order(start) <= order(row) < order(end)]
        else:
            assert order(start) > order(end)
            found = [row for row in reversed(self.rows) if order(end) < order(row) <= order(start)]
        page = found[: min(limit, self.page)]
        self.read.append([row[3][1] for row in page])
        following = found[len(page)] if len(found) > len(page) else None
        return None, following, [tablestore.Row(row, [("state", "s", 0)]) for row in page], None

    def work(self, queue_count: int = QUEUE_COUNT, count: int = COUNT) -> Work:
        return self.table.work(NOW, queue_count, count)

    @property
    def table(self) -> JobsInHand:
        return JobsInHand(Rows(self, "jobs", lambda: ""))

    def ids(self, lane: int, *, until: int = 2**63) -> list[str]:
        """All ids of a lane, in their order, up to a time."""
        rows = [dict(row) for row in self.rows]
        return [
            f"{row['person_key']}-{row['revision']}"
            for row in rows
            if row["lane"] == lane and row["due_at"] <= until
        ]


def both_ends(ids: list[str], count: int) -> list[str]:
    """Half of a lane's ids from its beginning and half from its end, when it has more than ``count``."""
    half = count // 2 if len(ids) >= count else 0
    return list(dict.fromkeys([*ids[: count - half], *list(reversed(ids))[:half]]))


def test_an_empty_index_costs_two_reads_and_is_no_work() -> None:
    client = IndexClient()
    assert client.work() == Work([], [], [], [], {}, [])
    assert client.read == [[], []]


def test_a_few_jobs_of_every_lane_are_found_in_two_reads() -> None:
    client = IndexClient(*((lane, NOW - lane) for lane in reversed(LANES)))
    assert client.work() == Work(
        running=client.ids(RUNNING_LANE),
        delivering=client.ids(DELIVERY_LANE),
        queue=client.ids(QUEUE_LANE),
        due=client.ids(COLLECTING_LANE),
        waiting={lane: client.ids(lane) for lane in WAITING_LANES},
        aside=client.ids(ASIDE_LANE),
    )
    assert len(client.read) == 2


def test_what_is_due_later_is_not_even_read() -> None:
    client = IndexClient(
        (COLLECTING_LANE, NOW),
        (ASIDE_LANE, NOW),
        *[(COLLECTING_LANE, NOW + 1), (COLLECTING_LANE, NEVER), (ASIDE_LANE, NOW + 1), (ASIDE_LANE, NEVER)],
    )
    work = client.work()
    assert (work.due, work.aside) == (client.ids(COLLECTING_LANE)[:1], client.ids(ASIDE_LANE)[:1])
    assert client.read == [[1], [2]]


def test_what_runs_waits_or_is_queued_is_found_whatever_its_time() -> None:
    client = IndexClient(*((lane, NEVER) for lane in LANES))
    work = client.work()
    assert [len(ids) for ids in (work.running, work.delivering, work.queue, work.due, work.aside)] == [
        *[1, 1, 1, 0, 0]
    ]
    assert set(work.waiting) == set(WAITING_LANES)


@pytest.mark.parametrize("crowded", LANES)
@pytest.mark.parametrize("page", [5000, 7])
def test_a_lane_with_a_thousand_jobs_hides_no_other(crowded: int, page: int) -> None:
    client = IndexClient(
        *[(crowded, NOW - 5000 + n) for n in range(1000)], *((n, NOW) for n in LANES), page=page
    )
    work = client.work()
    by_lane = {
        RUNNING_LANE: work.running,
        DELIVERY_LANE: work.delivering,
        QUEUE_LANE: work.queue,
        COLLECTING_LANE: work.due,
        **work.waiting,
        ASIDE_LANE: work.aside,
    }
    limits = {RUNNING_LANE: FEWEST_RUNNING, QUEUE_LANE: QUEUE_COUNT}
    first = {lane: client.ids(lane)[: limits.get(lane, COUNT)] for lane in LANES}
    of_both = {lane: both_ends(client.ids(lane), COUNT) for lane in (COLLECTING_LANE, ASIDE_LANE)}
    assert by_lane == first | of_both


def test_a_crowded_lane_costs_no_other_lane_a_read_of_its_own_but_those_behind_it() -> None:
    crowd = [(ASIDE_LANE, NOW - 5000 + number) for number in range(1000)]
    client = IndexClient(*crowd, *((lane, NOW) for lane in LANES))
    client.work()
    assert len(client.read) == 3


def test_the_reads_are_bounded_when_every_lane_is_crowded() -> None:
    client = IndexClient(*((lane, NOW - 500 + number) for number in range(500) for lane in LANES))
    client.work()
    assert len(client.read) <= 4 + len(LANES)
    assert sum(map(len, client.read)) < 600


def test_two_hundred_running_jobs_are_all_found_however_few_are_asked_for() -> None:
    client = IndexClient(*((RUNNING_LANE, NOW + number) for number in range(FEWEST_RUNNING)))
    assert client.work(1, 1).running == client.ids(RUNNING_LANE)


PLACES = st.tuples(st.sampled_from(LANES), st.integers(NOW - 3, NOW + 3))


@few_examples
@given(st.lists(PLACES, max_size=120), st.integers(1, 40), st.integers(1, 40))
def test_any_index_gives_the_first_jobs_of_every_lane_and_the_last_of_crowded_ones(
    places: list[tuple[int, int]], queue_count: int, count: int
) -> None:
    client = IndexClient(*places)
    assert client.work(queue_count, count) == Work(
        running=client.ids(RUNNING_LANE),
        delivering=client.ids(DELIVERY_LANE)[:count],
        queue=client.ids(QUEUE_LANE)[:queue_count],
        due=both_ends(client.ids(COLLECTING_LANE, until=NOW), count),
        waiting={lane: ids for lane in WAITING_LANES if (ids := client.ids(lane)[:count])},
        aside=both_ends(client.ids(ASIDE_LANE, until=NOW), count),
    )


@pytest.mark.parametrize("delivering", [0, 3, 100])
def test_what_runs_and_is_delivered_is_told_from_the_head_of_the_queue(delivering: int) -> None:
    crowd = [(DELIVERY_LANE, NOW + number) for number in range(delivering)]
    client = IndexClient(*((lane, NOW + time) for lane in LANES for time in (0, 1, 2)), *crowd)
    running, queue = client.table.in_hand(2)
    ahead = [*client.ids(RUNNING_LANE), *client.ids(DELIVERY_LANE)]
    assert running == ahead[: len(running)]
    assert set(client.ids(RUNNING_LANE)) <= set(running)
    assert queue == client.ids(QUEUE_LANE)[:2]


def test_a_queued_job_knows_how_many_are_ahead_of_it_up_to_so_many() -> None:
    client = IndexClient(*((lane, NOW + 2 * number) for lane in LANES for number in range(5)))
    for ahead in range(6):
        job = job_in(JobState.QUEUED, due_at=NOW + 2 * ahead - 1)
        assert client.table.queue_before(job) == ahead
        assert client.table.queue_before(job, count=3) == min(3, ahead)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_every_open_set_is_met_page_by_page_and_the_last_page_says_so(count: int) -> None:
    client = IndexClient(*((lane, NOW + time) for lane in LANES for time in (0, 0, 1, NEVER - NOW)))
    met, after = client.table.collecting("", count)
    while after:
        page, after = client.table.collecting(after, count)
        met += page
    assert met == client.ids(COLLECTING_LANE)


def test_times_that_a_clock_ahead_has_written_are_found_and_never_is_none_of_them() -> None:
    tomorrow = NOW + 24 * 3600_000
    times = [NOW, tomorrow - 1, tomorrow, NEVER - 1, NEVER]
    client = IndexClient(*((lane, time) for lane in (*LANES, *PORTRAIT_LANES) for time in times))
    expected = [name for lane in (QUEUE_LANE, COLLECTING_LANE, ASIDE_LANE) for name in client.ids(lane)[2:4]]
    assert client.table.due_beyond(tomorrow, COUNT) == expected
    assert client.table.due_beyond(tomorrow, 1) == expected[::2]
    expected += [name for lane in PORTRAIT_LANES for name in client.ids(lane)[2:4]]
    assert client.table.due_beyond(tomorrow, COUNT, with_portraits=True) == expected
