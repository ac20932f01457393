"""Prices and estimates: each price has its source, few people cost by hours, and many by their use."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from local.packaging import ROOT
from local.prices import estimate
from local.prices import table as prices
from local.prices.estimating import IDLE_MONTH, PER_PERSON, TRAINING_SECONDS, slots_for
from local.prices.table import AS_OF, CALLED_HOUR, HOURS_A_MONTH, CalledHour, Price
from shared.domain import function_time
from shared.domain.money import LIST_PRICE_FEN

TABLE = {name: value for name, value in vars(prices).items() if isinstance(value, Price)}


@pytest.mark.parametrize("name", TABLE)
def test_every_price_has_a_source_with_its_month_or_says_that_it_is_assumed(name: str) -> None:
    price = TABLE[name]
    assert price.source
    assert price.is_assumed or re.search(r"\(20\d\d-\d\d\)", price.source)


def test_the_fee_of_a_training_is_the_one_that_the_pages_show() -> None:
    assert prices.TRAINING.cny == LIST_PRICE_FEN / 100


def test_function_time_costs_by_the_size_that_the_template_gives_the_functions() -> None:
    text = (ROOT / "template.yml").read_text(encoding="utf-8")
    sizes = {
        name: {float(size) for size in re.findall(rf"^      {name}: ([\d.]+)$", text, re.MULTILINE)}
        for name in ("Cpu", "MemorySize", "DiskSize")
    }
    assert sizes == {
        "Cpu": {function_time.VCPU},
        "MemorySize": {1024 * function_time.MEMORY_GB},
        "DiskSize": {1024 * function_time.DISK_GB},
    }
    a_second = CalledHour(invocations=0, seconds=1).used_cny
    assert a_second == pytest.approx(function_time.CNY_A_SECOND) == pytest.approx(0.000_05, rel=0.02)


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
    assert more.cny_a_person == pytest.approx(LIST_PRICE_FEN / 100 * PER_PERSON.trainings, rel=0.02)


def test_fewer_than_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        estimate(-1)


@pytest.mark.parametrize(("people", "slots"), [(0, 1), (5_900, 1), (6_500, 2), (10_000, 2), (100_000, 17)])
def test_slots_are_planned_for_three_quarters_of_their_time(people: int, slots: int) -> None:
    assert slots_for(people) == slots


def number_of(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def is_shown_as(text: str, value: float) -> bool:
    """Whether ``value``, rounded to as many places as ``text`` has, is what it shows."""
    places = -int(number_of(text).as_tuple().exponent)
    return abs(float(number_of(text)) - value) <= 0.501 * 0.1**places


def tables_of(page: str) -> list[list[list[str]]]:
    """Return the numbers of each row of the page's tables, without the heads of both."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^\|.*\n\|(?:---\|)+\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[re.findall(r"\d[\d,]*(?:\.\d+)?", row) for row in rows.splitlines()] for rows in found]


PAGES = pytest.mark.parametrize("page", ["docs/costs.md", "docs/zh-CN/costs.md"])


@PAGES
def test_the_page_of_costs_shows_what_the_estimate_says(page: str) -> None:
    assert AS_OF in (ROOT / page).read_text(encoding="utf-8")
    month, *_ = tables_of(page)
    estimates = [estimate(people) for people in (0, 10, 1_000, 100_000)]
    items = [{item.name: item.cny for item in one.items} for one in estimates]
    lines = [
        ["trainings"],
        ["Function Compute"],
        ["Tablestore reads", "Tablestore writes", "Tablestore storage"],
        ["OSS storage"],
        ["OSS requests", "photos prepared"],
        ["photos fetched by DashScope"],
        ["logs"],
    ]
    assert {name for line in lines for name in line} == items[0].keys()
    expected: list[list[float]] = [
        [one.slots for one in estimates],
        *([sum(item[name] for name in line) for item in items] for line in lines),
        [one.cny for one in estimates],
        [one.cny - one.items[0].cny for one in estimates],
        [one.cny_a_person for one in estimates if one.cny_a_person is not None],
    ]
    for shown, values in zip(month, expected, strict=True):
        # A name may hold a number of its own.
        pairs = list(zip(shown[-len(values) :], values, strict=True))
        assert all(is_shown_as(text, value) for text, value in pairs), pairs


@PAGES
def test_the_page_of_costs_shows_what_a_person_and_an_idle_month_take(page: str) -> None:
    _, person, *_ = tables_of(page)
    use = PER_PERSON
    expected = [
        *(use.trainings, use.photos, use.collects, use.collect_seconds, use.tick_seconds),
        *(use.read_units, use.write_units, use.oss_requests, use.fetched_photos, use.log_bytes / 1000),
    ]
    shown = [text for row in person for text in row]
    assert all(map(is_shown_as, shown, expected)), list(zip(shown, expected, strict=True))
    assert len(shown) == len(expected)
    text = (ROOT / page).read_text(encoding="utf-8")
    for quantity in (IDLE_MONTH.read_units, IDLE_MONTH.write_units, IDLE_MONTH.oss_requests):
        assert f"{quantity:,}" in text
    assert f"{IDLE_MONTH.log_bytes / 1e6:.1f} MB" in text


@pytest.mark.parametrize("page", ["docs/limits.md", "docs/zh-CN/limits.md"])
def test_the_page_of_limits_plans_with_what_the_estimate_plans_with(page: str) -> None:
    formula = next(line for line in (ROOT / page).read_text(encoding="utf-8").splitlines() if "0.75" in line)
    assert {f"{PER_PERSON.trainings}", f"{TRAINING_SECONDS}"} <= set(re.findall(r"[\d.]+", formula))
