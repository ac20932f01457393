"""The rows that all functions share: the training slot, the sweep's progress, the lingering run, and more.

Each row of the table ``control`` holds its value as JSON. :mod:`shared.assembly` makes it for every function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.row_batches import Found
from shared.clients.rows import VERSION, Rows
from shared.clients.stored_values import (
    UNREADABLE,
    check_format,
    check_scalars,
    checked,
    scalars_of,
    unknown_in,
    unreadable,
)
from shared.clients.table_calls import Columns, Key
from shared.domain import formats
from shared.domain.job import Reason
from shared.domain.portrait_slot import portrait_slot_from
from shared.domain.slot import Pause, Slot
from shared.domain.spending import spending_from
from shared.errors import Trouble
from shared.logs import warn

if TYPE_CHECKING:
    from shared.domain.control_rows import ControlRows, Document
    from shared.domain.health import Health
    from shared.domain.lingering import Lingering
    from shared.domain.sweeping import SweepProgress

TABLE = "control"
SLOT, SWEEP, LINGERING, HEALTH, IGNORED = "slot", "sweep", "lingering", "health", "ignored"
"""The rows' names. ``ignored`` may be large: no tick reads it."""

_STORED_AS = {"durations_ms": "durations", "halted_until": "closed_until", "stayed_ms": "stayed"}
"""Fields whose name in the row is another one: rows outlive names."""
_APART = (VERSION, "unknown")
"""Fields that are not stored as they are."""

_T = TypeVar("_T")


class ControlTable:
    """The table ``control``."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def read_all(self) -> ControlRows:
        """Read everything that a tick begins with, and the doorbell of the table ``requests``, in one call.

        A row that has not been written yet has its first value.

        Raises:
            Trouble: the slot cannot be read. Another row that cannot is None.
        """
        return self.read_all_and("")[0]

    def read_all_and(self, name: str) -> tuple[ControlRows, Document | None]:
        """Read the same in the same call, and the row ``name`` as a document; None: it cannot be read.

        Raises:
            Trouble: the slot cannot be read.
        """
        # Imported here: ``status`` and ``collect`` read the slot alone.
        from shared.clients.request_rows import doorbell_from
        from shared.clients.request_table import DOORBELL
        from shared.clients.request_table import TABLE as REQUESTS
        from shared.domain.control_rows import ControlRows
        from shared.domain.photo_access import ROW as ACCESS

        names = (SLOT, SWEEP, LINGERING, HEALTH, ACCESS, *((name,) if name else ()))
        wanted = [(TABLE, _key(name)) for name in names]
        found = self._rows.find_in_tables([*wanted, (REQUESTS, DOORBELL)])
        slot, sweep, lingering, health, access, *more, bell = found
        rows = ControlRows(
            slot=_slot(_given(slot)),
            sweep=_or_none(SWEEP, sweep, _sweep),
            lingering=_or_none(LINGERING, lingering, _lingering),
            health=_or_none(HEALTH, health, _health),
            doorbell=_or_none("doorbell", bell, doorbell_from),
            access=_or_none(ACCESS, access, _document),
        )
        return rows, _or_none(name, more[0], _document) if more else None

    def slot_and_health(self) -> tuple[Slot, Health | None]:
        """Read what decides how a job goes on, in one call; None: the health cannot be read.

        Raises:
            Trouble: the slot cannot be read.
        """
        slot, health = self._rows.find_in_tables([(TABLE, _key(SLOT)), (TABLE, _key(HEALTH))])
        return _slot(_given(slot)), _or_none(HEALTH, health, _health)

    def health(self) -> Health:
        """Read how the deployment is; well when nothing has been written yet."""
        return _health(self._rows.get(_key(HEALTH)))

    def save_health(self, before: Health, after: Health) -> Health:
        """Write ``after`` on top of ``before``, like :meth:`save_slot`."""
        from shared.clients.health_row import health_to_json

        return replace(after, version=self._save(HEALTH, before.version, health_to_json(after)))

    def slot(self) -> Slot:
        """Read the slot; an empty one when none has been written yet."""
        return _slot(self._rows.get(_key(SLOT)))

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        """Write ``after`` on top of ``before`` and return it with its new version.

        Raises:
            Conflict: the stored slot is not ``before`` any more.
        """
        return replace(after, version=self._save(SLOT, before.version, _fields_of(after)))

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        """Write ``after`` on top of ``before``, like :meth:`save_slot`."""
        return replace(after, version=self._save(SWEEP, before.version, _fields_of(after)))

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        """Write ``after`` on top of ``before``, like :meth:`save_slot`."""
        return replace(after, version=self._save(LINGERING, before.version, _fields_of(after)))

    def read_json(self, name: str) -> Document:
        """Read the row ``name`` as a document; an empty one when none has been written yet.

        Raises:
            Permanent: it cannot be read.
        """
        return _document(self._rows.get(_key(name)))

    def save_json(self, name: str, before: Document, value: Mapping[str, Any], *, first: int = 1) -> Document:
        """Write ``value`` on top of ``before``, like :meth:`save_slot`; what else is in there stays.

        ``first`` is the version of a row that does not exist (:meth:`~shared.clients.rows.Rows.put`).
        """
        from shared.domain.control_rows import Document

        value = {**before.value, **value}
        return Document(value=value, version=self._save(name, before.version, value, first=first))

    def delete_json(self, name: str, document: Document) -> None:
        """Delete the row ``name``, which holds ``document``.

        Raises:
            Conflict: it holds something else by now.
        """
        self._rows.delete(_key(name), expected=document.version)

    def _save(self, name: str, expected: int, value: Mapping[str, Any], *, first: int = 1) -> int:
        # The parts of a value that are dataclasses are written as their fields.
        whole = {**value, "format": formats.CONTROL.number}
        text = json.dumps(whole, ensure_ascii=False, default=asdict)
        return self._rows.put(_key(name), {"value": text}, expected=expected or None, first=first)


def _key(name: str) -> Key:
    return [("name", name)]


def _given(found: Found) -> Columns | None:
    if isinstance(found, Trouble):
        raise found
    return found


def _or_none(name: str, found: Found, read: Callable[[Columns | None], _T]) -> _T | None:
    """Return what a row holds, or None: one bad row stops no tick that can do without it."""
    try:
        return read(_given(found))
    except Trouble as trouble:
        warn("row_not_read", name=name, code=trouble.code, message=trouble.message)
        return None


def _slot(columns: Columns | None) -> Slot:
    if columns is None:
        return Slot()

    def make(value: dict[str, Any]) -> Slot:
        trouble = value.pop("trouble", None)
        for name in ("holders", "durations_ms", "ends", "refused_jobs", "ended_fine_tunes", "switched_by"):
            value[name] = tuple(checked(name, value.get(name, []), list))
        paused, spending = value.pop("paused", None), value.pop("spending", None)
        portraits = checked("portraits", value.pop("portraits", {}), dict)
        return Slot(
            **value,
            spending=spending_from(checked("spending", spending, dict)) if spending is not None else None,
            trouble=Reason(trouble["code"], trouble["message"]) if trouble else None,
            paused=_pause(paused) if paused else None,
            portraits=portrait_slot_from(portraits),
        )

    return _read(columns, Slot, make)


def _pause(value: dict[str, Any]) -> Pause:
    known = {"because": str, "by": str, "since": int}
    return Pause(**{name: checked(name, value[name], kind) for name, kind in known.items()})


def _sweep(columns: Columns | None) -> SweepProgress:
    from shared.domain.sweeping import SweepProgress

    def make(value: dict[str, Any]) -> SweepProgress:
        for name in ("stuck", "left_over", "people_passed"):
            value[name] = tuple(checked(name, value.get(name, []), list))
        return SweepProgress(**value)

    return _read(columns, SweepProgress, make)


def _lingering(columns: Columns | None) -> Lingering:
    from shared.domain.lingering import Lingering

    def make(value: dict[str, Any]) -> Lingering:
        checked("stayed_ms", value.get("stayed_ms", {}), dict)
        return Lingering(**value)

    return _read(columns, Lingering, make)


def _health(columns: Columns | None) -> Health:
    from shared.clients.health_row import health_from_json

    try:
        return health_from_json(_value(columns) if columns else {}, columns[VERSION] if columns else 0)
    except UNREADABLE as problem:
        raise unreadable("the row health", problem) from problem


def _document(columns: Columns | None) -> Document:
    from shared.domain.control_rows import Document

    if columns is None:
        return Document()
    try:
        return Document(value=_value(columns), version=columns[VERSION])
    except UNREADABLE as problem:
        raise unreadable(f"the row {columns.get('name')}", problem) from problem


def _read(columns: Columns | None, kind: type[Any], make: Callable[[dict[str, Any]], _T]) -> _T:
    """Make a value from a row; fields that this version of the code does not know are kept apart in it."""
    if columns is None:
        return make({})
    try:
        value = _value(columns)
        stored_as = _stored_names(kind)
        known = {name: value[stored] for name, stored in stored_as.items() if stored in value}
        known["unknown"] = unknown_in(value, stored_as.values())
        known[VERSION] = columns[VERSION]
        check_scalars(known, scalars_of(kind))
        return make(known)
    except UNREADABLE as problem:
        raise unreadable(f"the row {columns.get('name')}", problem) from problem


def _value(columns: Columns) -> dict[str, Any]:
    value: dict[str, Any] = checked("value", json.loads(columns["value"]), dict)
    check_format(value, formats.CONTROL)
    value.pop("format", None)
    return value


def _fields_of(value: Slot | SweepProgress | Lingering) -> dict[str, Any]:
    written = {stored: getattr(value, name) for name, stored in _stored_names(type(value)).items()}
    return {**value.unknown, **written}


def _stored_names(kind: type[Any]) -> dict[str, str]:
    """Return the fields that are stored as they are, each with its name in the row."""
    names = [field.name for field in fields(kind) if field.name not in _APART]
    return {name: _STORED_AS.get(name, name) for name in names}
