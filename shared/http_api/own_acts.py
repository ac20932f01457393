"""Writes down, for the audit alone, what ``status`` does at once, and no run has to carry out.

The row is there before anything happens; the timer brings it to the audit (:mod:`shared.workflow.auditing`).
Called by ``uploading`` and ``consents``.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from shared.domain.requests import Request, request_id
from shared.errors import Conflict
from shared.http_api.resources import RouteRequest
from shared.tracing import current


def note_for_audit(
    request: RouteRequest, kind: str, person_id: str, outcome: str, *, once_in_ms: int
) -> None:
    """Write down that whoever asks does something of this kind about the person.

    Whoever does it again ``once_in_ms`` has done it once: a link must not fill the table.
    """
    reader = request.connect()
    if reader.audit is None:
        return
    now = reader.now()
    begun = now - now % once_in_ms
    # The id stays in the audit, where no name can be guessed from it: it is made of the keyed hash.
    told = f"{request.by}\0{reader.audit().hash_of(person_id)}\0{begun}\0{kind}".encode()
    said = Request(
        request_id=request_id(begun, hashlib.sha256(told).hexdigest()[:16]),
        kind=kind,
        asked_at=now,
        asked_by=request.by,
        subject=person_id,
        traceparent=current(),
        outcome=outcome,
        settled_at=now,
    )
    try:
        reader.requests().ring(said)
    except Conflict:
        # It is written down already, perhaps by a run that died before it rang; or others ring all the time,
        # and the bell is heard for this as well.
        with suppress(Conflict):
            reader.requests().ring_again()
