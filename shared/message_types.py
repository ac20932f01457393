"""What leaves a deployment, and consents, as types: ``docs/schemas/`` is made of them.

Imported for the types alone, as :mod:`shared.view_types`.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain import messages
from shared.domain.consent import FORMAT as CONSENT_FORMAT
from shared.domain.consent import MAX_WORD_CHARACTERS, PURPOSES
from shared.view_types import (
    ConsentView,
    Count,
    JobId,
    JobSummaryDocument,
    Keywords,
    Money,
    OrderStateCode,
    PersonId,
    PhotoView,
    PortraitView,
    ReasonDocument,
    Revision,
    State,
    Time,
)

MessageType = Annotated[
    str,
    Keywords(
        "MessageType",
        enum=[
            *messages.TYPES.values(),
            *messages.OF_PORTRAITS.values(),
            *(messages.BLOCKED, messages.RESUMED, messages.TEST),
        ],
        description="What has happened. There may be more in time: leave alone what you do not know.",
    ),
]


class TrainingNews(TypedDict):
    """A training has come to a state, as it was then."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    state: State
    reason: ReasonDocument | None
    attempt: Count
    photo_count: Count
    usable_count: Count
    verdicts: dict[str, Count]
    fine_tune_id: str | None
    finetuned_output: str | None
    trainings_billed: Count
    cost_cny: Money
    result_key: str | None


class PortraitNews(TypedDict):
    """An order of portraits has come to its end; ``pictures`` are the keys of those that are stored."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    order: Count
    style: str
    template: str | None
    count: Count
    state: OrderStateCode
    reason: ReasonDocument | None
    pictures: list[str]
    cost_cny: Money
    result_key: str


class QueueBlock(TypedDict):
    """Why the queue has stopped, and what to do about it; no remedy when it goes on."""

    code: str
    message: str
    remedy: str | None


class QueueNews(TypedDict):
    """What keeps everybody from being trained, or has kept, and since when."""

    blocked_by: QueueBlock
    since: Time


class NoNews(TypedDict):
    """A test tells nothing."""


class MessageDocument(TypedDict):
    """A message; by its ``type`` it is of a training, of portraits, of the queue, or a test."""

    type: MessageType
    timestamp: Time
    format: Count
    data: TrainingNews | PortraitNews | QueueNews | NoNews


class ResultPhoto(PhotoView):
    """An upload of a set that was trained, with what its content is known by."""

    etag: str
    crc64: str


class ResultObject(JobSummaryDocument):
    """The object ``results/<person>/<revision>.json``: how a training has ended."""

    format: Count
    photos: list[ResultPhoto]
    consent: ConsentView | None
    portraits: list[PortraitView]


Moment = Annotated[
    str,
    Keywords("Moment", format="date-time", description="RFC 3339, with a zone: 2026-01-31T08:00:00+08:00."),
]
Word = Annotated[str, Keywords("Word", minLength=1, maxLength=2 * MAX_WORD_CHARACTERS)]


class ConsentGuardian(TypedDict):
    """The parent or guardian who has consented for somebody under 14."""

    name: Word
    relation: Word


class OfEveryConsent(TypedDict):
    """Whose consent it is."""

    person_id: PersonId


class ConsentFields(OfEveryConsent, total=False):
    """``_CONSENT.json`` in a person's folder: who has consented, to what, when and how, and until when."""

    format: Annotated[int, Keywords(const=CONSENT_FORMAT)]
    purposes: Annotated[
        list[str],
        Keywords(
            "Purposes",
            allOf=[{"contains": {"const": purpose}} for purpose in PURPOSES],
            description=f"At least {' and '.join(PURPOSES)}.",
        ),
    ]
    text_version: Word
    given_at: Moment
    means: Word
    until: Moment | None
    under_14: bool
    guardian: ConsentGuardian | None
    withdrawn_at: Moment | None
