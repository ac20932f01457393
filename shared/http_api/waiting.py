"""``waiting_for``: the next thing that happens to a job by itself, and about when.

A job that is blocked has ``blocked_by`` in its place. ``at`` is null when that time has passed, so that the
next run of the timer is due; when it cannot be told, as for a training that takes longer than the others; and
when an upload is missing. It does not follow the clock, for the reason that ``forecast`` gives. Called by
``documents``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.domain.completion import (
    ClosedBy,
    closing_moments,
    is_announced,
    missing_names,
    missing_photos,
)
from shared.domain.held_back import is_held_back
from shared.domain.job import Job
from shared.domain.lanes import WAITING_LANE_OF
from shared.domain.photo_set import NEVER, PhotoSet
from shared.domain.photos import Verdict
from shared.domain.reasons import Language
from shared.domain.retry_state import RetryState
from shared.domain.states import JobState
from shared.http_api.blocked import is_unfinished, own_troubles, pending_photos
from shared.http_api.forecast import Outlook, begin_of_training, end_of_training, full_minute, rounds_before
from shared.http_api.waiting_words import SENTENCES
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.person_types import WaitingDocument


class Waiting(NamedTuple):
    """A code, until about when in milliseconds since the epoch (0: no time can be named), and a trouble."""

    code: str
    at: int = 0
    cause: str = ""


NAMES_SHOWN = 5
QUEUES_AT_DASHSCOPE = "QUEUING"
"""DashScope, "Model customization API": the job waits for resources."""

_OF_DASHSCOPE = (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING)


def waiting_for(job: Job, outlook: Outlook, language: Language) -> WaitingDocument | None:
    """Describe what ``job``, which is not blocked, waits for; None when nothing happens to it by itself."""
    if not is_unfinished(job):
        return None
    waiting = _of_trouble(job, outlook.now) or _waiting(job, outlook)
    sentence = SENTENCES[waiting.code].words.in_language(language)
    return {
        "code": waiting.code,
        "message": sentence.format(
            marker=outlook.rules.ready_marker,
            needed=outlook.rules.min_photos,
            usable=len(job.photo_set.usable),
            cause=waiting.cause,
            **_announced(job.photo_set, language),
        ),
        "at": timestamp(waiting.at if waiting.at >= outlook.now else 0),
    }


def _announced(photo_set: PhotoSet, language: Language) -> dict[str, object]:
    """Return the numbers that a sentence about the marker needs, and some names."""
    names = missing_names(photo_set)
    named = ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
    around = "：{}" if language is Language.CHINESE else ": {}"
    return {
        "announced": photo_set.announced.photos or len(photo_set.announced.names),
        "missing": missing_photos(photo_set),
        "names": around.format(named) if named else "",
    }


def _of_trouble(job: Job, now: int) -> Waiting | None:
    """Return the wait for another try; of several photos for the one that is tried first.

    A photo or a zip that has had no trouble needs no such wait. Once its pause is over a closed job waits for
    what all wait for: the slot, or the answer of DashScope.
    """
    troubles = own_troubles(job)
    has_untried = any(photo.retry is None for photo in pending_photos(job))
    if not troubles or (job.retry is None and has_untried):
        return None
    # A set with a zip in it is not looked at before the zip's turn.
    zips = [photo.retry for photo in job.photo_set.unpacking if photo.retry]
    first = min(zips or troubles, key=_next_try_at)
    if job.state in _OF_DASHSCOPE and first.next_try_at <= now:
        return None
    return Waiting("retry", _next_try_at(first), first.cause.code)


def _next_try_at(trouble: RetryState) -> int:
    # What waited for an API is tried by the first run that finds it well.
    return 0 if trouble.waits_for in WAITING_LANE_OF else trouble.next_try_at


def _waiting(job: Job, outlook: Outlook) -> Waiting:
    if job.state is JobState.COLLECTING:
        return _of_collecting(job, outlook)
    if job.cancel_asked_at and not job.state.is_terminal:
        return Waiting("canceling", _outcome_known_at(job, outlook))
    if job.state is JobState.QUEUED:
        return _of_queued(job, outlook)
    if job.state is JobState.SUBMITTING:
        return Waiting("submit_outcome", _outcome_known_at(job, outlook))
    if job.state is JobState.TRAINING:
        return _of_training(job, outlook)
    return Waiting("cleanup" if job.result_at else "result")


def _outcome_known_at(job: Job, outlook: Outlook) -> int:
    """When it is known what became of a submit whose answer is missing; 0 of a job that waits for none."""
    is_missing = job.state is JobState.SUBMITTING
    return job.attempt_expires_at + outlook.rules.listing_delay_ms if is_missing else 0


def _of_collecting(job: Job, outlook: Outlook) -> Waiting:
    photo_set, rules = job.photo_set, outlook.rules
    next_look = photo_set.next_look_at(rules, deadline=job.deadline)
    if photo_set.unpacking:
        return Waiting("unpacking", next_look)
    if photo_set.unfinished:
        is_unprepared = any(photo.verdict is Verdict.UNPREPARED for photo in photo_set.unfinished)
        return Waiting("preparation" if is_unprepared else "face_check")
    if is_held_back(job.person_id):
        return Waiting("held_back")
    if next_look >= NEVER:
        return Waiting("more_photos" if photo_set.new_usable else "photos")
    if next_look <= outlook.now:
        return Waiting("closing")
    if is_announced(photo_set):
        return Waiting("announced_photos", next_look)
    if job.closed_first_at:
        return Waiting("closing_again", next_look)
    is_quiet_time = next_look == closing_moments(photo_set, rules)[ClosedBy.QUIET]
    return Waiting("quiet_time" if is_quiet_time else "settling", next_look)


def _of_queued(job: Job, outlook: Outlook) -> Waiting:
    if outlook.slot.is_halted(outlook.now):
        return Waiting("queue_halted", outlook.slot.halted_until)
    if rounds_before(job, outlook) == 0:
        return Waiting("submit")
    _, latest = begin_of_training(job, outlook)
    return Waiting("slot", full_minute(latest, outlook.now))


def _of_training(job: Job, outlook: Outlook) -> Waiting:
    if job.fine_tune_status == QUEUES_AT_DASHSCOPE and not job.running_since:
        return Waiting("dashscope_queue")
    _, latest = end_of_training(job, outlook)
    return Waiting("training_end", full_minute(latest, outlook.now))
