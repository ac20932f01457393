"""One instance: a process that runs a function, one request at a time, and stays warm for the next.

The built-in Python runtimes of Function Compute 3.0 give an instance one request at a time (Function Compute,
"FC 3.0 and 2.0: differences"). Timeouts here are those of real processes, so they are measured with the
monotonic clock and not with the emulators' clock.

``pools`` keeps instances, ``runner`` invokes them. The program at the other end is ``scripts/bootstrap``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aliyun_local.function_compute.running.deployed import Code
from aliyun_local.function_compute.running.fork_server import ForkServer, ForkServerLost
from aliyun_local.function_compute.running.log_pipe import LogPipe, OnLine
from aliyun_local.function_compute.running.processes import OwnProcess, Process
from aliyun_local.function_compute.scripts.bootstrap import FRAME_LENGTHS, frame

START_SECONDS = 60.0
LOG_SECONDS_AFTER_RESULT = 0.5
# How often a busy instance's memory is looked at; the peak shows the time in between.
MEMORY_CHECK_SECONDS = 0.1
_TRANSFER_BYTES = 1 << 20


class InstanceExited(Exception):
    """The process ended before it had answered."""


class InstanceTimeout(Exception):
    """The process took longer than the function's timeout."""


class InstanceOutOfMemory(Exception):
    """The process took more memory than the function has."""


@dataclass(frozen=True, kw_only=True)
class HandlerResult:
    """The answer of an instance: whether the handler failed, and the bytes."""

    failed: bool
    body: bytes


class Instance:
    """One process. Only :meth:`kill` is thread-safe; the rest is for the thread that has the instance."""

    def __init__(
        self, environment: Mapping[str, str], code: Code, fork_server: ForkServer | None = None
    ) -> None:
        """Start the process with exactly ``environment``, forked off ``fork_server`` where that can be.

        Raises:
            OSError: no process could be started.
        """
        self.identity = f"c-{os.urandom(4).hex()}-{os.urandom(6).hex()}"
        self.released_at = 0.0
        self._channel, channel = socket.socketpair()
        log, log_input = os.pipe()
        self._log = LogPipe(log)
        environment = {**environment, "FC_INSTANCE_ID": self.identity}
        self._process: Process
        try:
            if fork_server is not None and fork_server.can_give(environment):
                self._process = fork_server.fork(environment, channel.fileno(), log_input)
            else:
                self._process = OwnProcess(environment, code, channel.fileno(), log_input)
        except BaseException:
            self._channel.close()
            self._log.close()
            raise
        finally:
            channel.close()
            os.close(log_input)
        self._channel.setblocking(False)
        self._received = bytearray()
        self._unsent = memoryview(b"")
        self._ready = False
        self._memory_limit_bytes: int | None = None
        self._closed = False

    @property
    def process_id(self) -> int:
        """The process's id, which is also that of its group."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.is_running

    @property
    def peak_memory_bytes(self) -> int:
        """The most memory that the process has held at once; 0 where that cannot be told."""
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
        on_line: OnLine,
        *,
        timeout_seconds: float,
        memory_limit_bytes: int | None = None,
    ) -> HandlerResult:
        """Have the handler called once.

        Args:
            head: the description from which the process makes the context.
            event: the event's bytes.
            on_line: gets every line that the process writes meanwhile.
            timeout_seconds: how long the handler may take; starting the interpreter is not counted.
            memory_limit_bytes: how much the process may hold, where the system can tell.

        Raises:
            InstanceExited: the process ended first.
            InstanceTimeout: it did not answer in time. The caller must :meth:`kill` it.
            InstanceOutOfMemory: it held more than it may. The caller must :meth:`kill` it.
        """
        self._memory_limit_bytes = memory_limit_bytes
        self._log.begin(head["request_id"], on_line)
        if not self._ready:
            self._next_frame(time.monotonic() + START_SECONDS)
            self._ready = True
        self._unsent = memoryview(frame(dict(head), event))
        answer, body = self._next_frame(time.monotonic() + timeout_seconds)
        self._log.read_to_mark(LOG_SECONDS_AFTER_RESULT)
        return HandlerResult(failed=bool(answer["failed"]), body=body)

    def kill(self) -> None:
        """End the process and everything it started, at once. May be called from any thread, and again."""
        try:
            self._process.kill()
        except ForkServerLost:
            # Then the instance ends itself, and everything it started, when it finds its channel closed.
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill the process and free its descriptors; only for the thread that has the instance."""
        self.kill()
        if not self._closed:
            self._closed = True
            self._channel.close()
            self._log.close()

    def _next_frame(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Send the unsent bytes and return the next frame, passing on log lines all the while."""
        with selectors.DefaultSelector() as selector:
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            selector.register(self._channel, both if self._unsent else selectors.EVENT_READ)
            selector.register(self._log, selectors.EVENT_READ)
            while (received := self._received_frame()) is None:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    self._log.read()
                    raise InstanceTimeout
                ready = selector.select(min(remaining, MEMORY_CHECK_SECONDS))
                if not ready:
                    self._check_memory()
                for key, events in ready:
                    if key.fileobj is not self._log:
                        self._transfer(selector, events)
                    elif not self._log.read():
                        selector.unregister(self._log)
        self._check_memory()
        return received

    def _transfer(self, selector: selectors.BaseSelector, events: int) -> None:
        """Receive and send as much as the channel takes now."""
        try:
            if events & selectors.EVENT_READ:
                chunk = self._channel.recv(_TRANSFER_BYTES)
                if not chunk:
                    raise ConnectionResetError("the instance closed its end")
                self._received += chunk
            if self._unsent and events & selectors.EVENT_WRITE:
                self._unsent = self._unsent[self._channel.send(self._unsent[:_TRANSFER_BYTES]) :]
                if not self._unsent:
                    selector.modify(self._channel, selectors.EVENT_READ)
        except BlockingIOError:
            return
        except OSError as problem:
            self._log.drain(LOG_SECONDS_AFTER_RESULT)
            raise InstanceExited from problem

    def _received_frame(self) -> tuple[dict[str, Any], bytes] | None:
        """Take a whole frame off the received bytes, if there is one."""
        if len(self._received) < FRAME_LENGTHS.size:
            return None
        head_bytes, body_bytes = FRAME_LENGTHS.unpack_from(self._received)
        start = FRAME_LENGTHS.size + head_bytes
        end = start + body_bytes
        if len(self._received) < end:
            return None
        head: dict[str, Any] = json.loads(self._received[FRAME_LENGTHS.size : start])
        body = bytes(self._received[start:end])
        del self._received[:end]
        return head, body

    def _check_memory(self) -> None:
        if self._memory_limit_bytes is not None and self.peak_memory_bytes > self._memory_limit_bytes:
            raise InstanceOutOfMemory
