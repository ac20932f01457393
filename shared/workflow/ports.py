"""The services and the clock that the workflow works with, as protocols; the clients fulfil them.

:mod:`shared.assembly` puts them together into a :class:`World` for each invocation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from shared.domain.trouble_kinds import Api
from shared.workflow.access_record import AccessRecord, Documents

if TYPE_CHECKING:
    # For the types alone: ``collect`` loads neither the sweep nor the lingering.
    from shared.domain.control_rows import ControlRows, Doorbell
    from shared.domain.fine_tunes import FineTune, NewestFineTunes
    from shared.domain.health import Health
    from shared.domain.job import Job
    from shared.domain.job_summary import JobSummary
    from shared.domain.lanes import Work
    from shared.domain.lingering import Lingering
    from shared.domain.photos import Stored
    from shared.domain.requests import Pending, Request
    from shared.domain.retry_state import RetryState
    from shared.domain.rules import Rules
    from shared.domain.slot import Slot
    from shared.domain.stored_files import StoredFile
    from shared.domain.sweeping import SweepProgress
    from shared.domain.unread import Unread
    from shared.workflow.health_record import HealthRecord


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

    def revisions_of(self, key: str) -> list[Job]:
        """Return the jobs of the person whose partition is ``key``, newest first."""

    def find(self, ids: Iterable[str]) -> dict[str, Job | None]:
        """Return jobs by id, read consistently; None for those that are not there."""

    def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
        """Return jobs by id, read consistently; a row that cannot be read concerns itself alone."""

    def work(self, now: int, queue_count: int, count: int) -> Work:
        """Return what is to be done, so many jobs of each lane, and 200 running ones; may lag."""

    def collecting(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of open sets, whenever they are due, behind ``after``, and the next ``after``."""

    def due_beyond(self, moment: int, count: int) -> list[str]:
        """Return ids of jobs with a time from ``moment`` on, but not never; ``count`` of each lane."""

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        """Return ids of the jobs that run or wait for delivery, and of the first queued; may lag."""

    def history(self, person_id: str, before: int, limit: int) -> list[JobSummary | Unread]:
        """Return the person's revisions before ``before``, newest first."""

    def set_aside(self, after: str, count: int) -> tuple[list[str], str]:
        """Return ids of jobs that stand aside like :meth:`collecting`."""

    def save(self, before: Job | None, after: Job) -> Job:
        """Write ``after`` on top of ``before`` (None: it must be new); raises Conflict if it is outdated."""


class ControlTable(Documents, Protocol):
    """The rows that all functions share."""

    def read_all(self) -> ControlRows:
        """Read all of it at once."""

    def health(self) -> Health:
        """Read how the deployment is."""

    def save_health(self, before: Health, after: Health) -> Health:
        """Write ``after`` on top of ``before``; raises Conflict like :meth:`JobTable.save`."""

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

    def pending(self, limit: int) -> Pending:
        """Return at most ``limit`` requests that are not settled, oldest first."""

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        """Write down what became of ``request``; raises Conflict when another run has."""

    def silence(self, heard: Doorbell) -> Doorbell:
        """Stop the bell once all is done that it was rung for; raises Conflict when it was rung again."""


class SeenTable(Protocol):
    """What is remembered of uploads beyond the rows of jobs: the latest content under each name."""

    def etags(self, person_key: str, names: Iterable[str]) -> dict[str, str]:
        """Return what was remembered last, by name; names that nothing is known of are left out."""

    def remember(self, person_key: str, etags: Mapping[str, str], now: int) -> None:
        """Remember the latest content of each name; may be repeated."""


class IgnoredUploads(Protocol):
    """The uploads that belong to nobody: a bounded list, for people to look at."""

    def note(self, ignored: Mapping[str, str], now: int) -> None:
        """Note keys with the reasons; never raises, since nothing depends on it."""


@dataclass(frozen=True)
class Listed:
    """An object in a listing."""

    key: str
    stored: Stored


class PhotoBucket(Protocol):
    """The bucket."""

    @property
    def name(self) -> str:
        """The bucket's name."""

    def stored(self, key: str) -> Stored | None:
        """Return what the bucket has under ``key`` now, or None."""

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        """Have OSS write the upright, shrunken JPEG of ``key`` to ``snapshot``; returns its size in bytes.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link by now.
            Permanent: it cannot be read as a picture.
        """

    def bitmap(self, key: str, width: int, height: int) -> bytes:
        """Return the picture under ``key``, squeezed to so many pixels, as an uncompressed bitmap (BMP)."""

    def turn(self, key: str, degrees: int, target: str) -> None:
        """Have OSS write the picture under ``key``, turned clockwise by ``degrees``, to ``target``."""

    def copy(self, key: str, target: str) -> None:
        """Copy an object inside the bucket; raises NotFound, for a link as well."""

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        """Return a page of objects behind the key ``after`` and the next ``after`` (empty: the end)."""

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        """As :meth:`list_page`, of folders right below ``prefix``, named with it and with their slash."""

    def signed_url(self, key: str) -> str:
        """Return a URL that anyone can read ``key`` with for a while. Never log, store or show it."""

    def read(self, key: str, max_bytes: int = ...) -> bytes:
        """Return an object's bytes as they are stored.

        Raises:
            NotFound: there is no such object, or it is a link.
            Permanent: it is longer than ``max_bytes``.
        """

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        """Return up to ``count`` bytes, as they are stored, from ``start`` on.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link.
        """

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        """Write an object; ``taken_from`` is the mark of the zip that it was taken out of."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is none."""

    def write_json(self, key: str, text: str) -> None:
        """Write a JSON document."""


class DashScope(Protocol):
    """DashScope."""

    @property
    def key_id(self) -> str:
        """Stands for the API key, and does not tell it."""

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        """Start a paid fine-tune from URLs and file ids. Sent once, never repeated by any layer."""

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        """Return one fine-tune; raises NotFound."""

    def fine_tunes(self, *, within_seconds: float = ...) -> Iterator[FineTune]:
        """Iterate over the complete list, newest first; raises RetryLater if it cannot be completed."""

    def newest_fine_tunes(self, since: int) -> NewestFineTunes:
        """Return the list down to what is older than ``since``: no proof of what it does not show."""

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        """Cancel it."""

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        """Delete; raises Permanent where DashScope does not allow it."""

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        """Return for each picture whether it shows one face, and why not."""

    def files(self) -> list[StoredFile]:
        """Return the files that are stored with DashScope."""

    def delete_file(self, file_id: str) -> None:
        """Delete a stored file; raises NotFound."""

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        """Store a file with DashScope, for the sake of ``api``, and return its file id."""

    def file_url(self, file_id: str, api: Api) -> str:
        """Return the URL of a stored file. Never log, store or show it."""


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
