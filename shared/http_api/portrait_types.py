"""The documents about portraits, as types: for mypy, and for ``openapi.json``.

Imported for the types alone by the modules that make these documents, and by ``schemas``.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.portrait_styles import STYLES
from shared.http_api.blocked_types import BlockedDocument
from shared.view_types import (
    Count,
    JobId,
    Keywords,
    Money,
    OrderStateCode,
    PersonId,
    PictureView,
    PortraitView,
    ReasonDocument,
    Revision,
    Time,
)

OrderNumber = Annotated[int, Keywords(minimum=1)]


class PictureDocument(PictureView):
    """A portrait, and where it is shown."""

    href: str


class OrderDocument(PortraitView):
    """An order of portraits, what has come of it, and what keeps it from going on."""

    job_id: JobId
    revision: Revision
    pictures: list[PictureDocument]  # type: ignore[misc]  # each has one field more
    blocked_by: BlockedDocument | None
    next_try_at: Time | None


class OfferDocument(TypedDict):
    """What can be ordered, of which revision's model, and at what price."""

    is_allowed: bool
    price_cny: Money
    most_pictures: Count
    styles: list[Annotated[str, Keywords(enum=list(STYLES))]]
    revision: Revision | None
    why_not: ReasonDocument | None


class PortraitsDocument(TypedDict):
    """``GET /people/{person_id}/portraits``."""

    person_id: PersonId
    offer: OfferDocument
    portraits: list[OrderDocument]
    is_cut: bool


# -- what a share link shows ------------------------------------------------------------------------------


class OwnPictureDocument(TypedDict):
    """A portrait on the person's own page."""

    size: Count
    href: str


class OwnPortraitsDocument(TypedDict):
    """Portraits of one style on the person's own page: nothing of their price."""

    number: OrderNumber
    revision: Revision
    style: str
    count: Count
    state: OrderStateCode
    pictures: list[OwnPictureDocument]
    asked_at: Time | None
    ended_at: Time | None
