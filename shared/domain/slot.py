"""The training slot: which jobs hold it, and whether the queue has to wait.

One row in Tablestore holds this value. Every change of it is a conditional write on ``version``, so that all
instances of all functions together never run more fine-tunes than the slot's capacity. A holder is a job, not
a process: any run that finds a holder still queued may carry on for it, and the job's own version decides
which of two runs sends the POST. ``now`` and names that end in ``_at`` or ``_until`` are milliseconds since
the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.clocks import has_come
from shared.domain.job import Reason
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.spending import CLOCKS_DIFFER_MS, Billed, Reserved, Spending

LATEST_POST_MS = 1_000
"""The longest that a POST may leave after its job took the slot."""
SUBMIT_SPACING_MS = LATEST_POST_MS + 1_000
"""Between two jobs that take the slot, so that two POSTs leave a second apart.

"Rate limits" of mid-2026: DashScope takes 1 submit of ``facechain-finetune`` a second; until then it was 2.
"""
LONGEST_HALT_MS = 3_600_000
REMEMBERED_DURATIONS = 20
REMEMBERED_FINE_TUNES = 40
REMEMBERED_REFUSALS = 40
REMEMBERED_SWITCHES = 20
REMEMBERED_ENDS = 40
DOCUMENTED_DURATION_MS = 302_000
MAX_BECAUSE_CHARACTERS = 500
VISIBLE_CHARACTER = r"[^\s\u0000-\u001f\u007f-\u009f]"
"""As a regular expression: why the queue is paused has one at least."""


@dataclass(frozen=True)
class Pause:
    """That an administrator has paused the queue: nothing is submitted until somebody resumes it.

    Attributes:
        because: why, in the words of whoever paused it.
        by: the name of the token that they used.
        since: milliseconds since the epoch.
    """

    because: str
    by: str
    since: int


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The slot's row.

    Attributes:
        holders: ids of the jobs that hold the slot, at most as many as its capacity.
        taken_at: when a job last took it, by the clock of the run that wrote it.
        halted_until: the queue waits until then (0: it does not).
        halted_since: when the first of the refusals in a row came; 0 when there is none.
        trouble: why it waits.
        refusals: refusals in a row, which make the wait grow.
        refused_jobs: jobs whose own submits were refused since the last one was accepted.
        accepted_at: when DashScope last accepted a submit of anybody's.
        account: stands for the account that the last fine-tune was made in, as far as DashScope tells.
        ended_fine_tunes: ids of fine-tunes of ours that ended lately.
        durations_ms: how long the latest trainings took, oldest first.
        ends: when the latest trainings gave the slot back, oldest first.
        paused: who has paused the queue, and why; None: nobody has.
        switched_by: ids of the latest requests that have paused or resumed the queue.
        kept: running and succeeded fine-tunes that the account has, which DashScope caps; counted at each
            submit and kept up since. None before the first.
        spending: what is spent and reserved; None: the row was written by code that keeps no ledger.
        portraits: who makes portraits (:mod:`shared.domain.portrait_slot`).
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    version: int = 0
    holders: tuple[str, ...] = ()
    taken_at: int = 0
    halted_until: int = 0
    halted_since: int = 0
    trouble: Reason | None = None
    refusals: int = 0
    refused_jobs: tuple[str, ...] = ()
    accepted_at: int = 0
    account: str = ""
    ended_fine_tunes: tuple[str, ...] = ()
    durations_ms: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    kept: int | None = None
    paused: Pause | None = None
    switched_by: tuple[str, ...] = ()
    spending: Spending | None = field(default_factory=Spending)
    portraits: PortraitSlot = field(default_factory=PortraitSlot)
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def is_free(self, capacity: int, now: int) -> bool:
        """Whether a job may take the slot now."""
        return len(self.holders) < capacity and not self.is_halted(now) and self.paused is None

    def switched(self, paused: Pause | None, request_id: str) -> Slot:
        """Pause the queue, or with None resume it, because the request asks for that; once."""
        latest = (*self.switched_by, request_id)[-REMEMBERED_SWITCHES:]
        return replace(self, paused=paused, switched_by=latest)

    def was_just_taken(self, now: int) -> bool:
        """Whether it was taken so lately that two clocks may not agree on how long ago."""
        return abs(now - self.taken_at) < CLOCKS_DIFFER_MS

    def held_by(self, job_id: str) -> bool:
        """Whether ``job_id`` holds it."""
        return job_id in self.holders

    def taken_by(
        self,
        job_id: str,
        now: int,
        *,
        adds: bool = True,
        price_fen: int = 0,
        billed: Billed = Billed(0),  # noqa: B008  # a value that never changes
    ) -> Slot:
        """Give the slot to ``job_id``; ``adds``: the account will keep one fine-tune more.

        A job that holds it already, left behind by a run that died, takes it again: the run that put the job
        back and is about to release it must lose that race. ``price_fen`` is reserved for its training;
        ``billed``: what its fine-tunes before have cost.
        """
        holders = self.holders if self.held_by(job_id) else (*self.holders, job_id)
        kept = self.kept + 1 if adds and self.kept is not None else self.kept
        spending = self.spending
        if spending is not None:
            reserved = Reserved(at=now, fen=price_fen, before=billed.trainings or 0)
            settled = replace(spending.settled(job_id, billed), taken_at=now)
            spending = settled.with_reserved(job_id, reserved)
        return replace(self, holders=holders, taken_at=now, kept=kept, spending=spending)

    def also_held_by(self, job_id: str, reserved: Reserved) -> Slot:
        """Note that ``job_id``, which nobody has given the slot, may be going at DashScope."""
        if self.held_by(job_id):
            return self
        spending = self.spending.with_reserved(job_id, reserved) if self.spending is not None else None
        return replace(self, holders=(*self.holders, job_id), spending=spending)

    @property
    def keeps_books(self) -> bool:
        """Whether the ledger knows of everybody who has taken the slot."""
        return self.spending is not None and self.spending.taken_at == self.taken_at

    @property
    def to_settle(self) -> tuple[str, ...]:
        """The jobs for which something is reserved though they have given the slot back, to other code."""
        reserved = self.spending.reserved if self.spending is not None else ()
        return tuple(job_id for job_id in reserved if not self.held_by(job_id))

    def released(
        self,
        job_id: str,
        *,
        duration_ms: int | None = None,
        keeps_fine_tune: bool = False,
        accepted_at: int = 0,
        fine_tunes: tuple[str, ...] = (),
        ended_at: int = 0,
        billed: Billed = Billed(0),  # noqa: B008  # a value that never changes
    ) -> Slot:
        """Take the slot back from ``job_id``, and settle what is reserved for it by what was ``billed``.

        ``duration_ms`` is remembered when the training ran to its end; ``keeps_fine_tune``: the account still
        has a fine-tune of it that counts against the cap; ``accepted_at``: when its submit was accepted;
        ``fine_tunes``: the ids of those that were made for it; ``ended_at``: when its training was seen to
        have ended (0: it had none).
        """
        durations_ms, kept = self.durations_ms, self.kept
        if duration_ms is not None:
            durations_ms = (*durations_ms, duration_ms)[-REMEMBERED_DURATIONS:]
        if kept and self.held_by(job_id) and not keeps_fine_tune:
            kept -= 1
        holders = tuple(holder for holder in self.holders if holder != job_id)
        accepted_at = max(self.accepted_at, accepted_at)
        ended = (*self.ended_fine_tunes, *fine_tunes)[-REMEMBERED_FINE_TUNES:]
        return replace(
            self,
            holders=holders,
            durations_ms=durations_ms,
            kept=kept,
            accepted_at=accepted_at,
            ended_fine_tunes=ended,
            ends=(*self.ends, ended_at)[-REMEMBERED_ENDS:] if ended_at else self.ends,
            spending=self.spending.settled(job_id, billed) if self.spending is not None else None,
        )

    def ends_since(self, at: int) -> int:
        """How many trainings have given the slot back since then, as far as that is remembered."""
        return sum(ended >= at for ended in self.ends)

    def refused(self, reason: Reason, delay_ms: int, now: int, *, longest_ms: int) -> Slot:
        """Halt the queue for ``delay_ms``, doubled with each refusal in a row up to ``longest_ms``.

        After the wait a single attempt goes, and only an accepted submit forgets the trouble: the queue
        probes at growing intervals and recovers by itself.
        """
        wait_ms = min(delay_ms * 2 ** min(self.refusals, 12), longest_ms)
        return replace(
            self,
            halted_until=now + wait_ms,
            halted_since=self.halted_since if self.refusals else now,
            trouble=reason,
            refusals=self.refusals + 1,
        )

    def differs_by_portraits(self, other: Slot) -> bool:
        """Whether nothing but what concerns portraits differs from ``other``."""
        return self.with_portraits_of(other) == other

    def with_portraits_of(self, other: Slot) -> Slot:
        """Return it as of the version of ``other``, with what that says of portraits.

        Without a ledger nothing tells what these have cost: then its own stays.
        """
        spending = self.spending
        if spending is not None and other.spending is not None:
            spending = spending.with_portraits_of(other.spending)
        return replace(self, version=other.version, portraits=other.portraits, spending=spending)

    def tried_at_once(self) -> Slot:
        """Let the queue, and the orders of portraits, wait no longer after the last refusal."""
        return replace(self, halted_until=0, portraits=replace(self.portraits, halted_until=0))

    def accepted(self, now: int, account: str) -> Slot:
        """Forget the trouble: a submit has gone through."""
        return replace(
            self,
            halted_until=0,
            halted_since=0,
            trouble=None,
            refusals=0,
            refused_jobs=(),
            accepted_at=now,
            account=account,
        )

    def with_refused(self, job_id: str) -> Slot:
        """Note that the submit of ``job_id`` was refused, for its own sake or for everybody's."""
        if job_id in self.refused_jobs:
            return self
        return replace(self, refused_jobs=(*self.refused_jobs, job_id)[-REMEMBERED_REFUSALS:])

    def is_halted(self, now: int) -> bool:
        """Whether the queue waits."""
        return not has_come(self.halted_until, now, longest_ms=LONGEST_HALT_MS)

    def has_news(self, account: str) -> bool:
        """Whether an accepted submit of ``account`` changes anything."""
        return bool(self.trouble or self.refusals or self.refused_jobs) or self.account != account

    def duration_range_ms(self) -> tuple[int, int]:
        """A low and a high estimate of one training's duration, from the account's own trainings."""
        seen = sorted(self.durations_ms) or [DOCUMENTED_DURATION_MS]
        return seen[len(seen) // 10], seen[(len(seen) * 9) // 10 if len(seen) > 1 else 0]
