"""The documents about one person and one job, as types: for mypy, and for ``openapi.json``.

Imported for the types alone by the modules that make these documents, and by ``schemas``.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.http_api.blocked_types import BlockedDocument
from shared.http_api.portrait_types import OfferDocument, OrderDocument, OwnPortraitsDocument
from shared.http_api.waiting_words import SENTENCES
from shared.view_types import (
    ConsentView,
    Count,
    JobId,
    JobSummaryDocument,
    Keywords,
    Money,
    MoveDocument,
    PersonId,
    PhotoView,
    ReasonDocument,
    Revision,
    State,
    Time,
)


class WaitingDocument(TypedDict):
    """What happens next to a job by itself."""

    code: Annotated[str, Keywords("WaitingCode", enum=list(SENTENCES))]
    message: str
    at: Time | None


class EstimateDocument(TypedDict):
    """When a training is likely to end: a range in whole minutes, never in the past."""

    earliest: Time | None
    latest: Time | None


class AnnouncedDocument(TypedDict):
    """The photos that a marker speaks for, and those of them that have not arrived."""

    photos: Count
    missing: Count
    missing_names: list[str]


class PhotoDocument(PhotoView):
    """An upload with its verdict, and with what keeps it from its last one."""

    blocked_by: BlockedDocument | None
    next_try_at: Time | None


class JobDocument(JobSummaryDocument):
    """A job with its photos, and with what it waits for or what blocks it."""

    waiting_for: WaitingDocument | None
    blocked_by: BlockedDocument | None
    not_removed: BlockedDocument | None
    announced: AnnouncedDocument | None
    timeline: list[MoveDocument]
    photos: list[PhotoDocument]
    portraits: list[OrderDocument]


class ConsentDocument(ConsentView):
    """A person's consent, as their row knows it, and whether it counts now."""

    is_in_force: bool
    why_not: ReasonDocument | None


class UnreadableDocument(TypedDict):
    """A job whose row cannot be read; it is left alone until it can."""

    job_id: JobId
    unreadable: ReasonDocument


class KeptFineTunesDocument(TypedDict):
    """How full the DashScope account is."""

    fine_tunes_kept: Count | None
    fine_tunes_allowed: Count


class PauseDocument(TypedDict):
    """The pause that an administrator has ordered."""

    because: str
    by: str
    since: Time | None


class PlaceDocument(TypedDict):
    """The place of a queued job."""

    position: Annotated[int, Keywords(minimum=1)]
    running: Count
    places: Count
    waiting_because: ReasonDocument | None
    waiting_until: Time | None
    paused: PauseDocument | None


class PersonDocument(TypedDict):
    """Where a person stands."""

    person_id: PersonId
    state: State | None
    waiting_for: WaitingDocument | None
    blocked_by: BlockedDocument | None
    finetuned_output: str | None
    current: JobDocument | UnreadableDocument
    account: KeptFineTunesDocument
    queue: PlaceDocument | None
    eta: EstimateDocument | None
    cost_cny: Money | None
    consent: ConsentDocument | None
    portraits: list[OrderDocument]
    portrait_offer: OfferDocument | None
    revisions: list[JobSummaryDocument]
    unreadable: list[UnreadableDocument]


class PageDocument(TypedDict):
    """A page of jobs."""

    jobs: list[JobSummaryDocument]
    unreadable: list[UnreadableDocument]
    next: str | None


# -- what a share link shows ------------------------------------------------------------------------------


class OwnBlockedDocument(TypedDict):
    """That something keeps the person's training from going on, and since when."""

    code: str
    since: Time | None


class OwnPlaceDocument(TypedDict):
    """The person's place in the queue."""

    position: Annotated[int, Keywords(minimum=1)]


class OwnConsentDocument(TypedDict):
    """The person's consent as its document says it now, and the version of the text that is offered."""

    is_in_force: bool
    why_not: ReasonDocument | None
    text_version: str | None
    given_at: Time | None
    until: Time | None
    withdrawn_at: Time | None
    offered_version: str


class OwnJobDocument(TypedDict):
    """What of a job is the person's own: nothing of the account and its money."""

    job_id: JobId
    revision: Revision
    state: State
    photo_count: Count
    usable_count: Count
    photos: list[PhotoDocument]
    photos_removed_at: Time | None
    announced: AnnouncedDocument | None
    opened_at: Time | None
    closed_at: Time | None
    submitted_at: Time | None
    ended_at: Time | None


class OwnDocument(TypedDict):
    """A person's document, as far as a share link shows it."""

    person_id: PersonId
    state: State | None
    finetuned_output: str | None
    waiting_for: WaitingDocument | None
    eta: EstimateDocument | None
    blocked_by: OwnBlockedDocument | None
    queue: OwnPlaceDocument | None
    current: OwnJobDocument | UnreadableDocument
    portraits: list[OwnPortraitsDocument]
    consent: OwnConsentDocument | None


class NewcomerDocument(TypedDict):
    """A person who has a share link and has sent nothing yet."""

    person_id: PersonId
    consent: OwnConsentDocument | None
