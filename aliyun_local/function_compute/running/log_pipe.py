"""The output of an instance: a pipe for stdout and stderr, read line by line while a request runs.

An :class:`aliyun_local.function_compute.running.instances.Instance` has one. Output and result travel on
different ways, so the result may arrive first. The instance therefore writes a mark with the request's id
after the last line of a request; the reader waits for it, briefly, and takes it out.
"""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable

MAX_LINE_BYTES = 32 * 1024
_READ_BYTES = 1 << 16

OnLine = Callable[[str], object]
"""Gets every line, without its end, as it is written."""


class LogPipe:
    """The reading end of an instance's output."""

    def __init__(self, descriptor: int) -> None:
        """Read from ``descriptor``, which belongs to this object from now on."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._unfinished_line = b""
        self._mark = b""
        self._mark_seen = False
        self._on_line: OnLine = lambda _line: None

    def fileno(self) -> int:
        """Return the descriptor, for selectors."""
        return self._descriptor

    def begin(self, request_id: str, on_line: OnLine) -> None:
        """Pass on all further lines to ``on_line``; the mark of ``request_id`` ends them."""
        self._mark = b"\0" + request_id.encode() + b"\n"
        self._mark_seen = False
        self._on_line = on_line

    def read(self) -> bool:
        """Pass on the lines that are there, without waiting; returns False at the end of the output."""
        try:
            chunk = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        text, found, after = (self._unfinished_line + chunk).partition(self._mark)
        if found:
            self._mark_seen = True
            if text and not text.endswith(b"\n"):
                text += b"\n"
        *lines, self._unfinished_line = (text + after).split(b"\n")
        if not chunk and self._unfinished_line:
            lines.append(self._unfinished_line)
            self._unfinished_line = b""
        for line in lines:
            self._on_line(line[:MAX_LINE_BYTES].decode("utf-8", errors="replace"))
        return bool(chunk)

    def read_to_mark(self, timeout_seconds: float) -> None:
        """Read until the request's mark has gone by, or the output or the time has ended."""
        # The mark is written before the result, so it is there already, unless the handler closed its output
        # or the lines did not fit the pipe at once. It may have gone by while the result was awaited.
        self._read_until(lambda: self._mark_seen, timeout_seconds)

    def drain(self, timeout_seconds: float) -> None:
        """Read until the output or the time has ended."""
        self._read_until(lambda: False, timeout_seconds)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def _read_until(self, done: Callable[[], bool], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            while not done() and (remaining := deadline - time.monotonic()) > 0:
                if selector.select(remaining) and not self.read():
                    return
