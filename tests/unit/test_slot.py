"""The training slot as a value: its holders, the halted queue, durations, and the fine-tunes kept."""

from __future__ import annotations

import pytest

from shared.domain.job import Reason
from shared.domain.slot import DOCUMENTED_DURATION_MS, REMEMBERED_DURATIONS, Slot
from tests.unit.support import NOW

WHY = Reason("Throttling", "Too many fine-tune job in running, please retry later")


@pytest.mark.parametrize(
    ("holders", "capacity", "halted_until", "free"),
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
def test_the_slot_is_free_when_capacity_is_left_and_the_queue_is_not_halted(
    holders: tuple[str, ...], capacity: int, halted_until: int, free: bool
) -> None:
    assert Slot(holders=holders, halted_until=halted_until).is_free(capacity, NOW) is free


def test_releasing_undoes_taking() -> None:
    before = Slot(holders=("a",))
    taken = before.taken_by("b", NOW)
    assert taken.holders == ("a", "b")
    assert taken.taken_at == NOW
    assert taken.held_by("b")
    assert taken.released("b").holders == ("a",)
    assert before.holders == ("a",)


def test_taking_it_counts_the_jobs_own_fine_tune_from_then_on() -> None:
    slot = Slot(kept=19).taken_by("a", NOW)
    assert slot.kept == 20
    assert slot.taken_by("b", NOW).kept == 21


def test_taking_it_for_a_fine_tune_that_is_counted_already_adds_none() -> None:
    assert Slot(kept=19).taken_by("a", NOW, adds=False).kept == 19


def test_a_count_that_was_never_made_stays_unknown() -> None:
    taken = Slot().taken_by("a", NOW)
    assert taken.kept is None
    assert taken.released("a").kept is None


@pytest.mark.parametrize(("keeps", "kept"), [(True, 20), (False, 19)])
def test_releasing_it_takes_the_jobs_fine_tune_out_of_the_count_unless_the_account_keeps_it(
    keeps: bool, kept: int
) -> None:
    slot = Slot(kept=19).taken_by("a", NOW)
    assert slot.released("a", keeps_fine_tune=keeps).kept == kept


def test_the_count_never_falls_below_none_at_all() -> None:
    assert Slot(holders=("a",), kept=0).released("a").kept == 0


def test_a_job_that_does_not_hold_it_releases_nothing() -> None:
    slot = Slot(holders=("a",), durations_ms=(1,), kept=7)
    assert slot.released("b") == slot


def test_only_a_training_that_ran_to_its_end_teaches_a_duration() -> None:
    slot = Slot(holders=("a",), durations_ms=(5,))
    assert slot.released("a").durations_ms == (5,)
    assert slot.released("a", duration_ms=7).durations_ms == (5, 7)


def test_the_latest_durations_are_kept_and_older_ones_forgotten() -> None:
    slot = Slot()
    for duration in range(REMEMBERED_DURATIONS + 5):
        slot = slot.released("x", duration_ms=duration)
    assert slot.durations_ms == tuple(range(5, REMEMBERED_DURATIONS + 5))


@pytest.mark.parametrize(
    ("refusals", "delay_ms", "longest_ms", "wait_ms"),
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
def test_refusals_in_a_row_double_the_wait_up_to_the_longest(
    refusals: int, delay_ms: int, longest_ms: int, wait_ms: int
) -> None:
    slot = Slot(refusals=refusals).refused(WHY, delay_ms, NOW, longest_ms=longest_ms)
    assert slot.halted_until == NOW + wait_ms
    assert (slot.refusals, slot.trouble) == (refusals + 1, WHY)
    assert slot.has_trouble


def test_an_accepted_submit_forgets_the_trouble_and_keeps_the_rest() -> None:
    before = Slot(holders=("a",), durations_ms=(9,), taken_at=5, kept=7)
    slot = before.refused(WHY, 20_000, NOW, longest_ms=60_000).accepted()
    assert slot == before
    assert not slot.has_trouble


@pytest.mark.parametrize(
    ("durations_ms", "expected"),
    [
        ((), (DOCUMENTED_DURATION_MS, DOCUMENTED_DURATION_MS)),
        ((100,), (100, 100)),
        ((300, 100), (100, 300)),
        (tuple(range(10, 0, -1)), (2, 10)),
        (tuple(range(1, 21)), (3, 19)),
        ((100, 100, 100, 99_999), (100, 99_999)),
    ],
)
def test_the_range_of_durations_comes_from_the_accounts_own_trainings(
    durations_ms: tuple[int, ...], expected: tuple[int, int]
) -> None:
    assert Slot(durations_ms=durations_ms).duration_range_ms() == expected
