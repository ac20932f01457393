"""The documents that the routes answer with, from what ``resources`` has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.domain.blocks import Block
from shared.domain.completion import is_announced, missing_names, missing_photos
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.money import cny
from shared.domain.photo_set import NEVER, PhotoSet
from shared.domain.photos import Photo
from shared.domain.reasons import Language
from shared.domain.retry_state import Cause
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.domain.unread import Unread
from shared.http_api.blocked import blocked_by, in_words, what_blocks, what_blocks_photo, what_is_left
from shared.http_api.forecast import Outlook, eta, queue
from shared.http_api.waiting import waiting_for
from shared.version import VERSION
from shared.views import job_summary, photo_view, timeline_view, timestamp

if TYPE_CHECKING:
    from shared.http_api.operator_types import HealthDocument
    from shared.http_api.person_types import (
        AnnouncedDocument,
        ConsentDocument,
        JobDocument,
        KeptFineTunesDocument,
        PageDocument,
        PersonDocument,
        PhotoDocument,
        UnreadableDocument,
    )
    from shared.http_api.portrait_types import OfferDocument, OrderDocument
    from shared.view_types import JobSummaryDocument


def person_document(
    newest: Job,
    earlier: Sequence[JobSummary | Unread],
    outlook: Outlook,
    language: Language,
    cost_fen: int | None = None,
    with_models: Sequence[Job] = (),
) -> PersonDocument:
    """Describe a person from the newest revision, with its ``outlook``, and earlier ones, newest first.

    ``cost_fen``: what all of them have cost; None: nobody can tell. ``with_models``: those of them that may
    have portraits, as they were read.
    """
    current = job_document(newest, outlook, language)
    is_held = newest.state is JobState.QUEUED and current["blocked_by"] is not None
    return {
        "person_id": newest.person_id,
        "state": newest.state.value,
        "waiting_for": current["waiting_for"],
        "blocked_by": current["blocked_by"],
        "finetuned_output": _newest_model([summary_of(newest), *earlier]),
        "current": current,
        "account": account_document(outlook),
        "queue": queue(newest, outlook, language),
        # Nobody can say when a training ends that is kept from beginning.
        "eta": None if is_held else eta(newest, outlook),
        "cost_cny": cny(cost_fen) if cost_fen is not None else None,
        "consent": _consent(newest, outlook, language),
        "portraits": _portraits(with_models, outlook, language),
        "portrait_offer": _offer(with_models, outlook, language),
        "revisions": _summaries([summary_of(newest), *earlier], language),
        "unreadable": _unreadable(earlier, language),
    }


def unread_person_document(
    person_id: str,
    newest: Unread,
    earlier: Sequence[JobSummary | Unread],
    outlook: Outlook,
    language: Language,
) -> PersonDocument:
    """Describe a person whose newest revision cannot be read: what is known of the others stays known."""
    return {
        "person_id": person_id,
        "state": None,
        "waiting_for": None,
        "blocked_by": blocked_by(_block_of(newest), outlook.now, language),
        "finetuned_output": _newest_model(earlier),
        "current": unread_document(newest, language),
        "account": account_document(outlook),
        "queue": None,
        "eta": None,
        "cost_cny": None,
        "consent": None,
        "portraits": [],
        "portrait_offer": None,
        "revisions": _summaries(earlier, language),
        "unreadable": _unreadable([newest, *earlier], language),
    }


def job_document(job: Job, outlook: Outlook, language: Language) -> JobDocument:
    """Describe a job with its photos, and with what it waits for or what blocks it."""
    block = what_blocks(job, outlook)
    return {
        **job_summary(summary_of(job), language),
        "waiting_for": None if block else waiting_for(job, outlook, language),
        "blocked_by": blocked_by(block, outlook.now, language),
        "not_removed": blocked_by(what_is_left(job), outlook.now, language),
        "announced": _announced(job.photo_set),
        "timeline": timeline_view(job),
        "photos": [_photo(photo, outlook.health, outlook.now, language) for photo in job.photo_set.photos],
        "portraits": _portraits([job], outlook, language),
    }


def _consent(job: Job, outlook: Outlook, language: Language) -> ConsentDocument | None:
    """What the row knows of the person's consent, where that is asked for."""
    if not outlook.rules.consent_required and job.consent is None:
        return None
    from shared.http_api.consents import consent_document

    return consent_document(job.consent, outlook.rules, outlook.now, language)


def _portraits(jobs: Sequence[Job], outlook: Outlook, language: Language) -> list[OrderDocument]:
    if not any(job.portraits for job in jobs):
        return []
    # Imported here: most people have no portraits.
    from shared.http_api.portraits import orders_of

    return orders_of(jobs, outlook, language)


def _offer(jobs: Sequence[Job], outlook: Outlook, language: Language) -> OfferDocument | None:
    if not outlook.rules.portraits_allowed:
        return None
    from shared.http_api.portraits import offer_document

    return offer_document([job for job in jobs if job.finetuned_output], outlook, language)


def unread_document(unread: Unread, language: Language) -> UnreadableDocument:
    """Say of a job that its row cannot be read, why, and what to do."""
    told = in_words(_block_of(unread))
    between = "" if language is Language.CHINESE else " "
    message = f"{told.message.in_language(language)}{between}{told.remedy.in_language(language)}"
    return {"job_id": unread.job_id, "unreadable": {"code": unread.code, "message": message}}


def page_document(
    jobs: Sequence[JobSummary | Unread], following: str | None, language: Language
) -> PageDocument:
    """Describe a page of jobs; ``following`` is the cursor of the next page."""
    return {
        "jobs": _summaries(jobs, language),
        "unreadable": _unreadable(jobs, language),
        "next": following,
    }


def health_document() -> HealthDocument:
    """Say that the function runs, and which version of it."""
    return {"status": "ok", "version": VERSION}


def _photo(photo: Photo, health: Health, now: int, language: Language) -> PhotoDocument:
    """A photo with its verdict; one without its last word with what blocks it, or when it is tried again."""
    next_try_at = photo.retry.next_try_at if photo.retry and photo.is_pending else 0
    return {
        **photo_view(photo, language),
        "blocked_by": blocked_by(what_blocks_photo(photo, health), now, language),
        # What waits for consent is tried at no time: the document lets it go.
        "next_try_at": timestamp(next_try_at if now <= next_try_at < NEVER else 0),
    }


def _announced(photo_set: PhotoSet) -> AnnouncedDocument | None:
    """The photos that the marker speaks for, and those of them that have not arrived."""
    if not is_announced(photo_set):
        return None
    return {
        "photos": photo_set.announced.photos or len(photo_set.announced.names),
        "missing": missing_photos(photo_set),
        "missing_names": list(missing_names(photo_set)),
    }


def account_document(outlook: Outlook) -> KeptFineTunesDocument:
    """How full the DashScope account is."""
    return {
        "fine_tunes_kept": outlook.slot.kept,
        "fine_tunes_allowed": outlook.rules.kept_fine_tunes,
    }


def _newest_model(jobs: Sequence[JobSummary | Unread]) -> str | None:
    kept = (job for job in jobs if isinstance(job, JobSummary) and not job.model_released_at)
    models = (job.finetuned_output for job in kept)
    return next((model for model in models if model), None)


def _summaries(jobs: Sequence[JobSummary | Unread], language: Language) -> list[JobSummaryDocument]:
    return [job_summary(job, language) for job in jobs if isinstance(job, JobSummary)]


def _unreadable(jobs: Sequence[JobSummary | Unread], language: Language) -> list[UnreadableDocument]:
    return [unread_document(job, language) for job in jobs if isinstance(job, Unread)]


def _block_of(unread: Unread) -> Block:
    return Block(Cause(unread.code, unread.message, unread.kind, Api.TABLES), unread.kind, 0)
