"""Lets strategies live through workloads, each pair once, and remembers what it came to."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from tests.benchmarks.strategies.account import Account, living
from tests.benchmarks.strategies.figures import Figures, figures
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.polling import NextTick, SameTick
from tests.benchmarks.strategies.waiting import HeldProcess, Wait30, Wait300
from tests.benchmarks.strategies.workloads import DRAWN_ANEW, Workload

T = TypeVar("T")

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
    """All that has been lived through, by all strategies once one of them has to."""

    def __init__(self) -> None:
        self._lived: dict[tuple[str, str], Figures] = {}
        self._drawn_anew: dict[str, list[Figures]] = {}

    def of(self, strategy: Callable[[Account], Strategy], workload: Workload) -> Figures:
        """Return what a strategy comes to in a workload."""
        key = (strategy.name, workload.name)  # type: ignore[attr-defined]
        if key not in self._lived:
            for found in in_parallel(live, [(one, workload) for one in STRATEGIES]):
                self._lived[found.strategy, workload.name] = found
        return self._lived[key]

    def of_ours(self, workload: Workload) -> list[Figures]:
        """Return what ours comes to in a workload, and in others like it if its durations are drawn."""
        if workload.name not in self._drawn_anew:
            others = [(Lingering, one) for one in DRAWN_ANEW.get(workload.name, ())]
            self._drawn_anew[workload.name] = in_parallel(live, others)
        return [self.of(Lingering, workload), *self._drawn_anew[workload.name]]

    def everything(self) -> list[Figures]:
        """Return what has been measured so far, by workload and strategy."""
        return list(self._lived.values())


def in_parallel(do: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
    """Make calls whose outcome does not depend on real time, on all cores; each patches its process."""
    workers = max(1, min(len(calls), os.cpu_count() or 1))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [pending.result() for pending in [pool.submit(do, *given) for given in calls]]


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
