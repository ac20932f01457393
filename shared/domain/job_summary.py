"""A job without its photos, as a value: what the pages that list many jobs show of each.

:mod:`shared.clients.job_table` reads it without reading the photos, which are most of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.job import Job, Reason
from shared.domain.photos import Verdict
from shared.domain.states import JobState
from shared.domain.unread import Unread


@dataclass(frozen=True, kw_only=True)
class JobSummary:
    """A job as lists show it. Names that end in ``_at`` are milliseconds since the epoch.

    Attributes:
        attempts: the attempts that ``MAX_ATTEMPTS`` counts.
        photo_count: the photos of its set.
        usable_count: those of them that can be trained on.
        cost_fen: what its trainings have cost at the list price.
        portrait_fen: what its portraits have cost.
        verdicts: the different verdicts on the new photos of a rejected set; of any other None.
    """

    job_id: str
    person_id: str
    revision: int
    state: JobState
    reason: Reason | None
    fine_tune_id: str
    fine_tune_status: str
    finetuned_output: str
    attempts: int
    closed_by: str
    photo_count: int
    usable_count: int
    verdicts: frozenset[Verdict] | None
    usage: int
    cost_fen: int
    opened_at: int
    changed_at: int
    closed_at: int
    submitted_at: int
    ended_at: int
    model_released_at: int = 0
    snapshots_removed_at: int = 0
    photos_removed_at: int = 0
    portrait_fen: int = 0


class JobPage(NamedTuple):
    """A page of jobs, newest first.

    Attributes:
        following: where the next page begins: behind this ``(opened_at, person_key, revision)``; None at the
            end.
    """

    jobs: list[JobSummary | Unread]
    following: tuple[int, str, int] | None


class PeoplePage(NamedTuple):
    """A page of people, each by the summary of the newest revision.

    Attributes:
        following: where the next page begins: behind a position of the index that was read; None at the end.
    """

    people: list[JobSummary | Unread]
    following: tuple[int, str, int] | tuple[str, str] | None


def summary_of(job: Job) -> JobSummary:
    """Return the summary of a job whose photos are known."""
    rejected = job.state is JobState.REJECTED
    return JobSummary(
        job_id=job.job_id,
        person_id=job.person_id,
        revision=job.revision,
        state=job.state,
        reason=job.reason,
        fine_tune_id=job.fine_tune_id,
        fine_tune_status=job.fine_tune_status,
        finetuned_output=job.finetuned_output,
        attempts=job.counted_attempts,
        closed_by=job.closed_by,
        photo_count=len(job.photo_set.photos),
        usable_count=len(job.photo_set.usable),
        verdicts=frozenset(photo.verdict for photo in job.photo_set.photos if photo.is_new)
        if rejected
        else None,
        usage=job.usage,
        cost_fen=job.cost_fen,
        opened_at=job.opened_at,
        changed_at=job.changed_at,
        closed_at=job.closed_at,
        submitted_at=job.submitted_at,
        ended_at=job.ended_at,
        model_released_at=job.model_released_at,
        portrait_fen=job.portrait_fen,
        snapshots_removed_at=job.snapshots_removed_at,
        photos_removed_at=job.photos_removed_at,
    )
