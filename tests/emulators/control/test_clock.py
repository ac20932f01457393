"""The clock that a test holds: the moment at which it stands, and the values that it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aliyun_local.clock import ControlledClock


def test_hold_without_a_time_or_with_true_holds_the_present_moment() -> None:
    clock = ControlledClock()
    holds: list[Callable[[], None]] = [clock.hold, lambda: clock.hold(None), lambda: clock.hold(True)]
    for hold in holds:
        clock.release()
        clock.set(2_000_000_000)
        hold()
        assert 2_000_000_000 <= clock.now() == clock.now() < 2_000_000_060


def test_hold_true_on_a_held_clock_leaves_it_where_it_stands() -> None:
    clock = ControlledClock()
    clock.hold(1_900_000_000)
    clock.hold(True)
    assert clock.now() == 1_900_000_000


def test_hold_false_is_refused_and_names_release() -> None:
    clock = ControlledClock()
    with pytest.raises(ValueError, match=r"release\(\)"):
        clock.hold(False)
    assert not clock.is_held
