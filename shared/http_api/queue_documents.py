"""``GET /queue``: who trains, who waits in which order, and how full the account is; also for the overview.

Called by ``resources`` and ``overview``. The rows of the jobs are read without their photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.caps import what_holds_all
from shared.domain.health import Health
from shared.domain.job_summary import JobSummary
from shared.domain.states import JobState
from shared.domain.totals import ROW, Totals
from shared.http_api.blocked import block_of_money, blocked_by
from shared.http_api.conditional import Answer
from shared.http_api.forecast import Outlook, eta, paused_document
from shared.http_api.readiness import obstacles_in
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.control_rows import Document
    from shared.domain.reasons import Language
    from shared.http_api.document_types import (
        AccountDocument,
        QueuedJobDocument,
        QueueListDocument,
        QueuePageDocument,
        RunningJobDocument,
        SlotDocument,
    )
    from shared.http_api.reader import ControlRows, Reader
    from shared.http_api.resources import RouteRequest

POLL_SECONDS = 15
SHOWN, COUNTED = 50, 200
"""Jobs of the queue that are shown, and that are counted at most."""
SHOWN_RUNNING = 40
DAY_MS = 86_400_000
RUNNING = (JobState.SUBMITTING, JobState.TRAINING)


class Standing(NamedTuple):
    """What is known of the slot and the queue.

    Attributes:
        totals: None when the row cannot be read, or has not been written.
        running: the jobs that hold a place.
        queued: the first jobs of the queue.
        length: how many there are, at most ``COUNTED``.
        is_more: whether there are more than that.
    """

    rows: ControlRows
    totals: Totals | None
    running: Sequence[JobSummary]
    queued: Sequence[JobSummary]
    length: int
    is_more: bool
    outlook: Outlook


def read_standing(reader: Reader) -> Standing:
    """Read the shared rows, the work in hand and its jobs: three calls."""
    now = reader.now()
    rows, stored = reader.control.read_all_and(ROW)
    running, queue = reader.jobs.in_hand(COUNTED + 1)
    found = reader.jobs.summaries([*running[:SHOWN_RUNNING], *queue[:SHOWN]])
    jobs = [one for one in found if isinstance(one, JobSummary)]
    health = rows.health or Health(beat_at=now)
    return Standing(
        rows=rows,
        totals=totals_of(stored),
        running=[job for job in jobs if job.state in RUNNING],
        queued=[job for job in jobs if job.state is JobState.QUEUED],
        length=min(len(queue), COUNTED),
        is_more=len(queue) > COUNTED,
        outlook=Outlook(slot=rows.slot, health=health, rules=reader.rules, now=now),
    )


def totals_of(stored: Document | None) -> Totals | None:
    """Return the totals that a row holds; None: there are none."""
    return Totals.from_value(stored.value) if stored is not None and stored.version else None


def queue_page(request: RouteRequest) -> Answer:
    """``GET /queue``."""
    standing = read_standing(request.connect())
    document: QueuePageDocument = {
        "slot": slot_document(standing),
        "queue": queue_list(standing, request.language),
        "account": account_document(standing),
    }
    return Answer(document, POLL_SECONDS)


def slot_document(standing: Standing) -> SlotDocument:
    """Describe the places for trainings, who has them, and how busy they were."""
    return {
        "places": standing.outlook.rules.concurrent_trainings,
        "running": [_running(job, standing.outlook) for job in standing.running],
        "busy_last_24h": _busy(standing),
    }


def queue_list(standing: Standing, language: Language) -> QueueListDocument:
    """Describe the queue, and why nobody of it is submitted if that is so."""
    blocks = obstacles_in(standing.rows, standing.outlook.now)
    if standing.rows.slot.paused is None:
        # By the settings nothing is to be paid for: meant, and no obstacle.
        held = what_holds_all(standing.rows.slot, standing.outlook.rules, standing.outlook.now)
        blocks += filter(None, [block_of_money(held)])
    oldest = min((job.closed_at for job in standing.queued), default=0)
    return {
        "length": standing.length,
        "is_more": standing.is_more,
        "oldest_since": timestamp(oldest),
        "jobs": [
            _queued(job, ahead, standing.outlook, is_held=bool(blocks))
            for ahead, job in enumerate(standing.queued)
        ],
        "paused": paused_document(standing.rows.slot),
        "blocked_by": blocked_by(blocks[0], standing.outlook.now, language) if blocks else None,
    }


def account_document(standing: Standing) -> AccountDocument:
    """Describe DashScope's cap; nearly full: from four fifths of it on."""
    kept, allowed = standing.rows.slot.kept, standing.outlook.rules.kept_fine_tunes
    return {
        "fine_tunes_kept": kept,
        "fine_tunes_allowed": allowed,
        "is_nearly_full": kept is not None and 5 * kept >= 4 * allowed,
    }


def _running(job: JobSummary, outlook: Outlook) -> RunningJobDocument:
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": job.state.value,
        "fine_tune_status": job.fine_tune_status or None,
        "since": timestamp(job.submitted_at),
        "eta": eta(job, outlook),
    }


def _queued(job: JobSummary, ahead: int, outlook: Outlook, *, is_held: bool) -> QueuedJobDocument:
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "position": ahead + 1,
        "since": timestamp(job.closed_at),
        # Nobody can say when a training ends that is kept from beginning.
        "eta": None if is_held else eta(job, outlook._replace(ahead=ahead)),
    }


def _busy(standing: Standing) -> float | None:
    """The part of the places' time in the last day in which they trained; None: nothing was counted yet."""
    if standing.totals is None:
        return None
    now, places = standing.outlook.now, standing.outlook.rules.concurrent_trainings
    ended = standing.totals.busy_since(now - DAY_MS, now)
    running = sum(min(DAY_MS, max(0, now - job.submitted_at)) for job in standing.running if job.submitted_at)
    return min(1.0, round((ended + running) / (DAY_MS * places), 2))
