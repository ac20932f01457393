"""The contract between an emulated service and whatever carries its HTTP.

A service is a function from :class:`Request` to :class:`Response` with a name for each operation.
Front ends (the loopback server, the in-process hook) make requests and send responses and know no
service; services know no sockets. Faults, the request log and the clock enter here and nowhere else.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from aliyun_local.serving.broken_requests import Broken, in_words_of

ANY_OPERATION = "*"
_numbers = itertools.count(1)


class Headers(Mapping[str, str]):
    """Header names to values; names compare without regard to case and iterate in lower case."""

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        """Take ``items``; a repeated name is joined with a comma, as HTTP allows."""
        self._items: dict[str, str] = {}
        for name, value in items.items() if isinstance(items, Mapping) else items:
            key = name.lower()
            self._items[key] = f"{self._items[key]},{value}" if key in self._items else value

    def __getitem__(self, name: str) -> str:
        """Return the value of ``name``."""
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the lower-case names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._items)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request, as it came: nothing in it is decoded yet.

    ``broken`` says what is wrong with a request that did not come whole: it has no body then, may lack
    everything else, and is to be refused.
    """

    method: str
    host: str
    raw_path: str
    raw_query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    remote_address: str = "127.0.0.1"
    broken: Broken | None = None

    @property
    def path(self) -> str:
        """The path, percent-decoded once as UTF-8."""
        return unquote(self.raw_path, errors="surrogateescape")

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query, decoded; a name without ``=`` has the value ``""``; the last of a name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))


@dataclass(kw_only=True)
class Response:
    """One HTTP answer.

    With a ``stream`` the body is what it yields, each piece sent as soon as it is there; ``body`` is unused
    then. ``dropped`` closes the connection without sending a byte of it.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Iterator[bytes] | None = None
    dropped: bool = False


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error that somebody wants a service to answer with; the service gives it its own shape."""

    status: int
    code: str
    message: str


class Service(Protocol):
    """An emulated service, wire side."""

    name: str

    def operation(self, request: Request) -> str:
        """Name the operation that ``request`` asks for, without doing it; never raises."""

    def handle(self, request: Request) -> Response:
        """Do it. Anything malformed becomes an error answer; never raises."""

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the answer to ``request`` that says ``refusal``, as the real service would write it."""


@dataclass(kw_only=True)
class Fault:
    """A disturbance of the next ``times`` calls of one operation.

    ``operation`` may be :data:`ANY_OPERATION`; ``times`` None is until it is removed. ``answer`` is sent in
    place of the real reply, and so is ``refusal``, in the words of the service. With ``after_effect`` the
    operation is carried out first, so that a lost reply or a 500 may hide a success. Without an ``answer``
    and with ``drop`` the connection closes; ``delay`` seconds pass before the reply is sent.
    """

    operation: str
    times: int | None = 1
    answer: Response | None = None
    refusal: Refusal | None = None
    after_effect: bool = False
    drop: bool = False
    delay: float = 0.0
    when: Callable[[Request], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A line of the request log: never a query, a header or a body, since those carry what is secret.

    ``status`` is 0 where the connection was dropped; ``at`` is in seconds since the epoch; ``number`` tells
    the order over all services of the process, also where the clock stands still.
    """

    operation: str
    method: str
    raw_path: str
    status: int
    service: str = ""
    at: float = 0.0
    number: int = 0


class Front:
    """A service behind its faults and its request log; front ends call this."""

    def __init__(
        self,
        service: Service,
        *,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
        log_size: int = 10_000,
    ) -> None:
        """Wrap ``service``; ``sleep`` carries out delays (default: a real wait), ``now`` dates the log."""
        self.service = service
        self.calls: deque[Call] = deque(maxlen=log_size)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._sleep = sleep or threading.Event().wait
        self._now = now

    def inject(self, *faults: Fault) -> None:
        """Arm ``faults``; for one operation the first armed is the first to strike."""
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
        """What is armed, in the order of arming."""
        with self._lock:
            return list(self._faults)

    def __call__(self, request: Request) -> Response:
        """Answer ``request``."""
        operation = self.service.operation(request)
        if request.broken is not None:
            words = in_words_of(self.service.name, request.broken)
            refusal = Refusal(status=words.status, code=words.code, message=words.message)
            response = self.service.refuse(request, refusal)
        else:
            fault = self._take(operation, request)
            response = self.service.handle(request) if fault is None else self._disturbed(fault, request)
        self.calls.append(
            Call(
                operation=operation,
                method=request.method,
                raw_path=request.raw_path,
                status=0 if response.dropped else response.status,
                service=self.service.name,
                at=self._now(),
                number=next(_numbers),
            )
        )
        return response

    def _disturbed(self, fault: Fault, request: Request) -> Response:
        spoiled = fault.answer is not None or fault.refusal is not None or fault.drop
        response = self.service.handle(request) if fault.after_effect or not spoiled else Response(status=500)
        if fault.delay:
            self._sleep(fault.delay)
        if fault.drop:
            return Response(status=0, dropped=True)
        if fault.refusal is not None:
            return self.service.refuse(request, fault.refusal)
        return fault.answer or response

    def _take(self, operation: str, request: Request) -> Fault | None:
        with self._lock:
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
