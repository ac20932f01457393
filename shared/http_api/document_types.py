"""The documents that tell of many, as types: for mypy, and for ``openapi.json``.

Imported for the types alone by the modules that make these documents, and by ``schemas``.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from shared.domain.caps import DAY, IN_ALL, MONTH
from shared.domain.rules import Trainings
from shared.http_api.blocked_types import BlockedDocument
from shared.http_api.operator_types import NotReadyDocument, ReadyDocument
from shared.http_api.person_types import (
    EstimateDocument,
    PauseDocument,
    UnreadableDocument,
)
from shared.view_types import (
    Count,
    JobId,
    Keywords,
    Money,
    PersonId,
    ReasonDocument,
    Revision,
    State,
    Time,
)


class RunningJobDocument(TypedDict):
    """A job that holds a place."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    state: State
    fine_tune_status: str | None
    since: Time | None
    eta: EstimateDocument | None


class SlotDocument(TypedDict):
    """The places for trainings."""

    places: Count
    running: list[RunningJobDocument]
    busy_last_24h: Annotated[float, Keywords(minimum=0, maximum=1)] | None


class QueuedJobDocument(TypedDict):
    """A job that waits for a place."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    position: Annotated[int, Keywords(minimum=1)]
    since: Time | None
    eta: EstimateDocument | None


class QueueListDocument(TypedDict):
    """The queue."""

    length: Count
    is_more: bool
    oldest_since: Time | None
    jobs: list[QueuedJobDocument]
    paused: PauseDocument | None
    blocked_by: BlockedDocument | None


class AccountDocument(TypedDict):
    """DashScope's cap on running and succeeded fine-tunes."""

    fine_tunes_kept: Count | None
    fine_tunes_allowed: Count
    is_nearly_full: bool


class QueuePageDocument(TypedDict):
    """``GET /queue``."""

    slot: SlotDocument
    queue: QueueListDocument
    account: AccountDocument


class PersonSummaryDocument(TypedDict):
    """A person by the newest revision."""

    person_id: PersonId
    state: State
    job_id: JobId
    revision: Revision
    photo_count: Count
    usable_count: Count
    opened_at: Time | None
    changed_at: Time | None
    finetuned_output: str | None
    reason: ReasonDocument | None


class PeopleDocument(TypedDict):
    """``GET /people``."""

    people: list[PersonSummaryDocument]
    unreadable: list[UnreadableDocument]
    next: str | None


class ResultDocument(TypedDict):
    """How a job has ended."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    state: State
    ended_at: Time | None
    took_seconds: Count | None
    reason: ReasonDocument | None


class CapDocument(TypedDict):
    """A cap on what everybody costs, and how it stands."""

    code: Annotated[str, Keywords(enum=[DAY, MONTH, IN_ALL])]
    most_cny: Money
    committed_cny: Money
    left_cny: Money
    is_reached: bool
    until: Time | None


class SpendDocument(TypedDict):
    """What trainings and portraits have cost."""

    today_cny: Money
    month_cny: Money
    total_cny: Money
    reserved_cny: Money
    trainings_billed: Count
    pictures_billed: Count
    caps: list[CapDocument]


class DayCostDocument(TypedDict):
    """What the trainings of a day in Beijing have cost."""

    day: Annotated[str, Keywords(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    cost_cny: Money


class MonthCostDocument(TypedDict):
    """What the trainings of a month have cost."""

    month: Annotated[str, Keywords(pattern="^[0-9]{4}-[0-9]{2}$")]
    cost_cny: Money


class CostsDocument(SpendDocument):
    """``GET /costs``."""

    currency: Annotated[str, Keywords(enum=["CNY"])]
    list_price_cny: Money
    picture_price_cny: Money
    trainings: Annotated[str, Keywords(enum=[mode.value for mode in Trainings])]
    days: list[DayCostDocument]
    months: list[MonthCostDocument]
    most_per_person_cny: Money | None


class OverviewDocument(TypedDict):
    """``GET /``."""

    slot: SlotDocument
    queue: QueueListDocument
    people: PeopleDocument
    recent: list[ResultDocument]
    spend: SpendDocument
    account: AccountDocument
    readiness: ReadyDocument | NotReadyDocument


class EventDocument(TypedDict):
    """Something that has happened to a person's photos or training."""

    at: Time | None
    kind: Literal["move", "photo"]
    job_id: JobId
    revision: Revision
    state: State | None
    photo: str | None
    message: str


class EventsDocument(TypedDict):
    """``GET /events``."""

    person_id: PersonId
    events: list[EventDocument]
    is_cut: bool


class ModelDocument(TypedDict):
    """A model."""

    fine_tune_id: str | None
    finetuned_output: str | None
    person_id: PersonId
    job_id: JobId
    revision: Revision
    is_newest_of_person: bool
    ended_at: Time | None
    released_at: Time | None


class ModelsDocument(TypedDict):
    """``GET /models``."""

    kept: Count | None
    allowed: Count
    is_nearly_full: bool
    models: list[ModelDocument]
    next: str | None
