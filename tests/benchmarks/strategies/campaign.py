"""Lets strategies live through workloads, each pair once, and remembers what it came to."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Protocol

from tests.benchmarks.strategies.account import Account, living
from tests.benchmarks.strategies.figures import Figures, figures
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.polling import NextTick, SameTick
from tests.benchmarks.strategies.waiting import HeldProcess, Wait30, Wait300
from tests.benchmarks.strategies.workloads import Workload

MINUTE, LONGEST = 60_000, 14 * 24 * 60


class Strategy(Protocol):
    """A way to bring people through the slot."""

    name: str

    def begin(self) -> None:
        """Start whatever runs by itself."""

    def is_done(self) -> bool:
        """Whether everybody has come and nothing is left to be done."""


STRATEGIES: tuple[Callable[[Account], Strategy], ...] = (
    Lingering,
    HeldProcess,
    Wait30,
    SameTick,
    NextTick,
    Wait300,
)


class Campaign:
    """All that has been lived through."""

    def __init__(self) -> None:
        self._lived: dict[tuple[str, str], Figures] = {}

    def of(self, strategy: Callable[[Account], Strategy], workload: Workload) -> Figures:
        """Return what a strategy comes to in a workload."""
        key = (strategy.name, workload.name)  # type: ignore[attr-defined]
        if key not in self._lived:
            self._lived[key] = live(strategy, workload)
        return self._lived[key]

    def everything(self) -> list[Figures]:
        """Return what has been measured so far, by workload and strategy."""
        return list(self._lived.values())


def live(strategy: Callable[[Account], Strategy], workload: Workload) -> Figures:
    """Let a strategy live through a workload."""
    account = Account(workload)
    with living(account):
        chosen = strategy(account)
        account.people_come()
        chosen.begin()
        # Between two ticks, when nothing that came to an end is in flight.
        account.advance(MINUTE // 2)
        for _ in range(LONGEST):
            account.advance(MINUTE)
            if chosen.is_done():
                break
        else:
            raise AssertionError(f"{chosen.name} does not come to an end with {workload.name}")
        found = figures(account, chosen.name)
    # An account's runs and callbacks refer to one another in circles.
    gc.collect()
    return found
