"""Whoever asks for a copy of what is held about them gets a whole one, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from tests.simulation.replays import broken_promises

FIRST_SEED = 400
SEEDS = 60
SHARES = 6


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_each_export_ends_with_a_whole_zip_that_goes_after_a_day_whatever_the_seed_lets_go_wrong(
    share: int,
) -> None:
    seeds = range(FIRST_SEED + share, FIRST_SEED + SEEDS, SHARES)
    broken = broken_promises(seeds, exporting=True)
    assert not broken, broken
