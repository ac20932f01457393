"""The seeds find each breakage of the product in ``mutants.py``: they can fail."""

from __future__ import annotations

import pytest

from tests.simulation.mutant_seeds import ALL_MUTANTS, seed_that_finds
from tests.simulation.mutants import MUTANTS, Mutant, alive
from tests.simulation.seeds import play

SCANNED = 150
"""Seeds to try when those that are known to find a mutant have ceased to, because stories have changed."""


def test_at_least_fourteen_breakages_with_names_of_their_own_are_tried() -> None:
    assert len({mutant.name for mutant in ALL_MUTANTS}) == len(ALL_MUTANTS) >= 14


@pytest.mark.parametrize("mutant", ALL_MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_the_mutant_is_found(mutant: Mutant) -> None:
    if seed_that_finds(mutant, range(SCANNED)) is None:
        pytest.fail(f"the mutant lives: {mutant.name}")


def test_the_product_itself_is_back_after_a_mutant() -> None:
    with alive(MUTANTS[0]):
        pass
    play(0)
