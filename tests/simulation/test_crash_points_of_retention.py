"""What is removed in its time: a crash at each call of each story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.crash_points import cover_every_crash
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_retention import SCENARIOS_OF_RETENTION

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("scenario", SCENARIOS_OF_RETENTION, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_leaves_what_is_due_or_takes_what_is_not(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    cover_every_crash(scenario, record_property)
