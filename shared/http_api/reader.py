"""The protocols that the API reads, and rings, through; the clients of the tables fulfil them.

``functions/status.py`` makes a :class:`Reader`; ``resources`` and ``administration`` use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    # For the types alone: few requests need all of them.
    from shared.domain.audit import AuditRecord
    from shared.domain.control_rows import Document
    from shared.domain.health import Health
    from shared.domain.job import Job
    from shared.domain.job_summary import JobPage, JobSummary, PeoplePage
    from shared.domain.photo_access import Way
    from shared.domain.photos import Stored
    from shared.domain.requests import Claim, Request
    from shared.domain.rules import Rules
    from shared.domain.slot import Slot
    from shared.domain.states import JobState
    from shared.domain.sweeping import SweepProgress
    from shared.domain.unread import Unread


class Jobs(Protocol):
    """The reads of the job table."""

    def latest(self, person_id: str) -> Job | None:
        """Return the person's newest revision, or None.

        Raises:
            Permanent: its row cannot be read; the code is ``UNREADABLE_ROW``.
        """

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        """Return the person's revisions that come before the revision ``before``, newest first."""

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        """Return jobs by id; a row that cannot be read concerns itself alone."""

    def queue_before(self, job: Job) -> int:
        """Return how many queued jobs come before ``job``."""

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        """Return ids of the jobs that run or wait for their delivery, and of the first queued jobs."""

    def people_by_name(
        self, beginning: str, state: JobState | None, limit: int, after: tuple[str, str] | None
    ) -> PeoplePage:
        """Return a page of people by the beginning of their names."""

    def people_by_state(self, state: JobState, limit: int, after: tuple[int, str, int] | None) -> PeoplePage:
        """Return a page of people whose newest revision stands in ``state``, newest first."""

    def page(self, state: JobState | None, limit: int, after: tuple[int, str, int] | None) -> JobPage:
        """Return a page of jobs, newest first."""

    def summaries(self, ids: Sequence[str]) -> list[JobSummary | Unread]:
        """Return jobs by id without their photos, in the order of ``ids``; those that are there."""


class ControlRows(Protocol):
    """The shared rows, as far as the API needs them."""

    @property
    def slot(self) -> Slot:
        """The slot."""

    @property
    def health(self) -> Health | None:
        """How the deployment is; None when the row cannot be read."""

    @property
    def sweep(self) -> SweepProgress | None:
        """How far the sweep has come; None when the row cannot be read."""

    @property
    def access(self) -> Document | None:
        """What was learnt of how DashScope gets photos; None when the row cannot be read."""


class Control(Protocol):
    """The reads of the control table."""

    def read_all(self) -> ControlRows:
        """Read the shared rows at once."""

    def read_all_and(self, name: str) -> tuple[ControlRows, Document | None]:
        """Read the same and the row ``name`` in one call; None: that row cannot be read."""

    def slot_and_health(self) -> tuple[Slot, Health | None]:
        """Read the slot and the health in one call; None: the health cannot be read."""

    def read_json(self, name: str) -> Document:
        """Read the row ``name``; an empty one when none has been written yet."""


class Requests(Protocol):
    """What administrators ask for: a row each, which a tick carries out."""

    def ring(self, request: Request, before: Request | None = None) -> Request:
        """Write down a new request, in the place of ``before``, and let the next tick know of it.

        Raises:
            Conflict: there is another one of this id.
        """

    def ring_again(self) -> None:
        """Let the next tick know of a request that is written down."""

    def claim(self, key: str, claim: Claim) -> Claim:
        """Write down that ``key`` stands for this request; returns the claim that holds, perhaps another."""

    def claimed(self, key: str) -> Claim | None:
        """Return what ``key`` stands for, or None."""

    def revoke_link(self, link_id: str, until: int) -> None:
        """Write down that a share link, which ends ``until`` then at the latest, opens nothing any more."""

    def is_link_revoked(self, link_id: str) -> bool:
        """Whether that is written down."""

    def find(self, request_id: str) -> Request | None:
        """Return a request by its id; None: there is none, or it has expired."""


class Bucket(Protocol):
    """The photo bucket, as far as uploads, their small pictures, consents and exports go."""

    def write(self, key: str, content: bytes) -> None:
        """Write an object."""

    def stored(self, key: str) -> Stored | None:
        """Return what the bucket has under ``key`` now, or None."""

    def read(self, key: str, max_bytes: int = ...) -> bytes:
        """Return an object's bytes; raises NotFound, for a link as well, and Permanent if there are more."""

    def thumbnail(self, key: str) -> bytes:
        """Return a small JPEG of a photo, upright."""

    def outside_url(self, key: str, seconds: int, disposition: str) -> str:
        """Return a URL by which anybody gets the object for so long; empty: nobody outside gets any."""

    def read_range(self, key: str, start: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``start`` on."""


class Audit(Protocol):
    """The audit's log store."""

    def hash_of(self, person_id: str) -> str:
        """Return what stands for a person in the records."""

    def put(self, records: Sequence[AuditRecord]) -> None:
        """Append records; raises RetryLater, and then they may be there or not."""

    def page(
        self, person: str, *, since: int, until: int, offset: int, count: int
    ) -> Sequence[AuditRecord | None]:
        """Return entries behind ``offset``, newest first; None stands for what is no such record."""


class Reader(NamedTuple):
    """The tables, what is set, the clock in milliseconds since the epoch, and words never used before.

    ``photo_access`` is the way that is set; None: it is found out. ``requests`` connects to the table of
    requests: only administration does; ``bucket`` to the bucket: only uploads and pages with photos do.
    ``audit`` connects to the audit's log store; None: none is kept.
    ``can_erase``: the key is set without which nobody is erased.
    """

    jobs: Jobs
    control: Control
    requests: Callable[[], Requests]
    rules: Rules
    photo_access: Way | None
    now: Callable[[], int]
    token: Callable[[], str]
    bucket: Callable[[], Bucket]
    audit: Callable[[], Audit] | None = None
    can_erase: bool = False
