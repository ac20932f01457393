"""The documents of the audit, as types: for mypy, and for ``openapi.json``.

Imported for the types alone by ``audit`` and by ``operations``.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from shared.domain.audit import LOOK
from shared.http_api.operator_types import LinkId
from shared.view_types import Count, Keywords, Revision, Time

PersonHash = Annotated[
    str,
    Keywords(
        "PersonHash",
        pattern="^[0-9a-f]{64}$",
        description="What stands for a person: a hash of the name with the key of the deployment.",
    ),
]


class AuditRecordDocument(TypedDict):
    """Who has done what, and when."""

    record_id: str
    at: Time | None
    action: Annotated[str, Keywords(examples=[LOOK, "cancel"])]
    by: str
    function: str
    person: PersonHash | None
    revision: Revision | None
    link_id: LinkId | None
    pictures: Count | None
    outcome: str | None
    done_at: Time | None
    traceparent: str | None


AuditDocument = TypedDict(
    "AuditDocument",
    {
        "from": Time | None,
        "to": Time | None,
        "person": PersonHash | None,
        "records": list[AuditRecordDocument],
        "next": str | None,
    },
)
AuditDocument.__doc__ = "A page of the audit, newest first."
