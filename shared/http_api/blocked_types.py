"""What keeps something from going on, as a type: for the documents of jobs, photos and portraits.

Imported for the types alone.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.trouble_kinds import Kind
from shared.view_types import Keywords, Time

SCOPES = [kind.value for kind in Kind if kind not in (Kind.PICTURE, Kind.GONE)]
"""Whom what blocks concerns; a picture and what is gone are objects."""


class BlockedDocument(TypedDict):
    """What keeps a job, a photo or an order of portraits from going on, and what to do about it."""

    code: str
    message: str
    remedy: str
    detail: str
    scope: Annotated[str, Keywords(enum=SCOPES)]
    since: Time | None
    next_try_at: Time | None
