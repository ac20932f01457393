"""Draws a sample of the mutants by a seed: of each module its share, the same ones while they are there."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Named(Protocol):
    """What can be drawn: it lies in a file, and its ``name`` is no other's."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def name(self) -> str:
        """What it is known by."""


T = TypeVar("T", bound=Named)


def sample(mutants: Sequence[T], count: int, seed: int) -> list[T]:
    """Return ``count`` of the mutants, or all, in random order: a run that is cut short is a sample too.

    Each module gives its share to within one mutant. Which ones is drawn by their names, so that a change of
    the code elsewhere leaves the sample as it is, and two runs before and after it can be compared.
    """
    modules: dict[str, list[T]] = defaultdict(list)
    for mutant in mutants:
        modules[mutant.path].append(mutant)
    count = min(count, len(mutants))
    drawn: list[T] = []
    seen = 0
    for path in sorted(modules):
        before, seen = seen, seen + len(modules[path])
        share = seen * count // len(mutants) - before * count // len(mutants)
        drawn += sorted(modules[path], key=lambda mutant: _lot("draw", seed, mutant))[:share]
    return sorted(drawn, key=lambda mutant: _lot("order", seed, mutant))


def _lot(use: str, seed: int, mutant: Named) -> bytes:
    return hashlib.sha256(f"{use} {seed} {mutant.name}".encode()).digest()
