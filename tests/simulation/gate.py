"""The one place where external calls pass: time, interleaving and faults enter here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.simulation.faults import Fault, Faults
from tests.simulation.kernel import Kernel, Killed

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A line of the trace."""

    index: int
    run: str
    service: str
    operation: str


@dataclass(frozen=True)
class Transport:
    """How a service's client sees trouble on its wire; each makes an exception to raise."""

    no_answer: Callable[[], Exception]
    unreachable: Callable[[], Exception]
    busy: Callable[[], Exception]
    error: Callable[[], Exception]


class Gate:
    """Lets external calls through, or not."""

    def __init__(self, kernel: Kernel, faults: Faults) -> None:
        self.kernel = kernel
        self.faults = faults
        self.trace: list[Call] = []
        self.struck: list[tuple[Call, Fault]] = []

    def __call__(
        self,
        service: str,
        operation: str,
        do: Callable[[], T],
        transport: Transport,
        *,
        garbled: Callable[[T, Fault], T] | None = None,
    ) -> T:
        """Make the call ``do``; ``garbled`` spoils an answer whose transport can carry nonsense."""
        kernel = self.kernel
        call = Call(len(self.trace), kernel.current.name, service, operation)
        self.trace.append(call)
        fault = self.faults.strike(call.index, service, operation)
        if fault is not None:
            self.struck.append((call, fault))
        kernel.pause(kernel.random.randint(1, 120))
        if fault is Fault.FREEZE:
            kernel.pause(kernel.random.randint(5_000, 110_000))
        self._before(fault, do, transport)
        try:
            answer = do()
        finally:
            if fault is Fault.CRASH_AFTER:
                kernel.current.dead = True
        if fault is Fault.CRASH_AFTER:
            raise Killed
        kernel.pause(kernel.random.randint(1, 120))
        if fault is Fault.LOST:
            kernel.pause(4_000)
            raise transport.no_answer()
        if fault is Fault.ERROR_AFTER:
            raise transport.error()
        if fault in (Fault.GARBAGE, Fault.ODD) and garbled is not None:
            return garbled(answer, fault)
        return answer

    def _before(self, fault: Fault | None, do: Callable[[], object], transport: Transport) -> None:
        kernel = self.kernel
        if fault is Fault.CRASH_BEFORE:
            kernel.current.dead = True
            raise Killed
        if fault in (Fault.CRASH_IN_FLIGHT, Fault.LATE):
            kernel.at(kernel.now + kernel.random.randint(50, 8_000), lambda: _ignore_refusal(do))
            if fault is Fault.CRASH_IN_FLIGHT:
                kernel.current.dead = True
                raise Killed
        if fault in (Fault.TIMEOUT, Fault.LATE):
            kernel.pause(4_000)
            raise transport.no_answer()
        if fault is Fault.UNREACHABLE:
            raise transport.unreachable()
        if fault is Fault.BUSY:
            raise transport.busy()
        if fault is Fault.ERROR_BEFORE:
            raise transport.error()


def _ignore_refusal(do: Callable[[], object]) -> None:
    """Nobody is there any more to be told that a late call was refused."""
    try:
        do()
    except Exception as refusal:
        if isinstance(refusal, AssertionError):
            raise
