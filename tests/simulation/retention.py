"""Watches what is removed because its time is over: nothing goes before that, and in the end all of it has.

A part of ``administration``: told of each deletion, within the very call, and of what rows say afterwards.
What is due is computed here from the rows and the settings alone, without the product's own decision. Moments
are by true time, in milliseconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aliyun_local.oss.state.objects import StoredObject
from shared.domain.job import Job
from shared.domain.object_keys import Kind, Upload, parse_job_id, snapshot_folder, upload_key
from shared.domain.photos import Photo
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.job_rows import Columns, JobRows
from tests.simulation.kernel import Kernel, Run, Violation
from tests.simulation.stores import BUCKET

if TYPE_CHECKING:
    from tests.simulation.cloud import SimulatedCloud
SLACK_MS = 10_000
"""Clocks differ, and OSS says whole seconds."""
MINUTE_MS = 60_000
WEEK_MS = 7 * 24 * 60 * MINUTE_MS
CHANCE = 0.25
SHORTEST_MS = 150_000
"""No run lives as long, as none lives a day. So it comes while everything goes wrong."""
TICK_EVERY_MS = 10 * MINUTE_MS
GOES_WITHIN_TICKS = 60
"""Ten hours: what was refused while everything went wrong is tried again after ever longer pauses."""


def drawn_retention(seed: int) -> dict[str, Any]:
    """Draw for how long things are kept: in most seeds for good, and then nothing is read for it."""
    chance = random.Random(f"retention {seed}")
    if chance.random() >= CHANCE:
        return {"keep_snapshots_ms": 0}
    return {
        "keep_snapshots_ms": chance.choice((WEEK_MS, SHORTEST_MS, 6 * MINUTE_MS)),
        "keep_photos_ms": chance.choice((0, SHORTEST_MS, 6 * MINUTE_MS, 20 * MINUTE_MS)),
        "keep_models_ms": chance.choice((0, 0, SHORTEST_MS, 8 * MINUTE_MS)),
    }


class Retention:
    """Watches deletions that nobody has asked for.

    Attributes:
        rules: the settings that are deployed now.
    """

    def __init__(self, kernel: Kernel, rows: JobRows) -> None:
        """``rows`` are those of the jobs, by their ids, and follow each write."""
        self._kernel = kernel
        self._rows = rows
        self.rules: Callable[[], Rules] = Rules

    def covers_upload(self, upload: Upload, gone: StoredObject, run: Run) -> bool:
        """Whether an upload may go because a set that has it ended so long ago, and no other one needs it.

        OSS deletes whatever is there, so what is put while the run is at work may go with it.
        """
        keep = self.rules().keep_photos_ms
        if not keep:
            return False
        jobs = self._jobs_of(upload.person_id)
        for job in jobs:
            if not self._is_over(job, jobs, run):
                continue
            for moment in self._moments(job, upload, gone, run):
                if self._has_come(moment + keep) and not self._is_needed(upload.name, job, jobs, keep):
                    return True
        return False

    def _moments(self, job: Job, upload: Upload, gone: StoredObject, run: Run) -> Iterator[int]:
        """When the time began of what lies under this name, for each record of ``job`` that is of it."""
        put_at_ms = int(gone.modified_at * 1000)
        is_put_meanwhile = put_at_ms >= run.started_at - SLACK_MS or not self._kernel.believes_times
        for photo in _records(job, upload.name):
            is_copy = gone.etag == photo.etag or str(gone.crc) == photo.crc64
            is_it = put_at_ms <= photo.known_until + SLACK_MS or is_copy
            if is_it or is_put_meanwhile:
                yield max(job.ended_at, photo.uploaded_at)
        is_unseen = not _records(job, upload.name)
        lay_there = put_at_ms <= (job.closed_at or job.ended_at)
        if is_unseen and lay_there and (upload.kind is Kind.MARKER or job.photo_set.has_history):
            yield job.ended_at

    def snapshot_deleted(
        self, key: str, run: Run, asked_to_delete: Callable[[str, str, Run], list[str]]
    ) -> None:
        """A snapshot of a set that was closed goes a while after its end, and no open set may need it.

        It goes earlier if somebody has asked for that, but not before the set has ended.
        """
        name = key.split("/")[1]
        row = self._rows.get(name)
        if row is None or parse_job_id(name) is None:
            return
        job = self._rows.job_in(row)
        if key not in job.files:
            return
        names = [photo.name for photo in job.photo_set.photos if photo.snapshot == key]
        if job.state.is_terminal and any(asked_to_delete(job.person_id, name, run) for name in names):
            return
        keep, jobs = self.rules().keep_snapshots_ms, self._jobs_of(job.person_id)
        if not keep or not self._is_over(job, jobs, run) or not self._has_come(job.ended_at + keep):
            raise Violation(f"{key} of {name}, which is {job.state.value}, is deleted before its time")

    def model_released(self, after: Columns) -> bool:
        """Whether a model may have been deleted because it was kept long enough."""
        keep = self.rules().keep_models_ms
        return bool(keep) and self._has_come(after["ended_at"] + keep)

    def check_what_rows_say(self, before: Columns, after: Columns) -> None:
        """A row says that something has gone once, and only after its time."""
        for column, keep in (
            ("snapshots_removed_at", self.rules().keep_snapshots_ms),
            ("photos_removed_at", self.rules().keep_photos_ms),
        ):
            if after.get(column, 0) == before.get(column, 0):
                continue
            is_due = keep and self._has_come(after["ended_at"] + keep)
            if JobState(after["state"]).is_terminal and after["delivered"] and is_due:
                continue
            raise Violation(f"{after['person_id']} {after['revision']} gets {column}, and it is not due")

    # -- the end of a seed ----------------------------------------------------------------------------

    def let_go(self, cloud: SimulatedCloud) -> None:
        """Let ticks pass until everything has gone whose time is over.

        Raises:
            Violation: something stays, or the row of what has gone does not say so.
        """
        for _ in range(GOES_WITHIN_TICKS):
            if not any(self._left(cloud)):
                return
            cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
            cloud.advance(TICK_EVERY_MS)
        self.check_gone(cloud)

    def check_gone(self, cloud: SimulatedCloud) -> None:
        """Everything has gone whose time is over; raises Violation."""
        if left := list(self._left(cloud)):
            raise Violation(f"kept for too long: {left}")

    def is_left(self, cloud: SimulatedCloud, person_id: str) -> bool:
        """Whether something of a person is there whose time is over."""
        return any(self._left(cloud, person_id))

    def _left(self, cloud: SimulatedCloud, person_id: str = "") -> Iterator[str]:
        rules, now = self.rules(), self._kernel.now
        jobs = [job for job in cloud.jobs() if person_id in ("", job.person_id)]
        entries = {entry.job_id: entry for entry in cloud.studio.ledger()}
        stored = {one.key: int(one.modified_at * 1000) for one in cloud.uploads()}
        for job in jobs:
            theirs = [one for one in jobs if one.person_id == job.person_id]
            if not job.state.is_terminal or not job.delivered or self._waits_for(job, theirs):
                continue
            if rules.keep_snapshots_ms and job.ended_at + rules.keep_snapshots_ms <= now:
                found = cloud.objects.list_objects(BUCKET, prefix=snapshot_folder(job.job_id), limit=1).rows
                yield from (one.key for one in found)
                if not job.snapshots_removed_at:
                    yield f"the row of {job.job_id} about its snapshots"
            if rules.keep_photos_ms:
                yield from self._left_photos(job, theirs, stored)
            entry = entries.get(job.fine_tune_id)
            is_kept = entry is not None and entry.status == "SUCCEEDED" and entry.deleted_at is None
            if is_kept and rules.keep_models_ms and job.ended_at + rules.keep_models_ms <= now:
                yield job.fine_tune_id

    def _left_photos(self, job: Job, theirs: Iterable[Job], stored: Mapping[str, int]) -> Iterator[str]:
        keep = self.rules().keep_photos_ms
        if job.ended_at + keep > self._kernel.now:
            return
        if not job.photos_removed_at:
            yield f"the row of {job.job_id} about its photos"
        for photo in job.photo_set.photos:
            key = upload_key(job.person_id, photo.name)
            is_theirs = not photo.archive and stored.get(key, photo.known_until + 1) <= photo.known_until
            is_due = max(job.ended_at, photo.uploaded_at) + keep <= self._kernel.now
            if is_theirs and is_due and not self._is_needed(photo.name, job, theirs, keep, slack=0):
                yield key

    # -- who needs it ---------------------------------------------------------------------------------

    def _jobs_of(self, person_id: str) -> list[Job]:
        return [self._rows.job_in(row) for row in self._rows.of(person_id)]

    def _has_come(self, moment: int) -> bool:
        return moment <= self._kernel.now + SLACK_MS or not self._kernel.believes_times

    def _is_over(self, job: Job, jobs: Iterable[Job], run: Run) -> bool:
        """Whether ``job`` is delivered, and no later set was open or under way when the run began."""
        return (
            job.state.is_terminal
            and job.delivered
            and not any(
                one.opened_at < run.started_at - SLACK_MS or not self._kernel.believes_times
                for one in self._waits_for(job, jobs)
            )
        )

    @staticmethod
    def _waits_for(job: Job, jobs: Iterable[Job]) -> list[Job]:
        return [
            one
            for one in jobs
            if one.revision > job.revision
            and one.state is not JobState.REJECTED
            and not (one.state.is_terminal and one.delivered)
        ]

    def _is_needed(self, name: str, job: Job, jobs: Iterable[Job], keep: int, slack: int = SLACK_MS) -> bool:
        """Whether a later set has the upload and its own time is not over."""
        for one in jobs:
            for photo in _records(one, name) if one.revision > job.revision else ():
                if one.state is JobState.REJECTED and photo.is_new:
                    return True
                moment = max(one.ended_at, photo.uploaded_at) + keep
                if one.state.is_terminal and moment > self._kernel.now + slack:
                    return True
        return False


def _records(job: Job, name: str) -> list[Photo]:
    return [photo for photo in job.photo_set.photos if photo.name == name and not photo.archive]
