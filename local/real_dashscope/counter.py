"""The counter between the run and who sits at the terminal: lines out, lines in, one question at a time.

Lines that are said while a question is open are kept and shown after it, so that the question stays readable.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

MOST_KEPT = 1000
_LONGEST_LINE = 4096


def can_ask() -> bool:
    """Whether somebody can be asked: the standard input is a terminal, and this run has it to itself.

    A job in the background would be stopped by the terminal when it reads.
    """
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def print_line(text: str) -> None:
    """Print a line that is seen at once, also in a pipe."""
    print(text, flush=True)


class Counter:
    """Both directions of a terminal. Any thread may say something; one asks."""

    def __init__(self, show: Callable[[str], None] = print_line, descriptor: int = 0) -> None:
        """Show text with ``show``, and read what is typed from ``descriptor``, a terminal or a pipe."""
        self._show = show
        self._descriptor = descriptor
        self._kept: deque[str] = deque(maxlen=MOST_KEPT)
        self._is_held = False
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Show a line, after the question that is open."""
        with self._lock:
            if self._is_held:
                self._kept.append(text)
            else:
                self._show(text)

    def show(self, text: str) -> None:
        """Show a line of the question itself."""
        with self._lock:
            self._show(text)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep what is said until the end, which shows it."""
        with self._lock:
            self._is_held = True
        try:
            yield
        finally:
            with self._lock:
                self._is_held = False
                while self._kept:
                    self._show(self._kept.popleft())

    def drop_typed(self) -> None:
        """Throw away what has been typed so far."""
        with suppress(termios.error):
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        while self._has_input(0) and self._read():
            pass

    def read_line(self, seconds: float) -> str | None:
        """Return the line that is typed within ``seconds``, or None. A closed input says nothing."""
        # Not the readline of sys.stdin: a thread that waits in it cannot be ended.
        if not self._has_input(seconds):
            return None
        typed = self._read()
        if not typed:
            threading.Event().wait(seconds)
            return None
        return typed.decode("utf-8", "replace").splitlines()[0]

    def _has_input(self, seconds: float) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, _LONGEST_LINE)
        except OSError:
            return b""
