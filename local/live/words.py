"""Numbers and durations in words, as the terminal shows them."""

from __future__ import annotations

from datetime import datetime


def count(number: int, singular: str, plural: str = "") -> str:
    """Return the number with its noun: ``1 file``, ``2 files``, ``3 people``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Return a duration in whole seconds, or in minutes and hours when it is long."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 7200 else f"{whole / 3600:.1f} h"


def seconds_of(timestamp: str) -> float:
    """Return a time of the status API as seconds since the epoch."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
