"""The documents of the API as types, for whoever reads them: the checker of types and ``openapi.json``.

Imported for its types alone. Times are RFC 3339 in UTC; None where a field says so.
"""

from __future__ import annotations

from typing import TypedDict

Part = dict[str, object]
"""A document that another module describes: ``documents``, ``blocked``, ``forecast``, ``readiness``."""


class RunningJobDocument(TypedDict):
    """A job that holds a place."""

    job_id: str
    person_id: str
    revision: int
    state: str
    fine_tune_status: str | None
    since: str | None
    eta: Part | None


class SlotDocument(TypedDict):
    """The places for trainings."""

    places: int
    running: list[RunningJobDocument]
    busy_last_24h: float | None


class QueuedJobDocument(TypedDict):
    """A job that waits for a place."""

    job_id: str
    person_id: str
    revision: int
    position: int
    since: str | None
    eta: Part | None


class PauseDocument(TypedDict):
    """The pause that an administrator has ordered."""

    because: str
    by: str
    since: str | None


class QueueListDocument(TypedDict):
    """The queue."""

    length: int
    is_more: bool
    oldest_since: str | None
    jobs: list[QueuedJobDocument]
    paused: PauseDocument | None
    blocked_by: Part | None


class AccountDocument(TypedDict):
    """DashScope's cap on running and succeeded fine-tunes."""

    fine_tunes_kept: int | None
    fine_tunes_allowed: int
    is_nearly_full: bool


class QueuePageDocument(TypedDict):
    """``GET /queue``."""

    slot: SlotDocument
    queue: QueueListDocument
    account: AccountDocument


class PersonSummaryDocument(TypedDict):
    """A person by the newest revision."""

    person_id: str
    state: str
    job_id: str
    revision: int
    photo_count: int
    usable_count: int
    opened_at: str | None
    changed_at: str | None
    finetuned_output: str | None
    reason: dict[str, str] | None


class PeopleDocument(TypedDict):
    """``GET /people``."""

    people: list[PersonSummaryDocument]
    unreadable: list[Part]
    next: str | None


class ResultDocument(TypedDict):
    """How a job has ended."""

    job_id: str
    person_id: str
    revision: int
    state: str
    ended_at: str | None
    took_seconds: int | None
    reason: dict[str, str] | None


class SpendDocument(TypedDict):
    """What the trainings have cost."""

    today_cny: float
    month_cny: float
    total_cny: float
    trainings_billed: int


class OverviewDocument(TypedDict):
    """``GET /``."""

    slot: SlotDocument
    queue: QueueListDocument
    people: PeopleDocument
    recent: list[ResultDocument]
    spend: SpendDocument
    account: AccountDocument
    readiness: Part


class EventDocument(TypedDict):
    """Something that has happened to a person's photos or training."""

    at: str | None
    kind: str
    job_id: str
    revision: int
    state: str | None
    photo: str | None
    message: str


class EventsDocument(TypedDict):
    """``GET /events``."""

    person_id: str
    events: list[EventDocument]
    is_cut: bool


class ModelDocument(TypedDict):
    """A model."""

    fine_tune_id: str | None
    finetuned_output: str | None
    person_id: str
    job_id: str
    revision: int
    is_newest_of_person: bool
    ended_at: str | None
    released_at: str | None


class ModelsDocument(TypedDict):
    """``GET /models``."""

    kept: int | None
    allowed: int
    is_nearly_full: bool
    models: list[ModelDocument]
    next: str | None
