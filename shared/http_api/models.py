"""``GET /models``: the models that were trained, and how many the account keeps. Called by ``resources``.

Three calls: the shared rows, the index of the jobs that have succeeded, and their rows together with those of
the revisions that follow, by which the newest model of a person is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.job_summary import JobSummary
from shared.domain.object_keys import job_id
from shared.domain.states import JobState
from shared.http_api.conditional import Answer
from shared.http_api.cursors import encode_cursor
from shared.http_api.parameters import read_models_query
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.document_types import ModelDocument, ModelsDocument
    from shared.http_api.resources import RouteRequest

LATER_REVISIONS = 4
"""So many revisions behind a model are looked at. Nobody fails that often and is still waited for."""


def models(request: RouteRequest) -> Answer:
    """``GET /models``."""
    asked = read_models_query(request.query)
    reader = request.connect()
    page = reader.jobs.page(JobState.SUCCEEDED, asked.limit, asked.after)
    slot, allowed = reader.control.read_all().slot, reader.rules.kept_fine_tunes
    found = [one for one in page.jobs if isinstance(one, JobSummary)]
    replaced = {
        (one.person_id, one.revision)
        for one in reader.jobs.summaries([name for job in found for name in _later(job)])
        if isinstance(one, JobSummary) and one.finetuned_output and not one.model_released_at
    }
    following = None
    if page.following:
        opened_at, person_key, revision = page.following
        following = encode_cursor(opened_at, f"{person_key}-{revision}")
    document: ModelsDocument = {
        "kept": slot.kept,
        "allowed": allowed,
        "is_nearly_full": slot.kept is not None and 5 * slot.kept >= 4 * allowed,
        "models": [_model(job, replaced) for job in found],
        "next": following,
    }
    return Answer(document)


def _later(job: JobSummary) -> list[str]:
    return [job_id(job.person_id, job.revision + more) for more in range(1, LATER_REVISIONS + 1)]


def _model(job: JobSummary, replaced: set[tuple[str, int]]) -> ModelDocument:
    is_newest = not any(
        (job.person_id, job.revision + more) in replaced for more in range(1, LATER_REVISIONS + 1)
    )
    return {
        "fine_tune_id": job.fine_tune_id or None,
        "finetuned_output": job.finetuned_output or None,
        "person_id": job.person_id,
        "job_id": job.job_id,
        "revision": job.revision,
        "is_newest_of_person": is_newest,
        "ended_at": timestamp(job.ended_at),
        "released_at": timestamp(job.model_released_at),
    }
