"""The table of jobs for those who want to be told: each save that moves a job makes the message of it.

:mod:`shared.assembly` puts it in the place of the table itself where there is a receiver, and imports it only
then. The outbox is listed before the row is saved: :mod:`shared.domain.outboxes` has the theory.
"""

from __future__ import annotations

from typing import Any, cast

from shared.domain.job import Job
from shared.domain.messages import with_news
from shared.workflow.message_ports import Outboxes
from shared.workflow.ports import Clock, JobTable


class _TellingJobs:
    """A table of jobs; what is not here is the table's own."""

    def __init__(self, jobs: JobTable, outboxes: Outboxes, clock: Clock, dead_at: int) -> None:
        self._jobs = jobs
        self._outboxes = outboxes
        self._clock = clock
        self._dead_at = dead_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)

    def save(self, before: Job | None, after: Job) -> Job:
        """Save ``after`` with the message of its move, if that is told of; raises Conflict."""
        told = with_news(before, after)
        if told is not after:
            now = self._clock.now()
            self._outboxes.announce(after.person_key, after.revision, max(self._dead_at, now), now)
        return self._jobs.save(before, told)


def telling(jobs: JobTable, outboxes: Outboxes, clock: Clock, dead_at: int) -> JobTable:
    """Return ``jobs`` so that what it saves is told of.

    ``dead_at``: by then this run is dead for certain, in milliseconds since the epoch.
    """
    return cast("JobTable", _TellingJobs(jobs, outboxes, clock, dead_at))
