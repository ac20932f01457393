"""When a training is likely to begin and to end: ranges, from how long this account's trainings have taken.

A training takes ``low`` to ``high`` from its submit on: the range of the durations that the slot remembers. A
queued job waits for rounds of trainings: each round is as many trainings as the slot holds, of those that run
and of those before it in the queue. The trainings of the first round run already and may end at once.

A document has to stay the same while nothing happens, so that its ETag does, and it must not name a time that
has passed. So a range is shown in whole minutes: widened to them, and an end that is less than a minute
away, or has passed, is null. Called by ``documents`` and ``waiting``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary
from shared.domain.reasons import Language
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.views import reason_view, timestamp

if TYPE_CHECKING:
    from shared.http_api.person_types import EstimateDocument, PauseDocument, PlaceDocument

MINUTE_MS = 60_000
WAITS_FOR_A_TRAINING = (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING)


class Outlook(NamedTuple):
    """The facts beside the job itself that decide how it goes on.

    Attributes:
        now: milliseconds since the epoch.
        ahead: queued jobs before this one; 0 for a job that is not queued.
    """

    slot: Slot
    health: Health
    rules: Rules
    now: int
    ahead: int = 0


def begin_of_training(job: Job | JobSummary, outlook: Outlook) -> tuple[int, int]:
    """Return the earliest and the latest likely begin of a queued job's training."""
    low, high = outlook.slot.duration_range_ms()
    rounds = rounds_before(job, outlook)
    opens_at = outlook.slot.halted_until if outlook.slot.is_halted(outlook.now) else outlook.now
    return opens_at + max(0, rounds - 1) * low, opens_at + rounds * high


def end_of_training(job: Job | JobSummary, outlook: Outlook) -> tuple[int, int]:
    """Return the earliest and the latest likely end of a training that is queued, submitted or running."""
    low, high = outlook.slot.duration_range_ms()
    if job.state is JobState.QUEUED:
        earliest, latest = begin_of_training(job, outlook)
        return earliest + low, latest + high
    return job.submitted_at + low, job.submitted_at + high


def rounds_before(job: Job | JobSummary, outlook: Outlook) -> int:
    """Return how many rounds of trainings come before a queued job; 0: the slot is free for it."""
    others = sum(holder != job.job_id for holder in outlook.slot.holders)
    return (outlook.ahead + others) // outlook.rules.concurrent_trainings


def eta(job: Job | JobSummary, outlook: Outlook) -> EstimateDocument | None:
    """Describe when the training is likely to end: ``earliest`` is null when that may be at any moment."""
    if job.state not in WAITS_FOR_A_TRAINING:
        return None
    earliest, latest = end_of_training(job, outlook)
    is_away = earliest >= outlook.now + MINUTE_MS
    return {
        "earliest": timestamp(earliest // MINUTE_MS * MINUTE_MS) if is_away else None,
        "latest": timestamp(full_minute(latest, outlook.now)),
    }


def paused_document(slot: Slot) -> PauseDocument | None:
    """Say who has paused the queue, why and since when; None while nobody has."""
    if slot.paused is None:
        return None
    return {"because": slot.paused.because, "by": slot.paused.by, "since": timestamp(slot.paused.since)}


def full_minute(at: int, now: int) -> int:
    """Round ``at`` up to a full minute; 0 when that minute has passed."""
    minute = -(-at // MINUTE_MS) * MINUTE_MS
    return minute if minute >= now else 0


def queue(job: Job, outlook: Outlook, language: Language) -> PlaceDocument | None:
    """Describe the place in the queue, and why the queue waits if it does; None for a job outside it."""
    if job.state is not JobState.QUEUED:
        return None
    slot = outlook.slot
    trouble = slot.trouble if slot.is_halted(outlook.now) else None
    return {
        "position": outlook.ahead + 1,
        "running": len(slot.holders),
        "places": outlook.rules.concurrent_trainings,
        "waiting_because": reason_view(trouble, language),
        "waiting_until": timestamp(slot.halted_until) if trouble else None,
        "paused": paused_document(slot),
    }
