"""The lifecycle of a local Function Compute: one place to wait for a change, and to learn of its closing.

``FunctionCompute`` makes one and closes it; the dispatcher and the runner ask it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Lifecycle:
    """Counts changes and knows whether closing has begun. Thread-safe."""

    def __init__(self) -> None:
        """Begin open."""
        self._changed = threading.Condition()
        self._changes = 0
        self._closing = False

    @property
    def closing(self) -> bool:
        """Whether closing has begun: nothing more is accepted or started."""
        return self._closing

    @property
    def changes(self) -> int:
        """The number of calls of :meth:`notify`."""
        return self._changes

    def notify(self) -> None:
        """Tell that an instance or an invocation has become free, due or done."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def close(self) -> bool:
        """Begin to close; returns False if that was done before."""
        with self._changed:
            first, self._closing = not self._closing, True
            self._changed.notify_all()
        return first

    def wait_for(self, predicate: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait until ``predicate`` holds or closing begins; returns False if neither was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or predicate(), timeout_seconds)

    def wait_for_change(self, seen: int, timeout_seconds: float) -> bool:
        """Wait as :meth:`wait_for` does, until :attr:`changes` is no longer ``seen``."""
        return self.wait_for(lambda: self._changes != seen, timeout_seconds)
