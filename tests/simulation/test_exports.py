"""Exports: every story to its end, and a crash at some calls of each.

``test_crash_points_of_exports.py`` has every call of every story: that takes minutes, in ``make simulate``.
"""

from __future__ import annotations

import pytest

from tests.simulation.crash_points import CRASHES, play
from tests.simulation.faults import Fault
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_exports import SCENARIOS_OF_EXPORTS

CRASHED_EVERY = 24
OF_ALL = pytest.mark.parametrize("scenario", SCENARIOS_OF_EXPORTS, ids=lambda scenario: scenario.name)


@OF_ALL
def test_each_story_of_an_export_ends_with_a_whole_zip_or_with_nothing_left(scenario: Scenario) -> None:
    assert play(scenario, {}).trace


@pytest.mark.parametrize("fault", CRASHES)
@pytest.mark.parametrize("scenario", SCENARIOS_OF_EXPORTS[::2], ids=lambda scenario: scenario.name)
def test_no_crash_at_one_call_of_an_export_in_so_many_spoils_it(scenario: Scenario, fault: Fault) -> None:
    trace = play(scenario, {}).trace
    begins = next(call.index for call in trace if call.operation == "ListMultipartUploads")
    assert len(trace) > begins + CRASHED_EVERY
    # From the call right before it on: what is earlier is no export yet.
    for at in range(begins - 1 + CRASHES.index(fault), len(trace), CRASHED_EVERY):
        play(scenario, {at: fault})
