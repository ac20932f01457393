"""Records of the audit: who has done what, and when. No name of a person, of a photo or of a job is in one.

The theory. A record must not be lost although the log store may not answer, and the action must not wait for
it. So each action has its record before it is done: what is asked for by a request stands in the request's
row, which is there before anything happens, and a run of the timer puts the record once the outcome is known
(:mod:`shared.workflow.auditing`). An erasure takes the name out of rows that wait for that, and leaves the
rows. A look at pictures has no row; its record is put before they are shown, and
where it cannot be put, none are (``shared/http_api/looks.py``).

A put whose answer is lost is repeated: a record may come twice, and its id tells. The log store takes
records and changes none; no role may change or delete one. Moments are milliseconds since the epoch. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from shared.domain.messages import job_of
from shared.domain.object_keys import parse_job_id
from shared.domain.requests import (
    APPROVE,
    CANCEL,
    CONSENT_GIVEN,
    CONSENT_WITHDRAWN,
    DONE,
    EXPORT,
    FIRST,
    LINK_MADE,
    LINK_REVOKED,
    PORTRAITS,
    PORTRAITS_CANCEL,
    REDELIVER,
    RELEASE,
    RETRY,
    Request,
)

LOOK, HANDED_OUT = "look", "export_handed_out"
"""Pictures of a person's photos were shown; a copy of all that is held about them was handed out."""
PORTRAITS_HANDED_OUT = "portraits_handed_out"
"""Portraits of a person were shown or downloaded."""
OF_JOBS = frozenset({RETRY, CANCEL, FIRST, APPROVE, RELEASE, PORTRAITS, PORTRAITS_CANCEL})
"""Kinds of requests whose subject is a job. Of ``REDELIVER`` it is a message, else a person or nothing."""
DONE_AT_ONCE = frozenset({DONE, CONSENT_GIVEN, CONSENT_WITHDRAWN})
"""Kinds of requests that are settled from the beginning."""
OVERTAKEN = "overtaken_by_erasure"
"""What became of a request that was open when its person was erased."""
OLDEST_MS = 6 * 86_400_000
"""Simple Log Service, "PutLogs": entries of more than seven days ago are refused, with all others."""


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """One record.

    Attributes:
        record_id: the same each time that the record is put. A client that asks again under the key of a
            request that an erasure has taken makes another record of that id, of another moment.
        at: when it was asked for, or looked at.
        action: the kind of the request, ``LOOK``, ``HANDED_OUT`` or ``PORTRAITS_HANDED_OUT``.
        by: the name of the token, or ``link:`` and the id of a share link.
        function: the function that has done it.
        person: the keyed hash of the person that it is about; empty: nobody, or the rows are gone.
        revision: the person's revision that it is about; 0: none.
        link: the id of the share link that was made or revoked.
        pictures: how many were shown.
        outcome: the code of what became of it.
        done_at: when that was known.
        traceparent: the trace by which the functions' log lines are found, while they are kept.
    """

    record_id: str
    at: int
    action: str
    by: str
    function: str
    person: str = ""
    revision: int = 0
    link: str = ""
    pictures: int = 0
    outcome: str = ""
    done_at: int = 0
    traceparent: str = ""

    def as_texts(self) -> dict[str, str]:
        """Return the fields of the log entry, which are texts; empty ones are left out."""
        return {name: str(value) for name, value in asdict(self).items() if value not in ("", 0)}

    def logged_at(self, now: int) -> int:
        """Return the time of the log entry: when it was asked for, or as early as the service takes."""
        return max(min(self.at, now), now - OLDEST_MS)


def record_from(texts: Mapping[str, str]) -> AuditRecord | None:
    """Return the record of a log entry; None: it is none. Fields of newer code are overlooked."""
    values: dict[str, Any] = {}
    for one in fields(AuditRecord):
        text = texts.get(one.name, "")
        is_number = one.type == "int"
        if is_number and text and not (text.isascii() and text.isdigit()):
            return None
        values[one.name] = int(text or 0) if is_number else text
    return AuditRecord(**values) if values["record_id"] and values["action"] else None


def record_of(request: Request, person: str) -> AuditRecord:
    """Return the record of a request that is settled; ``person`` is the keyed hash of whom it is about."""
    return AuditRecord(
        record_id=_record_id_of(request, person),
        at=request.asked_at,
        action=request.kind,
        by=request.asked_by,
        # A document is written by the function that it was sent to; the rest is done by the timer's.
        function="status" if request.kind in DONE_AT_ONCE else "reconcile",
        person=person,
        revision=_revision_of(request),
        link=_link_of(request),
        outcome=request.outcome.partition(":")[0],
        done_at=request.settled_at,
        traceparent=request.traceparent,
    )


def _record_id_of(request: Request, person: str) -> str:
    """The id of the request; that of an export is the person's, tells who it is, and is taken by the next."""
    return f"{EXPORT}-{request.asked_at}-{person[:20]}" if request.kind == EXPORT else request.request_id


def job_named_in(request: Request) -> str:
    """Return the id of the job that a request is about; empty: it is about none, or the name is erased."""
    if request.person:
        return ""
    if request.kind == REDELIVER:
        return job_of(request.subject)
    return request.subject if request.kind in OF_JOBS else ""


def without_name(request: Request, person: str, now: int) -> Request:
    """Return what stays of a request whose person is erased, until the audit has its record.

    ``person`` is the keyed hash. What nobody has carried out by now is not done any more: it is settled.
    """
    revision = _revision_of(request)
    subject = f"{person}-{revision}" if revision else person
    reason = request.reason if request.kind in (LINK_MADE, LINK_REVOKED) else ""
    nameless = replace(request, person=person, subject=subject, photo="", reason=reason, record="")
    return nameless if request.is_settled else nameless.settled(OVERTAKEN, now)


def _revision_of(request: Request) -> int:
    if request.person:
        return int(request.subject.removeprefix(request.person).lstrip("-") or 0)
    parsed = parse_job_id(job_named_in(request))
    return parsed[1] if parsed else 0


def _link_of(request: Request) -> str:
    if request.kind not in (LINK_MADE, LINK_REVOKED):
        return ""
    try:
        told = json.loads(request.reason)
    except ValueError:
        return ""
    return str(told.get("link_id", "")) if isinstance(told, dict) else ""
