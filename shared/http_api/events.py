"""``GET /events``: what happened to a person, and when, newest first. Called by ``resources``.

Nothing is written for it: the timelines of the newest revisions and the records of their photos tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.job import Job
from shared.domain.photos import Photo
from shared.domain.reasons import Language, Words, reason
from shared.domain.states import JobState
from shared.views import timestamp

MAX_EVENT_REVISIONS = 5
MAX_EVENTS = 200

STATE_WORDS: dict[str, Words] = {
    JobState.COLLECTING.value: Words("The photo set is open.", "照片集已打开。"),
    JobState.REJECTED.value: Words("None of the photos can be used.", "没有一张照片可用。"),
    JobState.QUEUED.value: Words("The training waits for its turn.", "训练正在排队。"),
    JobState.SUBMITTING.value: Words("The training is submitted.", "正在提交训练。"),
    JobState.TRAINING.value: Words("DashScope trains.", "DashScope 正在训练。"),
    JobState.SUCCEEDED.value: Words("The model is ready.", "模型已就绪。"),
    JobState.FAILED.value: Words("There is no model.", "训练失败，没有模型。"),
    JobState.CANCELED.value: Words("The training is cancelled.", "训练已取消。"),
}
"""What a move means, by the state that a job came to."""


class _Event(NamedTuple):
    """Something that happened ``at`` a time; ``order`` decides between things of one moment."""

    at: int
    order: int
    shown: dict[str, object]


def events_document(newest: Sequence[Job], language: Language) -> dict[str, object]:
    """Describe what happened, from the person's newest revisions, newest first."""
    found = [event for job in newest for event in (*_moves(job, language), *_photos(job, language))]
    found.sort(key=lambda event: (event.at, event.order), reverse=True)
    is_cut = len(found) > MAX_EVENTS or newest[-1].revision > 1
    return {
        "person_id": newest[0].person_id,
        "events": [event.shown for event in found[:MAX_EVENTS]],
        "is_cut": is_cut,
    }


def _moves(job: Job, language: Language) -> Iterator[_Event]:
    for order, move in enumerate(job.moves):
        words = STATE_WORDS.get(move.state)
        message = words.in_language(language) if words else move.state
        yield _Event(move.at, order, _shown(job, move.at, "state", move.state, None, message))


def _photos(job: Job, language: Language) -> Iterator[_Event]:
    """A photo that was carried over has its event in the revision that it came to first."""
    for order, photo in enumerate(photo for photo in job.photo_set.photos if photo.is_new):
        yield _Event(photo.recorded_at, order, _photo(job, photo, language))


def _photo(job: Job, photo: Photo, language: Language) -> dict[str, object]:
    message = reason(photo.verdict, language)
    return _shown(job, photo.recorded_at, "photo", None, photo.name, message)


def _shown(
    job: Job, at: int, kind: str, state: str | None, photo: str | None, message: str
) -> dict[str, object]:
    return {
        "at": timestamp(at),
        "kind": kind,
        "job_id": job.job_id,
        "revision": job.revision,
        "state": state,
        "photo": photo,
        "message": message,
    }
