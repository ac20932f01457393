"""The training slot: who holds it, and whether the queue has to wait.

One row in Tablestore holds this value, and every change of it is a conditional write on ``version``, so
that all instances of all functions together never run more fine-tunes than allowed. A holder is a job, not
a process: whoever finds a holder still queued may carry on for it, and the job's own version decides
which of two who try sends the POST.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.domain.job import Reason

SUBMIT_SPACING = 1_000
"""Milliseconds between two places that are taken, and the longest that a POST may leave after its place was.

So of any three POSTs the first and the last lie a second apart: DashScope takes 2 a second.
"""
CLOCKS_DIFFER = 10_000
KEPT_DURATIONS = 20
DOCUMENTED_DURATION = 302_000


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The slot's row. Times and durations in milliseconds.

    Attributes:
        holders: ids of the jobs that hold a place.
        taken_at: when a place was last taken, by the clock of whoever took it.
        closed_until: the queue waits until then (0: it does not).
        trouble: why it waits.
        refusals: refusals in a row, which make the wait grow.
        durations: how long the latest trainings took, oldest first.
        kept: running and succeeded fine-tunes that the account had at the last submit, which DashScope caps;
            None before the first.
    """

    version: int = 0
    holders: tuple[str, ...] = ()
    taken_at: int = 0
    closed_until: int = 0
    trouble: Reason | None = None
    refusals: int = 0
    durations: tuple[int, ...] = ()
    kept: int | None = None

    def is_free(self, places: int, now: int) -> bool:
        """Whether a job may take a place now."""
        return len(self.holders) < places and now >= self.closed_until

    def was_just_taken(self, now: int) -> bool:
        """Whether a place was taken so lately that two clocks may not agree on how long ago."""
        return abs(now - self.taken_at) < CLOCKS_DIFFER

    def held_by(self, job_id: str) -> bool:
        """Whether ``job_id`` has a place."""
        return job_id in self.holders

    def taken(self, job_id: str, now: int, *, kept: int | None = None) -> Slot:
        """Give ``job_id`` a place, and remember how many fine-tunes the account keeps.

        Who has its place already, left behind by a run that died, takes it again: whoever put the job back
        and is about to release its place must lose that race.
        """
        holders = self.holders if self.held_by(job_id) else (*self.holders, job_id)
        return replace(self, holders=holders, taken_at=now, kept=kept)

    def released(self, job_id: str, *, duration: int | None = None) -> Slot:
        """Take the place back; ``duration`` is remembered when the training ran to its end."""
        durations = self.durations if duration is None else (*self.durations, duration)[-KEPT_DURATIONS:]
        return replace(
            self, holders=tuple(holder for holder in self.holders if holder != job_id), durations=durations
        )

    def refused(self, reason: Reason, delay: int, now: int, *, longest: int) -> Slot:
        """Close the queue for ``delay``, doubled with each refusal in a row up to ``longest``.

        When it opens again the slot's guard lets a single attempt through, and only an accepted submit
        forgets the trouble: the queue probes at growing intervals and recovers by itself.
        """
        wait = min(delay * 2 ** min(self.refusals, 12), longest)
        return replace(self, closed_until=now + wait, trouble=reason, refusals=self.refusals + 1)

    def accepted(self) -> Slot:
        """Forget the trouble: a submit has gone through."""
        return replace(self, closed_until=0, trouble=None, refusals=0)

    @property
    def has_trouble(self) -> bool:
        """Whether there is a trouble to forget."""
        return self.trouble is not None or self.refusals > 0

    def duration_range(self) -> tuple[int, int]:
        """A low and a high guess of one training's duration, from what the account has shown so far."""
        seen = sorted(self.durations) or [DOCUMENTED_DURATION]
        return seen[len(seen) // 10], seen[(len(seen) * 9) // 10 if len(seen) > 1 else 0]
