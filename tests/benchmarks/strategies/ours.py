"""The product as a strategy: the deployed functions.

The timer's function has one instance, as in the template.
"""

from __future__ import annotations

from tests.benchmarks.strategies.account import Account
from tests.simulation.cloud import TICK_MS

REFUSED_AGAIN = (500, 1_000, 2_000, 4_000, 8_000)
"""Milliseconds between Function Compute's tries of an event whose function is at its limit."""


class Lingering:
    """``functions.collect`` for every upload and ``functions.reconcile`` each minute."""

    name = "ours"

    def __init__(self, account: Account) -> None:
        self._account = account

    def begin(self) -> None:
        """Start the timer."""
        self._account.kernel.at(self._account.kernel.now, self._tick)

    def is_done(self) -> bool:
        """Whether every person has come and no work is left."""
        return self._account.all_have_closed() and self._account.is_at_rest()

    def _tick(self) -> None:
        kernel = self._account.kernel
        kernel.at(kernel.now + TICK_MS, self._tick)
        self._deliver(kernel.now, 0)

    def _deliver(self, due: int, tries: int) -> None:
        """Hand a tick to the function unless its one instance is busy."""
        kernel = self._account.kernel
        if any(run.name == "reconcile" for run in kernel.runs):
            wait = REFUSED_AGAIN[min(tries, len(REFUSED_AGAIN) - 1)]
            kernel.at(kernel.now + wait, lambda: self._deliver(due, tries + 1))
        else:
            self._account.invoke_reconcile(late=kernel.now - due)
