"""When accepted invocations run: reserving instances for what is due, and trying again what did not succeed.

Retries and their limits follow Function Compute, "Retry mechanism".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aliyun_local.clock import Clock
from aliyun_local.function_compute.instances import ConcurrencyExceeded, InstancePool
from aliyun_local.function_compute.invocations import EXPIRED, Invocation, InvocationQueue
from aliyun_local.function_compute.running import InvocationResult, Runner, ServiceUnavailable
from aliyun_local.template import Function

# Function Compute, "Retry mechanism" (2026): a throttled asynchronous invocation is tried for five hours.
MAX_THROTTLED_SECONDS = 5 * 3600
DISPATCH_SECONDS = 0.05
BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """How long an invocation rests before it is tried again: doubling from the first pause to the longest."""

    after_failure: float
    after_throttling: float
    longest: float

    def for_failed(self, invocation: Invocation) -> float:
        """Return the pause of an invocation that failed."""
        return self._doubled(self.after_failure, invocation.retry_count)

    def for_throttled(self, invocation: Invocation) -> float:
        """Return the pause of an invocation that found no instance."""
        return self._doubled(self.after_throttling, invocation.throttle_count)

    def _doubled(self, first: float, times: int) -> float:
        return min(first * 2.0 ** min(times, 32), self.longest)


class Dispatcher:
    """Accepts asynchronous invocations and runs them when they are due. Thread-safe.

    ``changed`` is notified whenever an invocation may have come, gone or moved on, and by whoever sets
    ``closing``.
    """

    def __init__(
        self,
        queue: InvocationQueue,
        functions: Mapping[str, Function],
        pools: Mapping[str, InstancePool],
        runner: Runner,
        clock: Clock,
        pauses: Pauses,
        *,
        throttled: Collection[str],
        fire_timers: Callable[[float], object],
        changed: threading.Condition,
        closing: threading.Event,
    ) -> None:
        """Take over ``queue``; nothing runs before :meth:`start` or :meth:`run_due`.

        Args:
            queue: what is accepted and not done.
            functions: what is deployed, by name.
            pools: the functions' instances.
            runner: runs an invocation.
            clock: the time by which invocations are due.
            pauses: how long they rest between attempts.
            throttled: the functions that are refused instances beyond their reserved concurrency, as in the
                cloud; the others wait for one of this machine's.
            fire_timers: gets the time before every look at the queue, and accepts what timers call for.
            changed: see above.
            closing: once set, nothing more is accepted or begun.
        """
        self._queue = queue
        self._functions = functions
        self._pools = pools
        self._runner = runner
        self._clock = clock
        self._pauses = pauses
        self._throttled = throttled
        self._fire_timers = fire_timers
        self._changed = changed
        self._closing = closing
        self._woken = False
        self._state = threading.RLock()
        self._workers: ThreadPoolExecutor | None = None
        self._thread = threading.Thread(target=self._dispatch_forever, daemon=True, name="fc-dispatcher")

    def start(self) -> None:
        """Begin to run what is due, on threads of its own."""
        self._workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="fc-worker")
        self._thread.start()

    def close(self) -> None:
        """Wait for what was begun, and close the queue; for after ``closing`` was set and told."""
        if self._workers is not None:
            self._thread.join()
            self._workers.shutdown(wait=True)
        with self._state:
            self._queue.close()

    def accept(
        self, function_name: str, payload: bytes, request_id: str, invocation_id: str | None = None
    ) -> None:
        """Store an invocation; when this returns it will run.

        Raises:
            InvocationIdInUse: ``invocation_id`` was accepted for this function before.
            ServiceUnavailable: the local Function Compute is closing.
        """
        with self._state:
            if self._closing.is_set():
                raise ServiceUnavailable("closing")
            self._queue.accept(function_name, payload, request_id, self._clock.now(), invocation_id)
        self.wake()

    def wake(self) -> None:
        """Tell that an instance or an invocation may have become free or due."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def run_due(self) -> int:
        """Run what is due, one after the other, on the caller's thread; return how many that were."""
        now, ran = self._clock.now(), 0
        while started := self._take_due(now, throttle=False):
            for function, invocation in started:
                self._run(function, invocation)
            ran += len(started)
        self._retire_idle()
        return ran

    def _dispatch_forever(self) -> None:
        while not self._closing.is_set():
            for function, invocation in self._take_due(self._clock.now(), throttle=True):
                if self._workers is not None:
                    self._workers.submit(self._run, function, invocation)
            self._retire_idle()
            with self._changed:
                # The emulators' clock may be moved at any time, so it is looked at and not waited for.
                self._changed.wait_for(lambda: self._woken or self._closing.is_set(), DISPATCH_SECONDS)
                self._woken = False

    def _retire_idle(self) -> None:
        for pool in self._pools.values():
            pool.retire_idle()

    # -- what is due --------------------------------------------------------------------------------

    def _take_due(self, now: float, *, throttle: bool) -> list[tuple[Function, Invocation]]:
        """Fire the timers, and reserve instances for what is due; the rest is put off if ``throttle``."""
        started: list[tuple[Function, Invocation]] = []
        with self._state:
            if self._closing.is_set():
                return []
            self._fire_timers(now)
            for name in self._queue.functions_due(now):
                function = self._functions.get(name)
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
                self._abandon(invocation, f"{EXPIRED} after {function.asynchronous.max_age_seconds} s")
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

    # -- what becomes of it -------------------------------------------------------------------------

    def _run(self, function: Function, invocation: Invocation) -> None:
        pool = self._pools[function.name]
        result: InvocationResult | None = None
        try:
            result = self._runner.run(
                function, pool, invocation.payload, invocation.request_id, invocation.retry_count
            )
        except ServiceUnavailable:
            pass
        finally:
            pool.release()
            with self._state:
                if not self._closing.is_set():
                    self._settle(function, invocation, result)
            self.wake()

    def _settle(self, function: Function, invocation: Invocation, result: InvocationResult | None) -> None:
        if result is None:
            self._postpone(invocation)
        elif result.error_type is None:
            self._queue.finish(invocation.request_id)
        elif invocation.retry_count < function.asynchronous.max_retries:
            due = self._clock.now() + self._pauses.for_failed(invocation)
            self._queue.retry(invocation.request_id, due)
        else:
            reason = result.body[:1000].decode("utf-8", errors="replace")
            self._abandon(invocation, f"{result.error_kind}: {reason}")

    def _postpone(self, invocation: Invocation) -> None:
        due = self._clock.now() + self._pauses.for_throttled(invocation)
        self._queue.postpone(invocation.request_id, due)

    def _abandon(self, invocation: Invocation, reason: str) -> None:
        self._queue.abandon(invocation.request_id, reason, self._clock.now())
        self._runner.log_error(invocation.function, invocation.request_id, f"invocation abandoned: {reason}")
        self.wake()
