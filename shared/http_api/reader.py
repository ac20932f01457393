"""The protocols that the API reads through; the clients of the two tables fulfil them.

``functions/status.py`` makes a :class:`Reader`; ``resources`` reads from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from shared.domain.job import Job
from shared.domain.job_summary import JobPage, JobSummary
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.unread import Unread


class Jobs(Protocol):
    """The reads of the job table."""

    def latest(self, person_id: str) -> Job | None:
        """Return the person's newest revision, or None."""

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        """Return the person's revisions that come before the revision ``before``, newest first."""

    def find(self, ids: list[str]) -> dict[str, Job | None]:
        """Return jobs by id."""

    def queue_before(self, job: Job) -> int:
        """Return how many queued jobs come before ``job``."""

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> JobPage:
        """Return a page of jobs, newest first."""


class Control(Protocol):
    """The reads of the control table."""

    def slot(self) -> Slot:
        """Read the slot."""


class Reader(NamedTuple):
    """The tables, the rules, and the clock in milliseconds since the epoch."""

    jobs: Jobs
    control: Control
    rules: Rules
    now: Callable[[], int]
