"""Whoever has not ended waits for something named, or is blocked by something named: asked as a person asks.

The words come from the code that answers ``GET /jobs/{job_id}``. A wait that is due at the next run of the
timer is one as long as runs come and it still is the same: after some minutes of them it is a silent wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.job import Job
from shared.domain.reasons import Language
from shared.domain.states import JobState
from shared.http_api.blocked import what_blocks
from shared.http_api.forecast import Outlook
from shared.http_api.waiting import waiting_for
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.invariants import GOING
from tests.simulation.kernel import Violation

MINUTE_MS = 60_000
SILENT_AFTER_MS = 6 * MINUTE_MS
"""An overdue wait that stays the same for so long, and for so many ticks, is due to nothing any more."""
SILENT_AFTER_TICKS = 6
FOR_AN_UPLOAD = ("photos", "more_photos")


class Overdue(NamedTuple):
    """A wait that the next run should have ended; ``ticks`` have passed over it."""

    code: str
    version: int
    since: int
    ticks: int = 0


@dataclass
class Silence:
    """Watches how long each job has waited for what is overdue.

    Attributes:
        asked: how many waits have been asked after.
        blocked: the last block of each unfinished job, by its id: a code, or "" for a job that has none.
    """

    asked: int = 0
    blocked: dict[str, str] = field(default_factory=dict)
    _overdue: dict[str, Overdue] = field(default_factory=dict)

    def check(self, cloud: SimulatedCloud) -> None:
        """Ask after every unfinished job; called once after each tick.

        Raises:
            Violation: somebody waits in silence.
        """
        self.blocked.clear()
        overdue: dict[str, Overdue] = {}
        # Those whose portraits are being made have their training behind them.
        jobs = [job for job in cloud.unfinished() if not job.delivered]
        queue = sorted((job for job in jobs if job.state is JobState.QUEUED), key=lambda job: job.due_at)
        for job in jobs:
            self.asked += 1
            ahead = queue.index(job) if job in queue else 0
            code = self._code(job, cloud, ahead)
            if not code:
                continue
            before = self._overdue.get(job.job_id)
            if before is None or (before.code, before.version) != (code, job.version):
                before = Overdue(code, job.version, cloud.kernel.now)
            overdue[job.job_id] = after = before._replace(ticks=before.ticks + 1)
            if cloud.kernel.now - after.since > SILENT_AFTER_MS and after.ticks > SILENT_AFTER_TICKS:
                minutes = (cloud.kernel.now - after.since) // MINUTE_MS
                raise Violation(
                    f"{job.job_id}, {job.state.value}, waits in silence: {code} for {minutes} minutes"
                )
        self._overdue = overdue

    def _code(self, job: Job, cloud: SimulatedCloud, ahead: int) -> str:
        """Return the code of a wait that is overdue; "" for a job that is blocked or has to wait."""
        if cloud.is_unreadable(job.job_id, cloud.kernel.now):
            # Whoever asks is told that the row is not given: ``GET /jobs/{job_id}`` reads it like a tick.
            self.blocked[job.job_id] = "unread"
            return ""
        outlook = Outlook(cloud.slot(), cloud.health(), cloud.rules, cloud.kernel.now, ahead)
        block = what_blocks(job, outlook)
        self.blocked[job.job_id] = block.cause.code if block else ""
        if block is not None:
            return ""
        waiting = waiting_for(job, outlook, Language.ENGLISH)
        assert waiting is not None
        code = str(waiting["code"])
        if waiting["at"] or code in FOR_AN_UPLOAD or _goes_at_dashscope(job, cloud):
            return ""
        return code


def _goes_at_dashscope(job: Job, cloud: SimulatedCloud) -> bool:
    return job.state is JobState.TRAINING and any(
        entry.job_id == job.fine_tune_id and (entry.status in GOING or entry.deleted_at is not None)
        for entry in cloud.studio.ledger()
    )
