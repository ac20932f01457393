"""Every field of every document of the API, for ``page``: type, unit, when it is null, and its meaning.

A unit test compares them with the documents that the API answers with. ``type`` is string, integer, number,
boolean, time, the name of a document (``A or B``: of one of two), or ``list of`` one.
"""

from __future__ import annotations

from local.api_reference.audits import AUDITS
from local.api_reference.consents import CONSENTS
from local.api_reference.erasures import ERASURES
from local.api_reference.lists import LISTS
from local.api_reference.operators import OPERATORS
from local.api_reference.portraits import PORTRAITS
from local.api_reference.shapes import Document, Field


def all_fields(name: str) -> tuple[Field, ...]:
    """Return the fields of a document, with those that it extends, in their order."""
    document = DOCUMENTS[name]
    return (*(all_fields(document.extends) if document.extends else ()), *document.fields)


_SUMMARY = (
    Field("job_id", "string", "the id of the job: 20 hexadecimal digits of the person, and the revision"),
    Field("person_id", "string", "the name of the person's folder, in composed form (NFC)"),
    Field("revision", "integer", "1 for the person's first photo set, and so on"),
    Field("state", "string", "one of the [states](#states)"),
    Field("reason", "Reason", "why the job is in this state", "nothing needs to be explained"),
    Field("fine_tune_id", "string", "DashScope's id, `ft-…`", "DashScope has not accepted a submit"),
    Field("fine_tune_status", "string", "DashScope's own status", "DashScope has not accepted a submit"),
    Field("finetuned_output", "string", "the model, for portrait generation", "not `SUCCEEDED`"),
    Field(
        "model_released_at",
        "time",
        "the model was deleted at DashScope: an administrator asked for that, or `KEEP_MODELS_DAYS` is over",
        "it was not, or there is none",
    ),
    Field("snapshots_removed_at", "time", "the prepared photos were removed in their time", "they were not"),
    Field("photos_removed_at", "time", "the uploads of the set were removed in their time", "they were not"),
    Field("attempt", "integer", "how many attempts count for `MAX_ATTEMPTS`, the present one included"),
    Field(
        "closed_by",
        "string",
        "why the set closed: `marker`, `marker_incomplete`, `count`, `quiet`, `deadline` or `administrator`",
        "it is open, or rejected",
    ),
    Field("photo_count", "integer", "uploads on record for the set, usable or not, zips included"),
    Field("usable_count", "integer", "photos that can be trained on"),
    Field("trainings_billed", "integer", "trainings that DashScope has billed for this job"),
    Field("cost_cny", "number", "`trainings_billed` at the list price", unit="CNY"),
    Field("portraits_cny", "number", "what portraits of its model have cost at the list price", unit="CNY"),
    Field("opened_at", "time", "the first upload of the set"),
    Field("changed_at", "time", "the latest change of the job"),
    Field("closed_at", "time", "the set closed and joined the queue", "it has not closed"),
    Field("submitted_at", "time", "the latest submit", "there was none"),
    Field("ended_at", "time", "the end of the training", "it has not ended"),
)

DOCUMENTS: dict[str, Document] = {
    "Person": Document(
        "Where a person stands.",
        (
            Field("person_id", "string", "the name of the person's folder, in composed form (NFC)"),
            Field("state", "string", "the state of `current`", "`current` is [Unreadable](#unreadable)"),
            Field(
                "waiting_for",
                "Waiting",
                "`waiting_for` of `current`: what happens next by itself",
                "it is blocked, or nothing happens by itself",
            ),
            Field(
                "blocked_by",
                "Blocked",
                "`blocked_by` of `current`: what keeps it from going on",
                "nothing does",
            ),
            Field(
                "finetuned_output",
                "string",
                "the newest model of the person, for portrait generation",
                "no revision has succeeded",
            ),
            Field("current", "Job or Unreadable", "the newest revision"),
            Field("account", "Account", "how full the DashScope account is"),
            Field("queue", "Queue", "the place in the queue", "`current` is not `QUEUED`"),
            Field(
                "eta",
                "Estimate",
                "when the training is likely to end",
                "`current` is not `QUEUED`, `SUBMITTING` or `TRAINING`, or is `QUEUED` and blocked",
            ),
            Field(
                "cost_cny",
                "number",
                "what all trainings and portraits of the person have cost at the list price",
                "a revision cannot be read, or there are too many",
                unit="CNY",
            ),
            Field("consent", "Consent", "the person's consent", "`CONSENT=off`, or the row cannot be read"),
            Field("portraits", "list of Portrait order", "what was ordered of the models, newest first"),
            Field("portrait_offer", "Offer", "what can be ordered, and its price", "`PORTRAITS=off`"),
            Field("revisions", "list of Job summary", "all revisions, newest first, at most 20"),
            Field("unreadable", "list of Unreadable", "revisions among these that cannot be read"),
        ),
    ),
    "Job summary": Document("One training of one person.", _SUMMARY),
    "Job": Document(
        "A [Job summary](#job-summary) with seven more fields. A job that has not ended, or whose outcome is "
        "not written out, has exactly one of `waiting_for` and `blocked_by`; a rejected one has `reason`.",
        (
            Field(
                "waiting_for",
                "Waiting",
                "what happens next by itself",
                "it is blocked, or nothing happens by itself",
            ),
            Field("blocked_by", "Blocked", "what keeps it from going on", "nothing does"),
            Field(
                "not_removed",
                "Blocked",
                "why something of a job that has ended is there though its time is over",
                "nothing is",
            ),
            Field("announced", "Announced", "the photos that the marker speaks for", "it names none"),
            Field(
                "timeline",
                "list of Move",
                "the states that it has come to; of very many the first and the last",
            ),
            Field("photos", "list of Photo", "the uploads of the set, in the order of their recording"),
            Field("portraits", "list of Portrait order", "what was ordered of its model, newest first"),
        ),
        extends="Job summary",
    ),
    "Move": Document(
        "A job came to a state.",
        (
            Field("state", "string", "one of the [states](#states)"),
            Field("at", "time", "when"),
            Field("behind", "integer", "how many trainings ended while it waited for this"),
        ),
    ),
    "Announced": Document(
        "The photos that a marker speaks for, and those of them that have not arrived.",
        (
            Field("photos", "integer", "how many photos the marker speaks for"),
            Field("missing", "integer", "how many of them have not arrived"),
            Field("missing_names", "list of string", "their names; empty when the marker gives a number"),
        ),
    ),
    "Photo": Document(
        "An upload and its verdict.",
        (
            Field("name", "string", "where it lies in the person's folder ([more](photos.md#names))"),
            Field("size", "integer", "the size of the upload", unit="bytes"),
            Field("verdict", "string", "one of the [verdicts](#verdicts)"),
            Field("reason", "string", "the verdict in words"),
            Field("remedy", "string", "what to do about it"),
            Field(
                "detail", "string", "the words of OSS or DashScope, or the kind of file; empty without any"
            ),
            Field("archive", "string", "the zip that this refused file lies in", "it was uploaded by itself"),
            Field("overruled", "string", "the verdict that an administrator has overruled", "none has been"),
            Field(
                "from_revision", "integer", "the revision it was uploaded for", "it was uploaded for this set"
            ),
            Field("uploaded_at", "time", "OSS's time of the upload, in whole seconds"),
            Field("recorded_at", "time", "the time of the verdict"),
            Field("blocked_by", "Blocked", "what keeps it from its verdict", "nothing does"),
            Field(
                "next_try_at",
                "time",
                "when it is prepared or checked again",
                "it has its verdict, has not been tried, or the next run of the timer is due",
            ),
        ),
    ),
    "Reason": Document(
        "Why a job or the queue stands where it stands.",
        (
            Field("code", "string", "one of the [reasons](#reasons), or DashScope's code"),
            Field("message", "string", "the reason in words; DashScope's are left as they came"),
        ),
    ),
    "Unreadable": Document(
        "A job whose row cannot be read; it is left alone until it can.",
        (
            Field("job_id", "string", "the id of the job"),
            Field("unreadable", "Reason", "why not, with what to do"),
        ),
    ),
    "Waiting": Document(
        "What happens next to a job by itself.",
        (
            Field("code", "string", "one of the [codes](#waiting-for)"),
            Field("message", "string", "the same in words, with what can be done meanwhile"),
            Field(
                "at",
                "time",
                "by about when",
                "the next run of the timer is due, an upload is missing, or it cannot be told",
            ),
        ),
    ),
    "Blocked": Document(
        "What keeps a job, a photo or an order of portraits from going on, and what to do about it.",
        (
            Field("code", "string", "one of [these codes](#blocked-by), or the service's own"),
            Field("message", "string", "what is wrong, in words"),
            Field("remedy", "string", "what to do about it"),
            Field("detail", "string", "the words of the service as they came; empty without any"),
            Field(
                "scope",
                "string",
                "whom it concerns: `object`, `person`, `api`, `account`; or `passing` or `unknown`, which is "
                "tried again",
            ),
            Field("since", "time", "since when", "nobody knows"),
            Field("next_try_at", "time", "when it is tried again", "the next run of the timer is due"),
        ),
    ),
    "Queue": Document(
        "The place of a queued job.",
        (
            Field("position", "integer", "1: the next that is submitted"),
            Field("running", "integer", "trainings that hold a place now"),
            Field("places", "integer", "trainings that may run at once: `CONCURRENT_TRAININGS`"),
            Field("waiting_because", "Reason", "why nothing is submitted", "the queue is open"),
            Field("waiting_until", "time", "when it is tried again", "the queue is open"),
            Field("paused", "Pause", "that an administrator has paused the queue", "nobody has"),
        ),
    ),
    "Pause": Document(
        "Nothing is submitted until an administrator resumes the queue; what has been submitted goes on.",
        (
            Field("because", "string", "why, in the words of whoever paused it"),
            Field("by", "string", "the name of the token that they used"),
            Field("since", "time", "since when"),
        ),
    ),
    "Estimate": Document(
        "A range from the durations of the account's latest trainings, in whole minutes, never in the past.",
        (
            Field("earliest", "time", "not likely before", "it may end at any moment"),
            Field("latest", "time", "likely by then", "the training takes longer than those before it"),
        ),
    ),
    "Account": Document(
        "DashScope's cap on running and succeeded fine-tunes.",
        (
            Field("fine_tunes_kept", "integer", "fine-tunes that count, as last seen", "none was seen yet"),
            Field("fine_tunes_allowed", "integer", "the cap: `KEPT_FINE_TUNES`"),
        ),
    ),
    "Page": Document(
        "A page of jobs.",
        (
            Field("jobs", "list of Job summary", "newest first, by `opened_at`"),
            Field("unreadable", "list of Unreadable", "jobs of this page that cannot be read"),
            Field("next", "string", "the cursor of the page that follows", "this is the last page"),
        ),
    ),
    **LISTS,
    **OPERATORS,
    **AUDITS,
    **CONSENTS,
    **ERASURES,
    **PORTRAITS,
}
