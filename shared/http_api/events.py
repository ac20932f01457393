"""``GET /events?person=NAME``: what has happened to a person's photos and trainings. Called by ``resources``.

It is told from the rows of the newest revisions, in two calls: there is no other record that could differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.domain.job import Job
from shared.domain.object_keys import BEHIND_EVERY_REVISION
from shared.domain.reasons import Words, reason, remedy
from shared.domain.states import JobState
from shared.domain.timeline import is_full
from shared.http_api.conditional import Answer
from shared.http_api.parameters import read_person_query
from shared.http_api.problems import Problem
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.reasons import Language
    from shared.http_api.document_types import EventDocument, EventsDocument
    from shared.http_api.resources import RouteRequest

MAX_EVENTS = 200
REVISIONS = 5
"""So many revisions are read, the newest: a row may have 100 KB."""
POLL_SECONDS = 15
MOVES: dict[JobState, Words] = {
    JobState.COLLECTING: Words("The photo set is open and takes photos.", "照片集已打开，可以接收照片。"),
    JobState.REJECTED: Words(
        "None of the photos can be used; the next photo opens the set again.",
        "没有一张照片可用；下一张照片会重新打开照片集。",
    ),
    JobState.QUEUED: Words("The set is closed and waits for its turn.", "照片集已关闭，正在排队。"),
    JobState.SUBMITTING: Words("The training is being submitted.", "正在提交训练。"),
    JobState.TRAINING: Words("DashScope trains.", "DashScope 正在训练。"),
    JobState.SUCCEEDED: Words("The model is ready.", "模型已就绪。"),
    JobState.FAILED: Words("The training has ended without a model.", "训练已结束，没有得到模型。"),
    JobState.CANCELED: Words("The training was cancelled.", "训练已取消。"),
}
_WORDS = {state.value: words for state, words in MOVES.items()}


def events(request: RouteRequest) -> Answer:
    """``GET /events``."""
    person_id = read_person_query(request.query)
    reader = request.connect()
    known = reader.jobs.history(person_id, BEHIND_EVERY_REVISION, REVISIONS + 1)
    if not known:
        raise Problem("unknown_person")
    found = reader.jobs.find_each([one.job_id for one in known[:REVISIONS]])
    jobs = [job for job in found.values() if isinstance(job, Job)]
    is_cut = len(known) > REVISIONS or len(jobs) < min(len(known), REVISIONS)
    is_over = bool(jobs) and jobs[0].state.is_terminal
    document = events_document(person_id, jobs, request.language, is_cut=is_cut)
    return Answer(document, None if is_over else POLL_SECONDS)


def events_document(person_id: str, jobs: list[Job], language: Language, *, is_cut: bool) -> EventsDocument:
    """Describe what has happened, newest first; ``is_cut``: earlier revisions have not been read."""
    all_events = [event for job in jobs for event in (*_moves(job, language), *_photos(job, language))]
    # The sort is stable, and the moves of a moment come before its photos: the later state stands on top.
    newest_first = sorted(all_events, key=lambda event: event["at"] or "", reverse=True)
    is_cut = is_cut or len(newest_first) > MAX_EVENTS or any(is_full(job.moves) for job in jobs)
    return {"person_id": person_id, "events": newest_first[:MAX_EVENTS], "is_cut": is_cut}


def _moves(job: Job, language: Language) -> Iterator[EventDocument]:
    for move in reversed(job.moves):
        words = _WORDS.get(move.state)
        yield {
            "at": timestamp(move.at),
            "kind": "move",
            "job_id": job.job_id,
            "revision": job.revision,
            "state": move.state,
            "photo": None,
            "message": words.in_language(language) if words else move.state,
        }


def _photos(job: Job, language: Language) -> Iterator[EventDocument]:
    """The photos of this revision's own, each by its verdict."""
    for photo in reversed(job.photo_set.photos):
        if photo.is_new:
            told = (reason(photo.verdict, language), remedy(photo.verdict, language))
            yield {
                "at": timestamp(photo.recorded_at),
                "kind": "photo",
                "job_id": job.job_id,
                "revision": job.revision,
                "state": None,
                "photo": photo.name,
                "message": ("" if language.value.startswith("zh") else " ").join(filter(None, told)),
            }
