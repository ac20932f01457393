"""The local Function Compute as its callers see it: the deployed functions, and every way to invoke them.

A deployment makes one. No wire here: :mod:`aliyun_local.function_compute.http` speaks HTTP for it, and
:mod:`aliyun_local.function_compute.oss_trigger` brings the events of OSS. The functions come from a template
(:mod:`aliyun_local.template`) and from the account (:mod:`aliyun_local.function_compute.account`), so nothing
in this package knows the functions it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from aliyun_local.clock import Clock
from aliyun_local.function_compute.errors import InvocationIdInUse, PayloadTooLarge
from aliyun_local.function_compute.lifecycle import Lifecycle
from aliyun_local.function_compute.queue.dispatching import Dispatcher, RetryPauses
from aliyun_local.function_compute.queue.invocations import AbandonedInvocation, AsyncTask, InvocationQueue
from aliyun_local.function_compute.queue.schedules import Schedule
from aliyun_local.function_compute.request_ids import new_request_id
from aliyun_local.function_compute.running.deployed import Created, DeployedFunctions
from aliyun_local.function_compute.running.function_pools import FunctionPools
from aliyun_local.function_compute.running.instances import Instance
from aliyun_local.function_compute.running.logs import FunctionLogs
from aliyun_local.function_compute.running.pools import InstanceLimits
from aliyun_local.function_compute.running.runner import InvocationResult, Runner
from aliyun_local.private_files import make_private_folder
from aliyun_local.template import Function, Resources, TimerTrigger

# Function Compute, "Quotas and limits" (2026): bytes of an event.
MAX_SYNC_PAYLOAD_BYTES = 32 * 1024**2
SYNC_WAIT_SECONDS = 60.0


class FunctionCompute:
    """Functions, their instances, and everything that calls them. Thread-safe.

    Before :meth:`start` nothing runs by itself: :meth:`run_due` runs due invocations on the caller's thread,
    for tests that need every step in order.

    Attributes:
        default_domain: answers of the HTTP trigger have the header ``Content-Disposition: attachment``, so
            that a browser saves them. Function Compute, "Custom domain names": the default domain
            ``*.fcapp.run``, for tests only, adds it, and a domain of one's own does not. May be changed.
    """

    def __init__(
        self,
        deployed: DeployedFunctions,
        clock: Clock,
        *,
        data: Path | None = None,
        limits: InstanceLimits | None = None,
        pauses: RetryPauses | None = None,
        timer_interval_seconds: float | None = None,
        on_log: Callable[[str, str], object] | None = None,
    ) -> None:
        """Open the queue under ``data`` and start counting for the timers; no process is started yet.

        Args:
            deployed: the functions, their code and their credentials.
            clock: the time of queue, timers and events.
            data: the folder for the queue and the logs; None keeps both in memory.
            limits: how many instances there may be.
            pauses: how long asynchronous invocations rest before they are tried again.
            timer_interval_seconds: the interval of every timer trigger, in place of the template's.
            on_log: gets the function's name and each line that it logs.

        Raises:
            TemplateError: a timer's schedule is not one that Function Compute takes.
        """
        if data is not None:
            make_private_folder(data)
        self.deployed = deployed
        self.default_domain = True
        self.clock = clock
        self.deployed_at = clock.now()
        self._template_timers = [trigger for trigger in self.resources.timer_triggers if trigger.enabled]
        self.schedules = [
            Schedule(trigger, self.deployed_at, interval_seconds=timer_interval_seconds)
            for trigger in self._template_timers
        ]
        self._lifecycle = Lifecycle()
        self._timer_interval_seconds = timer_interval_seconds
        self._changing = threading.Lock()
        self._logs = FunctionLogs(data / "logs" if data else None, on_log)
        self._runner = Runner(deployed, clock, self._logs, self._lifecycle)
        self._function_pools = FunctionPools(deployed, self._runner, limits or InstanceLimits())
        self._pools = self._function_pools.by_name
        self._queue = InvocationQueue(data / "function_compute.sqlite" if data else None)
        pauses = pauses or RetryPauses()
        self._dispatcher = Dispatcher(
            self._queue, self.schedules, self._pools, self._runner, clock, pauses, self._lifecycle
        )

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> FunctionCompute:
        """Begin to run queued invocations, and those of the timers."""
        self._dispatcher.start()
        return self

    def close(self) -> None:
        """End every instance at once; interrupted asynchronous invocations run again after the next start."""
        if not self._lifecycle.close():
            return
        self._function_pools.close()
        self._dispatcher.close()
        self._logs.close()

    def __enter__(self) -> FunctionCompute:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    # -- changes ------------------------------------------------------------------------------------

    def show(self, created: Created) -> None:
        """Have exactly these functions and triggers beside the template's from now on.

        A changed function runs in new instances; invocations that have begun end in the old ones. A changed
        timer counts from now.

        Raises:
            TemplateError: a timer's schedule is not one that Function Compute takes; nothing is changed.
        """
        with self._changing:
            kept = {schedule.trigger: schedule for schedule in self.schedules}
            now = self.clock.now()
            timers = [one for one in created.triggers if isinstance(one, TimerTrigger) and one.enabled]
            schedules = [
                kept.get(trigger) or Schedule(trigger, now, interval_seconds=self._timer_interval_seconds)
                for trigger in [*self._template_timers, *timers]
            ]
            self.deployed.show(created)
            self._function_pools.renew()
            self.schedules[:] = schedules
        self._lifecycle.notify()

    # -- invocations --------------------------------------------------------------------------------

    @property
    def resources(self) -> Resources:
        """The resources that the template deploys, with what calls have created."""
        return self.deployed.resources

    def function(self, name: str) -> Function:
        """Return the function ``name``.

        Raises:
            FunctionNotFound: there is none.
        """
        return self.deployed.function(name)

    def new_request_id(self) -> str:
        """Return a request id of the form that Function Compute gives out."""
        return new_request_id(self.clock.now())

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
        self.function(function_name)
        pool = self._pools[function_name]
        if len(payload) > MAX_SYNC_PAYLOAD_BYTES:
            raise PayloadTooLarge(MAX_SYNC_PAYLOAD_BYTES)
        pool.reserve(0.0 if pool.refuses else SYNC_WAIT_SECONDS)
        try:
            return self._runner.run(pool, payload, request_id or self.new_request_id(), 0)
        finally:
            pool.release()
            self._lifecycle.notify()

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
        request_id = request_id or self.new_request_id()
        try:
            self._dispatcher.accept(self.function(function_name).name, payload, request_id, invocation_id)
        except InvocationIdInUse as earlier:
            if only_new:
                raise
            return earlier.request_id
        return request_id

    def run_due(self) -> int:
        """Fire the timers and run the asynchronous invocations that are due, one after the other.

        For callers that have not started the dispatcher; retries that become due later wait for a later call.

        Returns:
            How many invocations were run.
        """
        return self._dispatcher.run_due()

    # -- observation --------------------------------------------------------------------------------

    def pending(self) -> int:
        """Return how many asynchronous invocations wait or run."""
        return self._queue.count()

    def wait_idle(self, timeout_seconds: float) -> bool:
        """Wait up to ``timeout_seconds`` until no asynchronous invocation is left; tell whether so."""
        return self._lifecycle.wait_for(lambda: self.pending() == 0, timeout_seconds)

    def abandoned(self) -> list[AbandonedInvocation]:
        """Return the asynchronous invocations that were given up, oldest first."""
        return self._queue.abandoned()

    def tasks(self, function_name: str, task_id: str | None = None) -> list[AsyncTask]:
        """Return a function's asynchronous invocations that came with an id, or only that of ``task_id``.

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
