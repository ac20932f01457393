"""The training slot's value: places, pauses, and what it has learnt of durations."""

from __future__ import annotations

import pytest

from shared.domain.job import Reason
from shared.domain.slot import DOCUMENTED_DURATION, KEPT_DURATIONS, Slot
from tests.unit.support import NOW

WHY = Reason("Throttling", "Too many fine-tune job in running, please retry later")


@pytest.mark.parametrize(
    ("holders", "places", "closed_until", "free"),
    [
        ((), 1, 0, True),
        (("a",), 1, 0, False),
        (("a",), 2, 0, True),
        (("a", "b"), 2, 0, False),
        (("a", "b", "c"), 2, 0, False),
        ((), 1, NOW, True),
        ((), 1, NOW + 1, False),
    ],
)
def test_a_place_is_free_when_one_is_left_and_the_queue_is_open(
    holders: tuple[str, ...], places: int, closed_until: int, free: bool
) -> None:
    assert Slot(holders=holders, closed_until=closed_until).is_free(places, NOW) is free


def test_taking_and_releasing_are_each_others_opposite() -> None:
    before = Slot(holders=("a",))
    taken = before.taken("b", NOW)
    assert taken.holders == ("a", "b")
    assert taken.taken_at == NOW
    assert taken.held_by("b")
    assert taken.released("b").holders == ("a",)
    assert before.holders == ("a",)


def test_taking_a_place_remembers_how_many_fine_tunes_the_account_keeps() -> None:
    slot = Slot().taken("a", NOW, kept=19)
    assert slot.kept == 19
    assert slot.released("a").kept == 19


def test_releasing_what_holds_nothing_changes_nothing() -> None:
    slot = Slot(holders=("a",), durations=(1,))
    assert slot.released("b") == slot


def test_only_a_training_that_ran_to_its_end_teaches_a_duration() -> None:
    slot = Slot(holders=("a",), durations=(5,))
    assert slot.released("a").durations == (5,)
    assert slot.released("a", duration=7).durations == (5, 7)


def test_the_latest_durations_are_kept_and_older_ones_forgotten() -> None:
    slot = Slot()
    for duration in range(KEPT_DURATIONS + 5):
        slot = slot.released("x", duration=duration)
    assert slot.durations == tuple(range(5, KEPT_DURATIONS + 5))


@pytest.mark.parametrize(
    ("refusals", "delay", "longest", "wait"),
    [
        (0, 20_000, 3_600_000, 20_000),
        (1, 20_000, 3_600_000, 40_000),
        (2, 20_000, 3_600_000, 80_000),
        (2, 20_000, 60_000, 60_000),
        (0, 120_000, 60_000, 60_000),
        (7, 20_000, 3_600_000, 2_560_000),
        (8, 20_000, 3_600_000, 3_600_000),
        (500, 20_000, 3_600_000, 3_600_000),
        (5, 0, 60_000, 0),
    ],
)
def test_refusals_in_a_row_double_the_pause_up_to_the_longest(
    refusals: int, delay: int, longest: int, wait: int
) -> None:
    slot = Slot(refusals=refusals).refused(WHY, delay, NOW, longest=longest)
    assert slot.closed_until == NOW + wait
    assert (slot.refusals, slot.trouble) == (refusals + 1, WHY)
    assert slot.has_trouble


def test_an_accepted_submit_forgets_the_trouble_and_keeps_the_rest() -> None:
    slot = (
        Slot(holders=("a",), durations=(9,), taken_at=5).refused(WHY, 20_000, NOW, longest=60_000).accepted()
    )
    assert slot == Slot(holders=("a",), durations=(9,), taken_at=5)
    assert not slot.has_trouble


@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        ((), (DOCUMENTED_DURATION, DOCUMENTED_DURATION)),
        ((100,), (100, 100)),
        ((300, 100), (100, 300)),
        (tuple(range(10, 0, -1)), (2, 10)),
        (tuple(range(1, 21)), (3, 19)),
        ((100, 100, 100, 99_999), (100, 99_999)),
    ],
)
def test_the_range_of_durations_comes_from_what_the_account_has_shown(
    durations: tuple[int, ...], expected: tuple[int, int]
) -> None:
    assert Slot(durations=durations).duration_range() == expected
