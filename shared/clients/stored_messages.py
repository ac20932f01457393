"""Messages as rows hold them: a job's and an outbox's. Called by ``job_rows`` and ``outbox_table``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from shared.clients.stored_values import check_scalars, checked, scalars_of
from shared.domain.messages import Message

_SCALARS = scalars_of(Message)
_FIELDS = {field.name for field in fields(Message)}


def message_from(stored: Any) -> Message:
    """Return the message that is ``stored``; raises one of ``UNREADABLE`` for anything else."""
    known = {name: value for name, value in checked("message", stored, dict).items() if name in _FIELDS}
    check_scalars(known, _SCALARS)
    checked("data", known.get("data", {}), dict)
    return Message(**known)
