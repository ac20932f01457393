"""What can go wrong with an external call, and who decides that it does; and what others do at DashScope."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from aliyun_local.dashscope.account.models import FINE_TUNE_MODEL, LedgerEntry, ModelStudio
from aliyun_local.dashscope.errors import ServiceError


class Fault(str, Enum):
    """How one external call goes wrong."""

    CRASH_BEFORE = "crash_before"  # the process dies; the call was never made
    CRASH_AFTER = "crash_after"  # the process dies; the call took effect
    CRASH_IN_FLIGHT = "crash_in_flight"  # the process dies; the call takes effect a while later
    LOST = "lost"  # the call took effect, its answer never came
    TIMEOUT = "timeout"  # neither effect nor answer
    LATE = "late"  # no answer, and the effect comes after the client has given up
    UNREACHABLE = "unreachable"  # no connection: certainly no effect
    BUSY = "busy"  # refused: throttled, conflict, server busy; at DashScope also for the account's sake
    ERROR_BEFORE = "error_before"  # a 5xx answer without effect
    ERROR_AFTER = "error_after"  # a 5xx answer although it took effect
    GARBAGE = "garbage"  # it took effect; the answer is cut off or an HTML page
    ODD = "odd"  # the answer has unheard-of fields and an unheard-of status
    NOT_FOUND = "not_found"  # a fine-tune that is there is answered with 404
    FREEZE = "freeze"  # the process stands still for long and then goes on, a zombie


_ONLY_AT = {Fault.NOT_FOUND: "GetFineTune"}
_CRITICAL = ("CreateFineTune", "ListFineTunes", "GetFineTune")


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
    """Each seed draws which faults are on and how hard they strike, and stops at a given moment.

    Calls about fine-tunes, which cost money and are few, are struck more often than the rest.
    """

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
        draw = self.random.random() / (3 if operation in _CRITICAL else 1)
        for fault, rate in self.rates.items():
            if _ONLY_AT.get(fault, operation) == operation:
                if draw < rate:
                    return fault
                draw -= rate
        return None


class Others:
    """People and programs with the same account: their fine-tunes come and go, and they lay hands on ours.

    Attributes:
        restless: how likely a look at a page of the list finds it reshuffled.
        meddled: our fine-tunes that they cancelled, deleted or stopped the progress of.
    """

    def __init__(
        self,
        studio: ModelStudio,
        chance: random.Random,
        is_ours: Callable[[str], bool],
        is_recorded: Callable[[str], bool],
    ) -> None:
        self._studio = studio
        self._chance = chance
        self._is_ours = is_ours
        self._is_recorded = is_recorded
        self.restless = 0.0
        self.meddled: dict[str, str] = {}

    def comes(self, seconds: float = 20.0) -> None:
        """Submit a fine-tune of theirs, unless the account's limits are in the way."""
        number = self._chance.randrange(10**9)
        url = f"https://elsewhere.oss-cn-beijing.aliyuncs.com/submissions/{number}/{number}.jpg"
        try:
            made = self._studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=[url])
        except ServiceError:
            return
        self._studio.set_training_seconds(made.job_id, seconds)

    def goes(self) -> None:
        """Delete a fine-tune of theirs, if there is one."""
        theirs = [
            entry
            for entry in self._studio.ledger()
            if entry.deleted is None and not self._is_ours(entry.training_file_ids[0])
        ]
        if theirs:
            self._delete(self._chance.choice(theirs).job_id)

    def shuffle(self) -> None:
        """Change the list between two pages of it."""
        if self._chance.random() < self.restless:
            self._chance.choice((self.comes, self.goes, self.goes))()

    def crowd(self) -> None:
        """Submit a few at once, so that what was the newest in the list is not on its first page any more."""
        if self._chance.random() < self.restless:
            for _ in range(self._chance.randint(2, 5)):
                self.comes()

    def meddle(self) -> None:
        """Cancel, delete or hold up one of ours that is going."""
        going = [entry for entry in self._studio.ledger() if self._is_going(entry)]
        if not going:
            return
        victim = self._chance.choice(going).job_id
        kind = self._chance.choice(("canceled", "deleted", "stuck"))
        if kind == "deleted" and not self._is_recorded(victim):
            # Nobody could ever know of a fine-tune that left no trace in the list and none with us.
            return
        self.meddled[victim] = kind
        if kind == "canceled":
            self._studio.cancel_fine_tune(victim)
        elif kind == "deleted":
            self._delete(victim)
        else:
            self._studio.set_training_seconds(victim, 1e6)

    def _is_going(self, entry: LedgerEntry) -> bool:
        return entry.status in ("PENDING", "RUNNING") and self._is_ours(entry.training_file_ids[0])

    def _delete(self, job_id: str) -> None:
        self._studio.delete_fine_tune(job_id)
