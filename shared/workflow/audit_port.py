"""The audit's log store, as the workflow works with it; a part of :mod:`shared.workflow.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.domain.audit import AuditRecord


class AuditLog(Protocol):
    """The audit's log store."""

    def hash_of(self, person_id: str) -> str:
        """Return what stands for a person in the records."""

    def put(self, records: Sequence[AuditRecord]) -> None:
        """Append records, all or none; raises RetryLater, and then they may be there or not."""
