"""Each action and each look comes to the audit, under no name, whatever goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.simulation.crash_points import cover_every_crash, play_every_crash
from tests.simulation.replays import broken_promises
from tests.simulation.scenarios import Scenario
from tests.simulation.scenarios_of_audits import SCENARIOS_OF_AUDITS
from tests.simulation.scenarios_of_erasures import SCENARIOS_OF_ERASURES

ERASED = (
    "a person who is erased while a submit has no answer",
    "an erased person of whose name another one comes",
)
FIRST_SEED = 300
SEEDS = 60
SHARES = 6


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_each_action_and_each_look_is_on_record_whatever_the_seed_lets_go_wrong(share: int) -> None:
    seeds = range(FIRST_SEED + share, FIRST_SEED + SEEDS, SHARES)
    broken = broken_promises(seeds, audited=True)
    assert not broken, broken


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scenario", SCENARIOS_OF_AUDITS, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_loses_a_record_or_puts_a_name_into_one(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    cover_every_crash(scenario, record_property)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ERASED)
def test_no_crash_at_any_call_of_an_erasure_leaves_more_than_the_hash_in_the_audit(name: str) -> None:
    scenario = next(one for one in SCENARIOS_OF_ERASURES if one.name == name)
    covered = play_every_crash(replace(scenario, audited=True, tells=True))
    assert covered["crash points"] > 150
