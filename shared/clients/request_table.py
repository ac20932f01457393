"""Requests of operators, in the table ``requests``: a row each, and the doorbell. They expire after a day.

Whoever asks writes the request first and rings then, so that a bell that is heard has a request behind it. A
tick reads the doorbell with the other shared rows, and the requests only when it has been rung.
:mod:`shared.assembly` makes it.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from shared.clients.rows import VERSION, WRITE_TOKEN, Rows
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
from shared.domain.control_rows import Doorbell
from shared.domain.requests import Claim, Pending, Request
from shared.errors import Conflict, Permanent, Trouble
from shared.logs import warn

TABLE = "requests"
DOORBELL: Key = [("name", "doorbell")]
RING_TRIES = 5

_CLAIM = "idempotency/"
_REVOKED = "revoked/"
_PREFIX = "request/"
_END = "request0"
"""``0`` follows ``/``: behind every request."""
_SCALARS = scalars_of(Request)
_OF_EVERY_ROW = ("name", "format", VERSION, WRITE_TOKEN)


class RequestTable:
    """The table ``requests``. Every write is conditional on what was read."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def ring(self, request: Request) -> Request:
        """Write down a new request and ring; returns it with its version.

        Raises:
            Conflict: there is a request of this id already, or others ring all the time.
        """
        saved = self._save(request, expected=None)
        self.ring_again()
        return saved

    def ring_again(self) -> None:
        """Ring for a request that is written down.

        Raises:
            Conflict: others ring all the time.
        """
        for attempt in range(1, RING_TRIES + 1):
            bell = doorbell_from(self._rows.get(DOORBELL))
            try:
                self._set(bell, is_rung=True)
                break
            except Conflict:
                if attempt == RING_TRIES:
                    raise

    def claim(self, key: str, claim: Claim) -> Claim:
        """Write down what an idempotency key stands for; returns the claim that holds, perhaps another's.

        It expires with the rows of this table, after a day. ``key`` is a hash: what a client sends may be
        long, and may mean something to others.
        """
        columns = {**claim._asdict(), "format": formats.REQUESTS.number}
        try:
            self._rows.put([("name", f"{_CLAIM}{key}")], columns, expected=None)
        except Conflict:
            held = self.claimed(key)
            if held is None:
                raise
            return held
        return claim

    def claimed(self, key: str) -> Claim | None:
        """Return what an idempotency key stands for, or None.

        Raises:
            Permanent: the row cannot be read.
        """
        columns = self._rows.get([("name", f"{_CLAIM}{key}")])
        if columns is None:
            return None
        try:
            check_format(columns, formats.REQUESTS)
            return Claim(*(checked(name, columns[name], str) for name in Claim._fields))
        except UNREADABLE as problem:
            raise unreadable("an idempotency key", problem) from problem

    def revoke_link(self, link_id: str, until: int) -> None:
        """Write down that a share link opens nothing more, for as long as it could: ``until`` it ends.

        A run notes it too, but no run may come for days.
        """
        key: Key = [("name", f"{_REVOKED}{link_id}")]
        try:
            self._rows.put(key, {"format": formats.REQUESTS.number}, expected=None, as_of=until)
        except Conflict:
            # It was revoked before.
            return
        except Trouble as refusal:
            if refusal.code != "OTSParameterInvalid":
                raise
            # The table was made by an earlier template, and takes no moment that far ahead: better for a day.
            warn("revoked_for_a_day", link=link_id, code=refusal.code)
            self._rows.put(key, {"format": formats.REQUESTS.number}, expected=None)

    def is_link_revoked(self, link_id: str) -> bool:
        """Whether that is written down."""
        return self._rows.get([("name", f"{_REVOKED}{link_id}")]) is not None

    def silence(self, heard: Doorbell) -> Doorbell:
        """Stop the bell that was ``heard``, once everything is done that it was rung for.

        Raises:
            Conflict: it has been rung again since.
        """
        return self._set(heard, is_rung=False)

    def pending(self, limit: int) -> Pending:
        """Return at most ``limit`` requests that are not settled, oldest first."""
        rows = self._rows.range([("name", _PREFIX)], [("name", _END)])
        found = [_readable(row) for row in rows]
        requests = tuple(request for request in found if request is not None and not request.is_settled)
        is_whole = len(requests) <= limit and None not in found
        return Pending(requests=requests[:limit], is_whole=is_whole)

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        """Write down what became of ``request``.

        Raises:
            Conflict: another run has.
        """
        return self._save(request.settled(outcome, now), expected=request.version)

    def find(self, request_id: str) -> Request | None:
        """Return a request by its id, or None: there is none, or it has expired.

        Raises:
            Permanent: its row cannot be read.
        """
        columns = self._rows.get(_key(request_id))
        return None if columns is None else _request(columns)

    def _save(self, request: Request, *, expected: int | None) -> Request:
        columns = {**request.unknown, **asdict(request), "format": formats.REQUESTS.number}
        del columns["request_id"], columns[VERSION], columns["unknown"]
        version = self._rows.put(_key(request.request_id), columns, expected=expected)
        return replace(request, version=version)

    def _set(self, before: Doorbell, *, is_rung: bool) -> Doorbell:
        columns = {**before.unknown, "is_rung": is_rung, "format": formats.REQUESTS.number}
        version = self._rows.put(DOORBELL, columns, expected=before.version or None)
        return replace(before, is_rung=is_rung, version=version)


def doorbell_from(columns: Columns | None) -> Doorbell:
    """Return the doorbell that a row holds; without one it has not been rung.

    Raises:
        Permanent: the row cannot be read.
    """
    if columns is None:
        return Doorbell()
    try:
        check_format(columns, formats.REQUESTS)
        return Doorbell(
            is_rung=checked("is_rung", columns["is_rung"], bool),
            version=columns[VERSION],
            unknown=unknown_in(columns, (*_OF_EVERY_ROW, "is_rung")),
        )
    except UNREADABLE as problem:
        raise unreadable("the doorbell", problem) from problem


def _request(columns: Columns) -> Request:
    try:
        check_format(columns, formats.REQUESTS)
        name = columns["name"].removeprefix(_PREFIX)
        values: dict[str, Any] = {field: columns[field] for field in _SCALARS if field in columns}
        check_scalars(values, _SCALARS)
        unknown = unknown_in(columns, (*_OF_EVERY_ROW, *_SCALARS))
        return Request(**{**values, "request_id": name, "unknown": unknown})
    except UNREADABLE as problem:
        raise unreadable("a request", problem) from problem


def _readable(columns: Columns) -> Request | None:
    try:
        return _request(columns)
    except Permanent as trouble:
        warn("unreadable_row", table=TABLE, name=columns["name"], message=trouble.message)
        return None


def _key(request_id: str) -> Key:
    return [("name", f"{_PREFIX}{request_id}")]
