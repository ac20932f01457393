"""The meaning of each route, parameter, state and reason, for ``page``."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.states import JobState
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT


class Parameter(NamedTuple):
    """A query parameter of ``GET /jobs``."""

    name: str
    values: str
    default: str
    meaning: str


ROUTES: dict[str, str] = {
    "/people/{person_id}": "the [Person](#person) whose folder has this name",
    "/jobs/{job_id}": "the [Job](#job) with this id",
    "/jobs": "a [Page](#page) of jobs, newest first",
    "/healthz": "[Health](#health): the function runs and its settings can be read; the tables are not asked",
}

PARAMETERS = (
    Parameter("state", "a [state](#states) in upper or lower case", "all states", "only jobs in this state"),
    Parameter("limit", f"1 to {MAX_LIMIT}", str(DEFAULT_LIMIT), "jobs on a page, at most"),
    Parameter("cursor", "`next` of a page", "the first page", "the page that follows"),
)

STATES: dict[JobState, str] = {
    JobState.COLLECTING: "The photo set is open; photos arrive and are checked.",
    JobState.REJECTED: "None of the photos can be used; the next photo opens the set again.",
    JobState.QUEUED: "The set is closed and waits for its turn.",
    JobState.SUBMITTING: "The training is being submitted to DashScope, or the outcome is being looked up.",
    JobState.TRAINING: "DashScope trains.",
    JobState.SUCCEEDED: "The model is ready: `finetuned_output`.",
    JobState.FAILED: "There is no model; `reason` says why. A new photo opens the next revision.",
    JobState.CANCELED: "The training was cancelled. A new photo opens the next revision.",
}

REASONS: dict[str, str] = {
    "no_usable_photo": "None of the set's photos can be used. The message joins the reasons of the photos; "
    "upload others.",
    "no_time": "The function was too slow to send the submit. It is sent again; nothing needs to be done.",
    "submit_lost": "The last submit did not reach DashScope. It is sent again; nothing needs to be done.",
    "unreachable": "DashScope cannot be reached. It is tried again; nothing needs to be done.",
    "unreadable_row": "Newer code has written the job's row, and this version cannot read it. Deploy the "
    "newer code again.",
    "fine_tunes_full": "The account has as many fine-tunes as it may keep. Delete models that are no longer "
    "needed, or have the cap raised and set `KEPT_FINE_TUNES`.",
    "training_failed": "DashScope did not say why the training failed. Look at the photos and upload better "
    "ones.",
    "training_overdue": "The training did not end in time and was given up. Upload a new photo to train "
    "again.",
    "fine_tune_vanished": "DashScope no longer knows the fine-tune. Upload a new photo to train again.",
    "canceled_at_dashscope": "The fine-tune was cancelled at DashScope. Upload a new photo to train again.",
}
"""The reasons that are the product's own; every other code is DashScope's."""
