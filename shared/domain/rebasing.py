"""Sets a job's moments right: by the present settings, and by a clock that does not run ahead.

A moment that has passed cannot lie in the future, and nobody waits for longer than the longest pause. Where a
row says otherwise, a clock that ran ahead has written it, and the moment is taken for now: the job loses its
place to nobody but those who closed before now, and waits no longer than anybody else. Such rows are found by
:mod:`shared.workflow.retiming` and by a tick. ``now`` and names that end in ``_at`` are milliseconds since
the epoch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.domain.clocks import has_come, is_ahead
from shared.domain.retry_state import LONGEST_PAUSE_MS, RetryState
from shared.domain.rules import Rules
from shared.domain.states import JobState

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.photo_set import PhotoSet
    from shared.domain.photos import Photo

RUN_LASTS_MS = 900_000
"""Longer than Function Compute lets any of the functions run."""


def rebased(job: Job, rules: Rules, now: int) -> Job:
    """Return ``job`` with its moments set right; the very job when they are right."""
    is_at_its_place = job.due_at == job.place
    after = replace(job, retry=_retry(job.retry, now), photo_set=_photo_set(job.photo_set, now))
    if is_ahead(job.changed_at, now):
        after = replace(
            after,
            changed_at=now,
            closed_at=min(job.closed_at, now),
            closed_first_at=min(job.closed_first_at, now),
            leased_until=min(job.leased_until, now),
            attempt_expires_at=min(job.attempt_expires_at, now + RUN_LASTS_MS),
            submitted_at=min(job.submitted_at, now),
            running_since=min(job.running_since, now),
            trainings_at=tuple(min(made_at, now) for made_at in job.trainings_at),
            ended_at=min(job.ended_at, now),
            moves=tuple(move._replace(at=min(move.at, now)) for move in job.moves),
            moved_to=min(job.moved_to, now),
            cancel_sent_at=min(job.cancel_sent_at, now),
            approved_at=min(job.approved_at, now),
        )
    if after.portraits:
        # Imported here: most jobs have none.
        from shared.domain.portrait_work import rebased_portraits

        return rebased_portraits(job, after, now)
    due_at = after.due_at
    if after.state is JobState.QUEUED and (after.retry is None or is_at_its_place):
        due_at = after.place
    elif after.retry is not None:
        due_at = after.retry.next_try_at
    elif after.state is JobState.COLLECTING:
        due_at = after.next_look_at(rules, after.photo_set)
    after = replace(after, due_at=due_at)
    return job if after == job else after


def _photo_set(photo_set: PhotoSet, now: int) -> PhotoSet:
    last_photo_at = now if is_ahead(photo_set.last_photo_at, now) else photo_set.last_photo_at
    photos = tuple(_photo(photo, now) for photo in photo_set.photos)
    marker_noted_at = min(photo_set.marker_noted_at, now)
    return replace(photo_set, photos=photos, last_photo_at=last_photo_at, marker_noted_at=marker_noted_at)


def _photo(photo: Photo, now: int) -> Photo:
    recorded_at = now if is_ahead(photo.recorded_at, now) else photo.recorded_at
    return replace(photo, recorded_at=recorded_at, retry=_retry(photo.retry, now))


def _retry(retry: RetryState | None, now: int) -> RetryState | None:
    if retry is None or retry.next_try_at <= now:
        return retry
    is_believed = not has_come(retry.next_try_at, now, longest_ms=LONGEST_PAUSE_MS)
    return retry if is_believed else replace(retry, next_try_at=now)
