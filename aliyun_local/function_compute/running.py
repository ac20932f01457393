"""Running one invocation on an instance, and what comes of it: the body, the error, the end of the log.

Errors and their words follow Function Compute, "Error handling" and "Request-level metric logs".
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aliyun_local.clock import Clock, utc
from aliyun_local.function_compute.environment import instance_environment, request_head
from aliyun_local.function_compute.instances import (
    Instance,
    InstanceExited,
    InstanceOutOfMemory,
    InstancePool,
    InstanceTimeout,
)
from aliyun_local.function_compute.logs import FunctionLogs

if TYPE_CHECKING:
    from aliyun_local.credentials import TemporaryCredentials
    from aliyun_local.function_compute.processes import Nursery
    from aliyun_local.template import Function

LOG_TAIL_BYTES = 4096
_MEGABYTE = 1024**2


class ServiceUnavailable(RuntimeError):
    """The local Function Compute is closing, or the machine refuses to start a process."""


@dataclass(frozen=True, kw_only=True)
class InvocationResult:
    """How one run of a function ended.

    ``error_type`` is what the ``X-Fc-Error-Type`` header says, None on success; ``error_kind`` is the finer
    name that request metrics have for it (Function Compute, "Request-level metric logs"). ``log_tail`` holds
    the last 4 KB of the run's log; ``max_memory_mb`` is 0 where the system does not tell.
    """

    request_id: str
    body: bytes
    error_type: str | None = None
    error_kind: str | None = None
    log_tail: bytes = b""
    duration_ms: float = 0.0
    max_memory_mb: float = 0.0
    instance_id: str = ""


class Runner:
    """Starts instances of functions and runs invocations on them, one at a time on each. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        logs: FunctionLogs,
        closing: threading.Event,
        *,
        code: Path,
        libraries: Path | None,
        environment: Mapping[str, str],
        credentials: Callable[[], TemporaryCredentials],
        region: str,
        account_id: str,
        nursery: Nursery | None = None,
    ) -> None:
        """Take what every run shares; no process is started yet.

        Args:
            clock: the time that log lines tell.
            logs: where they go.
            closing: once set, an instance that exits was ended from here and says nothing of its function.
            code: the folder that a deployment's zip would hold.
            libraries: a folder of packages that stands for the runtime's; None: this interpreter's own.
            environment: variables that override the functions' own.
            credentials: makes the temporary credentials that each invocation gets.
            region: where the functions are told they run.
            account_id: whose they are told they are.
            nursery: what instances are forked off; None: each is started from scratch.
        """
        self._clock = clock
        self._logs = logs
        self._closing = closing
        self._code = code.resolve()
        self._libraries = libraries
        self._environment = dict(environment)
        self._credentials = credentials
        self._region = region
        self._account_id = account_id
        self._nursery = nursery

    def start(self, function: Function) -> Instance:
        """Start an instance of ``function``.

        Raises:
            OSError: no process could be started.
        """
        environment = instance_environment(
            function,
            self._code,
            region=self._region,
            account_id=self._account_id,
            credentials=self._credentials(),
            extra=self._environment,
        )
        return Instance(environment, self._code, libraries=self._libraries, nursery=self._nursery)

    def run(
        self, function: Function, pool: InstancePool, payload: bytes, request_id: str, retry_count: int
    ) -> InvocationResult:
        """Run an invocation, for which the caller holds a reservation, on an instance of ``pool``.

        Raises:
            ServiceUnavailable: no instance could be started, or closing ended it.
        """
        head = request_head(
            function,
            request_id,
            region=self._region,
            account_id=self._account_id,
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
            answer = instance.invoke(
                head, payload, function.timeout, on_line, memory_limit=function.memory * _MEGABYTE
            )
            usable, body = True, answer.body
            error_kind = "FunctionUnhandledError" if answer.failed else None
        except InstanceTimeout:
            error_kind = "FunctionTimeoutError"
            memory = f"maxMemoryUsage: {_megabytes(instance)}MB"
            body = _error_body(f"Function timed out after {function.timeout} seconds ({memory})")
        except (InstanceExited, InstanceOutOfMemory) as problem:
            if self._closing.is_set():
                raise ServiceUnavailable("closing") from problem
            # The caller is told the same of both; only metrics have a word of its own for memory.
            exited = isinstance(problem, InstanceExited)
            error_kind = "FunctionUnhandledError" if exited else "FunctionOOMError"
            elapsed = round((time.monotonic() - began) * 1000)
            body = _error_body(
                "Process exited unexpectedly before completing request "
                f"(duration: {elapsed}ms, maxMemoryUsage: {_megabytes(instance)}MB)"
            )
        finally:
            duration_ms, max_memory_mb = (time.monotonic() - began) * 1000, _megabytes(instance)
            # Kept although it failed: an exception leaves the process sound, as it does in the cloud.
            pool.give_back(instance, usable=usable)
        if error_kind is not None and not usable:
            line = self.log_error(function.name, request_id, json.loads(body)["errorMessage"])
            tail.append(f"{line}\n".encode())
        on_line(
            f"FC Invoke End RequestId: {request_id}"
            + (", Error: Unhandled function error" if error_kind else "")
        )
        tail.append(
            f"\nDuration: {duration_ms:.2f} ms, Billed Duration: {math.ceil(duration_ms)} ms,"
            f" Memory Size: {function.memory} MB, Max Memory Used: {max_memory_mb:.2f} MB\n".encode()
        )
        return InvocationResult(
            request_id=request_id,
            body=body,
            # The header knows one word for exceptions, timeouts and exits alike ("Error handling").
            error_type=None if error_kind is None else "UnhandledInvocationError",
            error_kind=error_kind,
            log_tail=b"".join(tail)[-LOG_TAIL_BYTES:],
            duration_ms=duration_ms,
            max_memory_mb=max_memory_mb,
            instance_id=instance.identity,
        )

    def log_error(self, function_name: str, request_id: str, message: str) -> str:
        """Write an error of the service's own to a function's log, and return the line."""
        moment = utc(self._clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        line = f"{moment}Z {request_id} [ERROR] {message}"
        self._logs.write(function_name, line)
        return line


def _error_body(message: str) -> bytes:
    return json.dumps({"errorMessage": message}).encode()


def _megabytes(instance: Instance) -> float:
    return round(instance.peak_memory / _MEGABYTE, 2)
