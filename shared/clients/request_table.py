"""Requests of operators, in the table ``requests``: a row each, and the doorbell. They expire after a day.

An erasure, which may wait for a training and whose certificate is asked for later, is kept for 30 days, and
an export for as many as it takes until it is deleted.

Whoever asks writes the request first and rings then, so that a bell that is heard has a request behind it. A
tick reads the doorbell with the other shared rows, and the requests only when it has been rung.
:mod:`shared.assembly` makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from shared.clients.request_rows import PREFIX, doorbell_from, readable, request_from
from shared.clients.rows import VERSION, Rows
from shared.clients.stored_values import UNREADABLE, check_format, checked, unreadable
from shared.clients.table_calls import Columns, Key
from shared.domain import formats
from shared.domain.clocks import is_later
from shared.domain.control_rows import Doorbell
from shared.domain.requests import (
    ERASE,
    ERASURE_KEPT_MS,
    EXPORT,
    EXPORT_ROW_KEPT_MS,
    Claim,
    Pending,
    Request,
)
from shared.errors import Conflict, Trouble
from shared.logs import warn

TABLE = "requests"
DOORBELL: Key = [("name", "doorbell")]
RING_TRIES = 5

_CLAIM = "idempotency/"
_REVOKED = "revoked/"
_END = "request0"
"""``0`` follows ``/``: behind every request."""
_ABOUT = ("kind", "subject", "asked_at")
DAY_MS = 86_400_000
_KEPT_MS = {ERASE: ERASURE_KEPT_MS, EXPORT: EXPORT_ROW_KEPT_MS}
_BEHIND_OTHERS = {ERASE: 1, EXPORT: 2}


class RequestTable:
    """The table ``requests``. Every write is conditional on what was read."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def ring(self, request: Request, before: Request | None = None) -> Request:
        """Write down a new request and ring; returns it with its version.

        ``before``: the request of this id whose place it takes.

        Raises:
            Conflict: there is another request of this id, or others ring all the time.
        """
        saved = self._save(request, expected=before.version if before else None)
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
                self._set(bell, is_rung=True, rings_at=bell.rings_at)
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

    def silence(self, heard: Doorbell, rings_at: int = 0) -> Doorbell:
        """Stop the bell that was ``heard``, once everything is done that it was rung for.

        ``rings_at``: when it rings by itself, for a request that waits; 0: none does.

        Raises:
            Conflict: it has been rung again since.
        """
        return self._set(heard, is_rung=False, rings_at=rings_at)

    def pending(self, limit: int, now: int) -> Pending:
        """Return at most ``limit`` requests that are not settled and that are due, oldest first.

        Erasures and exports, which take many runs, come behind all others. With them come those that await
        the audit.
        """
        rows = self._rows.range([("name", PREFIX)], [("name", _END)])
        found = [readable(row) for row in rows]
        known = [request for request in found if request is not None]
        requests = [request for request in known if not request.is_settled]
        due = sorted(
            (one for one in requests if one.due_at <= now), key=lambda one: _BEHIND_OTHERS.get(one.kind, 0)
        )
        return Pending(
            requests=tuple(due[:limit]),
            is_whole=len(due) <= limit and None not in found,
            next_at=min((one.due_at for one in requests if one.due_at > now), default=0),
            to_audit=tuple(request for request in known if request.awaits_audit),
        )

    def note_progress(self, request: Request) -> Request:
        """Write down how far a request has come; returns it with its version.

        Raises:
            Conflict: another run has.
        """
        return self._save(request, expected=request.version)

    def forget_about(
        self,
        is_theirs: Callable[[str], bool],
        asked_until: int,
        without_name: Callable[[Request], Request] | None = None,
    ) -> int:
        """Delete what was asked for about subjects that are theirs, but erasures; returns how many.

        ``without_name`` makes what stays of those that the audit has no record of yet; None: nothing stays.

        Raises:
            Trouble: some of it is not deleted; a Conflict: another run has written one of those that stay.
        """
        read = None if without_name else _ABOUT
        rows = self._rows.range([("name", PREFIX)], [("name", _END)], columns=read)
        theirs = [
            row
            for row in rows
            if is_theirs(str(row.get("subject", "")))
            and row.get("kind") != ERASE
            and not is_later(row.get("asked_at", 0), asked_until)
        ]
        gone: list[Key] = []
        for row in theirs:
            request = readable(row) if without_name and not row.get("audited_at", 0) else None
            if without_name and request:
                self._save(without_name(request), expected=request.version)
            else:
                gone.append([("name", row["name"])])
        if gone:
            self._rows.delete_each(gone)
        return len(theirs)

    def about(self, is_theirs: Callable[[str], bool]) -> list[Request]:
        """Return what was asked for about subjects that are theirs; erasures are of earlier people.

        Raises:
            Trouble: the table does not answer.
        """
        rows = self._rows.range([("name", PREFIX)], [("name", _END)])
        found = (readable(row) for row in rows if is_theirs(str(row.get("subject", ""))))
        return [one for one in found if one is not None and one.kind != ERASE]

    def settle(self, request: Request, outcome: str, now: int) -> Request:
        """Write down what became of ``request``.

        Raises:
            Conflict: another run has.
        """
        return self._save(request.settled(outcome, now), expected=request.version)

    def note_audited(self, request: Request, now: int) -> Request:
        """Write down that the audit's log store has the record of ``request``.

        Raises:
            Conflict: another run has.
        """
        return self._save(replace(request, audited_at=now), expected=request.version)

    def find(self, request_id: str) -> Request | None:
        """Return a request by its id, or None: there is none, or it has expired.

        Raises:
            Permanent: its row cannot be read.
        """
        columns = self._rows.get(_key(request_id))
        return None if columns is None else request_from(columns)

    def _save(self, request: Request, *, expected: int | None) -> Request:
        columns = {**request.unknown, **asdict(request), "format": formats.REQUESTS.number}
        del columns["request_id"], columns[VERSION], columns["unknown"]
        version = self._put(request, columns, expected)
        return replace(request, version=version)

    def _put(self, request: Request, columns: Columns, expected: int | None) -> int:
        key, first = _key(request.request_id), max(1, request.asked_at)
        if request.kind not in _KEPT_MS:
            return self._rows.put(key, columns, expected=expected, first=first)
        # The table forgets after a day: of an erasure its clock begins 29 days after the request.
        until = request.asked_at + _KEPT_MS[request.kind] - DAY_MS
        try:
            return self._rows.put(key, columns, expected=expected, first=first, as_of=until)
        except Trouble as refusal:
            if refusal.code != "OTSParameterInvalid":
                raise
            # The table was made by an earlier template, or the erasure has outlived its days.
            warn("erasure_kept_for_a_day", request=request.request_id, kind=request.kind, code=refusal.code)
            return self._rows.put(key, columns, expected=expected, first=first)

    def _set(self, before: Doorbell, *, is_rung: bool, rings_at: int) -> Doorbell:
        columns = {
            **before.unknown,
            "is_rung": is_rung,
            "rings_at": rings_at,
            "format": formats.REQUESTS.number,
        }
        version = self._rows.put(DOORBELL, columns, expected=before.version or None)
        return replace(before, is_rung=is_rung, rings_at=rings_at, version=version)


def _key(request_id: str) -> Key:
    return [("name", f"{PREFIX}{request_id}")]
