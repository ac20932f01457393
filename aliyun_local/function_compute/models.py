"""The local Function Compute as its callers see it: what is deployed, and every way to invoke it.

No wire here; :mod:`aliyun_local.function_compute.responses` speaks HTTP for it. What is deployed comes
from a template (:mod:`aliyun_local.template`), so nothing in this package knows the functions it runs. How
one invocation runs is for :mod:`aliyun_local.function_compute.running`, when a queued one does and how
often again for :mod:`aliyun_local.function_compute.dispatching`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aliyun_local.clock import Clock
from aliyun_local.function_compute.dispatching import (
    BATCH,
    DISPATCH_SECONDS,
    MAX_THROTTLED_SECONDS,
    Dispatcher,
    Pauses,
)
from aliyun_local.function_compute.instances import Instance, InstancePool
from aliyun_local.function_compute.invocations import (
    AbandonedInvocation,
    InvocationIdInUse,
    InvocationQueue,
    Task,
)
from aliyun_local.function_compute.logs import FunctionLogs
from aliyun_local.function_compute.processes import nursery_of
from aliyun_local.function_compute.running import LOG_TAIL_BYTES, InvocationResult, Runner, ServiceUnavailable
from aliyun_local.function_compute.schedules import Schedule, timer_event
from aliyun_local.template import Function, Resources, TemplateError

if TYPE_CHECKING:
    from aliyun_local.credentials import TemporaryCredentials

__all__ = [
    "BATCH",
    "DISPATCH_SECONDS",
    "LOG_TAIL_BYTES",
    "MAX_ASYNC_PAYLOAD_BYTES",
    "MAX_SYNC_PAYLOAD_BYTES",
    "MAX_THROTTLED_SECONDS",
    "SYNC_WAIT_SECONDS",
    "FunctionCompute",
    "FunctionNotFound",
    "InvocationResult",
    "OssNotification",
    "PayloadTooLarge",
    "ServiceUnavailable",
]

# Function Compute, "Quotas and limits" (2026): bytes of an event.
MAX_SYNC_PAYLOAD_BYTES = 32 * 1024**2
MAX_ASYNC_PAYLOAD_BYTES = 128 * 1024
SYNC_WAIT_SECONDS = 60.0


class FunctionNotFound(LookupError):
    """The template has no function of this name."""


class PayloadTooLarge(ValueError):
    """The event is larger than Function Compute takes; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        """Name the limit."""
        super().__init__(f"payload size exceeds maximum allowed size ({limit} bytes)")
        self.limit = limit


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
        preloaded: Sequence[str] = (),
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
            preloaded: libraries that the functions use, to be loaded once for all instances; see
                :mod:`aliyun_local.function_compute.processes`.
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
        self.code = code
        self.deployed_at = clock.now()
        self._logs = FunctionLogs(data / "logs" if data else None, on_log)
        self._hurried = tick_seconds is not None
        self._schedules = [
            Schedule(trigger, clock.now(), every_seconds=tick_seconds)
            for trigger in resources.timer_triggers
            if trigger.enabled
        ]
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        self._queue = InvocationQueue(data / "function_compute.sqlite" if data else None)
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._runner = Runner(
            clock,
            self._logs,
            self._closing,
            code=code,
            libraries=libraries,
            environment=environment or {},
            credentials=credentials,
            region=resources.region,
            account_id=resources.account_id,
            nursery=nursery_of(code.resolve(), libraries, tuple(preloaded)) if preloaded else None,
        )
        self._pools: dict[str, InstancePool] = {}
        self._throttled: set[str] = set()
        for function in resources.functions.values():
            limit = default_concurrency if function.concurrency is None else function.concurrency
            if function.concurrency is not None and limit <= max_instances:
                self._throttled.add(function.name)
            self._pools[function.name] = InstancePool(
                partial(self._runner.start, function),
                min(limit, max_instances),
                warm=warm_instances,
                idle_seconds=idle_seconds,
            )
        self._dispatcher = Dispatcher(
            self._queue,
            resources.functions,
            self._pools,
            self._runner,
            clock,
            Pauses(
                after_failure=retry_seconds,
                after_throttling=throttle_seconds,
                longest=max_delay_seconds,
            ),
            throttled=self._throttled,
            fire_timers=self._fire_timers,
            changed=self._changed,
            closing=self._closing,
        )

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> FunctionCompute:
        """Begin to run what is queued and what the timers call for."""
        self._dispatcher.start()
        return self

    def close(self) -> None:
        """End every instance at once; what ran asynchronously runs again after the next start."""
        with self._changed:
            if self._closing.is_set():
                return
            self._closing.set()
            self._changed.notify_all()
        for pool in self._pools.values():
            pool.close()
        self._dispatcher.close()
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
            return self._runner.run(function, pool, payload, request_id or self.new_request_id(), 0)
        finally:
            pool.release()
            self._dispatcher.wake()

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
        try:
            self._dispatcher.accept(function_name, payload, request_id, invocation_id)
        except InvocationIdInUse as earlier:
            if only_new:
                raise
            return earlier.request_id
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
            return self._changed.wait_for(lambda: self._closing.is_set() or self.pending() == 0, timeout)

    def abandoned(self) -> list[AbandonedInvocation]:
        """Return the asynchronous invocations that were given up, oldest first."""
        return self._queue.abandoned()

    def tasks(self, function_name: str, task_id: str | None = None) -> list[Task]:
        """Return a function's asynchronous invocations that came with an id, or the one of ``task_id``.

        Raises:
            FunctionNotFound: there is no such function.
        """
        return self._queue.tasks(self.function(function_name).name, task_id)

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
        return self._dispatcher.run_due()

    def _fire_timers(self, now: float) -> None:
        for schedule in self._schedules:
            moment = schedule.take(now)
            if moment is not None:
                self.invoke_async(schedule.trigger.function, timer_event(schedule.trigger, moment))
