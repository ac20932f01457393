"""Virtual time: runs that take turns at every external call, and an agenda of things to come.

Each run is a greenlet. It pauses around each external call for a while that the seed draws, so whichever
run wakes first goes on: with two or more runs in flight every order of their calls can happen.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process of this run is dead: nothing of it may happen any more."""


@dataclass(eq=False)
class Run:
    """One invocation in flight. ``dead_at``: true time at which the platform kills it."""

    name: str
    dead_at: int
    skew: int
    green: greenlet = field(init=False)
    dead: bool = False


class Kernel:
    """The clock, the agenda and the runs. Times are milliseconds."""

    def __init__(self, seed: int, start: int = 1_767_225_600_000) -> None:
        self.random = random.Random(seed)
        self.now = start
        self.start = start
        self.runs: set[Run] = set()
        self.most_in_flight = 0
        self._agenda: list[tuple[int, float, int, Callable[[], None]]] = []
        self._sequence = 0
        self._main = getcurrent()

    def at(self, when: int, do: Callable[[], None]) -> None:
        """Do something at ``when``; what is due at the same time happens in an order that the seed draws."""
        self._sequence += 1
        heapq.heappush(self._agenda, (max(when, self.now), self.random.random(), self._sequence, do))

    def spawn(
        self,
        name: str,
        body: Callable[[Run], Any],
        *,
        timeout: int,
        ended: Callable[[bool], None] | None = None,
        skew: int = 0,
    ) -> Run:
        """Start a run now; ``ended`` is told whether the body returned without an exception."""
        run = Run(name, self.now + timeout, skew)

        def whole() -> None:
            succeeded = False
            try:
                body(run)
                succeeded = True
            except Killed:
                pass
            except Exception as error:
                if type(error).__module__ != "shared.errors":
                    raise
            finally:
                run.dead = True
                self.runs.discard(run)
            if ended is not None:
                ended(succeeded)

        run.green = greenlet(whole, parent=self._main)
        self.runs.add(run)
        self.most_in_flight = max(self.most_in_flight, len(self.runs))
        self.at(self.now, run.green.switch)
        return run

    @property
    def current(self) -> Run:
        """The run that is executing."""
        green = getcurrent()
        return next(run for run in self.runs if run.green is green)

    def pause(self, milliseconds: int) -> None:
        """Let others go on, and come back ``milliseconds`` later, unless the platform kills the run first."""
        run = self.current
        self.at(min(self.now + milliseconds, max(run.dead_at, self.now)), run.green.switch)
        self._main.switch()
        if run.dead or self.now >= run.dead_at:
            run.dead = True
            raise Killed

    def advance(self, until: int) -> None:
        """Make everything happen that is due up to ``until``."""
        while self._agenda and self._agenda[0][0] <= until:
            when, _, _, do = heapq.heappop(self._agenda)
            self.now = max(self.now, when)
            do()
        self.now = max(self.now, until)
