"""What is known of how DashScope gets photos: in a row for all functions, and remembered by each instance.

Every run has one (``World.access``). A tick reads the row with the others. ``collect`` reads it at most once
an hour in each instance, and only where the way is to be found out (:mod:`shared.domain.photo_access`), so
that a photo usually costs no call for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from shared.domain.photo_access import REMEMBERED_MS, ROW, AccessSettings, LearntAccess, Way
from shared.errors import Conflict, Trouble
from shared.logs import warn

if TYPE_CHECKING:
    from shared.domain.control_rows import Document
    from shared.workflow.ports import Clock

TRIES = 3


class Documents(Protocol):
    """Rows whose values are objects of JSON."""

    def read_json(self, name: str) -> Document:
        """Return the row ``name``; an empty one when none has been written yet."""

    def save_json(self, name: str, before: Document, value: Mapping[str, Any]) -> Document:
        """Write ``value`` on top of the version that was read; raises Conflict."""


class AccessMemory:
    """What one instance remembers, from one invocation to the next."""

    def __init__(self) -> None:
        self.learnt = LearntAccess()
        self.read_at = 0


class AccessRecord:
    """How DashScope gets photos, as this run knows it. Never raises: not to know costs calls and no training.

    Attributes:
        settings: what is set.
    """

    def __init__(self, rows: Documents, clock: Clock, settings: AccessSettings, memory: AccessMemory) -> None:
        self.settings = settings
        self._rows = rows
        self._clock = clock
        self._memory = memory

    def begin(self, row: Document | None) -> None:
        """Take the row as a tick has read it; None when it could not be read."""
        if row is not None:
            self._remember(LearntAccess.from_value(row.value))

    def learnt(self) -> LearntAccess:
        """Return what was learnt, as this instance remembers it or as the row says."""
        if self._memory.read_at <= self._clock.now() < self._memory.read_at + REMEMBERED_MS:
            return self._memory.learnt
        return self.read()

    def read(self) -> LearntAccess:
        """Return what the row says now."""
        try:
            self._remember(LearntAccess.from_value(self._rows.read_json(ROW).value))
        except Trouble as trouble:
            warn("access_not_read", code=trouble.code, message=trouble.message)
        return self._memory.learnt

    def note(self, way: Way, code: str = "") -> None:
        """Write down for all functions what was learnt just now."""
        learnt = LearntAccess(way=way, door=self.settings.door, learnt_at=self._clock.now(), code=code)
        self._remember(learnt)
        try:
            for _ in range(TRIES):
                try:
                    self._rows.save_json(ROW, self._rows.read_json(ROW), learnt.as_value())
                    return
                except Conflict:
                    continue
        except Trouble as trouble:
            warn("access_not_written", code=trouble.code, message=trouble.message)

    def _remember(self, learnt: LearntAccess) -> None:
        self._memory.learnt, self._memory.read_at = learnt, self._clock.now()
