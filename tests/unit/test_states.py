"""The table of legal moves, spelled out a second time, independently of the code."""

from __future__ import annotations

from itertools import product

import pytest

from shared.domain.states import LEGAL_MOVES, IllegalMove, JobState, check_move

LEGAL = {
    ("COLLECTING", "QUEUED"),
    ("COLLECTING", "REJECTED"),
    ("COLLECTING", "CANCELED"),
    ("REJECTED", "COLLECTING"),
    ("QUEUED", "SUBMITTING"),
    ("QUEUED", "COLLECTING"),
    ("QUEUED", "FAILED"),
    ("QUEUED", "CANCELED"),
    ("SUBMITTING", "TRAINING"),
    ("SUBMITTING", "QUEUED"),
    ("SUBMITTING", "FAILED"),
    ("TRAINING", "SUCCEEDED"),
    ("TRAINING", "FAILED"),
    ("TRAINING", "CANCELED"),
    ("TRAINING", "QUEUED"),
}
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELED"}


@pytest.mark.parametrize(("before", "after"), list(product(JobState, JobState)))
def test_every_pair_of_states_is_either_legal_or_raises(before: JobState, after: JobState) -> None:
    if before is after or (before.value, after.value) in LEGAL:
        check_move(before, after)
        return
    with pytest.raises(IllegalMove, match=rf"from {before.value} to {after.value}"):
        check_move(before, after)


@pytest.mark.parametrize("state", list(JobState))
def test_rows_outlive_code_so_a_state_is_stored_by_its_name(state: JobState) -> None:
    assert state.value == state.name


@pytest.mark.parametrize("state", list(JobState))
def test_exactly_the_three_ends_are_terminal(state: JobState) -> None:
    assert state.is_terminal == (state.value in TERMINAL)


@pytest.mark.parametrize("state", list(JobState))
def test_only_a_collecting_or_rejected_set_takes_photos(state: JobState) -> None:
    assert state.is_open == (state.value in {"COLLECTING", "REJECTED"})


def test_every_state_has_a_line_in_the_table() -> None:
    assert set(LEGAL_MOVES) == set(JobState)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, frontier = {JobState.COLLECTING}, [JobState.COLLECTING]
    while frontier:
        for following in LEGAL_MOVES[frontier.pop()] - reached:
            reached.add(following)
            frontier.append(following)
    assert reached == set(JobState)


def test_from_every_state_some_end_can_be_reached() -> None:
    for start in JobState:
        reached, frontier = {start}, [start]
        while frontier:
            for following in LEGAL_MOVES[frontier.pop()] - reached:
                reached.add(following)
                frontier.append(following)
        assert any(state.is_terminal for state in reached), start


def test_only_a_queued_job_goes_back_to_taking_photos_besides_a_rejected_one() -> None:
    # The job itself sees to it that no attempt was ever intended: see test_job_photo_set.
    back = {before for before, after in LEGAL_MOVES.items() if JobState.COLLECTING in after}
    assert back == {JobState.REJECTED, JobState.QUEUED}


def test_a_training_ends_or_begins_again_and_nothing_else() -> None:
    ended = {state for state in JobState if state.is_terminal}
    assert LEGAL_MOVES[JobState.TRAINING] == {*ended, JobState.QUEUED}
