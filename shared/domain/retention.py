"""How long what belongs to a job is kept once it has ended, part by part. Pure.

The theory. A job whose outcome is delivered stands in a lane of its own until the moment at which its next
part is to go (:data:`shared.domain.lanes.KEPT_LANE`), so that nobody looks through the others. Its row says
which parts have gone, so the row alone tells what is due; to remove something twice does no harm. A setting
of 0 keeps a part for good.

Photos may be in several sets, since a set may begin with those of the one before it. They go with the first
of their sets whose time has come, unless a later one has them whose time has not: that may be trained, or the
next one may begin with its photos. While a later set is open or under way nothing of the person goes.

The time of the records is the person's, and not the job's: it begins with the end of the newest job. A set
that was rejected has no end; for the records it counts from its last change.

Called by :mod:`shared.workflow.retaining`, ``rescheduling`` and ``training``. Moments are milliseconds since
the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from shared.domain.job import Job
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo, Stored
from shared.domain.rules import Rules
from shared.domain.states import JobState


class Part(str, Enum):
    """What has a time of its own."""

    SNAPSHOTS = "snapshots"
    PHOTOS = "photos"
    MODELS = "models"
    RECORDS = "records"


WITHOUT_A_MODEL = (JobState.FAILED, JobState.CANCELED)


def kept_by(rules: Rules) -> str:
    """Return a word that stands for the settings of this module, and changes with each of them."""
    return "/".join(map(str, _times(rules)))


def keeps_all(rules: Rules) -> bool:
    """Whether every part is kept for good, so that there is nothing to look for."""
    return not any(_times(rules))


def _times(rules: Rules) -> tuple[int, ...]:
    return (rules.keep_snapshots_ms, rules.keep_photos_ms, rules.keep_models_ms, rules.keep_records_ms)


def moments(job: Job, rules: Rules) -> Mapping[Part, int]:
    """Return when each part of ``job`` is to go that is there yet; what is kept for good is left out."""
    if not job.state.is_terminal or not job.ended_at:
        return {}
    found: dict[Part, int] = {}
    if rules.keep_snapshots_ms and not job.snapshots_removed_at:
        found[Part.SNAPSHOTS] = job.ended_at + rules.keep_snapshots_ms
    if rules.keep_photos_ms and (left := list(_moments_of_photos(job, rules))):
        found[Part.PHOTOS] = min(left)
    if rules.keep_models_ms and has_model(job):
        found[Part.MODELS] = job.ended_at + rules.keep_models_ms
    if rules.keep_records_ms:
        found[Part.RECORDS] = job.ended_at + rules.keep_records_ms
    return found


def due_parts(job: Job, rules: Rules, now: int) -> frozenset[Part]:
    """Return the parts of a job that has ended whose time has come."""
    return frozenset(part for part, moment in moments(job, rules).items() if moment <= now)


def scheduled(job: Job, rules: Rules) -> Job:
    """Return ``job``, listed for when its next part is to go if its outcome is delivered."""
    if not (job.state.is_terminal and job.delivered) or job.erasing_since:
        return job
    if job.portraits:
        # Imported here: most jobs have none.
        from shared.domain.portrait_work import is_going, listed

        if is_going(job):
            return listed(job)
    return replace(job, due_at=min(moments(job, rules).values(), default=NEVER))


def goes_on(later: Sequence[Job]) -> bool:
    """Whether one of the person's later sets is open or under way: it may need what this one has."""
    return any(
        not one.delivered if one.state.is_terminal else one.state is not JobState.REJECTED for one in later
    )


def person_due_at(job: Job, later: Sequence[Job], rules: Rules) -> int:
    """Return when everything of the person is to go, by ``job``; ``NEVER``: by a later one, or not at all."""
    if not rules.keep_records_ms or any(one.state.is_terminal for one in later):
        return NEVER
    return max(job.ended_at, *(one.changed_at for one in later), 0) + rules.keep_records_ms


def due_records(job: Job, name: str, rules: Rules, now: int) -> list[Photo] | None:
    """Return the set's records of the upload ``name`` whose time has come; None: it has none at all."""
    recorded = [photo for photo in job.photo_set.photos if photo.name == name and not photo.archive]
    return [photo for photo in recorded if _moment_of(photo, job, rules) <= now] if recorded else None


def is_it(stored: Stored, photo: Photo) -> bool:
    """Whether what lies under the name of ``photo`` is what it records, or a copy of that.

    What has taken its place since is of a later set. A copy, sent again or taken out of its zip again, is
    news to nobody, and no other record has it.
    """
    return stored.modified_at <= photo.known_until or (bool(photo.etag) and stored.etag == photo.etag)


def kept_by_later(later: Sequence[Job], rules: Rules, now: int) -> frozenset[str]:
    """Return the names of the uploads that later sets have whose own time has not come.

    Of a set that was rejected these are its own: what it began with waits for nothing.
    """
    return frozenset(
        photo.name
        for one in later
        for photo in one.photo_set.photos
        if (photo.is_new or one.state.is_terminal) and not _is_over(one, photo, rules, now)
    )


def without_photos(job: Job, now: int, rules: Rules) -> Job:
    """Note that what was due of the uploads has gone.

    Of a set without a model their contents are forgotten: sent again they are news, and are trained. With a
    model they stay known, so that nobody pays for the same photos twice.
    """
    photos = tuple(
        replace(photo, etag="", crc64="", dhash="")
        if job.state in WITHOUT_A_MODEL and _moment_of(photo, job, rules) <= now
        else photo
        for photo in job.photo_set.photos
    )
    return replace(job, photo_set=replace(job.photo_set, photos=photos), photos_removed_at=now)


def has_model(job: Job) -> bool:
    """Whether the account keeps a model of the job, as far as is known."""
    return job.state is JobState.SUCCEEDED and bool(job.fine_tune_id) and not job.model_released_at


def _is_over(job: Job, photo: Photo, rules: Rules, now: int) -> bool:
    return job.state.is_terminal and _moment_of(photo, job, rules) <= now


def _moments_of_photos(job: Job, rules: Rules) -> Iterator[int]:
    """When uploads of the set are to go that have not gone: at its end's time, and those sent later later."""
    ends = {job.ended_at, *(max(job.ended_at, photo.uploaded_at) for photo in job.photo_set.photos)}
    return (end + rules.keep_photos_ms for end in ends if end + rules.keep_photos_ms > job.photos_removed_at)


def _moment_of(photo: Photo, job: Job, rules: Rules) -> int:
    return max(job.ended_at, photo.uploaded_at) + rules.keep_photos_ms
