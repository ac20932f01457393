"""Where the emulators take the time from, so that tests can hold it and move it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


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


def utc(seconds: float) -> datetime:
    """Return the aware UTC datetime of ``seconds`` since the epoch."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
