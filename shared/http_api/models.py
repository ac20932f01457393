"""``GET /models``: the models that have been made, and how full the account is. Called by ``resources``.

DashScope, "Error codes": "Only 20 fine-tune job in running or succeeded allowed per user."
"""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.job_summary import JobPage, JobSummary
from shared.domain.reasons import Language
from shared.domain.unread import Unread
from shared.http_api.documents import unread_document
from shared.views import timestamp


def is_nearly_full(kept: int | None, allowed: int) -> bool:
    """Whether the account keeps four fifths of what it may: 16 of 20."""
    return kept is not None and 5 * kept >= 4 * allowed


def models_document(
    page: JobPage,
    kept: int | None,
    allowed: int,
    encode_cursor: Callable[[int, str], str],
    language: Language,
) -> dict[str, object]:
    """Describe a page of models, newest first; those that were released are among them, and say so."""
    following = None
    if page.following:
        opened_at, person_key, revision = page.following
        following = encode_cursor(opened_at, f"{person_key}-{revision}")
    return {
        "kept": kept,
        "allowed": allowed,
        "is_nearly_full": is_nearly_full(kept, allowed),
        "models": [_model(job) for job in page.jobs if isinstance(job, JobSummary)],
        "unreadable": [unread_document(job, language) for job in page.jobs if isinstance(job, Unread)],
        "next": following,
    }


def _model(job: JobSummary) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "fine_tune_id": job.fine_tune_id,
        "finetuned_output": job.finetuned_output,
        "ended_at": timestamp(job.ended_at),
        "released_at": timestamp(job.model_released_at),
    }
