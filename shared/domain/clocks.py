"""Clocks of different machines: how far they may be apart, and which moments none of them would have named.

A stored moment was written by the clock of another run. Where it says how long to wait, one that is further
ahead than any right clock would have put it is not believed: otherwise one machine whose clock runs a day
ahead would stop everybody for a day. Times are milliseconds since the epoch.
"""

from __future__ import annotations

CLOCKS_DIFFER_MS = 300_000
FAR_AHEAD_MS = 3_600_000
"""What is said to have happened so much later than now was written by a clock that ran ahead."""
TIME_TOLERANCE_MS = 600_000
"""So far DashScope's clock and ours may differ. A wrong time zone is off by at least a quarter of an hour."""


def has_come(moment: int, now: int, *, longest_ms: int) -> bool:
    """Whether a wait until ``moment`` is over.

    ``longest_ms`` is the longest that anybody waits: a longer wait was ordered by a clock that ran ahead, and
    is over as well.
    """
    return not now < moment <= now + longest_ms + CLOCKS_DIFFER_MS


def is_ahead(moment: int, now: int) -> bool:
    """Whether something that has happened at ``moment`` was written by a clock that ran ahead."""
    return moment > now + CLOCKS_DIFFER_MS


def is_later(moment: int, now: int) -> bool:
    """Whether something has happened after ``now``, as a clock that is right may have written."""
    return 0 < moment - now < FAR_AHEAD_MS


def plausible_time(time: int | None, since: int, until: int) -> int | None:
    """Return ``time`` if it can lie between two of our own moments, else None; all in milliseconds.

    DashScope's times carry no zone and count as Beijing's, as in recorded answers; the facechain pages do not
    say so. One that is off by hours says nothing, and must not decide that a training is overdue.
    """
    if time is None or not since - TIME_TOLERANCE_MS <= time <= until + TIME_TOLERANCE_MS:
        return None
    return time
