"""The faults of an external call, the ways to draw them, and other programs at the same DashScope account."""

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
    FREEZE = "freeze"  # the process stands still for long and then continues


_ONLY_AT = {Fault.NOT_FOUND: "GetFineTune"}
_CRITICAL = ("CreateFineTune", "ListFineTunes", "GetFineTune")


class Faults(Protocol):
    """Decides for each external call whether a fault strikes."""

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        """Return what happens to the ``index``-th external call of the simulation."""


@dataclass
class NoFaults:
    """No fault strikes."""

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        return None


@dataclass
class At:
    """Faults strike exactly the named calls."""

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


class OtherPrograms:
    """Other users of the account: they submit and delete fine-tunes, and interfere with ours.

    Attributes:
        list_change_rate: how likely the list has changed before a page of it is read.
        interfered_with: our fine-tunes that they cancelled, deleted or stopped the progress of.
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
        self.list_change_rate = 0.0
        self.interfered_with: dict[str, str] = {}

    def submit(self, seconds: float = 20.0) -> None:
        """Submit a fine-tune of theirs, unless the account's limits are in the way."""
        number = self._chance.randrange(10**9)
        url = f"https://elsewhere.oss-cn-beijing.aliyuncs.com/submissions/{number}/{number}.jpg"
        try:
            made = self._studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=[url])
        except ServiceError:
            return
        self._studio.set_training_seconds(made.job_id, seconds)

    def delete(self) -> None:
        """Delete a fine-tune of theirs, if there is one."""
        theirs = [
            entry
            for entry in self._studio.ledger()
            if entry.deleted_at is None and not self._is_ours(entry.training_file_ids[0])
        ]
        if theirs:
            self._delete(self._chance.choice(theirs).job_id)

    def change_list(self) -> None:
        """Change the list between two pages of it."""
        if self._chance.random() < self.list_change_rate:
            self._chance.choice((self.submit, self.delete, self.delete))()

    def submit_several(self) -> None:
        """Submit a few at once, so that what was the newest in the list is not on its first page any more."""
        if self._chance.random() < self.list_change_rate:
            for _ in range(self._chance.randint(2, 5)):
                self.submit()

    def interfere(self) -> None:
        """Cancel, delete or hold up one of ours that is going."""
        going = [entry for entry in self._studio.ledger() if self._is_going(entry)]
        if not going:
            return
        victim = self._chance.choice(going).job_id
        kind = self._chance.choice(("canceled", "deleted", "stuck"))
        if kind == "deleted" and not self._is_recorded(victim):
            # A fine-tune that is in no list and in no row of ours cannot be known to anyone.
            return
        self.interfered_with[victim] = kind
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
