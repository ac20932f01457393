"""Times and durations as people read them: moments in UTC with the zone named, durations in two units.

The script of the page turns the moments into the reader's own zone. Called by ``rendering``.
"""

from __future__ import annotations

from datetime import datetime, timezone

from shared.domain.words import Language
from shared.views import milliseconds

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE_MS = 60_000
_UNITS_MS = (
    (86_400_000, " d", " 天"),
    (3_600_000, " h", " 小时"),
    (60_000, " min", " 分"),
    (1000, " s", " 秒"),
)


def moment(timestamp: str, language: Language) -> str:
    """Return day and time in UTC of an RFC 3339 ``timestamp``."""
    at = _utc(timestamp)
    if language is Language.CHINESE:
        return f"{at.month}月{at.day}日 {at:%H:%M} UTC"
    return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M} UTC"


def clock(timestamp: str) -> str:
    """Return the time of day in UTC, to the minute."""
    return f"{_utc(timestamp):%H:%M} UTC"


def duration(length_ms: int, language: Language, *, with_seconds: bool = True) -> str:
    """Return a length in its two largest units; whole minutes unless ``with_seconds``."""
    smallest = 1000 if with_seconds else 60_000
    left, parts = max(0, length_ms), list[str]()
    for unit, english, chinese in _UNITS_MS:
        if unit < smallest:
            break
        count, left = divmod(left, unit)
        if count or (unit == smallest and not parts):
            parts.append(f"{count}{chinese if language is Language.CHINESE else english}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts)


def since(timestamp: str, now: int, language: Language) -> str:
    """Return how long ago that was, in whole minutes; of the first one only that it is not over."""
    if now - milliseconds(timestamp) < MINUTE_MS:
        return "< 1 分" if language is Language.CHINESE else "< 1 min"
    return duration(now - milliseconds(timestamp), language, with_seconds=False)


def share(start: str | None, end: str | None, now: int) -> int | None:
    """Return how much of the time from ``start`` to ``end`` has passed, in percent; None without both."""
    if not start or not end:
        return None
    begun, ends = milliseconds(start), milliseconds(end)
    if ends <= begun:
        return None
    return min(99, max(1, (now - begun) * 100 // (ends - begun)))


def _utc(timestamp: str) -> datetime:
    return datetime.fromtimestamp(milliseconds(timestamp) / 1000, tz=timezone.utc)
