"""The documents of messages as types; ``openapi.json`` is made of them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.view_types import Count, JobId, Keywords, PersonId, Time

MessageId = Annotated[
    str,
    Keywords(
        "MessageId",
        pattern=r"^[0-9A-Za-z_-]{1,128}$",
        format="message-id",
        description="The same however often a message is sent: the header webhook-id.",
    ),
]


class DeliveryDocument(TypedDict):
    """A try to send a message. ``outcome``: delivered, failed, given_up or disabled."""

    message_id: str
    type: str
    job_id: JobId | None
    person_id: PersonId | None
    receiver: str
    at: Time | None
    outcome: str
    http_status: Count | None
    error: str | None
    tries: Count
    next_try_at: Time | None


class DisabledDocument(TypedDict):
    """A receiver that has answered 410: told nothing more until its setting changes or it takes a test."""

    receiver: str
    since: Time | None
    error: str


class DeliveriesDocument(TypedDict):
    """The latest tries, newest first, and the receivers that are told nothing more."""

    disabled: list[DisabledDocument]
    deliveries: list[DeliveryDocument]
