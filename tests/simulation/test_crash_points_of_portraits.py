"""Portraits: a crash at each call of each story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.crash_points import cover_every_crash
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_portraits import SCENARIOS_OF_PORTRAITS

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("scenario", SCENARIOS_OF_PORTRAITS, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_loses_a_portrait_or_pays_for_one_a_third_time(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    cover_every_crash(scenario, record_property)
