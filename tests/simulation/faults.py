"""What can go wrong with an external call, and who decides that it does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Fault(str, Enum):
    """How one external call goes wrong."""

    CRASH_BEFORE = "crash_before"  # the process dies; the call was never made
    CRASH_AFTER = "crash_after"  # the process dies; the call took effect
    CRASH_IN_FLIGHT = "crash_in_flight"  # the process dies; the call takes effect a while later
    LOST = "lost"  # the call took effect, its answer never came
    TIMEOUT = "timeout"  # neither effect nor answer
    LATE = "late"  # no answer, and the effect comes after the client has given up
    UNREACHABLE = "unreachable"  # no connection: certainly no effect
    BUSY = "busy"  # refused: throttled, conflict, server busy
    ERROR_BEFORE = "error_before"  # a 5xx answer without effect
    ERROR_AFTER = "error_after"  # a 5xx answer although it took effect
    GARBAGE = "garbage"  # it took effect; the answer is cut off or an HTML page
    ODD = "odd"  # the answer has unheard-of fields and an unheard-of status
    FREEZE = "freeze"  # the process stands still for long and then goes on, a zombie


class Faults(Protocol):
    """Decides about each external call."""

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        """Return what happens to the ``index``-th external call of the simulation."""


@dataclass
class NoFaults:
    """Nothing goes wrong."""

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        return None


@dataclass
class At:
    """Exactly the named calls go wrong."""

    faults: Mapping[int, Fault]

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        return self.faults.get(index)


@dataclass
class Drawn:
    """Each seed draws which faults are on and how hard they strike, and stops at a given moment."""

    random: random.Random
    rates: dict[Fault, float] = field(default_factory=dict)
    active: bool = True

    @classmethod
    def for_seed(cls, seed: int) -> Drawn:
        chance = random.Random(f"faults {seed}")
        rates = {fault: chance.choice((0.002, 0.01, 0.03)) for fault in Fault if chance.random() < 0.5}
        return cls(chance, rates)

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if not self.active:
            return None
        for fault, rate in self.rates.items():
            if self.random.random() < rate:
                return fault
        return None
