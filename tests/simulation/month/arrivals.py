"""When people come in a month: a Poisson process with a daily rhythm.

Given how many come, the moments of a Poisson process are independent draws from its rate. So each person's
moment is a day that is drawn evenly and a time of day that is drawn by the rhythm.
"""

from __future__ import annotations

import random

DAYS = 30
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONTH_MS = DAYS * DAY_MS
BEGINS_AT_HOUR = 8
"""In Beijing, where the simulation's first moment is eight in the morning."""

RHYTHM = (2, 1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 9, 9, 10, 10, 10, 9, 9, 11, 14, 15, 11, 6)
"""How many come in each hour of Beijing's day, from midnight on, beside one another: an assumption.

Nobody has published the hours at which people send portraits. An evening peak of twice the mean and a night
with almost nobody is what sites for consumers see; it is the harder case for a queue than an even day.
"""


def moments(people: int, seed: int) -> list[int]:
    """Return when each of ``people`` comes, in milliseconds from the start of the month, in order."""
    draw = random.Random(f"arrivals {seed}")
    hours = draw.choices(range(24), RHYTHM, k=people)
    return sorted(
        draw.randrange(DAYS) * DAY_MS + (hour - BEGINS_AT_HOUR) % 24 * HOUR_MS + draw.randrange(HOUR_MS)
        for hour in hours
    )
