"""``GET /audit``: who has done what, and when, newest first; for administrators alone. Called by ``routes``.

A page is a page of the log store: it may hold fewer records than asked for where one was put twice. A record
shows up within a minute, and is kept for as long as the log store keeps it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.audit import AuditRecord
from shared.domain.object_keys import person_of, problem_with_person_id
from shared.http_api.conditional import Answer
from shared.http_api.parameters import AUDIT_PARAMETERS, read_known, read_limit
from shared.http_api.problems import Problem
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.audit_types import AuditDocument, AuditRecordDocument
    from shared.http_api.resources import RouteRequest

DEFAULT_SPAN_MS = 7 * 86_400_000
MAX_CURSOR_LENGTH = 100
MOST = 2**53
LAST_MOMENT = 253_402_300_799_999
"""The last millisecond of the year 9999, behind which no moment can be written."""
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


class _Position(NamedTuple):
    """Where a page begins: before the moment that the first page was read at, and behind so many entries."""

    until: int
    offset: int


def audit(request: RouteRequest) -> Answer:
    """``GET /audit``."""
    read_known(request.query, AUDIT_PARAMETERS)
    count = read_limit(request.query.get("limit"))
    reader = request.connect()
    if reader.audit is None:
        raise Problem("audit_not_kept")
    until = _moment(request.query, "to", reader.now())
    since = _moment(request.query, "from", max(0, until - DEFAULT_SPAN_MS))
    position = _position(request.query.get("cursor"), _Position(until, 0))
    log = reader.audit()
    person = _hash_of_person(request.query.get("person"), log.hash_of)
    found = log.page(
        person, since=since, until=min(until, position.until), offset=position.offset, count=count
    )
    following = _Position(min(until, position.until), position.offset + len(found))
    # At least once: the same record may have been put again, and stands beside itself then.
    records = {(one.record_id, one.at): one for one in reversed(found) if one is not None}
    document: AuditDocument = {
        "from": timestamp(since),
        "to": timestamp(until),
        "person": person or None,
        "records": [_record(one) for one in reversed(records.values())],
        "next": _encoded(following) if len(found) == count else None,
    }
    return Answer(document)


def _record(record: AuditRecord) -> AuditRecordDocument:
    return {
        "record_id": record.record_id,
        "at": timestamp(record.at),
        "action": record.action,
        "by": record.by,
        "function": record.function,
        "person": record.person or None,
        "revision": record.revision or None,
        "link_id": record.link or None,
        "pictures": record.pictures or None,
        "outcome": record.outcome or None,
        "done_at": timestamp(record.done_at),
        "traceparent": record.traceparent or None,
    }


def _hash_of_person(text: str | None, hash_of: Callable[[str], str]) -> str:
    """Return what stands for the person that is asked about; nobody needs to be known under the name."""
    if text is None:
        return ""
    person_id = person_of(text)
    if problem_with_person_id(person_id):
        raise Problem("invalid_person")
    return hash_of(person_id)


def _moment(query: Mapping[str, str], name: str, default: int) -> int:
    """Read a moment of RFC 3339, in milliseconds since the epoch; one before it is the epoch.

    Raises:
        Problem: it is none.
    """
    if name not in query:
        return default
    found = _MOMENT.fullmatch(query[name])
    if found is None:
        raise Problem("invalid_time", parameter=name)
    text, fraction, sign, hours, minutes = found.groups()
    ahead_seconds = (int(hours or 0) * 3600 + int(minutes or 0) * 60) * (-1 if sign == "-" else 1)
    try:
        local = datetime.fromisoformat(f"{text.upper()}+00:00")
    except ValueError:
        raise Problem("invalid_time", parameter=name) from None
    milliseconds = int((fraction or ".0")[1:4].ljust(3, "0"))
    return max(0, min((int(local.timestamp()) - ahead_seconds) * 1000 + milliseconds, LAST_MOMENT))


def _encoded(position: _Position) -> str:
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _position(cursor: str | None, first: _Position) -> _Position:
    """Return where the page of a cursor begins.

    Raises:
        Problem: this API did not make it.
    """
    if cursor is None:
        return first
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        value = json.loads(base64.urlsafe_b64decode(padded)) if len(cursor) <= MAX_CURSOR_LENGTH else None
    except (ValueError, RecursionError):
        value = None
    pair = value if isinstance(value, list) and len(value) == 2 else []
    if not pair or not all(type(one) is int and 0 <= one <= MOST for one in pair):
        raise Problem("invalid_cursor")
    return _Position(*pair)
