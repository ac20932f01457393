"""Faults of services, by operation and target, as tests arm and disarm them.

A control of :class:`aliyun_local.control.controls.Controls`; it arms the faults of
:class:`aliyun_local.serving.wire.Front`. What an error says is worked out in
:mod:`aliyun_local.control.error_answers`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aliyun_local.control.error_answers import error_fault
from aliyun_local.control.errors import ControlError
from aliyun_local.control.services import THROTTLING, check_operation, find_front
from aliyun_local.control.targets import Target
from aliyun_local.documented_error import OTHER_OPERATIONS, DocumentedError
from aliyun_local.serving.wire import ANY_OPERATION, Fault, Front

MAX_DELAY_SECONDS = 3600.0
MAX_FAULT_SECONDS = 1e9
EVERYTHING = Target()


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmedFault:
    """A fault that is armed until it has struck as often or as long as it says, or is removed."""

    id: int
    service: str
    fault: Fault
    front: Front
    on: Target = EVERYTHING

    @property
    def is_armed(self) -> bool:
        """Whether it will strike again."""
        return any(armed is self.fault for armed in self.front.faults)

    def remove(self) -> None:
        """Disarm it, if it is still armed."""
        self.front.remove(self.fault)

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the HTTP API shows it."""
        fault = self.fault
        shown: dict[str, Any] = {
            "id": self.id,
            "service": self.service,
            "operation": fault.operation,
            "times": fault.times,
            "after_effect": fault.after_effect,
            "delay": fault.delay_seconds,
            "drop": fault.drop,
            **({} if fault.until is None else {"until": fault.until}),
            **self.on.as_json(),
        }
        if fault.refusal is not None:
            refusal = fault.refusal
            shown |= {"status": refusal.status, "code": refusal.code, "message": refusal.message}
        return shown


class FaultControls:
    """Arms faults.

    A fault disturbs the next ``times`` requests for its operation, or every one until it is removed if
    ``times`` is None. With ``for_seconds`` it disturbs every one until the cloud's clock is so much later.
    With ``on`` it disturbs only requests about certain objects, rows, fine-tunes or URLs. The names are those
    of :mod:`aliyun_local.control.services`.
    """

    def __init__(self, fronts: Callable[[], Mapping[str, Front]]) -> None:
        """Arm faults of the services that ``fronts`` returns."""
        self._fronts = fronts
        self._armed: list[ArmedFault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def error(
        self,
        service: str,
        operation: str = ANY_OPERATION,
        *,
        code: str,
        status: int | None = None,
        message: str = "",
        after_effect: bool = False,
        times: int | None = 1,
        for_seconds: float | None = None,
        on: Target = EVERYTHING,
    ) -> ArmedFault:
        """Answer with an error in the form of the service.

        Args:
            service: the service.
            operation: the operation.
            code: the error's code; empty for a page in HTML, as gateways before a service send it.
            status: the HTTP status; that of the documented error with ``code`` if left out. 200 lets a part
                of the answer fail: the rows ``on`` which the fault is, in a batch of Tablestore, and every
                file of an upload to DashScope.
            message: the message; that of the documented error if left out.
            after_effect: carry the operation out before.
            times: how often.
            for_seconds: how long, instead of how often.
            on: what the fault is limited to.

        Raises:
            ControlError: a name is unknown, or a value is out of bounds.
        """
        front = self._front(service, operation)
        fault = error_fault(front, service, operation, (status, code, message), after_effect, on)
        return self._arm(service, fault, times, for_seconds, on)

    def documented(
        self,
        service: str,
        error: DocumentedError,
        *,
        after_effect: bool = False,
        times: int | None = 1,
        for_seconds: float | None = None,
        on: Target = EVERYTHING,
    ) -> ArmedFault:
        """Answer with an error of :func:`aliyun_local.documented_errors.documented_errors`."""
        return self.error(
            service,
            ANY_OPERATION if error.operation == OTHER_OPERATIONS else error.operation,
            code=error.code,
            status=error.status,
            message=error.example,
            after_effect=after_effect,
            times=times,
            for_seconds=for_seconds,
            on=on,
        )

    def throttle(
        self,
        service: str,
        operation: str = ANY_OPERATION,
        *,
        times: int | None = 1,
        for_seconds: float | None = None,
        on: Target = EVERYTHING,
    ) -> ArmedFault:
        """Answer as the service does to too many requests."""
        self._front(service, operation)
        fault = Fault(operation=operation, refusal=THROTTLING[service])
        return self._arm(service, fault, times, for_seconds, on)

    def drop(
        self,
        service: str,
        operation: str = ANY_OPERATION,
        *,
        after_effect: bool = True,
        times: int | None = 1,
        for_seconds: float | None = None,
        on: Target = EVERYTHING,
    ) -> ArmedFault:
        """Close the connection without a reply, by default after the operation was carried out."""
        fault = Fault(operation=operation, drop=True, after_effect=after_effect)
        return self._arm(service, fault, times, for_seconds, on)

    def delay(
        self,
        service: str,
        operation: str = ANY_OPERATION,
        *,
        seconds: float,
        times: int | None = 1,
        for_seconds: float | None = None,
        on: Target = EVERYTHING,
    ) -> ArmedFault:
        """Send the reply ``seconds`` late."""
        if not 0 <= seconds <= MAX_DELAY_SECONDS:
            raise ControlError(f"seconds is {seconds:g}; a delay is from 0 to {MAX_DELAY_SECONDS:g}")
        fault = Fault(operation=operation, delay_seconds=seconds)
        return self._arm(service, fault, times, for_seconds, on)

    def __iter__(self) -> Iterator[ArmedFault]:
        """Iterate over the armed faults, in the order of arming."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed.is_armed]
            return iter(list(self._armed))

    def __len__(self) -> int:
        """Return the number of armed faults."""
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Disarm every fault, including those that were injected into a front directly."""
        with self._lock:
            self._armed.clear()
        for front in self._fronts().values():
            front.clear_faults()

    def _front(self, service: str, operation: str) -> Front:
        """Return the front of ``service``.

        Raises:
            ControlError: there is no such service or operation.
        """
        front = find_front(self._fronts(), service)
        check_operation(service, operation)
        return front

    def _arm(
        self, service: str, fault: Fault, times: int | None, for_seconds: float | None, on: Target
    ) -> ArmedFault:
        front = self._front(service, fault.operation)
        if times is not None and times < 1:
            raise ControlError(f"times is {times}; it must be 1 or more, or none for every call")
        fault.times = times
        if for_seconds is not None:
            if times not in (1, None):
                raise ControlError("a fault strikes for some times or for some seconds, not both")
            if not 0 < for_seconds <= MAX_FAULT_SECONDS:
                raise ControlError(f"for_seconds is {for_seconds:g}; it is up to {MAX_FAULT_SECONDS:g}")
            fault.times, fault.until = None, front.now() + for_seconds
        if on != EVERYTHING:
            fault.when = on.condition(service, front.service)
        armed = ArmedFault(id=next(self._ids), service=service, fault=fault, front=front, on=on)
        with self._lock:
            self._armed.append(armed)
        front.inject(fault)
        return armed
