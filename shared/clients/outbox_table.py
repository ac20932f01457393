"""Outboxes, in the table ``jobs``: a row each, in a partition of its own, listed in a lane of the index.

It stands beside the jobs for the sake of their index, which is sorted by when something is due, so that an
idle tick finds out with one read that nothing is. No other reader meets such a row: it has neither state nor
search name, its partition is no person's, and its lane is read here alone. :mod:`shared.assembly` makes the
client where somebody wants to be told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from shared.clients.rows import INF_MIN, VERSION, WRITE_TOKEN, Rows
from shared.clients.stored_messages import message_from
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
from shared.domain.lanes import MESSAGE_LANE
from shared.domain.outboxes import Outbox, Progress, announced, is_of_before
from shared.domain.row_size import as_json
from shared.errors import Conflict, Trouble
from shared.logs import warn

INDEX = "jobs_in_hand"
PREFIX = "outbox-"
"""No person's partition begins so: those are 20 hexadecimal digits."""
ANNOUNCE_TRIES = 4

_NUMBERS: dict[str, type] = {"written_until": int, "due_at": int, VERSION: int}
_LISTS = ("revisions", "messages", "receivers", "memory")
_KNOWN = ("person_key", "revision", "format", "lane", WRITE_TOKEN, *_NUMBERS, *_LISTS)
_PROGRESS_SCALARS = scalars_of(Progress)


class OutboxTable:
    """The outboxes. Every write is conditional on what was read."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def due(self, now: int, count: int) -> list[str]:
        """Return the keys of at most ``count`` outboxes that are due, those first that are due longest.

        May lag behind the table by moments.
        """
        found = self._rows.range(
            _index_key(INF_MIN), _index_key(now + 1), limit=count, index=INDEX, columns=["person_key"]
        )
        return [str(row["person_key"]).removeprefix(PREFIX) for row in found]

    def find(self, key: str) -> Outbox:
        """Return an outbox; an empty one when none has been written yet.

        Raises:
            Permanent: its row cannot be read.
        """
        columns = self._rows.get(_key(key))
        return Outbox(key=key) if columns is None else _outbox(key, columns)

    def save(self, before: Outbox, after: Outbox) -> Outbox:
        """Write ``after`` on top of ``before``; raises Conflict if it is outdated."""
        version = self._rows.put(_key(after.key), _columns(after), expected=before.version or None)
        return replace(after, version=version)

    def forget(self, key: str, last_revision: int) -> bool:
        """Delete the outbox of an erased person, unless it is that of the next one; returns whether it was.

        Raises:
            Conflict: another run has written it meanwhile.
            Permanent: its row cannot be read.
        """
        outbox = self.find(key)
        if not outbox.version or not is_of_before(outbox, last_revision):
            return False
        self._rows.delete(_key(key), expected=outbox.version)
        return True

    def announce(self, key: str, revision: int, until: int, now: int) -> None:
        """List an outbox before a message of ``revision`` is saved, by a run that is dead by ``until``.

        Raises nothing: the message stands in the job's row, and the outbox is looked at as long as jobs of
        the person go on.
        """
        try:
            self._announced(key, lambda outbox: announced(outbox, revision, until, now))
        except Trouble as trouble:
            warn("message_not_announced", outbox=key, code=trouble.code, message=trouble.message)

    def _announced(self, key: str, change: Callable[[Outbox], Outbox]) -> None:
        for attempt in range(1, ANNOUNCE_TRIES + 1):
            outbox = self.find(key)
            try:
                self.save(outbox, change(outbox))
                break
            except Conflict:
                if attempt == ANNOUNCE_TRIES:
                    raise


def _columns(outbox: Outbox) -> Columns:
    columns: Columns = {
        **outbox.unknown,
        "format": formats.OUTBOXES.number,
        "written_until": outbox.written_until,
        "revisions": as_json(list(outbox.revisions)),
        "messages": as_json([vars(message) for message in outbox.own]),
        "receivers": as_json({name: _stored(progress) for name, progress in outbox.receivers.items()}),
        "memory": as_json(dict(outbox.memory)),
    }
    if outbox.due_at:
        columns |= {"lane": MESSAGE_LANE, "due_at": outbox.due_at}
    return columns


def _stored(progress: Progress) -> dict[str, Any]:
    return {**asdict(progress), "told": {str(name): number for name, number in progress.told.items()}}


def _outbox(key: str, columns: Columns) -> Outbox:
    try:
        check_format(columns, formats.OUTBOXES)
        known = {name: columns[name] for name in _NUMBERS if name in columns}
        check_scalars(known, _NUMBERS)
        return Outbox(
            **known,
            key=key,
            revisions=tuple(checked("revision", one, int) for one in _json(columns, "revisions", list)),
            own=tuple(map(message_from, _json(columns, "messages", list))),
            receivers={str(name): _progress(one) for name, one in _json(columns, "receivers", dict).items()},
            memory=_json(columns, "memory", dict),
            unknown=unknown_in(columns, _KNOWN),
        )
    except UNREADABLE as problem:
        raise unreadable("an outbox", problem) from problem


def _progress(stored: Any) -> Progress:
    value = checked("progress", stored, dict)
    known = {name: value[name] for name in _PROGRESS_SCALARS if name in value}
    check_scalars(known, _PROGRESS_SCALARS)
    told = checked("told", value.get("told", {}), dict)
    return Progress(
        **known, told={int(name): checked("number", number, int) for name, number in told.items()}
    )


def _json(columns: Columns, name: str, kind: type) -> Any:
    return checked(name, json.loads(columns.get(name, "[]" if kind is list else "{}")), kind)


def _key(key: str) -> Key:
    return [("person_key", PREFIX + key), ("revision", 0)]


def _index_key(due_at: Any) -> Key:
    return [("lane", MESSAGE_LANE), ("due_at", due_at), ("person_key", INF_MIN), ("revision", INF_MIN)]
