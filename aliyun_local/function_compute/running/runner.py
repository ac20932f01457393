"""One invocation on an instance, and its result: the body, the error, the end of the log.

``FunctionCompute`` runs synchronous invocations with it, the dispatcher asynchronous ones. Errors and their
words follow Function Compute, "Error handling" and "Request-level metric logs".
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aliyun_local.clock import Clock, utc
from aliyun_local.function_compute.errors import ServiceUnavailable
from aliyun_local.function_compute.lifecycle import Lifecycle
from aliyun_local.function_compute.running.deployed import Code, DeployedFunctions
from aliyun_local.function_compute.running.environment import instance_environment, request_head
from aliyun_local.function_compute.running.fork_server import ForkServer, fork_server_of
from aliyun_local.function_compute.running.instances import (
    Instance,
    InstanceExited,
    InstanceOutOfMemory,
    InstanceTimeout,
)
from aliyun_local.function_compute.running.log_pipe import OnLine
from aliyun_local.function_compute.running.logs import FunctionLogs
from aliyun_local.function_compute.running.pools import InstancePool
from aliyun_local.template import Function

LOG_TAIL_BYTES = 4096
_MEGABYTE = 1024**2


@dataclass(frozen=True, kw_only=True)
class InvocationResult:
    """The end of one run of a function.

    ``error_type`` is the value of the ``X-Fc-Error-Type`` header, None on success; ``error_kind`` is the
    finer name that request metrics have for it (Function Compute, "Request-level metric logs"). ``log_tail``
    holds the last 4 KB of the run's log; ``max_memory_mb`` is 0 where the system does not tell.
    """

    request_id: str
    body: bytes
    error_type: str | None = None
    error_kind: str | None = None
    log_tail: bytes = b""
    duration_ms: float = 0.0
    max_memory_mb: float = 0.0
    instance_id: str = ""


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """The answer of an instance, or of the service in its place: then ``instance_lost`` is the reason."""

    body: bytes
    error_kind: str | None = None
    instance_lost: str = ""


class Runner:
    """Starts instances of functions and runs invocations on them, one at a time on each. Thread-safe."""

    def __init__(
        self, deployed: DeployedFunctions, clock: Clock, logs: FunctionLogs, lifecycle: Lifecycle
    ) -> None:
        """Run functions of ``deployed``; no process is started yet.

        Log lines go to ``logs`` with the time of ``clock``. Once ``lifecycle`` is closing, an instance that
        exits was ended from here, and that says nothing of its function.
        """
        self._deployed = deployed
        self._clock = clock
        self._logs = logs
        self._lifecycle = lifecycle
        self._fork_servers: dict[Code, ForkServer] = {}

    def start(self, function: Function, code: Code, folder: Path) -> Instance:
        """Start an instance of ``function`` in its own ``folder``, which finds ``code`` beside that.

        Raises:
            OSError: no process could be started.
        """
        environment = instance_environment(self._deployed, function, folder)
        return Instance(environment, code, self._fork_server(code))

    def run(self, pool: InstancePool, payload: bytes, request_id: str, retry_count: int) -> InvocationResult:
        """Run an invocation, for which the caller holds a reservation, on an instance of ``pool``.

        Raises:
            ServiceUnavailable: no instance could be started, or closing ended it.
        """
        function = pool.function
        head = request_head(self._deployed, function, request_id, retry_count)
        try:
            instance = pool.take()
        except (InstanceExited, OSError) as problem:
            raise ServiceUnavailable(f"no instance could be started: {problem}") from problem
        log = _InvocationLog(self._logs, function.name)
        began, usable = time.monotonic(), False
        log.write(f"FC Invoke Start RequestId: {request_id}")
        try:
            outcome = self._outcome(instance, function, head, payload, log.write)
            # An instance is kept although its handler failed: an exception leaves the process sound.
            usable = not outcome.instance_lost
        finally:
            duration_ms, max_memory_mb = (time.monotonic() - began) * 1000, _peak_mb(instance)
            pool.give_back(instance, usable=usable)
        if outcome.instance_lost:
            log.add_to_tail(self.log_error(function.name, request_id, outcome.instance_lost))
        failure = ", Error: Unhandled function error" if outcome.error_kind else ""
        log.write(f"FC Invoke End RequestId: {request_id}{failure}")
        log.add_to_tail(
            f"\nDuration: {duration_ms:.2f} ms, Billed Duration: {math.ceil(duration_ms)} ms,"
            f" Memory Size: {function.memory_mb} MB, Max Memory Used: {max_memory_mb:.2f} MB"
        )
        return InvocationResult(
            request_id=request_id,
            body=outcome.body,
            # The header has one word for exceptions, timeouts and exits alike ("Error handling").
            error_type="UnhandledInvocationError" if outcome.error_kind else None,
            error_kind=outcome.error_kind,
            log_tail=log.tail,
            duration_ms=duration_ms,
            max_memory_mb=max_memory_mb,
            instance_id=instance.identity,
        )

    def _fork_server(self, code: Code) -> ForkServer | None:
        if code.preloaded and code not in self._fork_servers:
            self._fork_servers[code] = fork_server_of(code)
        return self._fork_servers.get(code)

    def log_error(self, function_name: str, request_id: str, message: str) -> str:
        """Write an error of the service's own to a function's log, and return the line."""
        moment = utc(self._clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        line = f"{moment}Z {request_id} [ERROR] {message}"
        self._logs.write(function_name, line)
        return line

    def _outcome(
        self, instance: Instance, function: Function, head: dict[str, Any], payload: bytes, on_line: OnLine
    ) -> _Outcome:
        began = time.monotonic()
        try:
            result = instance.invoke(
                head,
                payload,
                on_line,
                timeout_seconds=function.timeout_seconds,
                memory_limit_bytes=function.memory_mb * _MEGABYTE,
            )
        except InstanceTimeout:
            return _lost(
                "FunctionTimeoutError",
                f"Function timed out after {function.timeout_seconds} seconds"
                f" (maxMemoryUsage: {_peak_mb(instance)}MB)",
            )
        except (InstanceExited, InstanceOutOfMemory) as problem:
            if self._lifecycle.closing:
                raise ServiceUnavailable("closing") from problem
            # The caller is told the same of both; only metrics have a word of its own for memory.
            exited = isinstance(problem, InstanceExited)
            return _lost(
                "FunctionUnhandledError" if exited else "FunctionOOMError",
                "Process exited unexpectedly before completing request "
                f"(duration: {round((time.monotonic() - began) * 1000)}ms,"
                f" maxMemoryUsage: {_peak_mb(instance)}MB)",
            )
        return _Outcome(body=result.body, error_kind="FunctionUnhandledError" if result.failed else None)


class _InvocationLog:
    """The log of one run: its lines go to the function's log, and the last of them to the caller."""

    def __init__(self, logs: FunctionLogs, function_name: str) -> None:
        self._logs = logs
        self._function_name = function_name
        self._lines = deque[bytes](maxlen=LOG_TAIL_BYTES)

    def write(self, line: str) -> None:
        self.add_to_tail(line)
        self._logs.write(self._function_name, line)

    def add_to_tail(self, line: str) -> None:
        self._lines.append(f"{line}\n".encode())

    @property
    def tail(self) -> bytes:
        return b"".join(self._lines)[-LOG_TAIL_BYTES:]


def _lost(error_kind: str, message: str) -> _Outcome:
    body = json.dumps({"errorMessage": message}).encode()
    return _Outcome(body=body, error_kind=error_kind, instance_lost=message)


def _peak_mb(instance: Instance) -> float:
    return round(instance.peak_memory_bytes / _MEGABYTE, 2)
