"""Jobs as the outside sees them: the JSON of the status API and of the result objects."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from shared.domain.job import NO_USABLE_PHOTO, Job
from shared.domain.photos import Photo
from shared.domain.reasons import Language, reason, why_none_is_usable

PRICE_PER_TRAINING_CNY = 2.5
"""DashScope, "Model prices": facechain-finetune, CNY for each training."""


def timestamp(milliseconds: int) -> str | None:
    """Return a time as RFC 3339 in UTC, or None for 0 (it has not happened)."""
    if not milliseconds:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def photo_view(photo: Photo, language: Language = Language.ENGLISH) -> dict[str, object]:
    """A photo with its verdict and the reason in plain words."""
    return {
        "name": photo.name,
        "size": photo.size,
        "verdict": photo.verdict.value,
        "reason": reason(photo.verdict, language),
        "detail": photo.detail,
        "archive": photo.archive or None,
        "from_revision": photo.from_revision or None,
        "uploaded_at": timestamp(photo.uploaded_at),
        "recorded_at": timestamp(photo.recorded_at),
    }


def job_summary(job: Job, language: Language = Language.ENGLISH) -> dict[str, object]:
    """A job without its photos."""
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": job.state.value,
        "reason": _reason_view(job, language),
        "fine_tune_id": job.fine_tune_id or None,
        "fine_tune_status": job.fine_tune_status or None,
        "finetuned_output": job.finetuned_output or None,
        "attempt": job.attempt,
        "closed_by": job.closed_by or None,
        "photo_count": len(job.photos),
        "usable_count": len(job.usable),
        "trainings_billed": job.usage,
        "cost_cny": job.usage * PRICE_PER_TRAINING_CNY,
        "opened_at": timestamp(job.opened_at),
        "changed_at": timestamp(job.changed_at),
        "closed_at": timestamp(job.closed_at),
        "submitted_at": timestamp(job.submitted_at),
        "ended_at": timestamp(job.ended_at),
    }


def _reason_view(job: Job, language: Language) -> dict[str, str] | None:
    """Why the job stands where it stands; what DashScope said is left in DashScope's words."""
    if job.reason is None:
        return None
    of_photos = job.reason.code == NO_USABLE_PHOTO
    message = why_none_is_usable(job.photos, language) if of_photos else job.reason.message
    return {"code": job.reason.code, "message": message}


def job_view(job: Job, language: Language = Language.ENGLISH) -> dict[str, object]:
    """A job with its photos."""
    return {
        **job_summary(job, language),
        "photos": [photo_view(photo, language) for photo in job.photos],
    }


def job_as_json(job: Job) -> str:
    """The result object of a job that has ended."""
    return json.dumps(job_view(job), ensure_ascii=False, indent=2) + "\n"
