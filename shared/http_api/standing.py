"""Where a person stands: the documents that the routes answer with."""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.reasons import Language
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.views import job_summary, job_view, timestamp

MINUTE = 60_000
POLL_SECONDS = {JobState.COLLECTING: 5, JobState.QUEUED: 15, JobState.SUBMITTING: 5, JobState.TRAINING: 5}


def person_document(
    revisions: list[Job],
    *,
    ahead: int | None,
    slot: Slot,
    rules: Rules,
    now: int,
    language: Language = Language.ENGLISH,
) -> dict[str, object]:
    """Describe a person from all revisions, newest first; ``ahead`` queued jobs come before the newest."""
    current = revisions[0]
    return {
        "person_id": current.person_id,
        "state": current.state.value,
        "finetuned_output": next((job.finetuned_output for job in revisions if job.finetuned_output), None),
        "current": job_view(current, language),
        "account": {"fine_tunes_kept": slot.kept, "fine_tunes_allowed": rules.kept_fine_tunes},
        "queue": _queue(current, ahead, slot, rules, now),
        "eta": _eta(current, ahead, slot, rules, now),
        "revisions": [job_summary(job, language) for job in revisions],
    }


def retry_after(job: Job) -> int | None:
    """Return after how many seconds a look is worth while, or None when nothing will change by itself."""
    return POLL_SECONDS.get(job.state)


def _queue(job: Job, ahead: int | None, slot: Slot, rules: Rules, now: int) -> dict[str, object] | None:
    """The place in the queue, and why the queue waits if it does."""
    if job.state is not JobState.QUEUED or ahead is None:
        return None
    waiting = slot.trouble if slot.trouble and slot.closed_until > now else None
    return {
        "position": ahead + 1,
        "running": len(slot.holders),
        "places": rules.concurrent_trainings,
        "waiting_because": {"code": waiting.code, "message": waiting.message} if waiting else None,
        "waiting_until": timestamp(slot.closed_until) if waiting else None,
    }


def _eta(job: Job, ahead: int | None, slot: Slot, rules: Rules, now: int) -> dict[str, object] | None:
    """When the training is likely to end: a range, from how long this account's trainings have taken.

    In whole minutes, so that the document stays the same while nothing happens.
    """
    low, high = slot.duration_range()
    if job.state in (JobState.SUBMITTING, JobState.TRAINING):
        earliest, latest = job.submitted_at + low, job.submitted_at + high
    elif job.state is JobState.QUEUED and ahead is not None:
        others = sum(holder != job.job_id for holder in slot.holders)
        rounds_before = (ahead + others) // rules.concurrent_trainings
        begin = max(now, slot.closed_until)
        earliest = begin + max(0, rounds_before - 1) * low + low
        latest = begin + (rounds_before + 1) * high
    else:
        return None
    return {
        "earliest": timestamp(max(now, earliest) // MINUTE * MINUTE),
        "latest": timestamp(-(-max(now, latest) // MINUTE) * MINUTE),
    }
