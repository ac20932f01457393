"""What ``openapi.json`` says of consents and of the record of processing; a part of ``operations``."""

from __future__ import annotations

from shared.http_api.consent_types import ProcessingRecordDocument
from shared.http_api.operation_kinds import JSON, URL_ENCODED, Operation, stores
from shared.http_api.operator_types import ConsentTakenDocument
from shared.http_api.sent_types import ConsentForm, ConsentRequest

CONTENT = {JSON: ConsentRequest, URL_ENCODED: ConsentForm}
MARKDOWN = "text/markdown"

OF_CONSENT: dict[str, Operation] = {
    "POST /people/{person_id}/consent": stores(
        "a [Consent](#consent-taken) of the person, or its withdrawal, as a document in the folder",
        ConsentTakenDocument,
        *("invalid_person", "unusable_consent"),
        content=CONTENT,
    ),
    "POST /own/{link}/consent": stores(
        "the person's own tick, or its withdrawal",
        ConsentTakenDocument,
        *("unknown_link", "unusable_consent"),
        content=CONTENT,
    ),
    "GET /processing-record": Operation(
        "the [Processing record](#processing-record): what is done with personal information, in Chinese; "
        "as JSON, and to print as Markdown or as a page",
        {200: ProcessingRecordDocument},
        texts=(MARKDOWN, "text/html"),
    ),
}
