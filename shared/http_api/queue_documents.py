"""``GET /queue``: who trains, who waits behind them and until about when, and why nobody goes on.

Three reads however long the queue is: the shared rows, the index of the work in hand, and the jobs of its
head. Called by ``resources``.
"""

from __future__ import annotations

from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.reasons import Language
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.http_api.blocked import block_of_queue, block_of_ticks, blocked_by
from shared.http_api.documents import account_document, unread_document
from shared.http_api.forecast import Outlook, eta, paused_document
from shared.http_api.reader import Reader
from shared.views import timestamp

COUNTED = 500
"""So many queued jobs are counted; of a longer queue it is said that there are more."""
SHOWN = 50
RUNNING = (JobState.SUBMITTING, JobState.TRAINING)


def read_queue(reader: Reader, language: Language) -> dict[str, object]:
    """Read the queue and describe it."""
    rows, now = reader.control.read_all(), reader.now()
    running, queue = reader.jobs.in_hand(COUNTED)
    found = reader.jobs.find_each([*running, *queue[:SHOWN]])
    outlook = Outlook(slot=rows.slot, health=rows.health or Health(beat_at=now), rules=reader.rules, now=now)
    trained = [job for name in running if isinstance(job := found[name], Job) and job.state in RUNNING]
    waiting = [
        (place, job)
        for place, name in enumerate(queue[:SHOWN])
        if isinstance(job := found[name], Job) and job.state is JobState.QUEUED
    ]
    block = block_of_ticks(outlook.health, now) or block_of_queue(rows.slot, now)
    return {
        "slot": {
            "places": reader.rules.concurrent_trainings,
            "running": [_running(job, outlook) for job in trained],
        },
        "queue": {
            "length": len(queue),
            "is_more": len(queue) == COUNTED,
            "oldest_since": timestamp(min((job.place for _, job in waiting), default=0)),
            "jobs": [_waiting(job, place, outlook, is_held=block is not None) for place, job in waiting],
            "paused": paused_document(rows.slot),
            "blocked_by": blocked_by(block, now, language),
        },
        "account": account_document(outlook),
        "unreadable": [unread_document(job, language) for job in found.values() if isinstance(job, Unread)],
    }


def _running(job: Job, outlook: Outlook) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": job.state.value,
        "fine_tune_status": job.fine_tune_status or None,
        "since": timestamp(job.submitted_at),
        "eta": eta(job, outlook),
    }


def _waiting(job: Job, place: int, outlook: Outlook, *, is_held: bool) -> dict[str, object]:
    """Describe a queued job; nobody can say when a training ends that is kept from beginning."""
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "position": place + 1,
        "since": timestamp(job.closed_at),
        "eta": None if is_held else eta(job, outlook._replace(ahead=place)),
    }
