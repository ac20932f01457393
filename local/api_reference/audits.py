"""The fields of the documents of the audit, for ``fields``."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

AUDITS: dict[str, Document] = {
    "Audit": Document(
        "A page of the audit. What has just happened may be missing for a minute or two.",
        (
            Field("from", "time", "the beginning of what was asked for: this moment counts"),
            Field("to", "time", "its end: this moment does not"),
            Field("person", "string", "the hash of the person that was asked after", "everybody was"),
            Field("records", "list of Audit record", "newest first; fewer than `limit` may come"),
            Field("next", "string", "`cursor` of the page that follows", "there is none"),
        ),
    ),
    "Audit record": Document(
        "Who has done what, and when. It names nobody: a person is a hash, which only the key of the "
        "deployment can make of the name.",
        (
            Field("record_id", "string", "its id: the id of the request, where there was one"),
            Field("at", "time", "when it was asked for"),
            Field(
                "action",
                "string",
                "the `kind` of the [Request](#request); `link_made`, `link_revoked`; `done`, the word that "
                "these are all; `consent_given`, `consent_withdrawn`; `look`, pictures of a person's photos "
                "were shown on a page; `portraits_handed_out`, portraits were shown or downloaded; "
                "`export_handed_out`, a copy of all that is held about them was",
            ),
            Field(
                "by",
                "string",
                "`admin`, `reader`, or `link:` and the id of a share link; `consent`: a withdrawal",
            ),
            Field("function", "string", "the function that has done it"),
            Field("person", "string", "whom it was about", "it was nobody, or the job's row was gone"),
            Field("revision", "integer", "the person's revision", "it was about no job"),
            Field("link_id", "string", "the share link that was made or revoked", "none was"),
            Field("pictures", "integer", "how many were shown", "none were"),
            Field("outcome", "string", "the code of the [outcome](#outcomes)", "it is a look"),
            Field("done_at", "time", "when the outcome was known", "it is a look"),
            Field("traceparent", "string", "the trace of its log lines", "it has none"),
        ),
    ),
}
