"""What ``openapi.json`` says of each route beyond the route itself: its documents, parameters and problems.

The summaries are those of docs/api.md too, so their links are of that page. Read by ``openapi`` and by
``local/api_reference``; unit tests hold the table against the routes and the answers.
"""

from __future__ import annotations

from shared.http_api import document_types as lists
from shared.http_api import operator_types as operators
from shared.http_api import person_types as people
from shared.http_api import webhook_types as webhooks
from shared.http_api.assets import VERSION
from shared.http_api.audit_types import AuditDocument
from shared.http_api.operation_kinds import (
    CSV,
    FILE,
    FILES,
    FORM,
    JOB,
    JSON,
    OF_A_PERSON,
    OF_JOBS,
    OF_PEOPLE,
    PERSON,
    UPLOADS,
    URL_ENCODED,
    Link,
    Operation,
    asks,
    reads,
    stores,
)
from shared.http_api.operations_of_consent import OF_CONSENT
from shared.http_api.operations_of_held_data import OF_HELD_DATA
from shared.http_api.operations_of_portraits import OF_PORTRAITS
from shared.http_api.parameters import (
    AUDIT_PARAMETERS,
    COSTS_PARAMETERS,
    EVENTS_PARAMETERS,
    MODELS_PARAMETERS,
    PAGE_PARAMETERS,
)
from shared.http_api.people import PEOPLE_PARAMETERS
from shared.http_api.sent_types import LinkForm, LinkRequest, PauseForm, PauseRequest, SignInForm
from shared.http_api.sharing import DEFAULT_DAYS, MAX_DAYS
from shared.http_api.signing_in import NEXT, TICKET

_BAD_PAGE = ("unknown_parameter", "invalid_limit", "invalid_cursor")

OPERATIONS: dict[str, Operation] = {
    "GET /": reads(
        "the [Overview](#overview): all that an operator looks at first",
        lists.OverviewDocument,
        links=OF_PEOPLE,
    ),
    "GET /people": reads(
        "[People](#people), each by the newest revision",
        lists.PeopleDocument,
        *("invalid_state", "invalid_query", "invalid_format", *_BAD_PAGE),
        parameters=PEOPLE_PARAMETERS,
        texts=(CSV,),
        links=OF_PEOPLE,
    ),
    "GET /people/{person_id}": reads(
        "the [Person](#person) whose folder has this name, composed or decomposed",
        people.PersonDocument,
        *PERSON,
        links=OF_A_PERSON,
    ),
    "GET /jobs/{job_id}": reads(
        "the [Job](#job) with this id, or [Unreadable](#unreadable)",
        people.JobDocument | people.UnreadableDocument,
        *JOB,
    ),
    "GET /jobs": reads(
        "a [Page](#page) of jobs, newest first",
        people.PageDocument,
        *("invalid_state", "invalid_format", *_BAD_PAGE),
        parameters=PAGE_PARAMETERS,
        texts=(CSV,),
        links=OF_JOBS,
    ),
    "GET /ignored": reads(
        "the [Ignored uploads](#ignored-uploads): what belongs to nobody, and why", operators.IgnoredDocument
    ),
    "GET /queue": reads(
        "the [Line](#line): who trains, who waits, and what is in the way", lists.QueuePageDocument
    ),
    "GET /events": reads(
        "the [Events](#events): what happened to a person, newest first",
        lists.EventsDocument,
        *("unknown_parameter", "invalid_person", "unknown_person"),
        parameters=EVENTS_PARAMETERS,
    ),
    "GET /models": reads(
        "[Models](#models): those that have been made, newest first",
        lists.ModelsDocument,
        *_BAD_PAGE,
        parameters=MODELS_PARAMETERS,
    ),
    "GET /costs": reads(
        "the [Costs](#costs): what is spent by day and month, what is on its way, and what the caps leave",
        lists.CostsDocument,
        *("unknown_parameter", "invalid_format"),
        parameters=COSTS_PARAMETERS,
        texts=(CSV,),
    ),
    "GET /audit": reads(
        "the [Audit](#audit): who has done what, and when, newest first",
        AuditDocument,
        *(*_BAD_PAGE, "invalid_time", "invalid_person", "audit_not_kept"),
        parameters=AUDIT_PARAMETERS,
    ),
    "GET /metrics": Operation(
        "numbers for Prometheus, in its text format 0.0.4; no label names a person", texts=("text/plain",)
    ),
    **OF_HELD_DATA,
    "POST /people/{person_id}/train": asks(
        "[Accepted](#accepted): the open set closes now",
        *PERSON,
        "not_collecting",
        "no_usable_photo",
        "held_back",
    ),
    "DELETE /people/{person_id}/photos/{name}": asks(
        "[Accepted](#accepted): the photo is deleted from the bucket, and from a set that is not submitted",
        *(*PERSON, "invalid_photo"),
        content={},
    ),
    "POST /people/{person_id}/photos/{name}/delete": asks(
        "the same for forms, which cannot send DELETE", *PERSON, "invalid_photo"
    ),
    "POST /people/{person_id}/photos/{name}/use": asks(
        "[Accepted](#accepted): the face check's verdict on the photo is overruled",
        *(*PERSON, "invalid_photo", "photo_unknown", "set_submitted", "verdict_stands"),
    ),
    "POST /jobs/{job_id}/retry": asks(
        "[Accepted](#accepted): the photos of a failed or cancelled job are trained once more, as the next "
        "revision",
        *(*JOB, "not_newest", "not_failed", "photos_removed", "no_usable_photo", "held_back"),
    ),
    "POST /jobs/{job_id}/cancel": asks(
        "[Accepted](#accepted): the job is cancelled, at DashScope too",
        *(*JOB, "still_unpacking", "rejected_already", "ended_already", "cancel_asked_already"),
    ),
    "POST /jobs/{job_id}/first": asks(
        "[Accepted](#accepted): the queued job is put at the head of the queue", *JOB, "not_queued"
    ),
    "POST /jobs/{job_id}/approve": asks(
        "[Accepted](#accepted): the closed set is trained, where `TRAININGS=approve` has it wait for that",
        *(*JOB, "not_queued", "approved_already", "set_changed"),
    ),
    "POST /models/{job_id}/release": asks(
        "[Accepted](#accepted): the job's fine-tune is deleted at DashScope",
        *(*JOB, "no_model", "released_already"),
    ),
    "POST /queue/pause": asks(
        "[Accepted](#accepted): nothing more is submitted; the content says why",
        *("invalid_because",),
        content={JSON: PauseRequest, URL_ENCODED: PauseForm},
        is_content_required=True,
    ),
    "POST /queue/resume": asks("[Accepted](#accepted): the queue goes on"),
    "POST /queue/probe": asks(
        "[Accepted](#accepted): what is refused is tried again by the next run of the timer"
    ),
    "PUT /people/{person_id}/photos/{name}": stores(
        "an [Upload](#upload) into the person's folder",
        operators.UploadDocument,
        *("invalid_person", *UPLOADS),
        content=FILE,
    ),
    "POST /people/{person_id}/photos": stores(
        "the same for a form with files, whose field is `photos`",
        operators.UploadsDocument,
        *("invalid_person", "no_files", *UPLOADS),
        content=FILES,
    ),
    "POST /people/{person_id}/done": stores(
        "an [Upload](#upload) of the marker: that is all",
        operators.DoneDocument,
        "invalid_person",
        content=FORM,
        is_required=False,
    ),
    "GET /people/{person_id}/links": reads(
        "the [Share links](#share-links) of a person",
        operators.ShareLinksDocument,
        "invalid_person",
        links=(Link("POST /people/{person_id}/links/{link_id}/revoke", "link_id", "/links/0/link_id"),),
    ),
    "POST /people/{person_id}/links": Operation(
        f"a [New link](#new-link), valid for `days`, {DEFAULT_DAYS} by default, {MAX_DAYS} at most",
        {201: operators.NewLinkDocument},
        content={JSON: LinkRequest, URL_ENCODED: LinkForm},
        problems=("invalid_person", "invalid_days"),
        links=(Link("POST /people/{person_id}/links/{link_id}/revoke", "link_id", "/link_id"),),
    ),
    "POST /people/{person_id}/links/{link_id}/revoke": asks(
        "[Accepted](#accepted): the link opens nothing more",
        "invalid_person",
        "unknown_link",
        takes_key=False,
    ),
    "GET /own/{link}": reads(
        "the person's own page; to programs a part of the [Person](#person)",
        people.OwnDocument | people.NewcomerDocument,
        *("unknown_link", "unreadable_row"),
    ),
    "PUT /own/{link}/photos/{name}": stores(
        "an [Upload](#upload) by the person",
        operators.UploadDocument,
        *("unknown_link", *UPLOADS),
        content=FILE,
    ),
    "POST /own/{link}/photos": stores(
        "the same for a form with files",
        operators.UploadsDocument,
        *("unknown_link", "no_files", *UPLOADS),
        content=FILES,
    ),
    "POST /own/{link}/done": stores(
        "the person's word that these are all",
        operators.DoneDocument,
        "unknown_link",
        content=FORM,
        is_required=False,
    ),
    "GET /sign-in": Operation(
        "a page on which a browser signs in; with `ticket` it is signed in at once",
        {200: operators.NothingDocument, 303: operators.SignedInDocument},
        (TICKET, NEXT),
        problems=("ticket_ended",),
        reads_tables=False,
    ),
    "POST /sign-in": Operation(
        "the form of that page: `token`, and `next`, the page that follows",
        {303: operators.SignedInDocument},
        content={URL_ENCODED: SignInForm},
        is_content_required=True,
        problems=("wrong_token",),
        reads_tables=False,
    ),
    "POST /sign-out": Operation(
        "ends the session of a browser", {303: operators.SignedInDocument}, content=FORM, reads_tables=False
    ),
    "GET /assets/{name}": Operation(
        "the style and the script of the pages",
        parameters=(VERSION,),
        problems=("unknown_route",),
        texts=("text/css", "text/javascript"),
        reads_tables=False,
    ),
    "GET /requests/{request_id}": reads(
        "the [Request](#request): whether it was carried out, and the outcome",
        operators.RequestDocument,
        "unknown_request",
    ),
    "POST /webhooks/test": asks(
        "[Accepted](#accepted): everybody who is told of what happens is sent a test; who takes it is "
        "told of everything again"
    ),
    "GET /webhooks/deliveries": reads(
        "the [Deliveries](#deliveries): the latest tries to send a message, newest first",
        webhooks.DeliveriesDocument,
    ),
    "POST /webhooks/deliveries/{message_id}/redeliver": asks(
        "[Accepted](#accepted): the message is sent to the webhook once more, with the same id",
        *("unknown_message", "unreadable_row"),
    ),
    "GET /schemas/{schema}": reads(
        "a JSON Schema of [what is sent](messages.md) or of results, for programs",
        dict[str, object],
        "unknown_schema",
        reads_tables=False,
    ),
    "GET /openapi.json": reads(
        "this API in the words of OpenAPI 3.1, for programs", operators.OpenApiDocument, reads_tables=False
    ),
    "GET /readyz": Operation(
        "[Ready](#ready), or 503 and [Not ready](#not-ready); without a token the codes alone",
        {200: operators.ReadyDocument, 503: operators.NotReadyDocument},
    ),
    **OF_CONSENT,
    **OF_PORTRAITS,
    "GET /healthz": reads(
        "[Health](#health): the function runs and its settings can be read; no table is asked",
        operators.HealthDocument,
        reads_tables=False,
    ),
}
