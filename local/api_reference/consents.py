"""The fields of the documents about consent and about what is done with personal information."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

CONSENTS: dict[str, Document] = {
    "Consent": Document(
        "What the person's row knows of their [consent](consent.md).",
        (
            Field("document", "string", "the ETag of the document that was read; empty: there was none"),
            Field("text_version", "string", "the version of the text", "it is not known"),
            Field("given_at", "time", "when it was given", "it is not known"),
            Field("means", "string", "by which means, in the words of the document", "it is not known"),
            Field("until", "time", "when it ends", "it ends when it is withdrawn"),
            Field("under_14", "boolean", "whether the person is under 14"),
            Field("has_guardian", "boolean", "whether a parent or guardian has consented"),
            Field("withdrawn_at", "time", "the latest withdrawal", "there was none"),
            Field("noted_at", "time", "when the document was read", "it was not"),
            Field("is_in_force", "boolean", "whether photos may leave for DashScope now"),
            Field("why_not", "Reason", "why not", "they may"),
        ),
    ),
    "Consent taken": Document(
        "A consent was stored in the person's folder, or its withdrawal. The status of the answer is 201.",
        (
            Field("person_id", "string", "the person"),
            Field("name", "string", "the name of the document"),
            Field("action", "string", "`give` or `withdraw`"),
            Field("text_version", "string", "the version of the text", "what is withdrawn did not say it"),
            Field("given_at", "time", "when it was given", "what is withdrawn did not say it"),
            Field("withdrawn_at", "time", "when it was withdrawn", "it is given"),
        ),
    ),
    "Processing record": Document(
        "What is done with personal information, in Chinese, to be completed and kept; "
        "see [consent](consent.md#the-record-of-processing).",
        (
            Field("title", "string", "its title"),
            Field("made_at", "time", "when it was made"),
            Field("version", "string", "the version of the deployed code"),
            Field("consents", "Consent numbers", "what is asked for, and how many have been given"),
            Field("people", "People numbers", "how many people there are"),
            Field("trainings", "list of State count", "trainings that have ended, by state"),
            Field("sections", "list of Record section", "the record in words"),
        ),
    ),
    "Consent numbers": Document(
        "How many people have consented.",
        (
            Field("is_required", "boolean", "whether `CONSENT=required`"),
            Field("accepted_versions", "list of string", "`CONSENT_TEXT_VERSIONS`; empty: any"),
            Field("people", "integer", "people whose consent was ever noted"),
            Field("in_force", "integer", "consents that end in this month (Beijing's) or later, or never"),
            Field("withdrawals", "integer", "consents that were withdrawn"),
        ),
    ),
    "People numbers": Document(
        "How many people have a row.",
        (
            Field("count", "integer", "how many"),
            Field("is_exact", "boolean", "whether there are no more: beyond 1,000 nobody counts"),
        ),
    ),
    "State count": Document(
        "How many trainings have ended so.",
        (
            Field("state", "string", "one of the [states](#states)"),
            Field("count", "integer", "how many"),
        ),
    ),
    "Record section": Document(
        "Some matters of the record.",
        (
            Field("title", "string", "what they are about"),
            Field("entries", "list of Record entry", "the matters"),
        ),
    ),
    "Record entry": Document(
        "One matter of the record.",
        (
            Field("name", "string", "its name"),
            Field("text", "string", "what is to be said"),
        ),
    ),
}
