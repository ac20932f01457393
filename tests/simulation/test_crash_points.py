"""Every call of every scenario, with a crash before it, a crash after it and its reply lost.

What each scenario covers is noted as the test's properties, which the session's last lines add up.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.crash_points import cover_every_crash, play, play_every_crash, play_every_pair
from tests.simulation.scenarios import SCENARIOS, Scenario

PAIRED = [one for one in SCENARIOS if one.pairs]

_Note = Callable[[str, object], None]

# A few seconds each; the limit is for machines that are busy with other things.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_changes_how_it_ends(scenario: Scenario, record_property: _Note) -> None:
    cover_every_crash(scenario, record_property)


@pytest.mark.parametrize("scenario", PAIRED, ids=lambda scenario: scenario.name)
def test_no_two_crashes_on_the_submit_path_change_how_it_ends(
    scenario: Scenario, record_property: _Note
) -> None:
    covered = play_every_pair(scenario)
    assert covered["pairs"] > 0
    for name, count in covered.items():
        record_property(name, count)


def test_the_same_play_makes_the_same_calls_again() -> None:
    scenario = SCENARIOS[0]
    assert play(scenario, {}) == play(scenario, {})


def test_crashes_that_are_one_moment_end_alike_when_each_is_played_for_itself() -> None:
    scenario = next(one for one in SCENARIOS if "refused for good" in one.name)
    covered = play_every_crash(scenario, each_for_itself=True)
    assert covered["plays"] == covered["crash points"]
