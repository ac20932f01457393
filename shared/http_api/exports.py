"""The routes by which an administrator gets a copy of everything that is held about a person, as one zip.

A zip of photos is longer than an answer may be (Function Compute, "Quotas and limits": 32 MB, a third of
which base64 takes), and ``status`` may not read what goes into it. So a run of the timer makes it
(:mod:`shared.workflow.exporting`), and it is handed out from the bucket: by a URL that is signed for some
minutes, where the bucket can be read from outside, else through this function, in ranges (RFC 9110, 14).
Called by ``routes``.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from shared.domain.exports import EXPORT_KEPT_MS, TOLD_FOR_MS, Export, export_from, request_id_of
from shared.domain.object_keys import person_key
from shared.domain.requests import EXPORT
from shared.domain.words import Language, Words
from shared.errors import REPLACED, RetryLater
from shared.http_api.administration import ADMIN, COME_AGAIN_SECONDS
from shared.http_api.callers import check_origin
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in
from shared.logs import log
from shared.tracing import current
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.requests import Request
    from shared.http_api.operator_types import ExportDocument
    from shared.http_api.reader import Reader

SIGNED_FOR_SECONDS = 600
"""Long enough for a browser that follows at once; a download that has begun goes on."""
RANGE_BYTES = 8 * 1024 * 1024
"""So much goes through the function at once: 11 MB of text of the 32 MB that an answer may have."""
ZIP = "application/zip"
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
BEING_ERASED = "being_erased"
_WAITS = {
    "next_run": Words("The next run of the timer goes on.", "定时函数下次运行时继续。"),
    "trouble": Words(
        "A service has refused something; it is tried again. GET /readyz says what is in the way.",
        "某项服务拒绝了请求，稍后自动重试；原因见 GET /readyz。",
    ),
    "writing": Words("The files are being written into the zip.", "正在将文件写入压缩包。"),
}


class _Range(NamedTuple):
    """A part of a zip that is asked for: from ``start`` on, so many bytes."""

    start: int
    length: int


def export_person(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}/export``: the zip, or how far it has come; without one it is begun."""
    person_id = person_in(request)
    if "authorization" not in request.request.headers:
        # What it begins is no change, yet no other site is to have a browser begin or fetch it.
        check_origin(request.request)
    reader = request.connect()
    found = _found(reader, person_id)
    if found is None:
        return _asked(request, reader, person_id, None)
    export = export_from(found.record)
    if found.is_settled:
        if 0 <= reader.now() - found.settled_at < TOLD_FOR_MS:
            _tell_why_not(found.outcome.partition(":")[0])
        return _asked(request, reader, person_id, found)
    if not export.ready_at:
        return _waiting(found, export, request.language)
    if not 0 <= reader.now() - export.ready_at < EXPORT_KEPT_MS:
        return _asked(request, reader, person_id, found)
    return _zip(request, reader, found, export)


def _tell_why_not(outcome: str) -> None:
    """Say why there is no export; one that was there once, or that older code has met, is begun anew."""
    if outcome == "nothing_held":
        raise Problem("nothing_held")
    if outcome == "export_failed":
        raise Problem("export_failed")
    if outcome == BEING_ERASED:
        raise Problem(outcome)


def export_anew(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/export``: a new one in the place of the one that is there."""
    person_id = person_in(request)
    reader = request.connect()
    found = _found(reader, person_id)
    if found is not None and not found.is_settled and not export_from(found.record).ready_at:
        return _waiting(found, export_from(found.record), request.language)
    return _asked(request, reader, person_id, found)


def _found(reader: Reader, person_id: str) -> Request | None:
    found = reader.requests().find(request_id_of(person_id))
    return found if found is not None and found.kind == EXPORT else None


def _asked(request: RouteRequest, reader: Reader, person_id: str, before: Request | None) -> Answer:
    """Write the request down, in the place of the one ``before``; whoever is faster has asked for both."""
    from shared.domain.requests import Request
    from shared.errors import Conflict

    if before is not None:
        _put_on_record(reader, before)
    asked = Request(
        request_id=request_id_of(person_id),
        kind=EXPORT,
        asked_at=reader.now(),
        asked_by=ADMIN,
        subject=person_id,
        traceparent=current(),
    )
    try:
        asked = reader.requests().ring(asked, before)
    except Conflict:
        asked = reader.requests().find(asked.request_id) or asked
    return _waiting(asked, export_from(asked.record), request.language)


def _put_on_record(reader: Reader, before: Request) -> None:
    """Put the record of a request whose row the next one takes, unless a run has; it may come twice.

    Raises:
        RetryLater: the audit cannot be written, and nothing is asked for.
    """
    if reader.audit is None or before.audited_at:
        return
    from shared.domain.audit import record_of

    audit = reader.audit()
    ended = before if before.is_settled else before.settled(REPLACED, reader.now())
    audit.put([record_of(ended, ended.person or audit.hash_of(before.subject))])


def _waiting(found: Request, export: Export, language: Language) -> Answer:
    document = export_document(found, export, language)
    return Answer(document, COME_AGAIN_SECONDS, status=202, location=document["href"])


def export_document(found: Request, export: Export, language: Language) -> ExportDocument:
    """Describe an export; no address of the zip is in it."""
    code = "next_run" if not export.token else "trouble" if export.code else "writing"
    waiting_for = {"code": export.code or code, "message": _WAITS[code].in_language(language)}
    return {
        "request_id": found.request_id,
        "person_id": found.subject,
        "status": "ready" if export.ready_at else "pending",
        "waiting_for": None if export.ready_at else waiting_for,  # type: ignore[typeddict-item]  # two texts
        "files": export.files,
        "files_done": export.done,
        "bytes": export.bytes,
        "asked_by": found.asked_by,
        "asked_at": timestamp(found.asked_at),
        "ready_at": timestamp(export.ready_at),
        "deleted_at": timestamp(export.ends_at),
        "href": f"/people/{quote(found.subject, safe='')}/export",
    }


# -- handing it out ----------------------------------------------------------------------------------------


def _zip(request: RouteRequest, reader: Reader, found: Request, export: Export) -> Answer:
    key = person_key(found.subject)
    name = f'attachment; filename="export-{key}.zip"'
    asked = _range_of(request.request.headers.get("range", ""), export.bytes)
    bucket = reader.bucket()
    url = "" if asked else bucket.outside_url(export.zip_key(key), SIGNED_FOR_SECONDS, name)
    if url:
        _hand_out(reader, found)
        document = export_document(found, export, request.language)
        return Answer(document, status=303, location=url)
    if asked is None and export.bytes > RANGE_BYTES:
        raise Problem("only_in_parts", bytes=str(export.bytes), most=str(RANGE_BYTES))
    part = asked or _Range(0, export.bytes)
    _hand_out(reader, found)
    content = bucket.read_range(export.zip_key(key), part.start, part.length)
    headers = {
        "Content-Type": ZIP,
        "Content-Disposition": name,
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        # The same for all parts of one zip, and for no other.
        "ETag": f'"{hashlib.sha256(export.token.encode("utf-8")).hexdigest()[:32]}"',
    }
    if asked is not None:
        last = part.start + len(content) - 1
        headers["Content-Range"] = f"bytes {part.start}-{last}/{export.bytes}"
    return Answer({}, status=200 if asked is None else 206, headers=headers, content=content)


def _range_of(header: str, size: int) -> _Range | None:
    """Return the part that is asked for, of which no more is given than goes through; None: the whole.

    Raises:
        Problem: the zip ends before it begins.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        # RFC 9110, 14.2: what is not understood is overlooked.
        return None
    start, last = int(match[1]), int(match[2] or size)
    if start >= size or last < start:
        raise Problem("invalid_range", headers={"Content-Range": f"bytes */{size}"}, bytes=str(size))
    return _Range(start, min(last + 1, size, start + RANGE_BYTES) - start)


def _hand_out(reader: Reader, found: Request) -> None:
    """Put on record that a copy leaves the deployment, before it does: pictures of a face are read.

    Raises:
        RetryLater: the audit cannot be written, so nothing is handed out.
    """
    # Imported here: most requests are for how far an export has come.
    from shared.domain.audit import HANDED_OUT
    from shared.http_api.looks import LEFT_ALONE_MS, is_recorded

    if not is_recorded(reader, ADMIN, found.subject, 0, HANDED_OUT):
        raise RetryLater(
            "no_answer",
            "the audit's log store does not answer, and no export is handed out without a record",
            delay_seconds=LEFT_ALONE_MS // 1000,
        )
    log("export_handed_out", person=found.subject, by=ADMIN, request=found.request_id)
