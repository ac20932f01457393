"""The clients' retries: a few tries, with growing pauses and jitter, and never for long.

The SDKs' own retries are off: their defaults hold one call for most of a minute, longer than a function may
live. Only calls that may be repeated come here; the create of a fine-tune never does.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from shared.errors import Conflict, RetryLater

TRIES = 3
FIRST_PAUSE_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 2.0
"""A trouble that wants a longer delay is raised: waiting it out is for a later run."""

_T = TypeVar("_T")


class Retries(NamedTuple):
    """Up to ``TRIES`` tries, none of them begun later than ``within_seconds`` after the first."""

    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic

    def call(self, do: Callable[[], _T], *, within_seconds: float) -> _T:
        """Return what ``do`` returns; a :class:`RetryLater` with a short delay makes it run again.

        Raises:
            Trouble: what the last try raised.
        """
        ends = self.now() + within_seconds
        for attempt in range(1, TRIES + 1):
            try:
                return do()
            except RetryLater as trouble:
                # Two runs that wait for one another must not come back together.
                pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * (0.5 + self.random())
                hopeless = isinstance(trouble, Conflict) or trouble.delay_seconds > LONGEST_DELAY_SECONDS
                if hopeless or attempt == TRIES or self.now() + pause > ends:
                    raise
            self.sleep(pause)
        raise AssertionError("unreachable")
