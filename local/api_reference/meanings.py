"""The meaning of each parameter, state and reason, and of the routes by their operations, for ``page``."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.states import JobState
from shared.http_api import routes
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.operations import OPERATIONS
from shared.http_api.people import MAX_PEOPLE


class Parameter(NamedTuple):
    """A query parameter of a route."""

    name: str
    values: str
    default: str
    meaning: str


ROUTES: dict[str, str] = {
    name: OPERATIONS[name].summary for name in (f"{route.method} {route.path}" for route in routes.ROUTES)
}

PARAMETERS = (
    Parameter("state", "a [state](#states) in upper or lower case", "all states", "only jobs in this state"),
    Parameter("limit", f"1 to {MAX_LIMIT}", str(DEFAULT_LIMIT), "jobs on a page, at most"),
    Parameter("cursor", "`next` of a page", "the first page", "the page that follows"),
    Parameter("format", "`json` or `csv`", "`json`", "CSV: up to 1,000 lines, and a `Link` to more"),
)

PEOPLE_PARAMETERS = (
    Parameter("state", "a [state](#states)", "all states", "people whose newest revision is in this state"),
    Parameter(
        "query",
        "the beginning of a name",
        "all names",
        "letter case and accents do not count; an id is a name",
    ),
    Parameter(
        "limit", f"1 to {MAX_PEOPLE}", str(DEFAULT_LIMIT), "people on a page, at most; there may be fewer"
    ),
    Parameter("cursor", "`next` of a page", "the first page", "the page that follows"),
    Parameter("format", "`json` or `csv`", "`json`", "as for `GET /jobs`"),
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
    "no_usable_photo": "None of the set's photos can be used. The message joins their reasons and remedies; "
    "upload others.",
    "no_time": "The function was too slow to send the submit. It is sent again; nothing needs to be done.",
    "submit_lost": "The last submit did not reach DashScope. It is sent again; nothing needs to be done.",
    "unreachable": "DashScope cannot be reached. It is tried again; nothing needs to be done.",
    "unreadable_answer": "DashScope's answer cannot be read. It is tried again; nothing needs to be done.",
    "list_incomplete": "DashScope's list of fine-tunes could not be read to its end. It is tried again; "
    "nothing needs to be done.",
    "list_too_long": "DashScope's list of fine-tunes is too long to be read to its end, which a submit "
    "that was not answered needs. Delete fine-tunes that are not needed any more, or use an API key of "
    "another workspace.",
    "submit_unclear": "DashScope did not answer the submit, and a fine-tune of that time may be this "
    "training's or not. Nothing is paid for again; compare it with the console, and upload a new photo to "
    "train again.",
    "photos_lost": "The prepared photos and their uploads are gone. Upload photos to train again.",
    "earlier_result": "The tables have been made anew, and the bucket has an earlier result of this person. "
    "Nothing is paid for again; a new photo opens the next revision.",
    "other_spelling": "Version 0.1.0 opened this set under a name that was not in composed form. Its photos "
    "are in the set of the person of the same name; nothing needs to be done.",
    "result_unreadable": "The result in the bucket, from before the tables were made anew, cannot be read. "
    "Upload a new photo to train again if needed.",
    "unreadable_row": "Newer code has written the job's row, and this version cannot read it. Deploy the "
    "newer code again.",
    "fine_tunes_full": "The account has as many fine-tunes as it may keep. Delete models that are no longer "
    "needed, or have the cap raised and set `KEPT_FINE_TUNES`.",
    "training_failed": "DashScope did not say why the training failed. Look at the photos and upload better "
    "ones.",
    "training_overdue": "The training did not end in time and was given up. Upload a new photo to train "
    "again.",
    "fine_tune_vanished": "DashScope no longer knows the fine-tune. Upload a new photo to train again.",
    "canceled_before_submit": "An administrator cancelled the training before it was sent to DashScope; "
    "nothing is billed.",
    "canceled_not_billed": "An administrator cancelled the training; DashScope's `usage` is 0, so by its "
    "word nothing is billed.",
    "canceled_and_billed": "An administrator cancelled the training, and DashScope has billed it; "
    "`cost_cny` says how much.",
    "consent_withdrawn": "Consent was withdrawn, so nothing more is sent. `cost_cny` says what DashScope has "
    "billed.",
    "canceled_at_dashscope": "The fine-tune was cancelled at DashScope. Upload a new photo to train again.",
}
"""The reasons that are the product's own; every other code is DashScope's."""
