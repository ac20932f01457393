"""The contract between an emulated service and the transport of its HTTP.

A service is a function from :class:`Request` to :class:`Response`, with a name for each operation. The
transports (the loopback server, and the interception of :mod:`aliyun_local.mocking`) make requests and send
responses, and know no service. Services know no sockets. Between the two stands a :class:`Front`, which has
the service's faults and its request log.

A request with a large body is put to the service twice: first its head alone (``expects_body``), so that a
caller who may not is refused before anything large is read, then the whole of it. An answer of 100 to the
head lets the body come, within the bounds of its :class:`Admission`.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aliyun_local.serving.broken_requests import in_words_of
from aliyun_local.serving.messages import Admission, Headers, Refusal, Request, Response

__all__ = [
    "ANY_OPERATION",
    "Admission",
    "Fault",
    "Front",
    "Headers",
    "LoggedRequest",
    "Refusal",
    "Request",
    "Response",
    "Service",
]

ANY_OPERATION = "*"
_numbers = itertools.count(1)


class Service(Protocol):
    """An emulated service, as transports see it."""

    name: str

    def operation(self, request: Request) -> str:
        """Return the name of the operation that ``request`` asks for; never raises."""

    def admit(self, request: Request) -> Admission | Response:
        """Return how much of a body is read, or the refusal, as far as the head tells; never raises."""

    def handle(self, request: Request) -> Response:
        """Answer ``request``, a malformed one with an error; never raises."""

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the answer to ``request`` with ``refusal``, in the form of the real service's errors."""


@dataclass(kw_only=True)
class Fault:
    """A disturbance of requests for one operation.

    Attributes:
        operation: the name of the operation, or :data:`ANY_OPERATION`.
        times: the number of requests that it disturbs; None disturbs every request until it is removed.
        until: the time from which on it disturbs nothing, in seconds since the epoch; None for no end.
        instead: answers in place of the service, and sees to the effect itself.
        answer: sent in place of the service's answer.
        refusal: the same, in the form of the service's errors. One of the two before goes before it.
        after_effect: whether the operation is carried out all the same, so that a success is hidden.
        drop: whether the connection is closed without an answer.
        delay_seconds: the wait before the answer.
        when: which requests it disturbs; by default all.
    """

    operation: str
    times: int | None = 1
    until: float | None = None
    instead: Callable[[Request], Response] | None = None
    answer: Response | None = None
    refusal: Refusal | None = None
    after_effect: bool = False
    drop: bool = False
    delay_seconds: float = 0.0
    when: Callable[[Request], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """An entry of the request log, without query, headers and body, because those hold secrets.

    ``status`` is 0 if the connection was dropped. ``answered_at`` is in seconds since the epoch. ``number``
    counts the requests to all services of the process, which gives their order even while the clock stands
    still.
    """

    operation: str
    method: str
    raw_path: str
    status: int
    service: str = ""
    answered_at: float = 0.0
    number: int = 0


class Front:
    """A service behind its faults and its request log; transports call this.

    Attributes:
        service: the service.
        log: the latest requests, oldest first.
    """

    def __init__(
        self,
        service: Service,
        *,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
        log_size: int = 10_000,
    ) -> None:
        """Wrap ``service``.

        Args:
            service: the service.
            sleep: waits for delays, by default for real.
            now: dates the log and ends faults.
            log_size: the number of requests that the log keeps.
        """
        self.service = service
        self.log: deque[LoggedRequest] = deque(maxlen=log_size)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._sleep = sleep or threading.Event().wait
        self._now = now

    def inject(self, *faults: Fault) -> None:
        """Arm ``faults``; of several for one operation, the one that was armed first strikes first."""
        with self._lock:
            self._faults.extend(faults)

    def clear_faults(self) -> None:
        """Disarm every fault."""
        with self._lock:
            self._faults.clear()

    def remove(self, fault: Fault) -> None:
        """Disarm ``fault``, if it is still armed."""
        with self._lock:
            self._faults[:] = [armed for armed in self._faults if armed is not fault]

    @property
    def faults(self) -> list[Fault]:
        """The armed faults, in the order of arming."""
        with self._lock:
            self._forget_expired()
            return list(self._faults)

    def now(self) -> float:
        """Return the time by which faults end, in seconds since the epoch."""
        return self._now()

    def __call__(self, request: Request) -> Response:
        """Answer ``request``."""
        operation = self.service.operation(request)
        if request.expects_body:
            admitted = self.service.admit(request)
            if isinstance(admitted, Admission):
                # Neither disturbed nor logged, because the same request comes again, whole.
                return Response(status=100, admission=admitted)
            refused = admitted
            response = self._with_faults(operation, request, lambda: refused)
        elif request.defect is not None:
            defect = in_words_of(self.service.name, request.defect)
            refusal = Refusal(status=defect.status, code=defect.code, message=defect.message)
            response = self.service.refuse(request, refusal)
        else:
            response = self._with_faults(operation, request, lambda: self.service.handle(request))
        self.log.append(
            LoggedRequest(
                operation=operation,
                method=request.method,
                raw_path=request.raw_path,
                status=0 if response.dropped else response.status,
                service=self.service.name,
                answered_at=self._now(),
                number=next(_numbers),
            )
        )
        return response

    def _with_faults(self, operation: str, request: Request, answer: Callable[[], Response]) -> Response:
        """Return what ``answer`` returns, or what the first fault for the request makes of it."""
        fault = self._take(operation, request)
        if fault is None:
            return answer()
        if fault.instead is not None:
            return fault.instead(request)
        is_replaced = fault.answer is not None or fault.refusal is not None or fault.drop
        response = answer() if fault.after_effect or not is_replaced else Response(status=500)
        if fault.delay_seconds:
            self._sleep(fault.delay_seconds)
        if fault.drop:
            return Response(status=0, dropped=True)
        if fault.answer is not None:
            return fault.answer
        return response if fault.refusal is None else self.service.refuse(request, fault.refusal)

    def _forget_expired(self) -> None:
        if any(fault.until is not None for fault in self._faults):
            now = self._now()
            self._faults[:] = [fault for fault in self._faults if fault.until is None or now < fault.until]

    def _take(self, operation: str, request: Request) -> Fault | None:
        with self._lock:
            self._forget_expired()
            for fault in self._faults:
                if fault.operation not in (operation, ANY_OPERATION):
                    continue
                if fault.when is None or fault.when(request):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults[:] = [armed for armed in self._faults if armed is not fault]
                    return fault
        return None
