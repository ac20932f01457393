"""When this run has asked DashScope about each fine-tune: never twice within two seconds.

A run has several rounds, and each of them would poll every training; a stay polls them as well. What has been
asked about just now needs no other look, unless its row has not taken in the answer. The last look before the
next tick leaves that run its two seconds too. Used by :mod:`shared.workflow.reconciling` and
:mod:`shared.workflow.linger`. A call that fails on its way is repeated by the client, as any other.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.lingering import LOOK_SPACING_MS
from shared.workflow.ports import Clock

TICK_COMES_EARLY_MS = 500
"""By so much the next tick may come before this machine's clock has it."""
BEFORE_THE_TICK_MS = LOOK_SPACING_MS + TICK_COMES_EARLY_MS
"""The next tick's run looks as soon as it is there."""


class Looks:
    """The looks of one run at fine-tunes."""

    def __init__(self, clock: Clock, next_tick_at: int) -> None:
        self._clock = clock
        self._next_tick_at = next_tick_at
        self._asked_at: dict[str, int] = {}
        self._missed: set[str] = set()

    def note(self, job: Job, *, is_missed: bool = False) -> None:
        """Note that DashScope has just been asked; ``is_missed``: the row has not taken in the answer."""
        self._asked_at[job.fine_tune_id] = self._clock.monotonic()
        (self._missed.add if is_missed else self._missed.discard)(job.fine_tune_id)

    def may_look(self, job: Job) -> bool:
        """Whether to ask about ``job`` now; waits for that where something depends on it."""
        asked_at = self._asked_at.get(job.fine_tune_id)
        if asked_at is None:
            # However late this run is: if late runs did not look, nobody might.
            return True
        left_ms = asked_at + LOOK_SPACING_MS - self._clock.monotonic()
        is_pressing = job.fine_tune_id in self._missed or (job.cancel_asked_at and not job.cancel_sent_at)
        waits_ms = max(0, left_ms) if is_pressing else 0
        if self._next_tick_at and self._clock.now() + waits_ms > self._next_tick_at - BEFORE_THE_TICK_MS:
            return False
        self._clock.sleep(waits_ms)
        return left_ms <= waits_ms
