"""Every call of every scenario, with a crash before it, a crash after it and its reply lost.

What each scenario covers is noted as the test's properties, which the session's last lines add up.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.crash_points import CRASHES, pairs_of_crashes, play, single_crashes
from tests.simulation.scenarios import SCENARIOS, Scenario

_Note = Callable[[str, object], None]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_changes_how_it_ends(scenario: Scenario, record_property: _Note) -> None:
    undisturbed = play(scenario, {})
    played = 0
    for crash in single_crashes(undisturbed):
        play(scenario, crash)
        played += 1
    assert played == len(undisturbed.trace) * len(CRASHES) > 0
    record_property("scenarios", 1)
    record_property("calls", len(undisturbed.trace))
    record_property("crash points", played)


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.pairs], ids=lambda scenario: scenario.name
)
def test_no_two_crashes_on_the_submit_path_change_how_it_ends(
    scenario: Scenario, record_property: _Note
) -> None:
    played = 0
    for crashes in pairs_of_crashes(scenario, play(scenario, {})):
        play(scenario, crashes)
        played += 1
    assert played > 0
    record_property("pairs", played)


def test_the_same_play_makes_the_same_calls_again() -> None:
    scenario = SCENARIOS[0]
    assert play(scenario, {}) == play(scenario, {})
