"""``GET /people/{person_id}/portraits``: orders, their pictures, what is in their way, and the price of more.

Called by ``routes``, ``resources`` and ``documents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from shared.domain.administration import NotPossible, unless_erased
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.money import cny
from shared.domain.object_keys import BEHIND_EVERY_REVISION
from shared.domain.portrait_asking import check_order
from shared.domain.portrait_styles import MAX_COUNT, STYLES
from shared.domain.portraits import PortraitOrder
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.domain.words import Language
from shared.http_api.administration import COME_AGAIN_SECONDS
from shared.http_api.blocked import awaits_portraits, blocked_by
from shared.http_api.conditional import Answer
from shared.http_api.forecast import Outlook
from shared.http_api.limits import MAX_REVISIONS
from shared.http_api.portrait_blocks import what_blocks_order
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in
from shared.views import portrait_view, timestamp

if TYPE_CHECKING:
    from shared.http_api.portrait_types import (
        OfferDocument,
        OrderDocument,
        PictureDocument,
        PortraitsDocument,
    )
    from shared.view_types import ReasonDocument

MODELS_SHOWN = 10
"""So many revisions with a model are read, the newest: a row may have 100 KB."""


class Found(NamedTuple):
    """The revisions of a person that have a model, newest first, as far as they are read.

    ``is_cut``: there are more. ``unread``: a row that cannot be read is among them.
    """

    jobs: Sequence[Job]
    is_cut: bool
    unread: Unread | None = None


def listed(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}/portraits``."""
    person_id = person_in(request)
    reader = request.connect()
    found = jobs_with_models(reader, person_id)
    (slot, health), now = reader.control.slot_and_health(), reader.now()
    outlook = Outlook(slot, health or Health(beat_at=now), reader.rules, now)
    document: PortraitsDocument = {
        "person_id": person_id,
        "offer": offer_document(found.jobs, outlook, request.language),
        "portraits": orders_of(found.jobs, outlook, request.language),
        "is_cut": found.is_cut,
    }
    is_awaited = any(map(awaits_portraits, found.jobs))
    return Answer(document, COME_AGAIN_SECONDS if is_awaited else None)


def jobs_with_models(reader: Reader, person_id: str) -> Found:
    """Read the person's newest revisions that have a model, in two calls.

    Raises:
        Problem: there is no such person.
    """
    known = reader.jobs.history(person_id, BEHIND_EVERY_REVISION, MAX_REVISIONS)
    if not known:
        raise Problem("unknown_person")
    return with_portraits(reader, known, is_cut=len(known) == MAX_REVISIONS)


def with_portraits(reader: Reader, known: Iterable[JobSummary | Unread], *, is_cut: bool = False) -> Found:
    """Read the rows of those revisions that have a model; ``is_cut``: there are older ones."""
    names = [one.job_id for one in known if isinstance(one, Unread) or _has_model(one)]
    rows = reader.jobs.find_each(names[:MODELS_SHOWN]) if names else {}
    jobs = [row for row in rows.values() if isinstance(row, Job) and not row.erasing_since]
    unread = next((row for row in rows.values() if isinstance(row, Unread)), None)
    return Found(jobs, is_cut or len(names) > MODELS_SHOWN or unread is not None, unread)


def _has_model(job: JobSummary) -> bool:
    return job.state is JobState.SUCCEEDED and bool(job.finetuned_output)


def orders_of(jobs: Iterable[Job], outlook: Outlook, language: Language) -> list[OrderDocument]:
    """Describe the orders of jobs, newest first."""
    orders = [(job, order) for job in jobs for order in job.portraits]
    newest_first = sorted(orders, key=lambda one: (one[0].revision, one[1].number), reverse=True)
    return [order_document(job, order, outlook, language) for job, order in newest_first]


def order_document(job: Job, order: PortraitOrder, outlook: Outlook, language: Language) -> OrderDocument:
    """Describe an order."""
    view = portrait_view(order, language)
    pictures: list[PictureDocument] = [
        {"key": one.key, "size": one.size, "href": picture_href(job, one.key)} for one in order.pictures
    ]
    block = what_blocks_order(job, order, outlook)
    at = order.retry.next_try_at if order.retry is not None else 0
    return {
        **view,
        "pictures": pictures,
        "job_id": job.job_id,
        "revision": job.revision,
        "blocked_by": blocked_by(block, outlook.now, language),
        "next_try_at": timestamp(at if at >= outlook.now else 0),
    }


def picture_href(job: Job, key: str) -> str:
    """Return where a portrait is shown to whoever is signed in."""
    name = key.rpartition("/")[2]
    return f"/people/{quote(job.person_id, safe='')}/portraits/{job.revision}/{quote(name, safe='')}"


def model_to_ask(jobs: Sequence[Job]) -> Job | None:
    """Return the newest revision whose model is kept, or the newest that had one."""
    return max(jobs, key=lambda job: (not job.model_released_at, job.revision), default=None)


def offer_document(jobs: Sequence[Job], outlook: Outlook, language: Language) -> OfferDocument:
    """Describe what can be ordered: the price comes first."""
    job = model_to_ask(jobs)
    return {
        "is_allowed": outlook.rules.portraits_allowed,
        "price_cny": cny(outlook.rules.portrait_price_fen),
        "most_pictures": MAX_COUNT,
        "styles": list(STYLES),
        "revision": job.revision if job is not None else None,
        "why_not": _why_not(job, outlook, language),
    }


def _why_not(job: Job | None, outlook: Outlook, language: Language) -> ReasonDocument | None:
    try:
        if job is not None:
            check_order(unless_erased(job), outlook.rules)
            return None
        code = "no_model" if outlook.rules.portraits_allowed else "portraits_off"
    except NotPossible as why:
        code = why.code
    # Imported here: mostly something can be ordered.
    from shared.http_api.outcomes import OUTCOMES

    return {"code": code, "message": OUTCOMES[code].in_language(language)}
