"""Plays seeds of any kind, and says of each broken promise how to play that seed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.simulation.kernel import Violation
from tests.simulation.seeds import KINDS, Outcome, play


def outcome_of(seed: int, kind: Mapping[str, bool]) -> Outcome | str:
    """Play one seed of a kind (``seeds.KINDS``); a violation comes back as its message, with the replay."""
    try:
        return play(seed, None, **kind)
    except Violation as violation:
        options = "".join(f" --{option}" for option, name in KINDS.items() if kind.get(name))
        return f"{violation}\n  replay: python -m tests.simulation.seeds {seed}{options}"


def broken_promises(seeds: Iterable[int], **kind: bool) -> str:
    """Play seeds and return the messages of all that break a promise; "": none does."""
    outcomes = (outcome_of(seed, kind) for seed in seeds)
    return "\n".join(outcome for outcome in outcomes if isinstance(outcome, str))
