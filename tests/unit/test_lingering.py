"""When a run stays for a training that is about to end, and when it polls."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lingering import LONGEST_WAIT_MS, PRICE_OF_A_LOOK_MS, Lingering, plan
from tests.unit.support import NOW, few_examples

SECOND = 1000
MINUTE_MS = 60 * SECOND
STEADY = [302 * SECOND] * 20


def spread(deviation: int, count: int = 20) -> list[int]:
    draw = random.Random(deviation)
    return [int(draw.gauss(302, deviation) * SECOND) for _ in range(count)]


@pytest.mark.parametrize("elapsed", [0, 60, 120, 180, 240])
def test_no_run_stays_for_a_training_that_ends_after_the_next_tick(elapsed: int) -> None:
    assert plan(STEADY, elapsed * SECOND, MINUTE_MS) is None


@pytest.mark.parametrize("elapsed", [291, 294, 297, 300])
def test_a_run_that_stays_polls_when_the_end_is_due_and_not_before(elapsed: int) -> None:
    found = plan(STEADY, elapsed * SECOND, MINUTE_MS)
    assert found is not None
    assert -6 <= elapsed + found.look_in_ms / SECOND - 302 <= 1
    assert elapsed + found.leave_in_ms / SECOND >= 302


def test_two_trainings_that_agree_are_enough_to_wait_from_a_minute_before_their_end_and_no_earlier() -> None:
    durations = [300 * SECOND, 310 * SECOND]
    assert plan(durations, 240 * SECOND, MINUTE_MS) is None
    assert plan(durations, 250 * SECOND, MINUTE_MS) is not None


@pytest.mark.parametrize("elapsed", [250, 270, 290])
def test_a_run_that_stays_sees_an_unlikely_end_within_ten_seconds(elapsed: int) -> None:
    found = plan(STEADY, elapsed * SECOND, MINUTE_MS)
    assert found is not None
    assert found.look_in_ms < 10 * SECOND
    assert elapsed + found.leave_in_ms / SECOND >= 302


@pytest.mark.parametrize("elapsed", range(270, 330, 5))
def test_a_run_polls_when_the_idle_time_to_expect_costs_as_much_as_the_poll(elapsed: int) -> None:
    durations, width_ms, count = [300 * SECOND, 310 * SECOND], 10 * SECOND / 1.5, 5000
    curve = [width_ms * math.log(number / (count - number)) for number in range(1, count)]
    ends = [duration + around for duration in durations for around in curve]
    ends_in_ms = [end - elapsed * SECOND for end in ends if end > elapsed * SECOND]

    def idle_ms(look_in_ms: int) -> float:
        return sum(max(0.0, look_in_ms - end) for end in ends_in_ms) / len(ends_in_ms)

    found = plan(durations, elapsed * SECOND, MINUTE_MS)
    assert found is not None
    assert found.look_in_ms == LONGEST_WAIT_MS or idle_ms(found.look_in_ms) >= PRICE_OF_A_LOOK_MS
    assert idle_ms(found.look_in_ms - SECOND) < PRICE_OF_A_LOOK_MS


def test_polls_come_closer_where_an_end_is_likelier() -> None:
    durations = spread(20)
    plans = [plan(durations, elapsed * SECOND, MINUTE_MS) for elapsed in (255, 275, 302)]
    waits = [found.look_in_ms for found in plans if found]
    assert len(waits) == 3
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


def test_a_stay_that_could_save_little_is_not_worth_its_function_time() -> None:
    assert plan(spread(60), 180 * SECOND, MINUTE_MS) is None
    assert plan(spread(60), 302 * SECOND, 2 * SECOND) is None
    assert plan(spread(60), 302 * SECOND, MINUTE_MS) is not None


def test_without_history_the_documented_duration_is_waited_for_widely() -> None:
    assert plan([302 * SECOND], 150 * SECOND, MINUTE_MS) is None
    assert plan([302 * SECOND], 280 * SECOND, MINUTE_MS) is not None
    assert plan([302 * SECOND], 330 * SECOND, MINUTE_MS) is not None


@pytest.mark.parametrize("mean", [151, 453])
def test_the_first_training_of_a_new_regime_is_enough_to_expect_the_next(mean: int) -> None:
    durations = [*STEADY[1:], mean * SECOND]
    found = plan(durations, (mean - 15) * SECOND, MINUTE_MS)
    assert found is not None
    assert abs(mean - 15 + found.look_in_ms / SECOND - mean) <= 8


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
)
def test_a_plan_never_reaches_beyond_its_horizon(durations: list[int], elapsed: int, horizon: int) -> None:
    found = plan(durations, elapsed, horizon)
    assert (
        found is None
        or 0 < found.look_in_ms <= min(found.leave_in_ms, 9 * SECOND) <= found.leave_in_ms <= horizon
    )


def test_the_row_holds_the_time_spent_for_each_training_that_is_going() -> None:
    row = Lingering().begun(NOW + 40_000, {"a": 40_000}).begun(NOW + 90_000, {"a": 70_000, "b": 0})
    assert (row.until, row.stayed_ms) == (NOW + 90_000, {"a": 70_000, "b": 0})
    assert row.begun(NOW + MINUTE_MS, {"b": 10_000}).stayed_ms == {"b": 10_000}


def test_the_longer_a_training_outlasts_all_others_the_less_often_it_is_polled() -> None:
    plans = [plan(STEADY, elapsed * SECOND, MINUTE_MS) for elapsed in (303, 340, 400, 600)]
    waits = [found.look_in_ms for found in plans if found]
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert waits[-1] >= 3 * waits[0]


def test_a_stay_that_is_cut_short_still_saves_the_time_until_the_tick() -> None:
    """A missed end costs the wait for the next tick, however short the stay may be."""
    durations = spread(60)
    cut, whole = (
        plan(durations, 262 * SECOND, MINUTE_MS, 10 * SECOND),
        plan(durations, 262 * SECOND, MINUTE_MS),
    )
    assert cut is not None
    assert whole is not None
    assert cut.leave_in_ms == 10 * SECOND < whole.leave_in_ms
    assert plan(durations, 262 * SECOND, 10 * SECOND) is None
