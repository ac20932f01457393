"""The routes by which an administrator asks for something, and sees what became of it. Called by ``routes``.

``status`` writes a row down and rings; a run of the timer does what is asked for and writes the outcome down.
So the function that the Internet can reach keeps its least rights. What cannot be done to the job as it is
now is refused at once, by the same decisions that the run will make (:mod:`shared.domain.administration`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.domain.reasons import Language
from shared.errors import RetryLater
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import job_of, newest_of, person_in, photo_in
from shared.tracing import current
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.requests import Request
    from shared.http_api.operator_types import AcceptedDocument, RequestDocument
    from shared.view_types import ReasonDocument

ADMIN = "admin"
COME_AGAIN_SECONDS = 15

REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def probe_queue(request: RouteRequest) -> Answer:
    """``POST /queue/probe``."""
    return ask(request, "probe", lambda _: None)


def pause_queue(request: RouteRequest) -> Answer:
    """``POST /queue/pause``: the content says why."""
    from shared.domain.slot import MAX_BECAUSE_CHARACTERS, VISIBLE_CHARACTER
    from shared.http_api.forms import fields_of

    sent = fields_of(request.request).get("because", "").strip()
    # A surrogate that stands alone is no text, and Tablestore takes none.
    because = sent.encode("utf-8", "replace").decode("utf-8")
    if not re.search(VISIBLE_CHARACTER, because) or len(because) > MAX_BECAUSE_CHARACTERS:
        raise Problem("invalid_because", most=str(MAX_BECAUSE_CHARACTERS))
    return ask(request, "pause", lambda _: None, reason=because)


def resume_queue(request: RouteRequest) -> Answer:
    """``POST /queue/resume``."""
    return ask(request, "resume", lambda _: None)


def train_person(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/train``."""

    def check(reader: Reader) -> None:
        from shared.domain.administration import asked_to_train

        asked_to_train(newest_of(reader, request), reader.rules, reader.now())

    return ask(request, "train", check, subject=person_in(request))


def use_photo(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/photos/{name}/use``."""

    def check(reader: Reader) -> None:
        from shared.domain.administration import with_photo_used

        with_photo_used(newest_of(reader, request), photo_in(request), reader.rules, reader.now())

    return ask(request, "photo_use", check, subject=person_in(request), photo=photo_in(request))


def delete_photo(request: RouteRequest) -> Answer:
    """``DELETE /people/{person_id}/photos/{name}``: also of one that no set has, but the bucket may."""
    return ask(
        request,
        "photo_delete",
        lambda reader: newest_of(reader, request),
        subject=person_in(request),
        photo=photo_in(request),
    )


def cancel_job(request: RouteRequest) -> Answer:
    """``POST /jobs/{job_id}/cancel``."""
    from shared.domain.administration import canceled

    def check(reader: Reader) -> None:
        canceled(job_of(reader, request), reader.now())

    return ask(request, "cancel", check, subject=request.name)


def retry_job(request: RouteRequest) -> Answer:
    """``POST /jobs/{job_id}/retry``."""

    def check(reader: Reader) -> None:
        from shared.domain.administration import NotPossible, once_more

        job = job_of(reader, request)
        newest = reader.jobs.latest(job.person_id)
        if newest is not None and newest.revision > job.revision:
            raise NotPossible("not_newest")
        once_more(job, reader.rules, reader.now())

    return ask(request, "retry", check, subject=request.name)


def put_job_first(request: RouteRequest) -> Answer:
    """``POST /jobs/{job_id}/first``."""
    from shared.domain.administration import check_queued

    return ask(request, "first", lambda reader: check_queued(job_of(reader, request)), subject=request.name)


def approve_job(request: RouteRequest) -> Answer:
    """``POST /jobs/{job_id}/approve``."""
    from shared.domain.approval import approved

    def check(reader: Reader) -> None:
        approved(job_of(reader, request), reader.now(), reader.now())

    return ask(request, "approve", check, subject=request.name)


def release_model(request: RouteRequest) -> Answer:
    """``POST /models/{job_id}/release``."""
    from shared.domain.administration import check_model_is_kept as check

    return ask(request, "release", lambda reader: check(job_of(reader, request)), subject=request.name)


def request_outcome(request: RouteRequest) -> Answer:
    """``GET /requests/{request_id}``."""
    is_possible = REQUEST_ID.fullmatch(request.name) is not None
    found = request.connect().requests().find(request.name) if is_possible else None
    if found is None:
        raise Problem("unknown_request")
    document = request_document(found, request.language)
    return Answer(document, None if found.is_settled else COME_AGAIN_SECONDS)


def request_document(request: Request, language: Language) -> RequestDocument:
    """Describe a request; an outcome that this version has no words for is shown as it is."""
    outcome: ReasonDocument | None = None
    changed_nothing: bool | None = None
    if request.is_settled:
        code = request.outcome.partition(":")[0]
        # Imported here: whoever asks for something does not pay for all that may become of it.
        from shared.http_api.outcomes import CHANGED_NOTHING, OUTCOMES

        words = OUTCOMES.get(code)
        outcome = {"code": code, "message": words.in_language(language) if words else request.outcome}
        changed_nothing = code in CHANGED_NOTHING
    return {
        "request_id": request.request_id,
        "kind": request.kind,
        "subject": request.subject or None,
        "photo": request.photo or None,
        "because": request.reason or None,
        "asked_by": request.asked_by,
        "status": "done" if request.is_settled else "pending",
        "outcome": outcome,
        "changed_nothing": changed_nothing,
        "asked_at": timestamp(request.asked_at),
        "done_at": timestamp(request.settled_at),
    }


def ask(
    request: RouteRequest,
    kind: str,
    check: Callable[[Reader], object],
    *,
    subject: str = "",
    photo: str = "",
    reason: str = "",
) -> Answer:
    """Write the request down and ring; asked again with one ``Idempotency-Key`` it is the same request.

    An answer that is lost is asked for again with the key: so the key is looked up before anything is refused
    for the state that the first request has brought about. The key is claimed before the request is written;
    whoever dies in between has claimed an id, and the next who comes with the key writes the request.
    """
    # Imported here: whoever reads a document does not pay for it at a cold start.
    from shared.domain.requests import Request

    reader = request.connect()
    now = reader.now()
    asked = Request(
        request_id=_request_id(request, reader, check),
        kind=kind,
        asked_at=now,
        asked_by=ADMIN,
        subject=subject,
        photo=photo,
        reason=reason,
        traceparent=current(),
    )
    _ring_once(reader, asked)
    href = f"/requests/{asked.request_id}"
    document: AcceptedDocument = {"request_id": asked.request_id, "status": "pending", "href": href}
    return Answer(document, COME_AGAIN_SECONDS, status=202, location=href)


def _request_id(request: RouteRequest, reader: Reader, check: Callable[[Reader], object]) -> str:
    """Return the id that the key was claimed for, or a new one for what can be done now."""
    from shared.domain.administration import NotPossible
    from shared.domain.requests import Claim, request_id
    from shared.http_api.idempotency import fingerprint_of, key_of

    key = key_of(request.request.headers, ADMIN)
    claim = reader.requests().claimed(key) if key else None
    if claim is None:
        try:
            check(reader)
        except NotPossible as why:
            raise Problem(why.code) from None
        name = request_id(reader.now(), reader.token())
        if not key:
            return name
        claim = reader.requests().claim(key, Claim(name, fingerprint_of(request.request)))
    if claim.fingerprint != fingerprint_of(request.request):
        raise Problem("idempotency_key_reused")
    return claim.request_id


def _ring_once(reader: Reader, asked: Request) -> None:
    """Write the request down, unless it is; one that is not carried out yet is rung for in any case."""
    from shared.errors import Conflict

    try:
        reader.requests().ring(asked)
    except Conflict as conflict:
        found = reader.requests().find(asked.request_id)
        if found is None:
            raise RetryLater(conflict.code, conflict.message, delay_seconds=1) from conflict
        if not found.is_settled:
            try:
                reader.requests().ring_again()
            except Conflict:
                # Others ring all the time: the bell is heard, and this request stands behind it.
                return
