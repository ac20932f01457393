"""The one place where external calls pass: time, interleaving and faults enter here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.simulation.faults import Fault, Faults
from tests.simulation.kernel import Kernel, Killed, Violation
from tests.simulation.standing import DEATH, Answer, Standings

T = TypeVar("T")

SECOND_RUN = "second"
"""The name of runs that are there only so that another run is never alone."""

SLOWER = 5
"""So many times slower are the calls of a second run: many calls of others fit between two of its own."""

SILENCE_LASTS_MS = 15_000
SURPRISES = {
    kind.__name__: kind for kind in (ValueError, KeyError, AttributeError, MemoryError, RecursionError)
}

_NEVER_LEFT = (Fault.CRASH_BEFORE, Fault.UNREACHABLE)


@dataclass(frozen=True)
class Call:
    """An external call: a line of the trace. ``at_ms`` counts from the start of the story."""

    index: int
    at_ms: int
    run: str
    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.at_ms / 1000:9.3f} s  {self.run:<13} {self.service}.{self.operation}"


def _surprise(error: Exception) -> None:
    raise error


@dataclass(frozen=True)
class Transport:
    """How a service's client sees trouble on its wire; each makes an exception to raise.

    ``surprise`` raises an exception that no client knows as if its SDK had done so.
    """

    no_answer: Callable[[], Exception]
    unreachable: Callable[[], Exception]
    busy: Callable[[], Exception]
    error: Callable[[], Exception]
    answered: Callable[[Answer], Exception]
    surprise: Callable[[Exception], None] = _surprise


class Gate:
    """Lets external calls through, or not.

    Attributes:
        latency: the longest time, in milliseconds, that a call takes each way.
        second_run: starts another run; called when a run would make its call alone.
        turn_changes: how often the turn went from one run to another.
    """

    def __init__(self, kernel: Kernel, faults: Faults) -> None:
        self.kernel = kernel
        self.faults = faults
        self.latency = 120
        self.second_run: Callable[[], None] | None = None
        self.turn_changes = 0
        self.alone = 0
        self.standings = Standings()
        self.trace: list[Call] = []
        self.struck: list[tuple[Call, Fault]] = []
        self._last: object = None

    def __call__(
        self,
        service: str,
        operation: str,
        do: Callable[[], T],
        transport: Transport,
        *,
        about: Callable[[], str] = str,
        garbled: Callable[[T, Fault], T] | None = None,
        begins: Callable[[], None] | None = None,
        leaves: Callable[[], None] | None = None,
    ) -> T:
        """Make the call ``do``.

        ``about`` tells the key, partition, URL or id that it is about, for troubles that strike one.
        ``garbled`` spoils an answer whose transport can carry nonsense; ``begins`` hears of the moment at
        which the product lets go of the request, ``leaves`` of that at which it is on its way for certain,
        whatever becomes of it.
        """
        kernel = self.kernel
        run = kernel.current
        if run.dead:
            # Whatever a process means to do on its way out: it is gone.
            raise Killed
        self._ensure_second_run(run.name)
        self.turn_changes += run is not self._last
        self._last = run
        call = Call(len(self.trace), kernel.now - kernel.start, run.name, service, operation)
        self.trace.append(call)
        if begins is not None:
            begins()
        fault = self.faults.strike(call.index, service, operation)
        if fault is not None:
            self.struck.append((call, fault))
        latency = self.latency * (SLOWER if run.name == SECOND_RUN else 1)
        kernel.pause(kernel.random.randint(1, latency))
        if fault is Fault.FREEZE:
            kernel.pause(kernel.random.randint(5_000, 110_000))
        if leaves is not None and fault not in _NEVER_LEFT:
            leaves()
        self._before(fault, do, transport)
        standing = self.standings.answer(service, operation, about, kernel.now)
        if standing is not None:
            raise self._standing(standing, transport)
        try:
            answer = do()
        except AssertionError as broken:
            # Of the simulated services: not for the product's handlers of errors.
            raise Violation(str(broken)) from broken
        finally:
            if fault is Fault.CRASH_AFTER:
                run.dead = True
        if fault is Fault.CRASH_AFTER:
            raise Killed
        kernel.pause(kernel.random.randint(1, latency))
        if fault is Fault.LOST:
            kernel.pause(4_000)
            raise transport.no_answer()
        if fault is Fault.ERROR_AFTER:
            raise transport.error()
        if fault is not None and garbled is not None:
            return garbled(answer, fault)
        return answer

    def _standing(self, answer: Answer, transport: Transport) -> Exception:
        if answer.status == 0:
            self.kernel.pause(SILENCE_LASTS_MS)
            return transport.no_answer()
        if answer.status == DEATH.status:
            self.kernel.current.dead = True
            raise Killed
        if answer.status < 0:
            transport.surprise(SURPRISES[answer.code]("simulated"))
        return transport.answered(answer)

    def _ensure_second_run(self, name: str) -> None:
        """While second runs are required, start one for a run that would make its call alone."""
        if self.second_run is None or name == SECOND_RUN:
            return
        if len(self.kernel.runs) < 2:
            self.second_run()
        self.alone += len(self.kernel.runs) < 2

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
    """Make a call whose client is gone: a refusal has no receiver."""
    try:
        do()
    except Exception as refusal:
        if isinstance(refusal, AssertionError):
            raise Violation(str(refusal)) from refusal
