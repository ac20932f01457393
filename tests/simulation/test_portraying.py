"""Portraits are made, fetched, labelled and told of once, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from tests.simulation.replays import broken_promises

SEEDS = 60
SHARES = 6
ONCE_BROKEN = (165, 262, 439, 873, 877)
"""Seeds that have found something."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_each_order_ends_with_its_pictures_or_a_reason_and_is_paid_for_once_whatever_goes_wrong(
    share: int,
) -> None:
    broken = broken_promises(range(share, SEEDS, SHARES), portraying=True)
    assert not broken, broken


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", ONCE_BROKEN)
def test_what_seeds_have_found_stays_mended(seed: int) -> None:
    broken = broken_promises([seed], portraying=True)
    assert not broken, broken
