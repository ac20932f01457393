"""Virtual time: runs that take turns at every external call, and an agenda of coming events.

Each run is a greenlet. It pauses around each external call for a while that the seed draws, so whichever
run wakes first goes on: with two or more runs in flight every order of their calls can happen.
"""

from __future__ import annotations

import gc
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from shared.errors import Trouble

CLOCK_STEPS = 0.02
"""How often a skewed clock is found to have been set, forward or back, since it was last read."""


def collect_garbage_less() -> None:
    """Run Python's collector rarely: a play leaves little garbage with reference cycles."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


class Killed(BaseException):
    """The process of this run is dead: it makes no further call."""


class Violation(BaseException):
    """A promise was broken; the message says which.

    No handler of the product's may take it for a trouble of its own.
    """


@dataclass(eq=False)
class Run:
    """One invocation in flight. ``dead_at``: true time at which the platform kills it."""

    name: str
    started_at: int
    dead_at: int
    skew: int
    green: greenlet = field(init=False)
    dead: bool = False


class Kernel:
    """The clock, the agenda and the runs. Times are milliseconds.

    Attributes:
        believes_times: whether written moments tell anything: no clock has run a day ahead, and no service
            has told times of another zone.
    """

    def __init__(self, seed: int, start: int = 1_767_225_600_000) -> None:
        self.random = random.Random(seed)
        self.now = start
        self.start = start
        self.runs: set[Run] = set()
        self.believes_times = True
        self.most_in_flight = 0
        self._by_green: dict[greenlet, Run] = {}
        self._agenda: list[tuple[int, float, int, Callable[[], None]]] = []
        self._sequence = 0
        self._until = start
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
        run = Run(name, self.now, self.now + timeout, skew)

        def whole() -> None:
            succeeded = False
            try:
                body(run)
                succeeded = True
            except Killed:
                pass
            except Exception as error:
                if not isinstance(error, Trouble):
                    raise
            finally:
                run.dead = True
                self.runs.discard(run)
                del self._by_green[run.green]
            if ended is not None:
                ended(succeeded)

        run.green = greenlet(whole, parent=self._main)
        self._by_green[run.green] = run
        self.runs.add(run)
        self.most_in_flight = max(self.most_in_flight, len(self.runs))
        self.at(self.now, run.green.switch)
        return run

    @property
    def current(self) -> Run:
        """The run that is executing."""
        return self._by_green[getcurrent()]

    def pause(self, milliseconds: int) -> None:
        """Let others go on, and come back ``milliseconds`` later, unless the platform kills the run first."""
        run = self.current
        wakes = min(self.now + milliseconds, max(run.dead_at, self.now))
        if wakes <= self._until and (not self._agenda or wakes < self._agenda[0][0]):
            # Nothing else happens until then, so there is no run to switch to. (``at`` would draw as well.)
            self.random.random()
            self.now = wakes
        else:
            self.at(wakes, run.green.switch)
            self._main.switch()
        if run.dead or self.now >= run.dead_at:
            run.dead = True
            raise Killed

    def advance(self, until: int) -> None:
        """Make everything happen that is due up to ``until``."""
        self._until = until
        while self._agenda and self._agenda[0][0] <= until:
            when, _, _, do = heapq.heappop(self._agenda)
            self.now = max(self.now, when)
            do()
        self.now = max(self.now, until)


class Seconds:
    """The kernel's time as the emulators read it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def now(self) -> float:
        return self._kernel.now / 1000


class RunClock:
    """The kernel's time as one run reads it, off by a skew that steps; sleeping lets others go on."""

    def __init__(self, kernel: Kernel, run: Run, skew: int) -> None:
        self._kernel = kernel
        self._run = run
        self._skew = skew

    def now(self) -> int:
        if self._skew and self._kernel.random.random() < CLOCK_STEPS:
            self._run.skew = self._kernel.random.randint(-self._skew, self._skew)
        return self._kernel.now + self._run.skew

    def monotonic(self) -> int:
        return self._kernel.now

    def sleep(self, milliseconds: int) -> None:
        self._kernel.pause(milliseconds)
