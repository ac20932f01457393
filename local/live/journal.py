"""Listens to the functions' log: what somebody who looks on should be told, and that a look is due."""

from __future__ import annotations

import threading
from collections import deque

from local.live.log_events import notable_event

EVENTS_KEPT = 50


class Journal:
    """Events that have not been shown yet.

    Attributes:
        stale: set when anything may have changed.
        has_ticked: whether a run of the timer has come to its end since the start.
    """

    def __init__(self) -> None:
        self.stale = threading.Event()
        self.has_ticked = False
        self._events: deque[str] = deque(maxlen=EVENTS_KEPT)

    def on_log(self, function: str, line: str) -> None:
        """Take a log line of a function; any thread may call it."""
        # The status function only reads, and it is what a look calls.
        if not function.endswith("-status"):
            self.stale.set()
        if function.endswith("-reconcile") and line.startswith("FC Invoke End"):
            self.has_ticked = True
        event = notable_event(function, line)
        if event:
            self._events.append(event)

    def take(self) -> list[str]:
        """Return what has happened since the last call."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events
