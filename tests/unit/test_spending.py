"""The ledger in the slot's row: what is spent, what is reserved, by which day, and never twice."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from shared.domain.money import DAYS, MONTHS, beijing_day, cny, in_yuan, next_day, next_month
from shared.domain.object_keys import job_id
from shared.domain.slot import Slot
from shared.domain.spending import (
    LANDS_WITHIN_MS,
    SETTLED_JOBS,
    Billed,
    Reserved,
    Spending,
    spending_from,
)
from tests.unit.support import MINUTE_MS, NOW

HOUR_MS = 60 * MINUTE_MS
MIDNIGHT = NOW + 16 * HOUR_MS
"""NOW is 08:00 in Beijing on the first of January."""
LI = job_id("li", 1)


def test_a_sum_is_told_to_the_fen() -> None:
    assert [cny(fen) for fen in (0, 1, 18, 250, 19_999)] == [0, 0.01, 0.18, 2.5, 199.99]
    assert [in_yuan(fen) for fen in (0, 1, 18, 250, 100_005)] == ["0.00", "0.01", "0.18", "2.50", "1000.05"]


def test_days_and_months_begin_at_midnight_in_beijing() -> None:
    assert (next_day(NOW), next_day(MIDNIGHT - 1), next_day(MIDNIGHT)) == (
        MIDNIGHT,
        MIDNIGHT,
        MIDNIGHT + 24 * HOUR_MS,
    )
    assert beijing_day(next_month(NOW)) == "2026-02-01"
    assert beijing_day(next_month(NOW) - 1) == "2026-01-31"
    assert beijing_day(next_month(NOW + 340 * 24 * HOUR_MS)) == "2027-01-01"


def test_what_is_reserved_is_counted_once_it_is_known_what_was_billed() -> None:
    ledger = Spending().with_reserved("a", Reserved(at=NOW, fen=250))
    assert (ledger.fen, ledger.reserved_fen, ledger.committed("2026-01-01")) == (0, 250, 250)
    paid = ledger.settled("a", Billed(1, NOW))
    assert (paid.trainings, paid.fen, paid.reserved) == (1, 250, {})
    assert (paid.days, paid.months) == ({"2026-01-01": 250}, {"2026-01": 250})
    assert paid.settled("a", Billed(1, NOW)) == paid


def test_what_was_not_billed_is_given_back() -> None:
    ledger = Spending().with_reserved("a", Reserved(at=NOW, fen=250))
    assert ledger.settled("a", Billed(0)) == Spending()


def test_what_nobody_can_ever_tell_counts_as_a_training() -> None:
    ledger = Spending().with_reserved("a", Reserved(at=NOW, fen=250, before=1))
    assert ledger.settled("a", Billed(None)).fen == 250


def test_a_slow_run_that_reserves_for_a_job_as_it_was_before_its_training_counts_nothing_again() -> None:
    trained = Slot().taken_by("a", NOW, price_fen=250).released("a", billed=Billed(1, NOW))
    slow = trained.taken_by("a", NOW + MINUTE_MS, price_fen=250)
    spending = slow.released("a", billed=Billed(1, NOW)).spending
    assert spending is not None
    assert (spending.trainings, spending.fen, spending.reserved) == (1, 250, {})


def test_up_to_where_a_job_is_settled_is_remembered_of_the_latest_ones() -> None:
    ledger = Spending()
    for number in range(SETTLED_JOBS + 1):
        ledger = ledger.with_reserved(f"{number}", Reserved(at=NOW, fen=250)).settled(f"{number}", Billed(1))
    assert list(ledger.settled_jobs) == [f"{number}" for number in range(1, SETTLED_JOBS + 1)]
    assert spending_from(json.loads(json.dumps(asdict(ledger)))) == ledger


def test_of_a_job_that_is_trained_again_each_training_counts_once() -> None:
    slot = Slot().taken_by("a", NOW, price_fen=250)
    again = slot.taken_by("a", NOW + MINUTE_MS, price_fen=250, billed=Billed(1, NOW))
    assert again.spending is not None
    assert (again.spending.fen, again.spending.reserved["a"].before) == (250, 1)
    ended = again.released("a", billed=Billed(2, NOW + MINUTE_MS))
    assert ended.spending is not None
    assert (ended.spending.trainings, ended.spending.fen, ended.spending.reserved) == (2, 500, {})


def test_a_job_that_takes_the_slot_again_after_nothing_was_made_reserves_once() -> None:
    slot = Slot().taken_by("a", NOW, price_fen=250).taken_by("a", NOW + 1, price_fen=250)
    assert slot.spending is not None
    assert slot.spending.committed("") == 250


def test_a_training_belongs_to_the_day_on_which_dashscope_made_it() -> None:
    ledger = Spending().with_reserved("a", Reserved(at=MIDNIGHT - 1, fen=250))
    assert ledger.settled("a", Billed(1, MIDNIGHT)).days == {"2026-01-02": 250}
    assert ledger.settled("a", Billed(1)).days == {"2026-01-01": 250}


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (NOW, {"2026-01-01"}),
        (MIDNIGHT - LANDS_WITHIN_MS - 1, {"2026-01-01"}),
        (MIDNIGHT - LANDS_WITHIN_MS, {"2026-01-01", "2026-01-02"}),
        (MIDNIGHT - 1, {"2026-01-01", "2026-01-02"}),
        (MIDNIGHT + 9_999, {"2026-01-01", "2026-01-02"}),
        (MIDNIGHT + 10_000, {"2026-01-02"}),
    ],
)
def test_around_midnight_a_training_on_its_way_counts_for_both_days(at: int, days: set[str]) -> None:
    ledger = Spending().with_reserved("a", Reserved(at=at, fen=250))
    counted = {day for day in ("2025-12-31", "2026-01-01", "2026-01-02") if ledger.committed(day)}
    assert counted == days
    assert (ledger.committed("2026-01"), ledger.committed("")) == (250, 250)


def test_at_the_end_of_a_month_it_counts_for_both_months() -> None:
    ledger = Spending().with_reserved("a", Reserved(at=next_month(NOW) - 1, fen=250))
    assert (ledger.committed("2026-01"), ledger.committed("2026-02"), ledger.committed("2026-03")) == (
        250,
        250,
        0,
    )


def test_days_and_months_are_remembered_for_as_long_as_anybody_looks_at_them() -> None:
    ledger = Spending()
    for number in range(500):
        ledger = ledger.with_billed(1, 250, beijing_day(NOW + number * 24 * HOUR_MS))
    assert (len(ledger.days), len(ledger.months), ledger.trainings) == (DAYS, MONTHS, 500)
    assert max(ledger.days) == beijing_day(NOW + 499 * 24 * HOUR_MS)


def test_a_ledger_comes_back_from_its_json_and_one_that_makes_no_sense_begins_anew() -> None:
    ledger = Spending(taken_at=3).with_billed(1, 250, "2026-01-01").with_reserved(LI, Reserved(at=1, fen=2))
    assert spending_from(json.loads(json.dumps(asdict(ledger)))) == ledger
    odd = {"fen": -3, "trainings": "1", "days": ["x"], "months": {"2026-01": None}, "reserved": {"a": 1}}
    assert spending_from(odd) == Spending(months={"2026-01": 0})


def test_what_is_reserved_for_a_person_is_found_by_their_jobs() -> None:
    second = Reserved(at=NOW, fen=250)
    ledger = replace(Spending(), reserved={LI: Reserved(at=1, fen=2), job_id("li", 2): second, "odd": second})
    assert set(ledger.reserved_for(LI.partition("-")[0])) == {1, 2}


def test_the_slot_keeps_no_books_once_other_code_has_taken_it() -> None:
    slot = Slot().taken_by("a", NOW, price_fen=250)
    assert slot.keeps_books
    assert not replace(slot, taken_at=NOW + 1).keeps_books
    assert not replace(slot, spending=None).keeps_books
    assert replace(slot, holders=()).to_settle == ("a",)
    assert slot.to_settle == ()
