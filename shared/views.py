"""Jobs in JSON: for the documents of the status API, and for the result objects that ``training`` writes."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from shared.domain import formats
from shared.domain.job import Job, Reason
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.money import cny
from shared.domain.photos import Photo
from shared.domain.reason import NO_USABLE_PHOTO
from shared.domain.reasons import Language, in_words, reason, remedy, why_by_verdicts

if TYPE_CHECKING:
    from shared.domain.consent import Consent
    from shared.domain.portraits import PortraitOrder
    from shared.view_types import (
        ConsentView,
        JobSummaryDocument,
        JobView,
        MoveDocument,
        PhotoView,
        PortraitView,
        ReasonDocument,
    )


def timestamp(milliseconds: int) -> str | None:
    """Return a time as RFC 3339 in UTC, or None for 0 (it has not happened)."""
    if not milliseconds:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str | None) -> int:
    """Return the time that :func:`timestamp` has shown, 0 for None."""
    if not text:
        return 0
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def photo_view(photo: Photo, language: Language = Language.ENGLISH) -> PhotoView:
    """A photo with its verdict, and in plain words why and what to do."""
    return {
        "name": photo.name,
        "size": photo.size,
        "verdict": photo.verdict.value,
        "reason": reason(photo.verdict, language),
        "remedy": remedy(photo.verdict, language),
        "detail": photo.detail,
        "archive": photo.archive or None,
        "overruled": photo.overruled or None,
        "from_revision": photo.from_revision or None,
        "uploaded_at": timestamp(photo.uploaded_at),
        "recorded_at": timestamp(photo.recorded_at),
    }


def job_summary(job: JobSummary, language: Language = Language.ENGLISH) -> JobSummaryDocument:
    """A job without its photos."""
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": job.state.value,
        "reason": _reason_of(job, language),
        "fine_tune_id": job.fine_tune_id or None,
        "fine_tune_status": job.fine_tune_status or None,
        "finetuned_output": job.finetuned_output or None,
        "model_released_at": timestamp(job.model_released_at),
        "snapshots_removed_at": timestamp(job.snapshots_removed_at),
        "photos_removed_at": timestamp(job.photos_removed_at),
        "attempt": job.attempts,
        "closed_by": job.closed_by or None,
        "photo_count": job.photo_count,
        "usable_count": job.usable_count,
        "trainings_billed": job.usage,
        "cost_cny": cny(job.cost_fen),
        "portraits_cny": cny(job.portrait_fen),
        "opened_at": timestamp(job.opened_at),
        "changed_at": timestamp(job.changed_at),
        "closed_at": timestamp(job.closed_at),
        "submitted_at": timestamp(job.submitted_at),
        "ended_at": timestamp(job.ended_at),
    }


def reason_view(why: Reason | None, language: Language) -> ReasonDocument | None:
    """A reason by its code and in words; DashScope's own words stay as they are."""
    if why is None:
        return None
    return {"code": why.code, "message": in_words(why.code, why.message, language)}


def _reason_of(job: JobSummary, language: Language) -> ReasonDocument | None:
    """Why the job stands where it stands; for a rejected set the reasons of its photos."""
    if job.reason is not None and job.reason.code == NO_USABLE_PHOTO and job.verdicts is not None:
        return {"code": NO_USABLE_PHOTO, "message": why_by_verdicts(job.verdicts, language)}
    return reason_view(job.reason, language)


def job_view(job: Job, language: Language = Language.ENGLISH) -> JobView:
    """A job with its photos."""
    return {
        **job_summary(summary_of(job), language),
        "photos": [photo_view(photo, language) for photo in job.photo_set.photos],
        "consent": consent_view(job.consent) if job.consent is not None else None,
        "portraits": [portrait_view(order, language) for order in job.portraits],
    }


def portrait_view(order: PortraitOrder, language: Language = Language.ENGLISH) -> PortraitView:
    """An order of portraits with the pictures that are stored."""
    return {
        "number": order.number,
        "style": order.wanted.style,
        "template": order.wanted.template or None,
        "count": order.wanted.pictures,
        "state": order.state.value,
        "reason": _reason_of_order(order, language),
        "pictures": [{"key": picture.key, "size": picture.size} for picture in order.pictures],
        "missing": order.missing,
        "billed": order.billed,
        "price_cny": cny(order.price_fen),
        "cost_cny": cny(order.cost_fen),
        "asked_at": timestamp(order.asked_at),
        "submitted_at": timestamp(order.submitted_at),
        "ended_at": timestamp(order.ended_at),
    }


def _reason_of_order(order: PortraitOrder, language: Language) -> ReasonDocument | None:
    if order.reason is None:
        return None
    # Imported here: most jobs have no portraits.
    from shared.domain.portrait_reasons import order_reason

    return {"code": order.reason.code, "message": order_reason(order.reason, language)}


def consent_view(consent: Consent) -> ConsentView:
    """What is on record of a person's consent."""
    return {
        "document": consent.etag,
        "text_version": consent.text_version or None,
        "given_at": timestamp(consent.given_at),
        "means": consent.means or None,
        "until": timestamp(consent.until),
        "under_14": consent.is_under_14,
        "has_guardian": consent.has_guardian,
        "withdrawn_at": timestamp(consent.withdrawn_at),
        "noted_at": timestamp(consent.noted_at),
    }


def timeline_view(job: Job) -> list[MoveDocument]:
    """The states that a job has come to, oldest first."""
    return [{"state": move.state, "at": timestamp(move.at), "behind": move.behind} for move in job.moves]


def job_as_json(job: Job) -> str:
    """The result object of a job that has ended: with contents, so that a lost row can be made from it."""
    photos = [
        {**photo_view(photo), "etag": photo.etag, "crc64": photo.crc64} for photo in job.photo_set.photos
    ]
    result = {"format": formats.RESULTS.number, **job_view(job), "photos": photos}
    return json.dumps(result, ensure_ascii=False, indent=2) + "\n"
