"""The record of who looks at pictures of a person's photos, or is given them all.

Called by ``page_answers`` before pictures are shown, and by ``exports`` before a zip is handed out.

The theory. A look has no row that could be the record, so the record is put first; where that fails, the page
is shown without pictures, as it is when OSS gives none, and no zip is handed out. A page is one look, however
many pictures it has. It refreshes itself, so whoever looks on for ten minutes looks once; so do the parts of
a zip. Where the log store does not answer it is left alone for ten seconds: pages stay quick without it. An
instance remembers both; another one puts a record of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from shared.domain.audit import LOOK, AuditRecord
from shared.errors import Trouble
from shared.http_api.reader import Audit, Reader
from shared.logs import warn
from shared.tracing import current

ONE_LOOK_MS = 600_000
LEFT_ALONE_MS = 10_000
REMEMBERED = 1000


class _Look(NamedTuple):
    action: str
    by: str
    person: str


_looks: OrderedDict[_Look, int] = OrderedDict()
_left_alone_until: dict[str, int] = {}


def is_recorded(reader: Reader, by: str, person_id: str, pictures: int, action: str = LOOK) -> bool:
    """Put the record that so many ``pictures`` are shown to ``by``; returns whether they may be shown."""
    if reader.audit is None:
        return True
    now = reader.now()
    audit = reader.audit()
    look = _Look(action, by, audit.hash_of(person_id))
    if look in _looks and 0 <= now - _looks[look] < ONE_LOOK_MS:
        return True
    if not _is_put(reader, audit, look, pictures, now):
        return False
    _looks[look] = now
    _looks.move_to_end(look)
    while len(_looks) > REMEMBERED:
        _looks.popitem(last=False)
    return True


def _is_put(reader: Reader, audit: Audit, look: _Look, pictures: int, now: int) -> bool:
    if 0 < _left_alone_until.get("", 0) - now <= LEFT_ALONE_MS:
        return False
    record = AuditRecord(
        record_id=f"{now:013}-{reader.token()}",
        at=now,
        action=look.action,
        by=look.by,
        function="status",
        person=look.person,
        pictures=pictures,
        traceparent=current(),
    )
    try:
        audit.put([record])
    except Trouble as trouble:
        warn("look_not_recorded", code=trouble.code, message=trouble.message)
        _left_alone_until[""] = now + LEFT_ALONE_MS
        return False
    return True
