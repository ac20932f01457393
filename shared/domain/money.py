"""Money, in whole fen, and the calendar by which it is counted.

A fen is a hundredth of a yuan. Sums are whole numbers of fen everywhere: a float would lose some. Days and
months are Beijing's, in which Alibaba Cloud bills. Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache

LIST_PRICE_FEN = 250
"""DashScope, "Model prices" (2026-02): facechain-finetune, 2.5 CNY a training. It was fixed until it became a
setting: jobs and totals that name no price are of that time."""
PICTURE_PRICE_FEN = 18
"""The same page: facechain-generation, 0.18 CNY a picture."""
BEIJING_MS = 8 * 3_600_000
DAY_MS = 86_400_000
DAYS, MONTHS = 31, 13
"""Of so many, sums are remembered."""


def cny(fen: int) -> float:
    """Return a sum in yuan, for documents: its decimal form is exact to the fen."""
    return fen / 100


def in_yuan(fen: int) -> str:
    """Return a sum in yuan for a sentence: ``2.50``."""
    return f"{fen // 100}.{fen % 100:02}"


def beijing_day(moment: int) -> str:
    """Return the day in Beijing, as ``2026-01-31``; its first seven characters are the month."""
    return _name_of_day((moment + BEIJING_MS) // DAY_MS)


@lru_cache(maxsize=8)
def _name_of_day(number: int) -> str:
    """Return the date of a day by its number; each look at a cap asks for the same few."""
    return datetime.fromtimestamp(number * DAY_MS // 1000, tz=timezone.utc).strftime("%Y-%m-%d")


def newest(sums: Mapping[str, int], limit: int) -> dict[str, int]:
    """Return so many of the sums by day or by month, oldest first."""
    return dict(sorted(sums.items())[-limit:])


def next_day(moment: int) -> int:
    """Return when the next day begins in Beijing."""
    return ((moment + BEIJING_MS) // DAY_MS + 1) * DAY_MS - BEIJING_MS


def next_month(moment: int) -> int:
    """Return when the next month begins in Beijing."""
    there = datetime.fromtimestamp((moment + BEIJING_MS) / 1000, tz=timezone.utc)
    year, month = there.year + there.month // 12, there.month % 12 + 1
    return int(datetime(year, month, 1, tzinfo=timezone.utc).timestamp()) * 1000 - BEIJING_MS
