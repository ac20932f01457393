"""The fields of the documents that tell of many: people, the line, events, models."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

_NEXT = Field("next", "string", "the cursor of the page that follows", "this is the last page")
_UNREADABLE = Field("unreadable", "list of Unreadable", "jobs among these that cannot be read")
_JOB = (
    Field("job_id", "string", "the id of the job"),
    Field("person_id", "string", "the name of the person"),
    Field("revision", "integer", "the revision of the person"),
)

_SPEND = (
    Field("today_cny", "number", "today", unit="CNY"),
    Field("month_cny", "number", "this month", unit="CNY"),
    Field("total_cny", "number", "altogether", unit="CNY"),
    Field("reserved_cny", "number", "reserved for trainings and portraits on their way", unit="CNY"),
    Field("trainings_billed", "integer", "trainings, altogether"),
    Field("pictures_billed", "integer", "portraits, altogether"),
    Field("caps", "list of Spending cap", "the caps that are set, the one that lasts longest first"),
)
LISTS: dict[str, Document] = {
    "People": Document(
        "A page of people. With `state` alone the newest come first; else they are sorted by name.",
        (Field("people", "list of Person summary", "at most `limit`"), _UNREADABLE, _NEXT),
    ),
    "Person summary": Document(
        "A person by the newest revision.",
        (
            Field("person_id", "string", "the name of the person's folder, in composed form (NFC)"),
            Field("state", "string", "one of the [states](#states)"),
            Field("job_id", "string", "the id of the newest revision's job"),
            Field("revision", "integer", "the newest revision"),
            Field("photo_count", "integer", "uploads on record for it"),
            Field("usable_count", "integer", "photos that can be trained on"),
            Field("reason", "Reason", "why it is in this state", "nothing needs to be explained"),
            Field("finetuned_output", "string", "its model", "it has none"),
            Field("opened_at", "time", "the first upload of the set"),
            Field("changed_at", "time", "the latest change"),
        ),
    ),
    "Line": Document(
        "Who trains, and who waits behind them.",
        (
            Field("slot", "Slot", "the trainings that run"),
            Field("queue", "Waiting line", "the jobs that wait"),
            Field("account", "Cap", "how full the DashScope account is"),
        ),
    ),
    "Overview": Document(
        "All that an operator looks at first.",
        (
            Field("slot", "Slot", "the trainings that run"),
            Field("queue", "Waiting line", "the jobs that wait"),
            Field("people", "People", "the first page of people by name"),
            Field("recent", "list of Result", "the latest results, newest first, at most 20"),
            Field("spend", "Spend", "what trainings and portraits have cost"),
            Field("account", "Cap", "how full the DashScope account is"),
            Field("readiness", "Ready or Not ready", "what `GET /readyz` answers"),
        ),
    ),
    "Result": Document(
        "How a job has ended.",
        (
            *_JOB,
            Field("state", "string", "`SUCCEEDED`, `FAILED` or `CANCELED`"),
            Field("ended_at", "time", "when it ended"),
            Field("took_seconds", "integer", "from the submit to the end", "nothing was submitted"),
            Field("reason", "Reason", "why it has no model", "nothing needs to be explained"),
        ),
    ),
    "Spend": Document(
        "What DashScope has billed, at the list price, by Beijing's calendar.",
        _SPEND,
    ),
    "Spending cap": Document(
        "A cap on what everybody costs. Where it is reached the queue waits, and says so.",
        (
            Field("code", "string", "`day_cap`, `month_cap` or `total_cap`"),
            Field("most_cny", "number", "the setting", unit="CNY"),
            Field("committed_cny", "number", "spent or reserved under it", unit="CNY"),
            Field("left_cny", "number", "what is left", unit="CNY"),
            Field("is_reached", "boolean", "whether another training does not fit under it"),
            Field("until", "time", "when it counts anew, in Beijing", "it never does"),
        ),
    ),
    "Costs": Document(
        "What trainings and portraits have cost: the list price times what DashScope says that it has "
        "billed, to the fen. They belong to the day in Beijing on which DashScope made them.",
        (
            Field("currency", "string", "`CNY`"),
            Field("list_price_cny", "number", "`TRAINING_PRICE_CNY`", unit="CNY"),
            Field("picture_price_cny", "number", "`PORTRAIT_PRICE_CNY`", unit="CNY"),
            Field("trainings", "string", "`TRAININGS`: `on`, `off` or `approve`"),
            *_SPEND,
            Field("days", "list of Day cost", "the latest 31 days with a cost, newest first"),
            Field("months", "list of Month cost", "the latest 13 months with a cost, newest first"),
            Field(
                "most_per_person_cny", "number", "`MAX_CNY_PER_PERSON`", "there is no such cap", unit="CNY"
            ),
        ),
    ),
    "Day cost": Document(
        "What a day has cost.",
        (
            Field("day", "string", "the day in Beijing: `2026-01-31`"),
            Field("cost_cny", "number", "its cost", unit="CNY"),
        ),
    ),
    "Month cost": Document(
        "What a month has cost.",
        (
            Field("month", "string", "the month in Beijing: `2026-01`"),
            Field("cost_cny", "number", "its cost", unit="CNY"),
        ),
    ),
    "Cap": Document(
        "DashScope's cap on running and succeeded fine-tunes.",
        (
            Field("fine_tunes_kept", "integer", "fine-tunes that count, as last seen", "none was seen yet"),
            Field("fine_tunes_allowed", "integer", "the cap: `KEPT_FINE_TUNES`"),
            Field("is_nearly_full", "boolean", "whether four fifths of it are used: 16 of 20"),
        ),
    ),
    "Slot": Document(
        "The account's right to trainings that run at once.",
        (
            Field("places", "integer", "trainings that may run at once: `CONCURRENT_TRAININGS`"),
            Field("running", "list of Running", "those that are submitted or run"),
            Field(
                "busy_last_24h",
                "number",
                "the part of the last day in which they trained, from 0 to 1",
                "no training has ended yet",
            ),
        ),
    ),
    "Running": Document(
        "A training that is submitted or runs.",
        (
            *_JOB,
            Field("state", "string", "`SUBMITTING` or `TRAINING`"),
            Field("fine_tune_status", "string", "DashScope's own status", "it has not accepted the submit"),
            Field("since", "time", "when it was submitted"),
            Field("eta", "Estimate", "when it is likely to end"),
        ),
    ),
    "Waiting line": Document(
        "The jobs that wait for a place.",
        (
            Field("length", "integer", "how many, at most 200"),
            Field("is_more", "boolean", "whether there are more than were counted"),
            Field("oldest_since", "time", "the earliest place in the queue", "nobody waits"),
            Field("jobs", "list of Waiting job", "the first 50"),
            Field("paused", "Pause", "that an administrator has paused the queue", "nobody has"),
            Field("blocked_by", "Blocked", "what keeps everybody from being trained", "nothing does"),
        ),
    ),
    "Waiting job": Document(
        "A job that waits for a place.",
        (
            *_JOB,
            Field("position", "integer", "1: the next that is submitted"),
            Field("since", "time", "when its set closed"),
            Field("eta", "Estimate", "when its training is likely to end", "the queue is blocked"),
        ),
    ),
    "Events": Document(
        "What happened to a person, by the newest 5 revisions.",
        (
            Field("person_id", "string", "the name of the person"),
            Field("events", "list of Event", "newest first, at most 200"),
            Field("is_cut", "boolean", "whether more has happened"),
        ),
    ),
    "Event": Document(
        "Something that happened.",
        (
            Field("at", "time", "when"),
            Field("kind", "string", "`move`: the job came to a state; `photo`: a photo got its verdict"),
            Field("job_id", "string", "the id of the job"),
            Field("revision", "integer", "the revision of the person"),
            Field("state", "string", "the state that the job came to", "it is about a photo"),
            Field("photo", "string", "the name of the photo", "it is about the job"),
            Field("message", "string", "what happened, in words"),
        ),
    ),
    "Models": Document(
        "A page of models, newest first by the first upload of their sets.",
        (
            Field(
                "kept", "integer", "fine-tunes that count against the cap, as last seen", "none was seen yet"
            ),
            Field("allowed", "integer", "the cap: `KEPT_FINE_TUNES`"),
            Field("is_nearly_full", "boolean", "whether four fifths of it are used: 16 of 20"),
            Field("models", "list of Model", "also those that have been released"),
            _NEXT,
        ),
    ),
    "Model": Document(
        "A model that has been made.",
        (
            Field("fine_tune_id", "string", "DashScope's id, `ft-…`"),
            Field("finetuned_output", "string", "the model, for portrait generation"),
            Field("person_id", "string", "the name of the person"),
            Field("job_id", "string", "the id of the job"),
            Field("revision", "integer", "the revision of the person"),
            Field("is_newest_of_person", "boolean", "whether no later revision of the person has a model"),
            Field("ended_at", "time", "when its training ended"),
            Field("released_at", "time", "an administrator had it deleted at DashScope", "nobody has"),
        ),
    ),
    "Upload": Document(
        "What was stored; the trigger takes it from here. The status of the answer is 201.",
        (
            Field("person_id", "string", "the name of the person"),
            Field("name", "string", "where it lies in the person's folder"),
            Field("size", "integer", "the size of the upload", unit="bytes"),
            Field("href", "string", "where the person stands"),
        ),
    ),
    "New link": Document(
        "A share link. Its address is told once. The status of the answer is 201.",
        (
            Field("link_id", "string", "what it is revoked by"),
            Field("url", "string", "the address of the person's own page"),
            Field("expires_at", "time", "until when it is valid"),
        ),
    ),
    "Share links": Document(
        "A person's share links, newest first; one of the last minute may be missing.",
        (
            Field("person_id", "string", "the name of the person"),
            Field("links", "list of Share link", "those that have not expired"),
        ),
    ),
    "Share link": Document(
        "A link to a person's own page, without its address.",
        (
            Field("link_id", "string", "what it is revoked by"),
            Field("made_at", "time", "when it was made", "it was revoked before that was noted"),
            Field("expires_at", "time", "until when it is valid"),
            Field("revoked_at", "time", "when it was revoked", "it was not"),
        ),
    ),
}
