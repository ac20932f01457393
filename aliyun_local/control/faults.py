"""Faults of services, by operation, as tests arm and disarm them.

A control of :class:`aliyun_local.control.controls.Controls`; it arms the faults of
:class:`aliyun_local.serving.wire.Front`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aliyun_local.control.errors import ControlError
from aliyun_local.control.services import THROTTLING, check_operation, find_front
from aliyun_local.serving.wire import ANY_OPERATION, Fault, Front, Refusal

MAX_DELAY_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmedFault:
    """A fault that is armed until it has struck as often as it says, or :meth:`remove` disarms it."""

    id: int
    service: str
    fault: Fault
    front: Front

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
        }
        if fault.refusal is not None:
            refusal = fault.refusal
            shown |= {"status": refusal.status, "code": refusal.code, "message": refusal.message}
        return shown


class FaultControls:
    """Arms faults.

    A fault disturbs the next ``times`` requests for its operation, or every one until it is removed if
    ``times`` is None. The names are those of :mod:`aliyun_local.control.services`.
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
        status: int,
        code: str,
        message: str = "",
        after_effect: bool = False,
        times: int | None = 1,
    ) -> ArmedFault:
        """Answer with an error in the form of the service.

        With ``after_effect`` the operation is carried out before.
        """
        if not 400 <= status <= 599:
            raise ControlError(f"status is {status}; an error's is from 400 to 599")
        refusal = Refusal(status=status, code=code, message=message or code)
        return self._arm(
            service, Fault(operation=operation, times=times, refusal=refusal, after_effect=after_effect)
        )

    def throttle(self, service: str, operation: str = ANY_OPERATION, *, times: int | None = 1) -> ArmedFault:
        """Answer as the service does to too many requests."""
        find_front(self._fronts(), service)
        return self._arm(service, Fault(operation=operation, times=times, refusal=THROTTLING[service]))

    def drop(
        self,
        service: str,
        operation: str = ANY_OPERATION,
        *,
        after_effect: bool = True,
        times: int | None = 1,
    ) -> ArmedFault:
        """Close the connection without a reply, by default after the operation was carried out."""
        return self._arm(
            service, Fault(operation=operation, times=times, drop=True, after_effect=after_effect)
        )

    def delay(
        self, service: str, operation: str = ANY_OPERATION, *, seconds: float, times: int | None = 1
    ) -> ArmedFault:
        """Send the reply ``seconds`` late."""
        if not 0 <= seconds <= MAX_DELAY_SECONDS:
            raise ControlError(f"seconds is {seconds:g}; a delay is from 0 to {MAX_DELAY_SECONDS:g}")
        return self._arm(service, Fault(operation=operation, times=times, delay_seconds=seconds))

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

    def _arm(self, service: str, fault: Fault) -> ArmedFault:
        front = find_front(self._fronts(), service)
        check_operation(service, fault.operation)
        if fault.times is not None and fault.times < 1:
            raise ControlError(f"times is {fault.times}; it must be 1 or more, or none for every call")
        armed = ArmedFault(id=next(self._ids), service=service, fault=fault, front=front)
        with self._lock:
            self._armed.append(armed)
        front.inject(fault)
        return armed
