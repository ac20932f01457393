"""The rows that all functions share: the training slot and the sweep's cursor."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from shared.clients.rows import VERSION, Key, Rows
from shared.domain.job import Reason
from shared.domain.slot import Slot
from shared.errors import Conflict

TABLE = "control"
_SLOT: Key = [("name", "slot")]
_SWEEP: Key = [("name", "sweep")]


class ControlTable:
    """The table ``control``."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def slot(self) -> Slot:
        """Read the slot; an empty one when none has been written yet."""
        columns = self._rows.get(_SLOT)
        if columns is None:
            return Slot()
        value = json.loads(columns["value"])
        trouble = value.get("trouble")
        return Slot(
            version=columns[VERSION],
            holders=tuple(value.get("holders", ())),
            taken_at=value.get("taken_at", 0),
            closed_until=value.get("closed_until", 0),
            trouble=Reason(trouble["code"], trouble["message"]) if trouble else None,
            refusals=value.get("refusals", 0),
            durations=tuple(value.get("durations", ())),
            kept=value.get("kept"),
        )

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        """Write ``after`` on top of ``before`` and return it with its new version.

        Raises:
            Conflict: the stored slot is not ``before`` any more.
        """
        value = asdict(after)
        del value["version"]
        version = self._rows.put(_SLOT, {"value": json.dumps(value)}, expected=before.version or None)
        return replace(after, version=version)

    def sweep_cursor(self) -> str:
        """Read up to which key the sweep has come; empty at the start of a round."""
        columns = self._rows.get(_SWEEP)
        return str(columns["cursor"]) if columns else ""

    def save_sweep_cursor(self, before: str, after: str) -> None:
        """Move the cursor.

        Raises:
            Conflict: another run has moved it.
        """
        columns = self._rows.get(_SWEEP)
        if (str(columns["cursor"]) if columns else "") != before:
            raise Conflict("another run has moved the sweep's cursor")
        self._rows.put(_SWEEP, {"cursor": after}, expected=columns[VERSION] if columns else None)
