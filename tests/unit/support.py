"""Values for the unit tests: photos, photo sets, jobs, fine-tunes, and a moment in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings

from shared.domain.fine_tunes import OUR_MODEL, FineTune
from shared.domain.job import Job, open_job
from shared.domain.photo_set import ClosedBy, PhotoSet
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.retry_state import Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind

NOW = 1_767_225_600_000
"""2026-01-01T00:00:00Z in milliseconds."""

MINUTE_MS = 60_000
RULES = Rules()

# The same examples on every run: a unit test that fails, fails again.
few_examples = settings(max_examples=60, deadline=None, derandomize=True)


def photo(name: str = "a.jpg", verdict: Verdict = Verdict.USABLE, **changes: Any) -> Photo:
    """A photo, usable unless told otherwise; ETag and snapshot follow from the name."""
    has_snapshot = verdict in (Verdict.USABLE, Verdict.UNCHECKED)
    made = Photo(
        name=name,
        etag=f"E-{name}",
        size=1000,
        verdict=verdict,
        snapshot=f"submissions/x/{name}" if has_snapshot else "",
        uploaded_at=NOW - 1000,
        recorded_at=NOW,
    )
    return replace(made, **changes)


def fine_tune(
    status: str = "RUNNING", fine_tune_id: str = "ft-202601010800-0001", **changes: Any
) -> FineTune:
    """A fine-tune as DashScope describes it."""
    return FineTune(**{"fine_tune_id": fine_tune_id, "status": status, "model": OUR_MODEL, **changes})


def photo_set(*photos: Photo, now: int = NOW) -> PhotoSet:
    """A set in which ``photos`` have been recorded, one after the other."""
    made = PhotoSet(last_photo_at=now)
    for one in photos:
        made = made.with_photo(one, now)
    return made


def collecting(*photos: Photo, rules: Rules = RULES, now: int = NOW, person_id: str = "li") -> Job:
    """A job whose open set holds ``photos``."""
    job = open_job(person_id, 1, now)
    for one in photos:
        job = job.with_photo(one, rules, now)
    return job


def job_in(state: JobState, person_id: str = "li", **changes: Any) -> Job:
    """A job of one usable photo, brought to ``state`` by legal moves, then changed as told."""
    job = collecting(photo(), person_id=person_id)
    if state is JobState.COLLECTING:
        return replace(job, **changes)
    if state is JobState.REJECTED:
        refused = collecting(photo(verdict=Verdict.NO_FACE), person_id=person_id)
        return replace(refused.rejected(NOW), **changes)
    job = job.closed(ClosedBy.QUIET, NOW)
    if state is JobState.QUEUED:
        return replace(job, **changes)
    job = job.attempting(NOW, expires_at=NOW + MINUTE_MS)
    if state is JobState.SUBMITTING:
        return replace(job, **changes)
    job = job.submitted(fine_tune("PENDING"), NOW)
    if state is JobState.TRAINING:
        return replace(job, **changes)
    return replace(job, state=state, **changes)


def cause(kind: Kind = Kind.PASSING, api: Api | None = Api.PROCESSING, code: str = "some_code") -> Cause:
    """What went wrong, as a client says it."""
    return Cause(code, "what went wrong", kind, api)


def trouble(
    kind: Kind = Kind.PASSING, api: Api | None = Api.PROCESSING, *, tries: int = 1, next_try_at: int = NOW
) -> RetryState:
    """Tries that have failed, the first of them a minute ago."""
    return RetryState(tries=tries, since=NOW - MINUTE_MS, next_try_at=next_try_at, cause=cause(kind, api))


def stored(recorded: Photo, **changes: Any) -> Stored:
    """The object that ``recorded`` is the record of, changed as told."""
    found = Stored(etag=recorded.etag, size=recorded.size, modified_at=recorded.uploaded_at)
    return replace(found, **changes)
