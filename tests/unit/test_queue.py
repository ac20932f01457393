"""Which queued jobs go next, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.job import Job
from shared.domain.queue import needs_slot, to_submit
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import MINUTE_MS, NOW, few_examples, job_in, trouble

S = JobState
FREE = Slot()


def queued(person: str, closed_at: int = NOW - 5 * MINUTE_MS) -> Job:
    return job_in(S.QUEUED, person, closed_at=closed_at, closed_first_at=closed_at, due_at=closed_at)


def aside(person: str, next_try_at: int, *, kind: Kind = Kind.UNKNOWN, closed_at: int = NOW - 60_000) -> Job:
    """A queued job that has had trouble: behind those who closed before its next try."""
    retry = trouble(kind, Api.READING, next_try_at=next_try_at)
    return replace(queued(person, closed_at), retry=retry, due_at=next_try_at)


def going(
    *queue: Job, running: Iterable[Job] = (), holders: Iterable[Job] = (), capacity: int = 1
) -> list[str]:
    """The people whose jobs go now."""
    jobs = to_submit(FREE, queue, list(running), holders, capacity, NOW, rules=Rules())
    return [job.person_id for job in jobs]


def test_first_closed_goes_first() -> None:
    assert going(queued("late", NOW - 1), queued("early", NOW - 9), queued("mid", NOW - 5), capacity=2) == [
        "early",
        "mid",
    ]


def test_a_set_that_was_opened_again_goes_at_the_place_where_it_closed_first() -> None:
    reopened = replace(queued("again", NOW - 9), closed_at=NOW)
    assert going(queued("later", NOW - 5), reopened) == ["again"]


def test_nobody_goes_while_the_queue_is_halted() -> None:
    halted = Slot(halted_until=NOW + 1)
    assert to_submit(halted, [queued("a")], [], [queued("held")], 1, NOW, rules=Rules()) == []


def test_who_stepped_aside_goes_behind_those_who_closed_before_its_next_try() -> None:
    tried = aside("tried", NOW - 5, closed_at=NOW - 100)
    assert going(queued("healthy", NOW - 6), tried, capacity=2) == ["healthy", "tried"]
    assert going(queued("newer", NOW - 4), tried, capacity=2) == ["tried", "newer"]


def test_who_stepped_aside_does_not_go_before_its_pause_is_over() -> None:
    assert going(aside("tried", NOW + 1), capacity=9) == []
    assert going(aside("tried", NOW), capacity=9) == ["tried"]


@pytest.mark.parametrize("kind", [Kind.API, Kind.ACCOUNT])
def test_trouble_of_everybody_costs_nobody_a_place(kind: Kind) -> None:
    waited = aside("waited", NOW + 50 * MINUTE_MS, kind=kind, closed_at=NOW - 9)
    assert waited.turn == NOW - 9
    assert going(queued("later", NOW - 5), waited) == ["waited"]


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.OBJECT, Kind.PASSING, Kind.UNKNOWN, Kind.GONE])
def test_other_trouble_goes_to_the_back(kind: Kind) -> None:
    tried = aside("tried", NOW, kind=kind, closed_at=NOW - 9)
    assert tried.turn == NOW
    assert going(tried, queued("later", NOW - 5)) == ["later"]


def test_whoever_was_refused_goes_behind_those_who_can_still_tell_whether_everybody_is() -> None:
    refused, other = queued("refused", NOW - 9), queued("other", NOW - 5)
    slot = Slot(refused_jobs=(refused.job_id,))
    found = to_submit(slot, [refused, other], [], [], 2, NOW, rules=Rules())
    assert [job.person_id for job in found] == ["other", "refused"]
    both = Slot(refused_jobs=(other.job_id, refused.job_id))
    assert [job.person_id for job in to_submit(both, [other, refused], [], [], 2, NOW, rules=Rules())] == [
        "refused",
        "other",
    ]


def test_a_queued_holder_was_left_behind_and_goes_first() -> None:
    held = queued("held", NOW - 1)
    assert going(queued("early", NOW - 9), held, holders=[held]) == ["held"]


def test_a_holder_that_has_stepped_aside_keeps_nobody_waiting() -> None:
    held = aside("held", NOW + 1)
    assert going(queued("other"), holders=[held]) == ["other"]


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
def test_a_job_at_dashscope_uses_the_slot_whether_it_holds_it_or_not(state: JobState) -> None:
    running = job_in(state, "running")
    assert going(queued("a"), running=[running]) == []
    assert going(queued("a"), holders=[running]) == []
    assert going(queued("a"), queued("b"), running=[running], holders=[running], capacity=2) == ["a"]


def test_a_training_that_has_ended_uses_nothing_although_its_row_says_that_it_goes_on() -> None:
    stale = job_in(S.TRAINING, "stale", fine_tune_id="ft-1")
    slot = Slot(ended_fine_tunes=("ft-1",))
    assert to_submit(slot, [queued("a")], [stale], [], 1, NOW, rules=Rules()) == [queued("a")]
    assert to_submit(FREE, [queued("a")], [stale], [], 1, NOW, rules=Rules()) == []
    other = job_in(S.TRAINING, "other", fine_tune_id="ft-2")
    assert to_submit(slot, [queued("a")], [other], [], 1, NOW, rules=Rules()) == []
    assert (
        to_submit(
            slot, [queued("a")], [job_in(S.SUBMITTING, "sent", fine_tune_id="")], [], 1, NOW, rules=Rules()
        )
        == []
    )


def test_a_holder_that_has_ended_uses_nothing() -> None:
    assert going(queued("a"), holders=[job_in(S.SUCCEEDED, "done")]) == ["a"]


def test_only_queued_jobs_go_whatever_the_index_shows() -> None:
    assert going(*(job_in(state, state.value) for state in S), capacity=9) == ["QUEUED"]


def test_a_job_that_the_index_shows_twice_goes_once() -> None:
    assert going(queued("a"), queued("a"), queued("b"), capacity=2) == ["a", "b"]


def test_a_capacity_that_is_used_up_or_less_than_nothing_lets_nobody_go() -> None:
    assert going(queued("a"), capacity=0) == []
    assert going(queued("a"), queued("b"), capacity=-1) == []


@pytest.mark.parametrize("state", list(S))
def test_the_slot_is_needed_by_jobs_at_dashscope_and_by_those_that_are_to_go_now(state: JobState) -> None:
    expected = state in (S.QUEUED, S.SUBMITTING, S.TRAINING)
    assert needs_slot(job_in(state), NOW) is expected


def test_the_slot_is_not_needed_by_a_job_whose_turn_is_later() -> None:
    assert not needs_slot(aside("tried", NOW + 1), NOW)
    # Closed by a machine whose clock is ahead, and about to be sent by it.
    assert needs_slot(replace(job_in(S.QUEUED), due_at=NOW + 2_000), NOW)
    assert needs_slot(aside("tried", NOW), NOW)


@few_examples
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-9, 9), st.booleans()), max_size=12),
    st.integers(-1, 12),
)
def test_the_order_in_which_jobs_are_found_does_not_matter(
    drawn: list[tuple[int, int, bool]], capacity: int
) -> None:
    jobs = [
        aside(f"p{number}", NOW + at * 2 + 1) if is_aside else queued(f"p{number}", NOW + at * 2)
        for number, at, is_aside in {row[0]: row for row in drawn}.values()
    ]
    found = to_submit(FREE, jobs, [], [], capacity, NOW, rules=Rules())
    turns = [job.turn for job in found]
    assert turns == sorted(turns)
    assert turns == [job.turn for job in to_submit(FREE, jobs[::-1], [], [], capacity, NOW, rules=Rules())]
    assert len(found) == min(max(0, capacity), sum(job.is_due(NOW) for job in jobs))
