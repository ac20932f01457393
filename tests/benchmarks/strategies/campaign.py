"""Runs of strategies through workloads, each pair once, and their figures. Used by ``slots``."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from tests.benchmarks.strategies.account import Account, simulating
from tests.benchmarks.strategies.figures import Figures, figures
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.polling import NextTick, SameTick
from tests.benchmarks.strategies.waiting import HeldProcess, Wait30, Wait300
from tests.benchmarks.strategies.workloads import OTHER_DRAWS, Workload

T = TypeVar("T")

MINUTE_MS, LONGEST = 60_000, 14 * 24 * 60


class Strategy(Protocol):
    """A way to bring people through the training slot."""

    name: str

    def __init__(self, account: Account) -> None:
        """Work on ``account``."""

    def begin(self) -> None:
        """Start the parts that run by themselves."""

    def is_done(self) -> bool:
        """Whether every person has come and no work is left."""


STRATEGIES: tuple[type[Strategy], ...] = (
    Lingering,
    HeldProcess,
    Wait30,
    SameTick,
    NextTick,
    Wait300,
)


class Campaign:
    """The figures of all runs; the first of a workload runs all strategies."""

    def __init__(self) -> None:
        self._measured: dict[tuple[str, str], Figures] = {}
        self._other_draws: dict[str, list[Figures]] = {}

    def of(self, strategy: type[Strategy], workload: Workload) -> Figures:
        """Return the figures of a strategy in a workload."""
        key = (strategy.name, workload.name)
        if key not in self._measured:
            for found in in_parallel(run_workload, [(one, workload) for one in STRATEGIES]):
                self._measured[found.strategy, workload.name] = found
        return self._measured[key]

    def of_ours(self, workload: Workload) -> list[Figures]:
        """Return the product's figures in a workload, and in its other draws if its durations are drawn."""
        if workload.name not in self._other_draws:
            others = [(Lingering, one) for one in OTHER_DRAWS.get(workload.name, ())]
            self._other_draws[workload.name] = in_parallel(run_workload, others)
        return [self.of(Lingering, workload), *self._other_draws[workload.name]]

    def everything(self) -> list[Figures]:
        """Return the figures so far, by workload and strategy."""
        return list(self._measured.values())


def in_parallel(do: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
    """Make calls in processes of their own, as each patches its process; no result depends on real time."""
    workers = max(1, min(len(calls), os.cpu_count() or 1))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [pending.result() for pending in [pool.submit(do, *given) for given in calls]]


def play_out(account: Account, chosen: Strategy) -> None:
    """Upload everything and let the time pass until a strategy has done all of its account's workload."""
    account.upload_all()
    chosen.begin()
    # Half a minute off the ticks, so that no ending run is in flight when the account is examined.
    account.advance(MINUTE_MS // 2)
    for _ in range(LONGEST):
        account.advance(MINUTE_MS)
        if chosen.is_done():
            return
    raise AssertionError(f"{chosen.name} does not finish {account.workload.name}")


def run_workload(strategy: type[Strategy], workload: Workload) -> Figures:
    """Run a strategy through a workload."""
    account = Account(workload)
    with simulating(account):
        chosen = strategy(account)
        play_out(account, chosen)
        found = figures(account, chosen.name)
    # An account's runs and callbacks are reference cycles.
    gc.collect()
    return found
