"""Jobs and photos in JSON as types, and the words in which a type says more than Python's types do.

``views`` returns these documents, and :mod:`shared.http_api.schemas` makes ``openapi.json`` of them. Imported
for the types alone: no function loads this module, unless somebody asks for ``openapi.json``.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.object_keys import MAX_PERSON_BYTES
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.portraits import OrderState
from shared.domain.states import JobState


class Keywords:
    """What JSON Schema says of a value beyond its type: ``Annotated[str, Keywords(format="date-time")]``.

    Attributes:
        name: under which the schema stands among the components; empty: it stands where it is used.
        keywords: of JSON Schema, draft 2020-12.
    """

    def __init__(self, name: str = "", /, **keywords: object) -> None:
        self.name = name
        self.keywords = keywords


Time = Annotated[
    str,
    Keywords(
        "Time",
        format="date-time",
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="RFC 3339, in UTC, with milliseconds.",
    ),
]
Count = Annotated[int, Keywords(minimum=0)]
Revision = Annotated[int, Keywords("Revision", minimum=1, description="1 for a person's first photo set.")]
PersonId = Annotated[
    str,
    Keywords(
        "PersonId",
        minLength=1,
        maxLength=MAX_PERSON_BYTES,
        pattern=r"^[^./\u0000-\u001f\u007f-\u009f][^/\u0000-\u001f\u007f-\u009f]*$",
        format="person-id",
        description=f"The name of a person's folder, in composed form (NFC): 1 to {MAX_PERSON_BYTES} bytes "
        "of UTF-8, without '/' and control characters, not beginning with '.'.",
    ),
]
JobId = Annotated[
    str,
    Keywords(
        "JobId",
        pattern=r"^[0-9a-f]{20}-[1-9][0-9]{0,8}$",
        format="job-id",
        description="20 hexadecimal digits of the person, and the revision.",
    ),
]
State = Annotated[
    str, Keywords("State", enum=[one.value for one in JobState], description="The state of a job.")
]
VerdictCode = Annotated[
    str, Keywords("Verdict", enum=[one.value for one in Verdict], description="What came of a photo so far.")
]
ClosedByCode = Annotated[
    str, Keywords("ClosedBy", enum=[one.value for one in ClosedBy], description="What completed a set.")
]


OrderStateCode = Annotated[
    str,
    Keywords(
        "OrderState",
        enum=[one.value for one in OrderState],
        description="The state of an order.",
    ),
]


class ReasonDocument(TypedDict):
    """Why something stands where it stands: a code for programs, and the same in words."""

    code: str
    message: str


Money = Annotated[float, Keywords(minimum=0, description="CNY, at the list price.")]


class PhotoView(TypedDict):
    """An upload and its verdict."""

    name: str
    size: Count
    verdict: VerdictCode
    reason: str
    remedy: str
    detail: str
    archive: str | None
    overruled: VerdictCode | None
    from_revision: Revision | None
    uploaded_at: Time | None
    recorded_at: Time | None


class JobSummaryDocument(TypedDict):
    """One training of one person, without its photos."""

    job_id: JobId
    person_id: PersonId
    revision: Revision
    state: State
    reason: ReasonDocument | None
    fine_tune_id: str | None
    fine_tune_status: str | None
    finetuned_output: str | None
    model_released_at: Time | None
    snapshots_removed_at: Time | None
    photos_removed_at: Time | None
    attempt: Count
    closed_by: ClosedByCode | None
    photo_count: Count
    usable_count: Count
    trainings_billed: Count
    cost_cny: Money
    portraits_cny: Money
    opened_at: Time | None
    changed_at: Time | None
    closed_at: Time | None
    submitted_at: Time | None
    ended_at: Time | None


class ConsentView(TypedDict):
    """What is on record of a person's consent; the guardian's name stays in the document itself."""

    document: str
    text_version: str | None
    given_at: Time | None
    means: str | None
    until: Time | None
    under_14: bool
    has_guardian: bool
    withdrawn_at: Time | None
    noted_at: Time | None


class PictureView(TypedDict):
    """A portrait in the bucket."""

    key: str
    size: Count


class PortraitView(TypedDict):
    """An order of portraits, and what has come of it."""

    number: Annotated[int, Keywords(minimum=1)]
    style: str
    template: str | None
    count: Count
    state: OrderStateCode
    reason: ReasonDocument | None
    pictures: list[PictureView]
    missing: Count
    billed: Count
    price_cny: Money
    cost_cny: Money
    asked_at: Time | None
    submitted_at: Time | None
    ended_at: Time | None


class JobView(JobSummaryDocument):
    """A job with its photos and portraits, as the result object in the bucket has them."""

    photos: list[PhotoView]
    consent: ConsentView | None
    portraits: list[PortraitView]


class MoveDocument(TypedDict):
    """A job came to a state."""

    state: State
    at: Time | None
    behind: Count
