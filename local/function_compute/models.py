"""The state and the rules of the local Function Compute: what is invoked when, and how often again.

No wire here; :mod:`local.function_compute.responses` speaks HTTP for it. What is deployed comes from a
template (:mod:`local.template`), so nothing in this package knows the functions it runs.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from local.clock import Clock, utc
from local.function_compute.environment import instance_environment, request_head
from local.function_compute.instances import (
    ConcurrencyExceeded,
    Instance,
    InstanceExited,
    InstancePool,
    InstanceTimeout,
)
from local.function_compute.invocations import (
    AbandonedInvocation,
    Invocation,
    InvocationIdInUse,
    InvocationQueue,
)
from local.function_compute.logs import FunctionLogs
from local.function_compute.schedules import Schedule, timer_event
from local.template import Function, Resources, TemplateError

if TYPE_CHECKING:
    from local.credentials import TemporaryCredentials

# Function Compute, "Quotas and limits" (2026): bytes of an event.
MAX_SYNC_PAYLOAD_BYTES = 32 * 1024**2
MAX_ASYNC_PAYLOAD_BYTES = 128 * 1024
# "Retry mechanism" (2026): a throttled asynchronous invocation is tried for five hours.
MAX_THROTTLED_SECONDS = 5 * 3600
LOG_TAIL_BYTES = 4096
SYNC_WAIT_SECONDS = 60.0
DISPATCH_SECONDS = 0.05
BATCH = 1000


class FunctionNotFound(LookupError):
    """The template has no function of this name."""


class PayloadTooLarge(ValueError):
    """The event is larger than Function Compute takes; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        """Name the limit."""
        super().__init__(f"payload size exceeds maximum allowed size ({limit} bytes)")
        self.limit = limit


class ServiceUnavailable(RuntimeError):
    """The local Function Compute is closing, or the machine refuses to start a process."""


class OssNotification(Protocol):
    """What a trigger needs to know of a change in a bucket."""

    @property
    def id(self) -> int:
        """Its number in the outbox."""

    @property
    def request_id(self) -> str:
        """The id of the OSS request that made the change."""

    @property
    def event_name(self) -> str:
        """Such as ``ObjectCreated:PutObject``."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""

    @property
    def key(self) -> str:
        """The object's key, as it is."""


@dataclass(frozen=True, kw_only=True)
class InvocationResult:
    """How one run of a function ended.

    ``error_type`` is what the ``X-Fc-Error-Type`` header says, None on success; ``error_kind`` is the finer
    name that request metrics have for it (Function Compute, "Request-level metric logs"). ``log_tail`` holds
    the last 4 KB of the run's log.
    """

    request_id: str
    body: bytes
    error_type: str | None = None
    error_kind: str | None = None
    log_tail: bytes = b""
    duration_ms: float = 0.0
    instance_id: str = ""


class FunctionCompute:
    """Functions, their instances, and everything that calls them. Thread-safe.

    Before :meth:`start` nothing runs by itself: :meth:`run_due` does what is due on the caller's thread,
    which is what a simulation wants.
    """

    def __init__(
        self,
        data: Path | None,
        resources: Resources,
        clock: Clock,
        *,
        code: Path,
        credentials: Callable[[], TemporaryCredentials],
        environment: Mapping[str, str] | None = None,
        libraries: Path | None = None,
        tick_seconds: float | None = None,
        default_concurrency: int = 4,
        max_instances: int = 16,
        warm_instances: int = 2,
        idle_seconds: float = 300.0,
        retry_seconds: float = 1.0,
        throttle_seconds: float = 0.5,
        max_delay_seconds: float = 60.0,
        on_log: Callable[[str, str], object] | None = None,
    ) -> None:
        """Open the queue under ``data`` and read what is deployed; no process is started yet.

        Args:
            data: the folder for the queue and the logs; None keeps both in memory.
            resources: what the template deploys.
            clock: the time of queue, timers and events.
            code: the folder that a deployment's zip would hold.
            credentials: makes the temporary credentials that each invocation gets.
            environment: variables that override the functions' own, for example endpoints on loopback.
            libraries: a folder of packages that stands for the runtime's; None: this interpreter's own.
            tick_seconds: the interval of every timer trigger, in place of the template's.
            default_concurrency: how many instances a function without reserved concurrency may have.
            max_instances: no function has more instances than this, whatever it has reserved.
            warm_instances: how many idle instances of a function are kept.
            idle_seconds: how long they are kept.
            retry_seconds: the pause before the first retry of a failed invocation; it doubles each time.
            throttle_seconds: the same for a throttled one.
            max_delay_seconds: the longest such pause.
            on_log: gets the function's name and each line that it logs.

        Raises:
            TemplateError: a runtime or a timer's schedule cannot be run here.
        """
        for function in resources.functions.values():
            if not function.runtime.startswith("python3"):
                raise TemplateError(
                    f"function {function.name!r}: runtime {function.runtime!r} cannot run here, only python3*"
                )
        self.resources = resources
        self.clock = clock
        self._code = code.resolve()
        self._libraries = libraries
        self._credentials = credentials
        self._environment = dict(environment or {})
        self._retry_seconds = retry_seconds
        self._throttle_seconds = throttle_seconds
        self._max_delay_seconds = max_delay_seconds
        self._logs = FunctionLogs(data / "logs" if data else None, on_log)
        self._schedules = [
            Schedule(trigger, clock.now(), every_seconds=tick_seconds)
            for trigger in resources.timer_triggers
            if trigger.enabled
        ]
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        self._queue = InvocationQueue(data / "function_compute.sqlite" if data else None)
        self._pools: dict[str, InstancePool] = {}
        self._throttled: set[str] = set()
        for function in resources.functions.values():
            limit = default_concurrency if function.concurrency is None else function.concurrency
            if function.concurrency is not None and limit <= max_instances:
                self._throttled.add(function.name)
            self._pools[function.name] = InstancePool(
                self._starter(function),
                min(limit, max_instances),
                warm=warm_instances,
                idle_seconds=idle_seconds,
            )
        self._changed = threading.Condition()
        self._woken = False
        self._closing = False
        self._state = threading.RLock()
        self._workers: ThreadPoolExecutor | None = None
        self._dispatcher = threading.Thread(target=self._dispatch_forever, daemon=True, name="fc-dispatcher")

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> FunctionCompute:
        """Begin to run what is queued and what the timers call for."""
        self._workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="fc-worker")
        self._dispatcher.start()
        return self

    def close(self) -> None:
        """End every instance at once; what ran asynchronously runs again after the next start."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify_all()
        for pool in self._pools.values():
            pool.close()
        if self._workers is not None:
            self._dispatcher.join()
            self._workers.shutdown(wait=True)
        with self._state:
            self._queue.close()
        self._logs.close()

    def __enter__(self) -> FunctionCompute:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    # -- invocations --------------------------------------------------------------------------------

    def function(self, name: str) -> Function:
        """Return the function ``name``.

        Raises:
            FunctionNotFound: there is none.
        """
        try:
            return self.resources.functions[name]
        except KeyError:
            raise FunctionNotFound(f"function '{name}' does not exist") from None

    def new_request_id(self) -> str:
        """Return a request id of the form that Function Compute gives out."""
        return f"1-{int(self.clock.now()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"

    def invoke(
        self, function_name: str, payload: bytes, *, request_id: str | None = None
    ) -> InvocationResult:
        """Run a function now and return how it ended; a failing function is a result, not an exception.

        Raises:
            FunctionNotFound: there is no such function.
            PayloadTooLarge: the event is over 32 MB.
            ConcurrencyExceeded: the function's instances are all busy.
            ServiceUnavailable: no instance can be had.
        """
        function = self.function(function_name)
        if len(payload) > MAX_SYNC_PAYLOAD_BYTES:
            raise PayloadTooLarge(MAX_SYNC_PAYLOAD_BYTES)
        pool = self._pools[function_name]
        # Reserved concurrency refuses at once, as in the cloud; the limit of this machine makes callers wait.
        pool.reserve(0.0 if function_name in self._throttled else SYNC_WAIT_SECONDS)
        try:
            return self._run(function, pool, payload, request_id or self.new_request_id(), 0)
        finally:
            pool.release()
            self._wake()

    def invoke_async(
        self,
        function_name: str,
        payload: bytes,
        *,
        invocation_id: str | None = None,
        request_id: str | None = None,
        only_new: bool = False,
    ) -> str:
        """Accept an invocation; when this returns it is stored and will run. Returns its request id.

        A repeated ``invocation_id`` of a function is accepted once and gets the first one's request id.

        Raises:
            FunctionNotFound: there is no such function.
            PayloadTooLarge: the event is over 128 KB.
            InvocationIdInUse: ``only_new`` was asked for and the id is known.
            ServiceUnavailable: the local Function Compute is closing.
        """
        self.function(function_name)
        if len(payload) > MAX_ASYNC_PAYLOAD_BYTES:
            raise PayloadTooLarge(MAX_ASYNC_PAYLOAD_BYTES)
        request_id = request_id or self.new_request_id()
        with self._state:
            if self._closing:
                raise ServiceUnavailable("closing")
            try:
                self._queue.accept(function_name, payload, request_id, self.clock.now(), invocation_id)
            except InvocationIdInUse as earlier:
                if only_new:
                    raise
                return earlier.request_id
        self._wake()
        return request_id

    def deliver(self, notification: OssNotification, event: bytes) -> list[str]:
        """Invoke every function whose OSS trigger ``notification`` fires; repeating it does nothing more.

        Args:
            notification: what happened.
            event: what the functions get.

        Returns:
            The request ids, one for each trigger that matched.
        """
        return [
            self.invoke_async(
                trigger.function,
                event,
                # The number alone would be repeated by an outbox that was thrown away and begun anew.
                invocation_id=f"oss:{notification.request_id}:{notification.id}:{trigger.name}",
            )
            for trigger in self.resources.oss_triggers
            if trigger.matches(notification.bucket, notification.event_name, notification.key)
        ]

    # -- observation --------------------------------------------------------------------------------

    def pending(self) -> int:
        """Return how many asynchronous invocations wait or run."""
        return self._queue.count()

    def wait_idle(self, timeout: float) -> bool:
        """Wait up to ``timeout`` real seconds until no asynchronous invocation is left; tell whether so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or self.pending() == 0, timeout)

    def abandoned(self) -> list[AbandonedInvocation]:
        """Return the asynchronous invocations that were given up, oldest first."""
        return self._queue.abandoned()

    def logs(self, function_name: str) -> list[str]:
        """Return the last lines that a function logged in this process's life."""
        return self._logs.recent(function_name)

    def instances(self, function_name: str) -> list[Instance]:
        """Return the instances that a function has now."""
        return self._pools[function_name].instances

    # -- dispatching --------------------------------------------------------------------------------

    def run_due(self) -> int:
        """Fire the timers and run the asynchronous invocations that are due, one after the other.

        For callers that have not started the dispatcher; retries that become due later wait for a later call.

        Returns:
            How many invocations were run.
        """
        now, ran = self.clock.now(), 0
        while started := self._take_due(now, throttle=False):
            for function, invocation in started:
                self._run_queued(function, invocation)
            ran += len(started)
        self._retire_idle()
        return ran

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _dispatch_forever(self) -> None:
        while not self._closing:
            for function, invocation in self._take_due(self.clock.now(), throttle=True):
                if self._workers is not None:
                    self._workers.submit(self._run_queued, function, invocation)
            self._retire_idle()
            with self._changed:
                # The emulators' clock may be moved at any time, so it is looked at and not waited for.
                self._changed.wait_for(lambda: self._woken or self._closing, DISPATCH_SECONDS)
                self._woken = False

    def _retire_idle(self) -> None:
        for pool in self._pools.values():
            pool.retire_idle()

    def _take_due(self, now: float, *, throttle: bool) -> list[tuple[Function, Invocation]]:
        """Fire the timers, and reserve instances for what is due; the rest is put off if ``throttle``."""
        started: list[tuple[Function, Invocation]] = []
        with self._state:
            if self._closing:
                return []
            for schedule in self._schedules:
                moment = schedule.take(now)
                if moment is not None:
                    self.invoke_async(schedule.trigger.function, timer_event(schedule.trigger, moment))
            for name in self._queue.functions_due(now):
                function = self.resources.functions.get(name)
                if function is not None:
                    started += self._reserve_due(function, now, throttle=throttle)
                    continue
                for orphan in self._queue.due(name, now, BATCH):
                    self._abandon(orphan, "the function does not exist any more")
        return started

    def _reserve_due(
        self, function: Function, now: float, *, throttle: bool
    ) -> list[tuple[Function, Invocation]]:
        pool = self._pools[function.name]
        throttle = throttle and function.name in self._throttled
        started: list[tuple[Function, Invocation]] = []
        for invocation in self._queue.due(function.name, now, BATCH if throttle else pool.free):
            age = now - invocation.accepted_at
            if age > function.asynchronous.max_age_seconds:
                self._abandon(invocation, f"expired after {function.asynchronous.max_age_seconds} s")
                continue
            try:
                pool.reserve()
            except ConcurrencyExceeded:
                if not throttle:
                    break
                if age > MAX_THROTTLED_SECONDS:
                    self._abandon(invocation, f"throttled for {MAX_THROTTLED_SECONDS} s")
                else:
                    self._postpone(invocation)
                continue
            self._queue.mark_running(invocation.request_id)
            started.append((function, invocation))
        return started

    def _run_queued(self, function: Function, invocation: Invocation) -> None:
        pool = self._pools[function.name]
        result: InvocationResult | None = None
        try:
            result = self._run(
                function, pool, invocation.payload, invocation.request_id, invocation.retry_count
            )
        except ServiceUnavailable:
            pass
        finally:
            pool.release()
            with self._state:
                if not self._closing:
                    self._settle(function, invocation, result)
            self._wake()

    def _settle(self, function: Function, invocation: Invocation, result: InvocationResult | None) -> None:
        if result is None:
            self._postpone(invocation)
        elif result.error_type is None:
            self._queue.finish(invocation.request_id)
        elif invocation.retry_count < function.asynchronous.max_retries:
            delay = self._delay(self._retry_seconds, invocation.retry_count)
            self._queue.retry(invocation.request_id, self.clock.now() + delay)
        else:
            reason = result.body[:1000].decode("utf-8", errors="replace")
            self._abandon(invocation, f"{result.error_kind}: {reason}")

    def _postpone(self, invocation: Invocation) -> None:
        delay = self._delay(self._throttle_seconds, invocation.throttle_count)
        self._queue.postpone(invocation.request_id, self.clock.now() + delay)

    def _abandon(self, invocation: Invocation, reason: str) -> None:
        self._queue.abandon(invocation.request_id, reason, self.clock.now())
        self._log(invocation.function, invocation.request_id, "ERROR", f"invocation abandoned: {reason}")
        self._wake()

    def _delay(self, first: float, times: int) -> float:
        return min(first * 2.0 ** min(times, 32), self._max_delay_seconds)

    # -- running ------------------------------------------------------------------------------------

    def _starter(self, function: Function) -> Callable[[], Instance]:
        def start() -> Instance:
            environment = instance_environment(
                function,
                self._code,
                region=self.resources.region,
                account_id=self.resources.account_id,
                credentials=self._credentials(),
                extra=self._environment,
            )
            return Instance(environment, self._code, libraries=self._libraries)

        return start

    def _run(
        self, function: Function, pool: InstancePool, payload: bytes, request_id: str, retry_count: int
    ) -> InvocationResult:
        """Run a reserved invocation on an instance of ``pool``."""
        head = request_head(
            function,
            request_id,
            region=self.resources.region,
            account_id=self.resources.account_id,
            credentials=self._credentials(),
            retry_count=retry_count,
        )
        try:
            instance = pool.take()
        except (InstanceExited, OSError) as problem:
            raise ServiceUnavailable(f"no instance could be started: {problem}") from problem
        tail = deque[bytes](maxlen=LOG_TAIL_BYTES)

        def on_line(line: str) -> None:
            tail.append(f"{line}\n".encode())
            self._logs.write(function.name, line)

        usable, began = False, time.monotonic()
        error_kind: str | None = None
        on_line(f"FC Invoke Start RequestId: {request_id}")
        try:
            answer = instance.invoke(head, payload, function.timeout, on_line)
            usable, body = True, answer.body
            error_kind = "FunctionUnhandledError" if answer.failed else None
        except InstanceTimeout:
            error_kind = "FunctionTimeoutError"
            body = _error_body(f"Function timed out after {function.timeout} seconds (maxMemoryUsage: 0MB)")
        except InstanceExited as problem:
            if self._closing:
                raise ServiceUnavailable("closing") from problem
            error_kind = "FunctionUnhandledError"
            elapsed = round((time.monotonic() - began) * 1000)
            body = _error_body(
                "Process exited unexpectedly before completing request "
                f"(duration: {elapsed}ms, maxMemoryUsage: 0MB)"
            )
        finally:
            # Kept although it failed: an exception leaves the process sound, as it does in the cloud.
            pool.give_back(instance, usable=usable)
        if error_kind is not None and not usable:
            self._log(function.name, request_id, "ERROR", json.loads(body)["errorMessage"], tail)
        on_line(f"FC Invoke End RequestId: {request_id}")
        return InvocationResult(
            request_id=request_id,
            body=body,
            # The header knows one word for exceptions, timeouts and exits alike ("Error handling").
            error_type=None if error_kind is None else "UnhandledInvocationError",
            error_kind=error_kind,
            log_tail=b"".join(tail)[-LOG_TAIL_BYTES:],
            duration_ms=(time.monotonic() - began) * 1000,
            instance_id=instance.identity,
        )

    def _log(
        self, function: str, request_id: str, level: str, message: str, tail: deque[bytes] | None = None
    ) -> None:
        moment = utc(self.clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        line = f"{moment}Z {request_id} [{level}] {message}"
        self._logs.write(function, line)
        if tail is not None:
            tail.append(f"{line}\n".encode())


def _error_body(message: str) -> bytes:
    return json.dumps({"errorMessage": message}).encode()
