"""The fields of the documents that operators read: readiness, ignored uploads, requests, errors."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

_PHOTO_ACCESS = Field("photo_access", "Photo access", "how DashScope gets the photos", "no token, or unread")
_GONE_RECEIVERS = Field(
    "gone_receivers", "list of Gone receiver", "receivers of messages that want none", "no token, or unread"
)
_PORTRAITS_BLOCKED = Field(
    "portraits_blocked_by", "Blocked", "why all orders of portraits wait", "no token, unread, or they do not"
)

OPERATORS: dict[str, Document] = {
    "Ready": Document(
        "The deployment can train.",
        (
            Field("status", "string", "`ready` or `not_ready`"),
            *(_PHOTO_ACCESS, _GONE_RECEIVERS, _PORTRAITS_BLOCKED),
        ),
    ),
    "Not ready": Document(
        "The deployment cannot train anybody now; the status of the answer is 503.",
        (Field("reasons", "list of Obstacle", "all that stands in the way"),),
        extends="Ready",
    ),
    "Gone receiver": Document(
        "A receiver of messages that has answered 410. Nothing is sent to it until its setting changes or it "
        "takes a test; see [messages](messages.md).",
        (
            Field("receiver", "string", "`webhook`"),
            Field("message", "string", "what it has said, in words"),
            Field("remedy", "string", "what to do about it"),
            Field("since", "time", "since when"),
        ),
    ),
    "Photo access": Document(
        "How DashScope gets the photos; only whoever may read is told.",
        (
            Field("setting", "string", "`PHOTO_ACCESS`: `auto`, `url` or `file`"),
            Field("way", "string", "the way that is taken: `url` or `file`", "it is not known yet"),
            Field("message", "string", "why, in words"),
            Field("since", "time", "when that was found out", "it is set, or not known"),
        ),
    ),
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
                "`pause`, `resume`, `release`, `erase`, `export`, `probe`, `portraits`, "
                "`portraits_cancel`, `try_receivers` or `redeliver`; `done`, `consent_given` and "
                "`consent_withdrawn`, which are kept for the audit alone",
            ),
            Field(
                "subject",
                "string",
                "the person, job or message that it is about; once the person is erased the keyed hash",
                "it is about none",
            ),
            Field("photo", "string", "the photo that it is about", "it is about none"),
            Field(
                "because",
                "string",
                "why, in the words of whoever asked; of portraits what is wanted, or the order's number",
                "nothing was said",
            ),
            Field("asked_by", "string", "the name of the token that it was asked with"),
            Field("status", "string", "`pending` or `done`"),
            Field("outcome", "Reason", "one of the [outcomes](#outcomes), in words", "it is pending"),
            Field("changed_nothing", "boolean", "whether all is as it was before", "it is pending"),
            Field("asked_at", "time", "when it was asked for"),
            Field("done_at", "time", "when it was carried out", "it is pending"),
        ),
    ),
    "Deliveries": Document(
        "What became of the latest tries to send a message, at most 60; see [messages](messages.md).",
        (
            Field("disabled", "list of Disabled receiver", "receivers that are told nothing more"),
            Field("deliveries", "list of Delivery", "newest first"),
        ),
    ),
    "Disabled receiver": Document(
        "A receiver that has answered 410. It is told again when its setting changes or it takes a test.",
        (
            Field("receiver", "string", "`webhook`"),
            Field("since", "time", "since when"),
            Field("error", "string", "what it has answered"),
        ),
    ),
    "Delivery": Document(
        "A try to send a message to one receiver.",
        (
            Field("message_id", "string", "the id of the message: the header `webhook-id`"),
            Field("type", "string", "what it tells of"),
            Field("job_id", "string", "the job that it is of", "it is of none"),
            Field("person_id", "string", "the person that it is of", "it is of none, or the job is gone"),
            Field("receiver", "string", "`webhook`, `dingtalk` or `feishu`"),
            Field("at", "time", "when it was sent"),
            Field("outcome", "string", "`delivered`, `failed`, `given_up` or `disabled`"),
            Field("http_status", "integer", "the HTTP status of the answer", "no answer came"),
            Field("error", "string", "why it was not taken", "it was"),
            Field("tries", "integer", "how often it has been sent to this receiver"),
            Field("next_try_at", "time", "when it is tried again", "it is not"),
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
