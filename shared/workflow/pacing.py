"""Keeps one instance's face checks apart, so that all instances together stay below DashScope's rate.

``collect`` has five instances and ``reconcile`` one (``template.yml``); DashScope takes five face checks a
second from the whole account ("Rate limits"). A check that is throttled all the same is made again within
seconds (:mod:`shared.workflow.checking`), so that one person's flood delays nobody's check for long.
"""

from __future__ import annotations

from shared.workflow.ports import Clock

SPACING_MS = 1_000


class Pacer:
    """The time at which this instance last sent a face check; kept from one invocation to the next."""

    def __init__(self) -> None:
        self._last_at: int | None = None

    def wait(self, clock: Clock) -> None:
        """Wait until another face check may leave."""
        if self._last_at is not None:
            left_ms = self._last_at + SPACING_MS - clock.monotonic()
            if 0 < left_ms <= SPACING_MS:
                clock.sleep(left_ms)
        self._last_at = clock.monotonic()
