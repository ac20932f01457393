"""The meaning of each route, parameter, state and reason, for ``page``."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.states import JobState
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.people import MAX_PEOPLE


class Parameter(NamedTuple):
    """A query parameter of a route."""

    name: str
    values: str
    default: str
    meaning: str


ROUTES: dict[str, str] = {
    "GET /": "the [Overview](#overview): all that an operator looks at first",
    "GET /people": "[People](#people), each by the newest revision",
    "GET /people/{person_id}": "the [Person](#person) whose folder has this name, composed or decomposed",
    "GET /jobs/{job_id}": "the [Job](#job) with this id, or [Unreadable](#unreadable)",
    "GET /jobs": "a [Page](#page) of jobs, newest first",
    "GET /ignored": "the [Ignored uploads](#ignored-uploads): what belongs to nobody, and why",
    "GET /queue": "the [Line](#line): who trains, who waits, and what is in the way",
    "GET /events": "the [Events](#events): what happened to a person, newest first",
    "GET /models": "[Models](#models): those that have been made, newest first",
    "GET /metrics": "numbers for Prometheus, in its text format 0.0.4; no label names a person",
    "POST /people/{person_id}/train": "[Accepted](#accepted): the open set closes now",
    "DELETE /people/{person_id}/photos/{name}": "[Accepted](#accepted): the photo is deleted from the "
    "bucket, and from a set that is not submitted",
    "POST /people/{person_id}/photos/{name}/delete": "the same for forms, which cannot send DELETE",
    "POST /people/{person_id}/photos/{name}/use": "[Accepted](#accepted): the face check's verdict on the "
    "photo is overruled",
    "POST /jobs/{job_id}/retry": "[Accepted](#accepted): the photos of a failed or cancelled job are trained "
    "once more, as the next revision",
    "POST /jobs/{job_id}/cancel": "[Accepted](#accepted): the job is cancelled, at DashScope too",
    "POST /jobs/{job_id}/first": "[Accepted](#accepted): the queued job is put at the head of the queue",
    "POST /models/{job_id}/release": "[Accepted](#accepted): the job's fine-tune is deleted at DashScope",
    "POST /queue/pause": "[Accepted](#accepted): nothing more is submitted; the content says why",
    "POST /queue/resume": "[Accepted](#accepted): the queue goes on",
    "POST /queue/probe": "[Accepted](#accepted): what is refused is tried again by the next run of the timer",
    "PUT /people/{person_id}/photos/{name}": "an [Upload](#upload) into the person's folder",
    "POST /people/{person_id}/photos": "the same for a form with files, whose field is `photos`",
    "POST /people/{person_id}/done": "an [Upload](#upload) of the marker: that is all",
    "GET /people/{person_id}/links": "the [Share links](#share-links) of a person",
    "POST /people/{person_id}/links": "a [New link](#new-link), valid for `days`, 14 by default, 90 at most",
    "POST /people/{person_id}/links/{link_id}/revoke": "[Accepted](#accepted): the link opens nothing more",
    "GET /own/{link}": "the person's own page; to programs a part of the [Person](#person)",
    "PUT /own/{link}/photos/{name}": "an [Upload](#upload) by the person",
    "POST /own/{link}/photos": "the same for a form with files",
    "POST /own/{link}/done": "the person's word that these are all",
    "GET /sign-in": "a page on which a browser signs in; with `ticket` it is signed in at once",
    "POST /sign-in": "the form of that page: `token`, and `next`, the page that follows",
    "POST /sign-out": "ends the session of a browser",
    "GET /assets/{name}": "the style and the script of the pages",
    "GET /requests/{request_id}": "the [Request](#request): whether it was carried out, and the outcome",
    "GET /readyz": "[Ready](#ready), or 503 and [Not ready](#not-ready); without a token the codes alone",
    "GET /healthz": "[Health](#health): the function runs and its settings can be read; no table is asked",
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
    "canceled_at_dashscope": "The fine-tune was cancelled at DashScope. Upload a new photo to train again.",
}
"""The reasons that are the product's own; every other code is DashScope's."""
