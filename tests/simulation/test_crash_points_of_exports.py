"""Exports: a crash at each call of each story, and an erasure in the midst of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.crash_points import cover_every_crash
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_exports import SCENARIOS_OF_EXPORTS

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("scenario", SCENARIOS_OF_EXPORTS, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_spoils_an_export_or_leaves_anything_of_whoever_is_erased(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    cover_every_crash(scenario, record_property)
