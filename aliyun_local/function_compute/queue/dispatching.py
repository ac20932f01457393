"""The dispatcher: begins the asynchronous invocations that are due, and decides which to try again.

``FunctionCompute`` makes one and hands it everything that is accepted. Retries and their limits follow
Function Compute, "Retry mechanism". An accepted invocation comes to one of these ends:

- It succeeds and is forgotten.
- Its function fails. It is tried again after a pause that doubles each time, as often as the function's
  configuration says, and is then abandoned.
- It finds no instance, because the function's reserved concurrency is used up: it is *throttled*. It is tried
  again after a pause of another kind, which uses up no retry, for five hours at the most.
- It grows older than the configuration allows and is abandoned as expired, without a run.
- Its function does not exist any more, and it is abandoned.

A function without reserved concurrency is limited by this machine, which the cloud is not. Its invocations
wait in the queue until an instance is free, and do not count as throttled.

An invocation that closing interrupts keeps its place in the queue, without a mark against it. The same holds
for a killed process (:mod:`aliyun_local.function_compute.queue.invocations`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aliyun_local.clock import Clock
from aliyun_local.function_compute.errors import ConcurrencyExceeded, PayloadTooLarge, ServiceUnavailable
from aliyun_local.function_compute.lifecycle import Lifecycle
from aliyun_local.function_compute.queue.invocations import EXPIRED, InvocationQueue, QueuedInvocation
from aliyun_local.function_compute.queue.schedules import Schedule, timer_event
from aliyun_local.function_compute.request_ids import new_request_id
from aliyun_local.function_compute.running.pools import InstancePool
from aliyun_local.function_compute.running.runner import InvocationResult, Runner

# Function Compute, "Quotas and limits" (2026): bytes of an event.
MAX_ASYNC_PAYLOAD_BYTES = 128 * 1024
# Function Compute, "Retry mechanism" (2026): a throttled asynchronous invocation is tried for five hours.
MAX_THROTTLED_SECONDS = 5 * 3600
DISPATCH_SECONDS = 0.05
BATCH = 1000
WORKERS = 64

Begun = tuple[InstancePool, QueuedInvocation]
"""An invocation that is marked as running and has a reservation in the pool."""


@dataclass(frozen=True, kw_only=True)
class RetryPauses:
    """The pauses before an invocation is tried again: each doubles with every attempt, up to the longest."""

    after_failure_seconds: float = 1.0
    after_throttling_seconds: float = 0.5
    longest_seconds: float = 60.0

    def of_failed(self, invocation: QueuedInvocation) -> float:
        """Return the seconds that an invocation rests after its function failed."""
        return self._doubled(self.after_failure_seconds, invocation.retry_count)

    def of_throttled(self, invocation: QueuedInvocation) -> float:
        """Return the seconds that an invocation rests after it found no instance."""
        return self._doubled(self.after_throttling_seconds, invocation.throttle_count)

    def _doubled(self, first_seconds: float, times: int) -> float:
        return min(first_seconds * 2.0 ** min(times, 32), self.longest_seconds)


class Dispatcher:
    """Accepts asynchronous invocations and runs them when they are due. Thread-safe."""

    def __init__(
        self,
        queue: InvocationQueue,
        schedules: Sequence[Schedule],
        pools: Mapping[str, InstancePool],
        runner: Runner,
        clock: Clock,
        pauses: RetryPauses,
        lifecycle: Lifecycle,
    ) -> None:
        """Take over ``queue``; nothing runs before :meth:`start` or :meth:`run_due`.

        Args:
            queue: the invocations that are accepted and not done.
            schedules: the timers, asked before the queue is; they and the pools may change at any time.
            pools: the functions' instances, by the functions' names.
            runner: runs an invocation.
            clock: the time by which invocations are due.
            pauses: how long they rest between attempts.
            lifecycle: told of every change; once it is closing, nothing more is accepted or begun.
        """
        self._queue = queue
        self._schedules = schedules
        self._pools = pools
        self._runner = runner
        self._clock = clock
        self._pauses = pauses
        self._lifecycle = lifecycle
        self._state = threading.RLock()
        self._workers: ThreadPoolExecutor | None = None
        self._thread = threading.Thread(target=self._dispatch_forever, daemon=True, name="fc-dispatcher")

    def start(self) -> None:
        """Begin to run due invocations, on threads of its own."""
        self._workers = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="fc-worker")
        self._thread.start()

    def close(self) -> None:
        """Wait for the begun invocations, and close the queue; the lifecycle is closing already."""
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
            PayloadTooLarge: the event is over 128 KB.
            InvocationIdInUse: ``invocation_id`` was accepted for this function before.
            ServiceUnavailable: the local Function Compute is closing.
        """
        if len(payload) > MAX_ASYNC_PAYLOAD_BYTES:
            raise PayloadTooLarge(MAX_ASYNC_PAYLOAD_BYTES)
        with self._state:
            if self._lifecycle.closing:
                raise ServiceUnavailable("closing")
            self._queue.accept(function_name, payload, request_id, self._clock.now(), invocation_id)
        self._lifecycle.notify()

    def run_due(self) -> int:
        """Run due invocations, one after the other, on the caller's thread; return how many that were."""
        now, ran = self._clock.now(), 0
        # Nothing is throttled: instances are free again when the run before has returned.
        while begun := self._begin_due(now, throttle=False):
            for pool, invocation in begun:
                self._run(pool, invocation)
            ran += len(begun)
        self._retire_idle()
        return ran

    def _dispatch_forever(self) -> None:
        while not self._lifecycle.closing:
            seen = self._lifecycle.changes
            for pool, invocation in self._begin_due(self._clock.now(), throttle=True):
                if self._workers is not None:
                    self._workers.submit(self._run, pool, invocation)
            self._retire_idle()
            # The emulators' clock may be moved at any time, so it is looked at and not waited for.
            self._lifecycle.wait_for_change(seen, DISPATCH_SECONDS)

    def _retire_idle(self) -> None:
        for pool in list(self._pools.values()):
            pool.retire_idle()

    # -- due invocations ----------------------------------------------------------------------------

    def _begin_due(self, now: float, *, throttle: bool) -> list[Begun]:
        """Fire the timers and reserve instances for due invocations; ``throttle`` puts off the rest."""
        begun: list[Begun] = []
        with self._state:
            if self._lifecycle.closing:
                return []
            self._fire_timers(now)
            for name in self._queue.functions_due(now):
                pool = self._pools.get(name)
                if pool is not None:
                    begun += self._begin_due_of(pool, now, throttle=throttle and pool.refuses)
                    continue
                for orphan in self._queue.due(name, now, BATCH):
                    self._abandon(orphan, "the function does not exist any more")
        return begun

    def _fire_timers(self, now: float) -> None:
        for schedule in list(self._schedules):
            moment = schedule.take(now)
            if moment is not None:
                event = timer_event(schedule.trigger, moment)
                # Not ``accept``: closing may begin now, and the queue is open until this thread has ended.
                self._queue.accept(schedule.trigger.function, event, new_request_id(now), now)

    def _begin_due_of(self, pool: InstancePool, now: float, *, throttle: bool) -> list[Begun]:
        begun: list[Begun] = []
        max_age_seconds = pool.function.asynchronous.max_age_seconds
        for invocation in self._queue.due(pool.function.name, now, BATCH if throttle else pool.free):
            age_seconds = now - invocation.accepted_at
            if age_seconds > max_age_seconds:
                self._abandon(invocation, f"{EXPIRED} after {max_age_seconds} s")
                continue
            try:
                pool.reserve()
            except ConcurrencyExceeded:
                if not throttle:
                    break
                if age_seconds > MAX_THROTTLED_SECONDS:
                    self._abandon(invocation, f"throttled for {MAX_THROTTLED_SECONDS} s")
                else:
                    self._postpone(invocation)
                continue
            self._queue.mark_running(invocation.request_id)
            begun.append((pool, invocation))
        return begun

    # -- results ------------------------------------------------------------------------------------

    def _run(self, pool: InstancePool, invocation: QueuedInvocation) -> None:
        result: InvocationResult | None = None
        try:
            result = self._runner.run(pool, invocation.payload, invocation.request_id, invocation.retry_count)
        except ServiceUnavailable:
            pass
        finally:
            pool.release()
            with self._state:
                if not self._lifecycle.closing:
                    self._conclude(pool, invocation, result)
            self._lifecycle.notify()

    def _conclude(
        self, pool: InstancePool, invocation: QueuedInvocation, result: InvocationResult | None
    ) -> None:
        """Record the end of a run, or its next attempt; ``result`` is None where there was no instance."""
        if result is None:
            self._postpone(invocation)
        elif result.error_type is None:
            self._queue.finish(invocation.request_id)
        elif invocation.retry_count < pool.function.asynchronous.max_retries:
            due_at = self._clock.now() + self._pauses.of_failed(invocation)
            self._queue.retry(invocation.request_id, due_at)
        else:
            reason = result.body[:1000].decode("utf-8", errors="replace")
            self._abandon(invocation, f"{result.error_kind}: {reason}")

    def _postpone(self, invocation: QueuedInvocation) -> None:
        due_at = self._clock.now() + self._pauses.of_throttled(invocation)
        self._queue.postpone(invocation.request_id, due_at)

    def _abandon(self, invocation: QueuedInvocation, reason: str) -> None:
        self._queue.abandon(invocation.request_id, reason, self._clock.now())
        self._runner.log_error(invocation.function, invocation.request_id, f"invocation abandoned: {reason}")
        self._lifecycle.notify()
