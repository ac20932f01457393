"""Instances: the processes that run a function, one request at a time, and the pool of them a function has.

The built-in Python runtimes of Function Compute 3.0 give an instance one request at a time and keep it warm
for the next (Function Compute, "FC 3.0 and 2.0: differences"). Timeouts and idle times here are those
of real processes, so they are measured with the monotonic clock and not with the emulators' clock.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aliyun_local.function_compute.processes import Nursery, NurseryLost, OwnProcess, Process

START_SECONDS = 60.0
LOG_SECONDS_AFTER_RESULT = 0.5
MAX_LOG_LINE_BYTES = 32 * 1024
# How often a busy instance's memory is looked at; what it took in between shows in its peak.
MEMORY_LOOK_SECONDS = 0.1
_LENGTHS = struct.Struct(">II")
_READ_SIZE = 1 << 20


class InstanceExited(Exception):
    """The process ended before it had answered."""


class InstanceTimeout(Exception):
    """The process took longer than the function's timeout."""


class InstanceOutOfMemory(Exception):
    """The process took more memory than the function has."""


class ConcurrencyExceeded(Exception):
    """Every instance that the function may have is busy."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an instance sent back: whether the handler failed, and the bytes."""

    failed: bool
    body: bytes


class Instance:
    """One process. Not thread-safe: whoever took it from the pool uses it alone."""

    def __init__(
        self,
        environment: Mapping[str, str],
        code: Path,
        *,
        libraries: Path | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Start the process in ``code`` with exactly ``environment``, forked off ``nursery`` if there is one.

        With ``libraries``, a folder of packages, the process sees those instead of this interpreter's own
        site-packages: what the runtime of the cloud ships, and nothing that merely happens to be here.
        """
        self.identity = f"c-{os.urandom(4).hex()}-{os.urandom(6).hex()}"
        self.released_at = 0.0
        self._channel, theirs = socket.socketpair()
        self._log, log_input = os.pipe()
        environment = {**environment, "FC_INSTANCE_ID": self.identity}
        self._process: Process
        try:
            if nursery is not None and nursery.takes(environment):
                self._process = nursery.start(environment, theirs.fileno(), log_input)
            else:
                self._process = OwnProcess(environment, code, libraries, theirs.fileno(), log_input)
        except BaseException:
            self._channel.close()
            os.close(self._log)
            raise
        finally:
            theirs.close()
            os.close(log_input)
        self._channel.setblocking(False)
        os.set_blocking(self._log, False)
        self._received = bytearray()
        self._unfinished_line = bytearray()
        self._ready = False
        self._mark_seen = False
        self._memory_limit: int | None = None
        self._closed = False

    @property
    def process_id(self) -> int:
        """The process's id, which is also that of its group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.alive

    @property
    def peak_memory(self) -> int:
        """The most bytes that the process has held at once; 0 where that cannot be told."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_bytes()
        except OSError:
            return 0
        found = re.search(rb"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else 0

    def invoke(
        self,
        head: Mapping[str, Any],
        event: bytes,
        timeout: float,
        on_line: Callable[[str], object],
        *,
        memory_limit: int | None = None,
    ) -> Answer:
        """Have the handler called once.

        Args:
            head: what the context is made of.
            event: the event's bytes.
            timeout: seconds that the handler may take; starting the interpreter is not counted.
            on_line: gets every line the process writes meanwhile, as it is written.
            memory_limit: the bytes that the process may hold, where the system can tell.

        Raises:
            InstanceExited: the process ended first.
            InstanceTimeout: it did not answer in time. The caller must :meth:`kill` it.
            InstanceOutOfMemory: it held more than it may. The caller must :meth:`kill` it.
        """
        self._memory_limit = memory_limit
        mark = b"\0" + str(head["request_id"]).encode() + b"\n"
        self._mark_seen = False
        if not self._ready:
            self._converse(b"", time.monotonic() + START_SECONDS, mark, on_line)
            self._ready = True
        text = json.dumps(head).encode()
        frame = _LENGTHS.pack(len(text), len(event)) + text + event
        answer_head, body = self._converse(frame, time.monotonic() + timeout, mark, on_line)
        self._read_log_to(mark, on_line)
        return Answer(failed=bool(answer_head["failed"]), body=body)

    def _converse(
        self, frame: bytes, deadline: float, mark: bytes, on_line: Callable[[str], object]
    ) -> tuple[dict[str, Any], bytes]:
        """Send ``frame`` and return the next frame, passing on log lines all the while."""
        unsent = memoryview(frame)
        with selectors.DefaultSelector() as selector:
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            selector.register(self._channel, both if unsent else selectors.EVENT_READ)
            selector.register(self._log, selectors.EVENT_READ)
            while True:
                found = self._next_frame()
                if found is not None:
                    self._look_at_memory()
                    return found
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    self._read_log(mark, on_line)
                    raise InstanceTimeout
                ready = selector.select(min(remaining, MEMORY_LOOK_SECONDS))
                if not ready:
                    self._look_at_memory()
                for key, events in ready:
                    if key.fileobj == self._log:
                        if self._read_log(mark, on_line) is None:
                            selector.unregister(self._log)
                        continue
                    try:
                        if events & selectors.EVENT_READ:
                            self._receive()
                        if unsent and events & selectors.EVENT_WRITE:
                            unsent = unsent[self._channel.send(unsent[:_READ_SIZE]) :]
                            if not unsent:
                                selector.modify(self._channel, selectors.EVENT_READ)
                    except BlockingIOError:
                        continue
                    except OSError as problem:
                        self._drain(mark, on_line)
                        raise InstanceExited from problem

    def _look_at_memory(self) -> None:
        if self._memory_limit is not None and self.peak_memory > self._memory_limit:
            raise InstanceOutOfMemory

    def _receive(self) -> None:
        chunk = self._channel.recv(_READ_SIZE)
        if not chunk:
            raise ConnectionResetError("the instance closed its end")
        self._received += chunk

    def _next_frame(self) -> tuple[dict[str, Any], bytes] | None:
        if len(self._received) < _LENGTHS.size:
            return None
        head_size, body_size = _LENGTHS.unpack_from(self._received)
        start, end = _LENGTHS.size + head_size, _LENGTHS.size + head_size + body_size
        if len(self._received) < end:
            return None
        head: dict[str, Any] = json.loads(bytes(self._received[_LENGTHS.size : start]))
        body = bytes(self._received[start:end])
        del self._received[:end]
        return head, body

    def _read_log(self, mark: bytes, on_line: Callable[[str], object]) -> int | None:
        """Pass on what is in the log and note whether ``mark`` went by; None at the log's end."""
        try:
            chunk = os.read(self._log, 1 << 16)
        except BlockingIOError:
            return 0
        except OSError:
            return None
        self._unfinished_line += chunk
        before, found, after = bytes(self._unfinished_line).partition(mark)
        if found and before and not before.endswith(b"\n"):
            before += b"\n"
        *lines, rest = (before + after).split(b"\n")
        if not chunk and rest:
            lines, rest = [*lines, rest], b""
        self._unfinished_line = bytearray(rest)
        for line in lines:
            on_line(line[:MAX_LOG_LINE_BYTES].decode("utf-8", errors="replace"))
        self._mark_seen = self._mark_seen or bool(found)
        return len(chunk) or None

    def _read_log_to(self, mark: bytes, on_line: Callable[[str], object]) -> None:
        # The mark is written before the result, so it is there already unless the handler closed its output
        # or the lines did not fit the pipe at once. It may have gone by while the result was awaited.
        deadline = time.monotonic() + LOG_SECONDS_AFTER_RESULT
        with selectors.DefaultSelector() as selector:
            selector.register(self._log, selectors.EVENT_READ)
            while not self._mark_seen and time.monotonic() < deadline:
                if selector.select(deadline - time.monotonic()) and self._read_log(mark, on_line) is None:
                    return

    def _drain(self, mark: bytes, on_line: Callable[[str], object]) -> None:
        deadline = time.monotonic() + LOG_SECONDS_AFTER_RESULT
        with selectors.DefaultSelector() as selector:
            selector.register(self._log, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                selector.select(deadline - time.monotonic())
                if self._read_log(mark, on_line) is None:
                    return

    def kill(self) -> None:
        """End the process and everything it started, at once. May be called from any thread, and again."""
        try:
            self._process.end()
        except NurseryLost:
            # Then the instance ends itself, and everything it started, when it finds its channel closed.
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill the process and free what it held; only for the thread that has the instance."""
        self.kill()
        if not self._closed:
            self._closed = True
            self._channel.close()
            os.close(self._log)


class InstancePool:
    """The instances of one function: never more than ``limit`` at work, at most ``warm`` kept when idle."""

    def __init__(self, start: Callable[[], Instance], limit: int, *, warm: int, idle_seconds: float) -> None:
        """Start instances with ``start`` as needed; retire them when idle for ``idle_seconds``."""
        self._start = start
        self._limit = limit
        self._warm = warm
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._reserved = 0
        self._idle: list[Instance] = []
        self._busy: set[Instance] = set()
        self._closed = False

    @property
    def free(self) -> int:
        """How many more invocations could begin now."""
        with self._changed:
            return 0 if self._closed else self._limit - self._reserved

    @property
    def instances(self) -> list[Instance]:
        """Every instance there is, busy or idle."""
        with self._changed:
            return [*self._busy, *self._idle]

    def reserve(self, wait: float = 0.0) -> None:
        """Take the right to one invocation, waiting up to ``wait`` seconds for it.

        Raises:
            ConcurrencyExceeded: there is none.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._reserved < self._limit, wait):
                raise ConcurrencyExceeded
            if self._closed:
                raise ConcurrencyExceeded
            self._reserved += 1

    def release(self) -> None:
        """Give the right back."""
        with self._changed:
            self._reserved -= 1
            self._changed.notify()

    def take(self) -> Instance:
        """Return an idle instance, or a new one; the caller holds a reservation.

        Raises:
            InstanceExited: the pool is closed.
            OSError: no process could be started.
        """
        with self._changed:
            while self._idle and not self._closed:
                instance = self._idle.pop()
                if instance.alive:
                    self._busy.add(instance)
                    return instance
                instance.close()
        instance = self._start()
        with self._changed:
            if not self._closed:
                self._busy.add(instance)
                return instance
        instance.close()
        raise InstanceExited("the pool is closed")

    def give_back(self, instance: Instance, *, usable: bool) -> None:
        """Keep ``instance`` warm if it is ``usable`` and there is room, else end it."""
        with self._changed:
            self._busy.discard(instance)
            if usable and not self._closed and len(self._idle) < self._warm:
                instance.released_at = time.monotonic()
                self._idle.append(instance)
                return
        instance.close()

    def retire_idle(self) -> None:
        """End the instances that have been idle for too long."""
        oldest = time.monotonic() - self._idle_seconds
        with self._changed:
            old = [instance for instance in self._idle if instance.released_at < oldest]
            self._idle = [instance for instance in self._idle if instance.released_at >= oldest]
        for instance in old:
            instance.close()

    def close(self) -> None:
        """End every instance; whoever waits for one of them learns that it exited."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
            self._changed.notify_all()
        for instance in busy:
            instance.kill()
        for instance in idle:
            instance.close()
