"""The services and the clock that the workflow works with, as protocols; the clients fulfil them.

:mod:`shared.assembly` puts them together into a :class:`World` for each invocation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from shared.domain.trouble_kinds import Api
from shared.workflow.access_record import AccessRecord, Documents
from shared.workflow.bucket_port import Listed as Listed
from shared.workflow.bucket_port import PhotoBucket as PhotoBucket
from shared.workflow.bucket_port import StartedUpload as StartedUpload
from shared.workflow.bucket_port import Version as Version
from shared.workflow.dashscope_port import DashScope

if TYPE_CHECKING:
    # For the types alone: ``collect`` loads neither the sweep nor the lingering.
    from shared.domain.control_rows import ControlRows, Document, Doorbell
    from shared.domain.health import Health
    from shared.domain.job import Job
    from shared.domain.job_summary import JobSummary
    from shared.domain.lanes import Work
    from shared.domain.lingering import Lingering
    from shared.domain.requests import Pending, Request
    from shared.domain.retry_state import RetryState
    from shared.domain.rules import Rules
    from shared.domain.slot import Slot
    from shared.domain.sweeping import SweepProgress
    from shared.domain.unread import Unread
    from shared.workflow.audit_port import AuditLog
    from shared.workflow.health_record import HealthRecord
    from shared.workflow.message_ports import Messages, Outboxes


class Clock(Protocol):
    """Time, in milliseconds."""

    def now(self) -> int:
        """Return milliseconds since the Unix epoch."""

    def monotonic(self) -> int:
        """Return milliseconds since some moment; never set forward or back, unlike :meth:`now`."""

    def sleep(self, milliseconds: int) -> None:
        """Wait."""


class JobTable(Protocol):
    """Jobs in Tablestore. Saving is conditional on the version that was read."""

    def latest(self, person_id: str) -> Job | None:
        """Return the person's newest revision, or None."""

    def revisions_of(self, key: str, *, limit: int = ..., before: int | None = ...) -> list[Job]:
        """Return the jobs of the person whose partition is ``key``, newest first, before a revision."""

    def find(self, ids: Iterable[str]) -> dict[str, Job | None]:
        """Return jobs by id, read consistently; None for those that are not there."""

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        """Return jobs by id, read consistently; a row that cannot be read concerns itself alone."""

    def work(self, now: int, queue_count: int, count: int) -> Work:
        """Return what is to be done, so many jobs of each lane, and 200 running ones; may lag."""

    def collecting(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of open sets, whenever they are due, behind ``after``, and the next ``after``."""

    def due_beyond(self, moment: int, count: int, *, with_portraits: bool = False) -> list[str]:
        """Return ids of jobs with a time from ``moment`` on, but not never; ``count`` of each lane."""

    def kept_until(self, moment: int, count: int) -> list[str]:
        """Return ids of delivered jobs of which something is to go by ``moment``, longest due first."""

    def portraits_in_hand(self, now: int, count: int) -> list[str]:
        """Return ids of jobs of whose portraits something is to be done, ``count`` of each lane; may lag."""

    def portraits_waiting(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of jobs whose portraits wait their turn, like :meth:`collecting`."""

    def ended(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of jobs that have ended, behind ``after``, and the next ``after`` ("": the end)."""

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        """Return ids of the jobs that run or wait for delivery, and of the first queued; may lag."""

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        """Return the person's revisions before ``before``, newest first."""

    def set_aside(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of jobs that stand aside like :meth:`collecting`."""

    def save(self, before: Job | None, after: Job) -> Job:
        """Write ``after`` on top of ``before`` (None: it must be new); raises Conflict if it is outdated."""

    def delete_job(self, job: Job) -> None:
        """Delete the row of ``job``, unless it is gone; raises Conflict if it is outdated."""


class ControlTable(Documents, Protocol):
    """The rows that all functions share."""

    def save_json(self, name: str, before: Document, value: Mapping[str, Any], *, first: int = 1) -> Document:
        """Write ``value`` on top of the version that was read; raises Conflict.

        ``first`` is the version of a row that does not exist yet. Of one that is deleted and may come again
        it has to be one that no earlier row had, or a slow run would write over the next.
        """

    def read_all(self) -> ControlRows:
        """Read all of it at once."""

    def health(self) -> Health:
        """Read how the deployment is."""

    def save_health(self, before: Health, after: Health) -> Health:
        """Write ``after`` on top of ``before``; raises Conflict like :meth:`JobTable.save`."""

    def delete_json(self, name: str, document: Document) -> None:
        """Delete the row ``name``, which holds ``document``; raises Conflict if it does not any more."""

    def slot(self) -> Slot:
        """Read the slot; an empty one when none has been written yet."""

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        """Write ``after`` on top of ``before``; raises Conflict like :meth:`JobTable.save`."""

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        """Write ``after`` on top of ``before``; raises Conflict like :meth:`JobTable.save`."""

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        """Write ``after`` on top of ``before``; raises Conflict like :meth:`JobTable.save`."""


class RequestTable(Protocol):
    """Requests of operators, and the doorbell by which a tick knows of them."""

    def pending(self, limit: int, now: int) -> Pending:
        """Return at most ``limit`` requests that are not settled and are due, oldest first."""

    def ring(self, request: Request) -> Request:
        """Write down a new request and ring; raises Conflict when there is one of this id."""

    def ring_again(self) -> None:
        """Ring for a request that is written down."""

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        """Write down what became of ``request``; raises Conflict when another run has."""

    def note_audited(self, request: Request, now: int) -> Request:
        """Write down that the audit has the record of ``request``; raises Conflict when another run has."""

    def silence(self, heard: Doorbell, rings_at: int = 0) -> Doorbell:
        """Stop the bell once all is done that it was rung for; raises Conflict when it was rung again."""

    def note_progress(self, request: Request) -> Request:
        """Write down how far a request has come; raises Conflict when another run has."""

    def forget_about(
        self,
        is_theirs: Callable[[str], bool],
        asked_until: int,
        without_name: Callable[[Request], Request] | None = None,
    ) -> int:
        """Delete what was asked for about subjects that are theirs; returns how many.

        What the audit has no record of yet stays as ``without_name`` makes it, where that is given.
        """

    def about(self, is_theirs: Callable[[str], bool]) -> list[Request]:
        """Return what was asked for about subjects that are theirs, but erasures."""

    def revoke_link(self, link_id: str, until: int) -> None:
        """Write down that a share link, which ends ``until`` then, opens nothing any more."""


class SeenTable(Protocol):
    """What is remembered of uploads beyond the rows of jobs: the latest content under each name."""

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        """Return what was remembered last, by name; names that nothing is known of are left out."""

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        """Remember the latest content of each name; may be repeated."""

    def forget(self, person_key: str, names: Iterable[str] | None = None, *, until: int) -> int:
        """Forget what was remembered ``until`` then of names, or of all; returns how many there were."""

    def remembered(self, person_key: str, count: int) -> list[dict[str, object]]:
        """Return what is remembered of all uploads, by hashes of their names; at most ``count``."""


class IgnoredUploads(Protocol):
    """The uploads that belong to nobody: a bounded list, for people to look at."""

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        """Note keys with the reasons; never raises, since nothing depends on it."""

    def forget_keys(self, is_theirs: Callable[[str], bool]) -> int:
        """Take out the keys that are theirs; returns how many there were."""

    def of_keys(self, is_theirs: Callable[[str], bool]) -> list[dict[str, object]]:
        """Return the entries whose keys are theirs."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that a run may touch, and until when.

    Attributes:
        dead_at: milliseconds since the epoch; by then the platform has killed this invocation.
        health: what this run learns about the deployment's health.
        pace_face_checks: waits until another face check may leave this instance.
        token: makes names, safe in a key, that were never used before.
        random: a number from 0 up to 1, for jitter.
        access: how DashScope gets photos.
        erase_key: makes what stands for an erased person; empty: nobody can be erased, and nobody was.
        messages: whoever wants to be told, and what of; None: nobody does.
        outboxes: makes the client of the outboxes, which may be there also where nobody is told any more.
        audit: connects to the audit's log store, as few runs do; None: none is kept.
    """

    jobs: JobTable
    control: ControlTable
    requests: RequestTable
    seen: SeenTable
    ignored: IgnoredUploads
    health: HealthRecord
    access: AccessRecord
    bucket: PhotoBucket
    dashscope: DashScope
    clock: Clock
    rules: Rules
    dead_at: int
    token: Callable[[], str]
    random: Callable[[], float]
    pace_face_checks: Callable[[], None]
    outboxes: Callable[[], Outboxes]
    erase_key: str = field(default="", repr=False)
    messages: Messages | None = None
    audit: Callable[[], AuditLog] | None = None

    def with_jitter(self, milliseconds: int) -> int:
        """Return ``milliseconds`` changed by up to a fifth, so that waiting runs do not return together."""
        return int(milliseconds * (0.8 + 0.4 * self.random()))

    def is_refused(self, api: Api | None) -> bool:
        """Whether ``api`` is refused to everybody and needed: a check that is switched off is not."""
        return self.health.is_open(api) and (self.rules.face_check or api is not Api.FACE_CHECK)

    def may_try(self, retry: RetryState | None, now: int) -> bool:
        """Whether to try a piece now: its pause is over, or the API is known to work that it waits for."""
        if retry is None or retry.waits_for is None or self.health.known is None:
            return retry is None or retry.is_due(now)
        return not self.is_refused(retry.waits_for)

    def for_at_most(self, milliseconds: int) -> World:
        """Return the same world for a piece of work that may take so long, and must not take more."""
        return replace(self, dead_at=min(self.dead_at, self.clock.now() + milliseconds))

    def has_time_for(self, milliseconds: int) -> bool:
        """Whether the invocation lives for so long yet."""
        return self.clock.now() + milliseconds < self.dead_at
