"""The documents that the routes answer with, from what ``resources`` has read."""

from __future__ import annotations

from shared.domain.job import Job, Reason
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.reasons import Language
from shared.domain.unread import Unread
from shared.http_api.forecast import Outlook, eta, queue
from shared.http_api.waiting import waiting_for
from shared.version import VERSION
from shared.views import job_summary, photo_view, reason_view


def person_document(
    newest: Job, earlier: list[JobSummary | Unread], outlook: Outlook, language: Language
) -> dict[str, object]:
    """Describe a person from the newest revision, with its ``outlook``, and earlier ones, newest first."""
    current = job_document(newest, outlook, language)
    revisions = [summary_of(newest), *(one for one in earlier if isinstance(one, JobSummary))]
    model = next((job.finetuned_output for job in revisions if job.finetuned_output), None)
    account = {
        "fine_tunes_kept": outlook.slot.kept,
        "fine_tunes_allowed": outlook.rules.kept_fine_tunes,
    }
    return {
        "person_id": newest.person_id,
        "state": newest.state.value,
        "waiting_for": current["waiting_for"],
        "finetuned_output": model,
        "current": current,
        "account": account,
        "queue": queue(newest, outlook, language),
        "eta": eta(newest, outlook),
        "revisions": [job_summary(job, language) for job in revisions],
        "unreadable": [_unread(one, language) for one in earlier if isinstance(one, Unread)],
    }


def job_document(job: Job, outlook: Outlook, language: Language) -> dict[str, object]:
    """Describe a job with its photos and what it waits for."""
    return {
        **job_summary(summary_of(job), language),
        "waiting_for": waiting_for(job, outlook, language),
        "photos": [photo_view(photo, language) for photo in job.photo_set.photos],
    }


def page_document(
    jobs: list[JobSummary | Unread], following: str | None, language: Language
) -> dict[str, object]:
    """Describe a page of jobs; ``following`` is the cursor of the next page."""
    return {
        "jobs": [job_summary(job, language) for job in jobs if isinstance(job, JobSummary)],
        "unreadable": [_unread(one, language) for one in jobs if isinstance(one, Unread)],
        "next": following,
    }


def health_document() -> dict[str, object]:
    """Say that the function runs, and which version of it."""
    return {"status": "ok", "version": VERSION}


def _unread(unread: Unread, language: Language) -> dict[str, object]:
    return {
        "job_id": unread.job_id,
        "reason": reason_view(Reason(unread.code, unread.message), language),
    }
