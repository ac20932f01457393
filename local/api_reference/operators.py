"""The fields of the documents that operators read: readiness, ignored uploads, requests, errors."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

OPERATORS: dict[str, Document] = {
    "Obstacle": Document(
        "What stands in everybody's way. Without a token that reads only `code` is told.",
        (
            Field("code", "string", "one of [these codes](#blocked-by); one for all that mean the same"),
            Field("message", "string", "what is wrong, in words", "no token"),
            Field("remedy", "string", "what to do about it", "no token"),
            Field("detail", "string", "the words of the service as they came", "no token"),
            Field("since", "time", "since when", "no token, or nobody knows"),
            Field("next_try_at", "time", "when it is tried again", "no token, or the next run is due"),
        ),
    ),
    "Ignored uploads": Document(
        "The latest uploads that belong to nobody, at most 100.",
        (
            Field("ignored", "list of Ignored upload", "newest first"),
            Field("shown", "integer", "how many are shown"),
            Field("dropped", "boolean", "whether there were more than the list holds"),
        ),
    ),
    "Ignored upload": Document(
        "An upload that belongs to nobody.",
        (
            Field("key", "string", "the object's key; of a long one the beginning"),
            Field("reason", "Reason", "why, with one of [these codes](#ignored)"),
            Field("at", "time", "when it was noted"),
        ),
    ),
    "Accepted": Document(
        "The request is written down; a run of the timer carries it out. The status of the answer is 202.",
        (
            Field("request_id", "string", "the id of the request"),
            Field("status", "string", "`pending`"),
            Field("href", "string", "where its outcome is shown"),
        ),
    ),
    "Request": Document(
        "A request and what became of it. It is forgotten after a day.",
        (
            Field("request_id", "string", "the id of the request"),
            Field(
                "kind",
                "string",
                "what was asked for: `train`, `retry`, `cancel`, `first`, `photo_delete`, `photo_use`, "
                "`pause`, `resume`, `release` or `probe`",
            ),
            Field("subject", "string", "the person or the job that it is about", "it is about the queue"),
            Field("photo", "string", "the photo that it is about", "it is about none"),
            Field("because", "string", "why, in the words of whoever asked", "nothing was said"),
            Field("asked_by", "string", "the name of the token that it was asked with"),
            Field("status", "string", "`pending` or `done`"),
            Field("outcome", "Reason", "one of the [outcomes](#outcomes), in words", "it is pending"),
            Field("changed_nothing", "boolean", "whether all is as it was before", "it is pending"),
            Field("asked_at", "time", "when it was asked for"),
            Field("done_at", "time", "when it was carried out", "it is pending"),
        ),
    ),
    "Health": Document(
        "The function runs.",
        (
            Field("status", "string", "`ok`"),
            Field("version", "string", "the version of the deployed code"),
        ),
    ),
    "Problem": Document(
        "An error, as RFC 9457 defines it, of type `application/problem+json`.",
        (
            Field("type", "string", "`about:blank`"),
            Field("title", "string", "the phrase of the status"),
            Field("status", "integer", "the HTTP status"),
            Field("code", "string", "one of the [problems](#problems); stable, for programs"),
            Field("detail", "string", "what is wrong and what to do, for people"),
        ),
    ),
}
