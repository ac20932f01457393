"""The rows that all functions share: the training slot, the sweep's progress, and the lingering run.

:mod:`shared.assembly` makes it for every function.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from shared.clients.rows import INF_MAX, INF_MIN, VERSION, Rows
from shared.clients.table_calls import Columns, Key
from shared.domain.job import Reason
from shared.domain.slot import Slot

if TYPE_CHECKING:
    from shared.domain.lingering import Lingering
    from shared.domain.sweeping import SweepProgress

TABLE = "control"
_SLOT: Key = [("name", "slot")]
_SWEEP: Key = [("name", "sweep")]
_LINGERING: Key = [("name", "lingering")]
_STORED_AS = {"durations_ms": "durations", "halted_until": "closed_until", "stayed_ms": "stayed"}
"""Fields whose name in the row is another one: rows outlive names."""


class ControlTable:
    """The table ``control``: a row holds its value as JSON."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def read_all(self) -> tuple[Slot, SweepProgress, Lingering]:
        """Read all rows at once; a row that has not been written yet has its first value."""
        # Imported here: ``status`` and ``collect`` read the slot alone.
        from shared.domain.lingering import Lingering
        from shared.domain.sweeping import SweepProgress

        rows = {row["name"]: row for row in self._rows.range([("name", INF_MIN)], [("name", INF_MAX)])}
        progress = SweepProgress(**_known(rows.get("sweep"), SweepProgress))
        lingering = Lingering(**_known(rows.get("lingering"), Lingering))
        return _slot(rows.get("slot")), progress, lingering

    def slot(self) -> Slot:
        """Read the slot; an empty one when none has been written yet."""
        return _slot(self._rows.get(_SLOT))

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        """Write ``after`` on top of ``before`` and return it with its new version.

        Raises:
            Conflict: the stored slot is not ``before`` any more.
        """
        return replace(after, version=self._save(_SLOT, before.version, after))

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        """Write ``after`` on top of ``before``, like :meth:`save_slot`."""
        return replace(after, version=self._save(_SWEEP, before.version, after))

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        """Write ``after`` on top of ``before``, like :meth:`save_slot`."""
        return replace(after, version=self._save(_LINGERING, before.version, after))

    def _save(self, key: Key, expected: int, after: Slot | SweepProgress | Lingering) -> int:
        value = {_STORED_AS.get(name, name): part for name, part in asdict(after).items() if name != VERSION}
        return self._rows.put(key, {"value": json.dumps(value)}, expected=expected or None)


def _slot(columns: Columns | None) -> Slot:
    value = _known(columns, Slot)
    trouble = value.pop("trouble", None)
    for name in ("holders", "durations_ms"):
        value[name] = tuple(value.get(name, ()))
    return Slot(**value, trouble=Reason(trouble["code"], trouble["message"]) if trouble else None)


def _known(columns: Columns | None, kind: type[Any]) -> dict[str, Any]:
    """Return the row's value and version, without fields that this version of the code does not know."""
    if columns is None:
        return {}
    value = json.loads(columns["value"])
    stored_as = {field.name: _STORED_AS.get(field.name, field.name) for field in fields(kind)}
    known = {name: value[stored] for name, stored in stored_as.items() if stored in value}
    return known | {VERSION: columns[VERSION]}
