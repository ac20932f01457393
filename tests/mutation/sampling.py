"""Draws a sample of the mutants by a seed, spread evenly over the modules."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def sample(mutants: Sequence[T], count: int, seed: int) -> list[T]:
    """Return ``count`` of the mutants, or all, in random order: a run that is cut short is a sample too.

    The mutants, module after module, are cut into ``count`` stretches of equal length, and one is drawn from
    each. So each module gets its share to within one mutant at either end.
    """
    draw = random.Random(seed)
    count = min(count, len(mutants))
    edges = [number * len(mutants) // count for number in range(count + 1)] if count else []
    drawn = [mutants[draw.randrange(begin, end)] for begin, end in pairwise(edges)]
    draw.shuffle(drawn)
    return drawn
