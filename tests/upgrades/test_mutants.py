"""Whoever breaks what versions have agreed on is found out by a story."""

from __future__ import annotations

import pytest

from tests.upgrades.cloud import Cloud, Instance, instance
from tests.upgrades.mutants import MUTANTS, Mutant
from tests.upgrades.next_release import Kept
from tests.upgrades.releases import changed_copy
from tests.upgrades.stories import Story, play

BROKEN = ("SyntaxError", "ImportError", "ModuleNotFoundError", "NameError", "the process is gone")
"""What code says that does not run: nobody would deploy that, and it proves nothing."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_found_out(cloud: Cloud, previous: Instance, following: Instance, mutant: Mutant) -> None:
    other = {"previous": previous, "following": following}[mutant.beside]
    with changed_copy(mutant.changes) as folder, instance(folder, mutant.name) as mutated:
        before, after = (mutated, other) if mutant.hands_over else (other, mutated)
        story = Story(cloud, (before, after), look=Kept(cloud).look)
        with pytest.raises(AssertionError) as found:
            play(story, mutant.stage, before, after)
    said = str(found.value)
    print(found.traceback[-1], said[-600:])
    assert not any(name in said for name in BROKEN), "it is no code at all"
