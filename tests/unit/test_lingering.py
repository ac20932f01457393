"""When a run stays for a training that is about to end, and when it polls."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.prices.table import FUNCTION_UNIT, TRAINING
from shared.domain import lingering
from shared.domain.function_time import UNITS_A_SECOND
from shared.domain.lingering import (
    LOOK_SPACING_MS,
    LOOKS_A_TRAINING,
    Lingering,
    Plan,
    price_of_a_look_ms,
    price_of_staying,
)
from shared.domain.money import LIST_PRICE_FEN
from tests.unit.support import NOW, few_examples

SECOND = 1000
MINUTE_MS = 60 * SECOND
STEADY = [302 * SECOND] * 20


def plan(
    durations_ms: Sequence[int],
    elapsed_ms: int,
    horizon_ms: int,
    at_most_ms: int | None = None,
    *,
    training_cny: float = LIST_PRICE_FEN / 100,
    is_awaited: bool = True,
) -> Plan | None:
    """The plan while somebody waits, at the price that is paid."""
    return lingering.plan(
        durations_ms, elapsed_ms, horizon_ms, at_most_ms, training_cny=training_cny, is_awaited=is_awaited
    )


def spread(deviation: int, count: int = 20) -> list[int]:
    draw = random.Random(deviation)
    return [int(draw.gauss(302, deviation) * SECOND) for _ in range(count)]


@pytest.mark.parametrize("elapsed", [0, 60, 120, 180, 240])
def test_no_run_stays_for_a_training_that_ends_after_the_next_tick(elapsed: int) -> None:
    assert plan(STEADY, elapsed * SECOND, MINUTE_MS) is None


@pytest.mark.parametrize("elapsed", [294, 297, 300])
def test_a_run_that_stays_polls_when_the_end_is_due_and_not_before(elapsed: int) -> None:
    found = plan(STEADY, elapsed * SECOND, MINUTE_MS)
    assert found is not None
    assert -6 <= elapsed + found.looks_in_ms[0] / SECOND - 302 <= 1
    assert elapsed + found.leave_in_ms / SECOND >= 302


def test_two_trainings_that_agree_are_enough_to_wait_from_a_minute_before_their_end_and_no_earlier() -> None:
    durations = [300 * SECOND, 310 * SECOND]
    assert plan(durations, 220 * SECOND, MINUTE_MS) is None
    assert plan(durations, 240 * SECOND, MINUTE_MS) is not None


@pytest.mark.parametrize("elapsed", [250, 270, 290])
def test_a_run_that_stays_sees_an_unlikely_end_within_ten_seconds(elapsed: int) -> None:
    found = plan(STEADY, elapsed * SECOND, MINUTE_MS)
    assert found is not None
    assert found.looks_in_ms[0] < 10 * SECOND
    assert elapsed + found.leave_in_ms / SECOND >= 302


def test_polls_come_closer_where_an_end_is_likelier() -> None:
    durations = spread(60)
    plans = [plan(durations, elapsed * SECOND, MINUTE_MS) for elapsed in (150, 180, 210, 302)]
    waits = [found.looks_in_ms[0] for found in plans if found]
    assert len(waits) == 4
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


def idle_to_expect(ends: Sequence[float], looks: Sequence[int]) -> float:
    """Seconds between the ends in each second and the first look after them; the next tick looks as well."""
    looks = [*looks, len(ends) + LOOK_SPACING_MS // SECOND]
    return sum(
        chance * (min(look for look in looks if look > second) - second - 0.5)
        for second, chance in enumerate(ends)
    )


@pytest.mark.parametrize("dearer", [1, 500])
@pytest.mark.parametrize("elapsed", [270, 295, 299, 301])
@pytest.mark.parametrize("durations", [STEADY, spread(20), [300 * SECOND, 310 * SECOND]])
def test_no_other_way_to_look_loses_less_than_the_one_that_is_taken(
    durations: list[int], elapsed: int, dearer: int
) -> None:
    width_ms, seconds = lingering._width_ms(tuple(durations)), 12
    ends = lingering._ends(durations, elapsed * SECOND, seconds, width_ms)
    survives = [1.0, *(1 - ended for ended in itertools.accumulate(ends))]
    price = dearer * price_of_a_look_ms(tuple(durations)) / SECOND
    losses: dict[int, float] = {}
    for count in range(1, seconds):
        for looks in itertools.combinations(range(2, seconds + 1), count):
            waits = [after - before for before, after in itertools.pairwise((0, *looks))]
            if min(waits) >= 2 and max(waits) <= 9:
                paid = price * sum(survives[before] for before in (0, *looks[:-1]))
                loss = idle_to_expect(ends, looks) + paid
                losses[looks[0]] = min(loss, losses.get(looks[0], loss))
    taken = lingering._looks_in_ms(ends, price * SECOND, LOOK_SPACING_MS)[0] // SECOND
    assert losses[taken] == pytest.approx(min(losses.values()))


@pytest.mark.parametrize("elapsed", [230, 270, 290])
@pytest.mark.parametrize("durations", [STEADY, spread(20), spread(60), [300 * SECOND, 310 * SECOND]])
def test_a_run_that_planned_anew_after_each_look_would_look_at_the_same_moments(
    durations: list[int], elapsed: int
) -> None:
    first = found = plan(durations, elapsed * SECOND, MINUTE_MS)
    looks, gone_ms = [], 0
    while found and elapsed * SECOND + gone_ms <= max(durations):
        gone_ms += found.looks_in_ms[0]
        looks.append(gone_ms)
        at_most_ms = first.leave_in_ms - gone_ms if first else 0
        found = plan(durations, elapsed * SECOND + gone_ms, MINUTE_MS - gone_ms, at_most_ms)
    assert looks == list(first.looks_in_ms[: len(looks)] if first else ())


def test_a_second_of_staying_costs_by_the_table_of_prices() -> None:
    an_idle_second = TRAINING.cny / 302
    staying = UNITS_A_SECOND * FUNCTION_UNIT.cny / an_idle_second
    assert (
        price_of_staying(302 * SECOND, TRAINING.cny)
        == pytest.approx(staying)
        == pytest.approx(0.006, rel=0.01)
    )
    assert price_of_staying(302 * SECOND, 2 * TRAINING.cny) == pytest.approx(staying / 2)
    assert price_of_staying(604 * SECOND, TRAINING.cny) == pytest.approx(staying * 2)


def test_for_a_training_that_costs_nothing_nobody_pays_to_stay() -> None:
    assert plan(STEADY, 290 * SECOND, MINUTE_MS, training_cny=0) is None


def test_a_dearer_training_is_worth_a_longer_stay() -> None:
    durations = spread(60)
    assert plan(durations, 180 * SECOND, MINUTE_MS, training_cny=0.1) is None
    assert plan(durations, 180 * SECOND, MINUTE_MS) is not None
    cheap = plan(durations, 302 * SECOND, MINUTE_MS, training_cny=0.1)
    dear = plan(durations, 302 * SECOND, MINUTE_MS)
    assert cheap
    assert dear
    assert cheap.leave_in_ms < dear.leave_in_ms


def test_while_nobody_waits_a_run_comes_later_and_leaves_sooner() -> None:
    durations = spread(20)
    assert plan(durations, 220 * SECOND, MINUTE_MS) is not None
    assert plan(durations, 220 * SECOND, MINUTE_MS, is_awaited=False) is None
    awaited = plan(durations, 250 * SECOND, MINUTE_MS)
    alone = plan(durations, 250 * SECOND, MINUTE_MS, is_awaited=False)
    assert awaited
    assert alone
    assert alone.leave_in_ms < awaited.leave_in_ms
    # The end is shown as soon as it would be to others.
    assert alone.looks_in_ms[0] == awaited.looks_in_ms[0]


def test_while_nobody_waits_an_end_that_the_next_tick_sees_soon_is_left_to_it() -> None:
    """Of x seconds until the tick x * x / 604 are lost: of five, a twenty-fifth of a second."""
    assert plan(STEADY, 250 * SECOND, 57 * SECOND, is_awaited=False) is None
    assert plan(STEADY, 250 * SECOND, 57 * SECOND) is not None
    assert plan(STEADY, 270 * SECOND, 57 * SECOND, is_awaited=False) is not None


def looks_until(end_ms: int, durations: Sequence[int]) -> int:
    """How often a training is looked at by ticks and by runs that stay whenever they may."""
    tick_ms = looks = 0
    while True:
        at_ms, looks = tick_ms, looks + 1
        tick_ms += MINUTE_MS
        while at_ms < end_ms and (found := plan(durations, at_ms, tick_ms - 2500 - at_ms)):
            at_ms, looks = at_ms + found.looks_in_ms[0], looks + 1
        if at_ms >= end_ms:
            return looks


@pytest.mark.parametrize("deviation", [0, 20, 60])
def test_a_training_is_looked_at_sixty_times_on_average_at_most(deviation: int) -> None:
    draw, durations = random.Random(f"looks {deviation}"), spread(deviation)
    looks = [looks_until(int(draw.gauss(302, deviation) * SECOND), durations) for _ in range(40)]
    assert sum(looks) / len(looks) <= LOOKS_A_TRAINING + 5 == 60


def test_a_stay_that_could_save_little_is_not_worth_its_function_time() -> None:
    assert plan(spread(60), 120 * SECOND, MINUTE_MS) is None
    assert plan(spread(60), 302 * SECOND, 2 * SECOND - 1) is None
    assert plan(spread(60), 302 * SECOND, MINUTE_MS) is not None


def test_without_history_the_documented_duration_is_waited_for_widely() -> None:
    assert plan([302 * SECOND], 120 * SECOND, MINUTE_MS) is None
    assert plan([302 * SECOND], 200 * SECOND, MINUTE_MS) is not None
    assert plan([302 * SECOND], 330 * SECOND, MINUTE_MS) is not None


@pytest.mark.parametrize("mean", [151, 453])
def test_the_first_training_of_a_new_regime_is_enough_to_expect_the_next(mean: int) -> None:
    durations = [*STEADY[1:], mean * SECOND]
    found = plan(durations, (mean - 15) * SECOND, MINUTE_MS)
    assert found is not None
    assert abs(mean - 15 + found.looks_in_ms[0] / SECOND - mean) <= 8


def test_an_outlier_in_the_past_keeps_no_run_between_its_duration_and_the_usual_one() -> None:
    durations = [*STEADY[1:], 900 * SECOND]
    assert plan(durations, 400 * SECOND, MINUTE_MS) is None
    assert plan(durations, 880 * SECOND, MINUTE_MS) is not None


def test_a_training_that_outlasts_everything_known_by_far_is_left_to_the_ticks() -> None:
    assert plan(STEADY, 3600 * 1000 * SECOND, MINUTE_MS) is None


@few_examples
@given(
    durations=st.lists(st.integers(0, 10**8), min_size=1, max_size=20),
    elapsed=st.integers(-(10**6), 10**9),
    horizon=st.integers(-(10**6), MINUTE_MS),
    is_awaited=st.booleans(),
)
def test_a_plan_never_reaches_beyond_its_horizon_nor_looks_twice_in_two_seconds(
    durations: list[int], elapsed: int, horizon: int, is_awaited: bool
) -> None:
    found = plan(durations, elapsed, horizon, is_awaited=is_awaited)
    assert (
        found is None
        or LOOK_SPACING_MS
        <= found.looks_in_ms[0]
        <= min(found.leave_in_ms, 9 * SECOND)
        <= found.leave_in_ms
        <= horizon
    )


def test_the_row_holds_the_time_spent_for_each_training_that_is_going() -> None:
    row = Lingering().begun(NOW + 40_000, {"a": 40_000}).begun(NOW + 90_000, {"a": 70_000, "b": 0})
    assert (row.until, row.stayed_ms) == (NOW + 90_000, {"a": 70_000, "b": 0})
    assert row.begun(NOW + MINUTE_MS, {"b": 10_000}).stayed_ms == {"b": 10_000}


def test_the_longer_a_training_outlasts_all_others_the_less_often_it_is_polled() -> None:
    plans = [plan(STEADY, elapsed * SECOND, MINUTE_MS) for elapsed in (303, 340, 400, 500, 600)]
    waits = [found.looks_in_ms[0] for found in plans if found]
    assert len(waits) == 5
    assert waits == sorted(waits)
    assert waits[-1] >= 3 * waits[0]


def test_a_stay_that_is_cut_short_still_saves_the_time_until_the_tick() -> None:
    """A missed end costs the wait for the next tick, however short the stay may be."""
    durations = spread(60)
    cut, whole = (
        plan(durations, 132 * SECOND, MINUTE_MS, 45 * SECOND),
        plan(durations, 132 * SECOND, MINUTE_MS),
    )
    assert cut is not None
    assert whole is not None
    assert cut.leave_in_ms == 45 * SECOND < whole.leave_in_ms
    assert plan(durations, 132 * SECOND, 45 * SECOND) is None
