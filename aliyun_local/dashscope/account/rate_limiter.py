"""The rate limits of the account: so many calls in any second, for each kind of call that has a limit."""

from __future__ import annotations

import threading
from collections import deque

from aliyun_local.clock import Clock
from aliyun_local.dashscope.errors import error_of


class RateLimiter:
    """Lets a number of calls through in any second of the clock, and refuses the rest."""

    def __init__(self, clock: Clock) -> None:
        """Read the time from ``clock``."""
        self._clock = clock
        self._passed: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, per_second: int) -> None:
        """Let one call through.

        Raises:
            ServiceError: ``per_second`` calls went through in the last second; refused calls do not count.
        """
        with self._lock:
            now = self._clock.now()
            # abs(): a clock that was set back must not lock callers out until it has caught up.
            while self._passed and abs(now - self._passed[0]) >= 1:
                self._passed.popleft()
            if len(self._passed) >= per_second:
                raise error_of("Throttling.RateQuota")
            self._passed.append(now)
