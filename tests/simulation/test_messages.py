"""Whoever wants to be told hears of each state once and in order, whatever goes wrong on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.crash_points import play_every_crash
from tests.simulation.replays import broken_promises
from tests.simulation.scenarios import SCENARIOS

CRASHED = (
    "a lone person whose set closes by the marker",
    "two people against one slot",
)

FIRST_SEED = 200
SEEDS = 60
SHARES = 6


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_each_state_is_told_once_and_in_order_whatever_the_seed_lets_go_wrong(share: int) -> None:
    seeds = range(FIRST_SEED + share, FIRST_SEED + SEEDS, SHARES)
    broken = broken_promises(seeds, tells=True)
    assert not broken, broken


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CRASHED)
def test_no_crash_at_any_call_loses_or_reorders_what_is_told(name: str) -> None:
    scenario = next(one for one in SCENARIOS if one.name == name)
    covered = play_every_crash(replace(scenario, tells=True))
    assert covered["crash points"] > 150
