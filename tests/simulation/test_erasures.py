"""Erasures: every story to its end, and a crash at some calls of the one with everything.

``test_crash_points_of_erasures.py`` has every call of every story, and what else may happen there: that
takes minutes, in ``make simulate``.
"""

from __future__ import annotations

import pytest

from tests.simulation.crash_points import CRASHES, play
from tests.simulation.faults import Fault
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_erasures import SCENARIOS_OF_ERASURES

BY_FILE = next(one for one in SCENARIOS_OF_ERASURES if "by file" in one.name)
"""A training is stopped, and files are at DashScope."""
CRASHED_EVERY = 12


@pytest.mark.parametrize("scenario", SCENARIOS_OF_ERASURES, ids=lambda scenario: scenario.name)
def test_each_story_of_an_erasure_ends_with_nothing_left(scenario: Scenario) -> None:
    assert play(scenario, {}).trace


@pytest.mark.parametrize("fault", CRASHES)
def test_no_crash_at_one_call_in_so_many_leaves_anything_of_whoever_is_erased(fault: Fault) -> None:
    calls = len(play(BY_FILE, {}).trace)
    assert calls > 2 * CRASHED_EVERY
    for at in range(CRASHES.index(fault), calls, CRASHED_EVERY):
        play(BY_FILE, {at: fault})
