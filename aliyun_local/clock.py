"""The clocks of the emulators: the machine's, and those that tests hold and move. Used by every service."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import Literal, Protocol


class Clock(Protocol):
    """A source of wall-clock time."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        """Start at ``start`` seconds since the epoch (default 2026-01-01T00:00:00Z)."""
        self._now = start

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move by ``seconds``; negative values step back, as a corrected clock does."""
        self._now += seconds


class ControlledClock:
    """The machine's clock until it is moved or held; for a whole cloud, from any thread."""

    def __init__(self) -> None:
        """Run with the machine's clock."""
        self._offset = 0.0
        self._held: float | None = None
        self._lock = threading.Lock()

    @property
    def is_held(self) -> bool:
        """Whether the clock stands still."""
        return self._held is not None

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> None:
        """Move by ``seconds``, whether the clock runs or stands."""
        self.set(self.now() + seconds)

    def set(self, seconds: float) -> None:
        """Move to ``seconds`` since the epoch; a clock that runs goes on from there."""
        with self._lock:
            if self._held is None:
                self._offset = seconds - time.time()
            else:
                self._held = seconds

    def hold(self, seconds: float | Literal[True] | None = None) -> None:
        """Stand still, at ``seconds`` since the epoch; None, or True as over HTTP, is the present moment.

        Raises:
            ValueError: ``seconds`` is False, which is not a point in time; :meth:`release` ends a hold.
        """
        if seconds is False:
            raise ValueError("hold(False) means nothing; release() lets the clock run again")
        with self._lock:
            self._held = self._now() if seconds is None or seconds is True else seconds

    def release(self) -> None:
        """Show the machine's time again."""
        with self._lock:
            self._held, self._offset = None, 0.0

    def _now(self) -> float:
        return time.time() + self._offset if self._held is None else self._held


def utc(seconds: float) -> datetime:
    """Return the aware UTC datetime of ``seconds`` since the epoch."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
