"""Prices and estimates: each price has its source, few people cost by hours, and many by their use."""

from __future__ import annotations

import re

import pytest

from local.packaging import ROOT
from local.prices import estimate
from local.prices import table as prices
from local.prices.estimating import slots_for
from local.prices.table import AS_OF, CALLED_HOUR, HOURS_A_MONTH, CalledHour, Price
from shared.views import PRICE_PER_TRAINING_CNY

TABLE = {name: value for name, value in vars(prices).items() if isinstance(value, Price)}


@pytest.mark.parametrize("name", TABLE)
def test_every_price_has_a_source_with_its_month_or_says_that_it_is_assumed(name: str) -> None:
    price = TABLE[name]
    assert price.source
    assert price.is_assumed or re.search(r"\(20\d\d-\d\d\)", price.source)


def test_the_fee_of_a_training_is_the_one_that_the_pages_show() -> None:
    assert prices.TRAINING.cny == PRICE_PER_TRAINING_CNY


def test_a_function_that_is_called_in_an_hour_costs_a_fen_at_least() -> None:
    assert CalledHour(invocations=1, seconds=0.1).cny == CALLED_HOUR.cny
    assert CalledHour(invocations=60, seconds=3_600).cny > CALLED_HOUR.cny


def test_a_month_of_nobody_costs_the_hours_of_the_timer_and_little_more() -> None:
    idle = estimate(0)
    assert HOURS_A_MONTH * CALLED_HOUR.cny < idle.cny < 10
    assert idle.cny_a_person is None


def test_many_people_cost_in_proportion() -> None:
    some, more = estimate(50_000), estimate(100_000)
    assert more.cny / some.cny == pytest.approx(2, rel=0.01)
    assert more.cny_a_person == pytest.approx(2.5 * 1.06, rel=0.02)


def test_fewer_than_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        estimate(-1)


@pytest.mark.parametrize(("people", "slots"), [(0, 1), (5_900, 1), (6_500, 2), (10_000, 2), (100_000, 17)])
def test_slots_are_planned_for_three_quarters_of_their_time(people: int, slots: int) -> None:
    assert slots_for(people) == slots


@pytest.mark.parametrize("page", ["docs/costs.md", "docs/zh-CN/costs.md"])
def test_the_page_of_costs_shows_what_the_estimate_says(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert AS_OF in text
    months = [estimate(people) for people in (0, 10, 1_000, 100_000)]
    rows = {
        ("| **together**", "| **合计**"): [month.cny for month in months],
        ("| without the trainings", "| 不含训练"): [month.cny - month.items[0].cny for month in months],
    }
    for beginnings, expected in rows.items():
        row = next(line for line in text.splitlines() if line.startswith(beginnings))
        shown = [float(cell.strip(" *").replace(",", "")) for cell in row.split("|")[2:6]]
        assert shown == pytest.approx(expected, abs=0.5)
