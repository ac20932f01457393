"""The training slot as a value: its holders, the halted queue, durations, and the fine-tunes kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS as ANY_CLOCKS_DIFFER_MS
from shared.domain.job import Reason
from shared.domain.slot import (
    DOCUMENTED_DURATION_MS,
    LATEST_POST_MS,
    LONGEST_HALT_MS,
    REMEMBERED_DURATIONS,
    REMEMBERED_ENDS,
    REMEMBERED_REFUSALS,
    SUBMIT_SPACING_MS,
    Slot,
)
from shared.domain.spending import CLOCKS_DIFFER_MS
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


def test_the_ends_of_the_latest_trainings_are_counted_and_a_refused_submit_is_none() -> None:
    slot = Slot()
    for number in range(REMEMBERED_ENDS + 5):
        slot = slot.released("x", ended_at=NOW + number)
    assert slot.released("x") == slot
    assert slot.ends_since(0) == REMEMBERED_ENDS
    assert slot.ends_since(NOW + REMEMBERED_ENDS + 3) == 2, "the moment itself counts"


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


def test_the_queue_is_halted_since_the_first_of_the_refusals_in_a_row() -> None:
    first = Slot().refused(WHY, 20_000, NOW, longest_ms=60_000)
    assert first.halted_since == NOW
    assert first.refused(WHY, 20_000, NOW + 60_000, longest_ms=60_000).halted_since == NOW
    accepted = first.accepted(NOW + 5, "account")
    assert accepted.halted_since == 0
    assert accepted.refused(WHY, 20_000, NOW + 7, longest_ms=60_000).halted_since == NOW + 7


@pytest.mark.parametrize(
    ("halted_until", "halted"),
    [
        (0, False),
        (NOW, False),
        (NOW + 1, True),
        # Halted for the longest time by a clock that is right, but not by one that is hours ahead.
        (NOW + LONGEST_HALT_MS + ANY_CLOCKS_DIFFER_MS, True),
        (NOW + LONGEST_HALT_MS + ANY_CLOCKS_DIFFER_MS + 1, False),
    ],
)
def test_the_queue_is_halted_until_its_moment_unless_no_right_clock_would_have_named_it(
    halted_until: int, halted: bool
) -> None:
    slot = Slot(halted_until=halted_until)
    assert slot.is_halted(NOW) is halted
    assert slot.is_free(1, NOW) is not halted


def test_an_accepted_submit_forgets_the_trouble_and_keeps_the_rest() -> None:
    before = Slot(holders=("a",), durations_ms=(9,), taken_at=5, kept=7)
    halted = before.with_refused("b").refused(WHY, 20_000, NOW, longest_ms=60_000)
    slot = halted.accepted(NOW + 7, "account")
    assert slot == replace(before, accepted_at=NOW + 7, account="account")


@pytest.mark.parametrize(
    ("before", "has_news"),
    [
        (Slot(account="a"), False),
        (Slot(account="b"), True),
        (Slot(account="a", trouble=WHY), True),
        (Slot(account="a", refusals=1), True),
        (Slot(account="a", refused_jobs=("j",)), True),
    ],
)
def test_an_accepted_submit_is_news_after_trouble_or_for_a_new_account(before: Slot, has_news: bool) -> None:
    assert before.has_news("a") is has_news


def test_the_jobs_whose_submits_were_refused_are_remembered_once_each_and_not_without_end() -> None:
    slot = Slot().with_refused("a")
    assert slot.with_refused("a") is slot
    for number in range(REMEMBERED_REFUSALS):
        slot = slot.with_refused(f"j{number}")
    assert slot.refused_jobs == tuple(f"j{number}" for number in range(REMEMBERED_REFUSALS))


def test_releasing_it_tells_when_a_submit_was_accepted_and_never_goes_back() -> None:
    slot = Slot(holders=("a", "b"), accepted_at=NOW)
    assert slot.released("a", accepted_at=NOW + 5).accepted_at == NOW + 5
    assert slot.released("a", accepted_at=NOW - 5).accepted_at == NOW
    assert slot.released("a").accepted_at == NOW


def test_a_job_that_holds_it_already_takes_it_again_so_that_whoever_is_about_to_release_it_loses() -> None:
    slot = Slot(holders=("a", "b"), taken_at=NOW - 60_000)
    taken = slot.taken_by("a", NOW)
    assert taken == replace(slot, taken_at=NOW, spending=taken.spending)


@pytest.mark.parametrize(
    ("since_ms", "lately"),
    [
        (0, True),
        (CLOCKS_DIFFER_MS - 1, True),
        (1 - CLOCKS_DIFFER_MS, True),
        (CLOCKS_DIFFER_MS, False),
        (-CLOCKS_DIFFER_MS, False),
    ],
)
def test_it_was_just_taken_when_two_clocks_may_not_agree_on_how_long_ago(since_ms: int, lately: bool) -> None:
    assert Slot(taken_at=NOW - since_ms).was_just_taken(NOW) is lately


def test_two_posts_are_a_second_apart() -> None:
    # One leaves at the latest moment, the next as soon as the slot is taken: DashScope takes 1 a second.
    assert SUBMIT_SPACING_MS - LATEST_POST_MS >= 1000


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
