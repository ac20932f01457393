"""What is kept for so long: every story to its end, and a crash at some calls of the one with everything.

``test_crash_points_of_retention.py`` has every call of every story: that takes minutes, in ``make simulate``.
"""

from __future__ import annotations

import pytest

from tests.simulation.crash_points import CRASHES, play
from tests.simulation.faults import Fault
from tests.simulation.retention import drawn_retention
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_retention import SCENARIOS_OF_RETENTION

CRASHED_EVERY = 16


@pytest.mark.parametrize("scenario", SCENARIOS_OF_RETENTION, ids=lambda scenario: scenario.name)
def test_each_story_ends_with_nothing_left_whose_time_is_over(scenario: Scenario) -> None:
    assert play(scenario, {}).trace


@pytest.mark.parametrize("fault", CRASHES)
@pytest.mark.parametrize("scenario", SCENARIOS_OF_RETENTION[:2], ids=lambda scenario: scenario.name)
def test_no_crash_at_one_call_in_so_many_leaves_what_is_due_or_takes_what_is_not(
    scenario: Scenario, fault: Fault
) -> None:
    calls = len(play(scenario, {}).trace)
    assert calls > 2 * CRASHED_EVERY
    for at in range(CRASHES.index(fault), calls, CRASHED_EVERY):
        play(scenario, {at: fault})


def test_the_seeds_keep_each_part_for_minutes_in_some_stories() -> None:
    drawn = [drawn_retention(seed) for seed in range(60)]
    for part in ("keep_snapshots_ms", "keep_photos_ms", "keep_models_ms"):
        assert len({one.get(part, 0) for one in drawn}) > 2 or part == "keep_models_ms"
        assert any(0 < one.get(part, 0) < 3_600_000 for one in drawn)
