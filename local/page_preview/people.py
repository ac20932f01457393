"""Documents about one person in every state, by the code that answers with them, from made-up jobs.

Called by ``scenes`` and by the tests of the pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.domain.health import Health
from shared.domain.job import Job, Reason
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.portrait_styles import STYLES, TEMPLATE_STYLE, Wanted
from shared.domain.portraits import OrderState, Picture, PortraitOrder
from shared.domain.result_keys import portrait_key
from shared.domain.retry_state import Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.domain.words import Language
from shared.http_api.documents import person_document, unread_person_document
from shared.http_api.forecast import Outlook
from shared.views import timestamp

NOW = 1_800_000_000_000
MINUTE_MS = 60_000
LINK = "L1nk-of-anna.signed"
HOSTILE = "x\"><img src=x onerror=alert(1)>\u202egnp.\u200f\n{{7*7}}' 小明"
MODEL = "facechain-finetune-7c1d9a40-lora"

_PHOTOS = (
    ("IMG_2041.HEIC", Verdict.USABLE),
    ("IMG_2042.HEIC", Verdict.USABLE),
    ("正面照.jpg", Verdict.USABLE),
    ("group at the sea.jpg", Verdict.SEVERAL_FACES),
    ("sunset.jpg", Verdict.NO_FACE),
    ("IMG_2043.HEIC", Verdict.SIMILAR),
    ("all.zip", Verdict.UNPACKED),
)
_TIMELINES = {
    JobState.COLLECTING: ((22, "COLLECTING"),),
    JobState.REJECTED: ((22, "COLLECTING"), (18, "REJECTED")),
    JobState.QUEUED: ((22, "COLLECTING"), (18, "QUEUED")),
    JobState.SUBMITTING: ((22, "COLLECTING"), (18, "QUEUED"), (0.2, "SUBMITTING")),
    JobState.TRAINING: ((22, "COLLECTING"), (18, "QUEUED"), (4.1, "SUBMITTING"), (4, "TRAINING")),
    **{
        state: (
            (40, "COLLECTING"),
            (36, "QUEUED"),
            (27, "SUBMITTING"),
            (26.97, "TRAINING"),
            (21.9, state.value),
        )
        for state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELED)
    },
}


def ago(minutes: float) -> int:
    """Return the moment so many minutes before the present of the examples, in milliseconds."""
    return NOW - int(minutes * MINUTE_MS)


def photo(name: str, verdict: Verdict, **changes: Any) -> Photo:
    """Return a photo with a verdict."""
    whole = {"etag": "E", "size": 2_400_000, "uploaded_at": ago(22), "recorded_at": ago(21), **changes}
    return Photo(name=name, verdict=verdict, **whole)


def job(state: JobState, person_id: str = "anna", **changes: Any) -> Job:
    """Return a job in ``state``, with times that fit it."""
    marks = {word: ago(minutes) for minutes, word in _TIMELINES[state]}
    is_sent = "TRAINING" in marks
    is_over = state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELED)
    photos = tuple(photo(name, verdict) for name, verdict in _PHOTOS)
    if state is JobState.REJECTED:
        photos = photos[3:5]
    whole: dict[str, Any] = {
        "person_id": person_id,
        "revision": 1,
        "state": state,
        "opened_at": marks["COLLECTING"],
        "changed_at": max(marks.values()),
        "closed_at": marks.get("QUEUED", 0),
        "closed_first_at": marks.get("QUEUED", 0),
        "due_at": max(marks.values()),
        "submitted_at": marks.get("TRAINING", 0),
        "ended_at": max(marks.values()) if is_over else 0,
        "fine_tune_id": "ft-202611281204-1f3a" if is_sent else "",
        "fine_tune_status": {"TRAINING": "RUNNING"}.get(state.value, state.value) if is_sent else "",
        "finetuned_output": MODEL if state is JobState.SUCCEEDED else "",
        "usage": 1 if state is JobState.SUCCEEDED else 0,
        "result_at": max(marks.values()) if is_over else 0,
        "delivered": is_over,
        "reason": {
            JobState.FAILED: Reason(
                "InternalError.Algo", "The training failed at DashScope; upload other photos."
            ),
            JobState.CANCELED: Reason("canceled_at_dashscope", "The training was canceled at DashScope."),
            JobState.REJECTED: Reason("no_usable_photo", ""),
        }.get(state),
        "photo_set": PhotoSet(photos=photos, last_photo_at=ago(0.4)),
        **changes,
    }
    return Job(**whole)


def outlook(*, ahead: int = 2, is_dead: bool = False) -> Outlook:
    """Return what decides how jobs go on; ``is_dead``: the timer has stopped."""
    return Outlook(
        slot=Slot(holders=("another",), durations_ms=(290_000, 302_000, 340_000), kept=7),
        health=Health(beat_at=ago(40 if is_dead else 0.5)),
        rules=Rules(),
        now=NOW,
        ahead=ahead,
    )


def person(
    state: JobState,
    language: Language = Language.ENGLISH,
    *,
    person_id: str = "anna",
    is_dead: bool = False,
    with_portraits: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """Return the document of a person whose newest job is in ``state``; an earlier revision has a model.

    ``with_portraits``: orders of all kinds were made of it, and others may be.
    """
    newest = job(state, person_id, **changes)
    earlier: tuple[JobSummary, ...] = ()
    if newest.revision > 1:
        before = job(JobState.SUCCEEDED, person_id)
        earlier = (
            replace(summary_of(before), opened_at=ago(4000), changed_at=ago(3990), ended_at=ago(3990)),
        )
    seen = outlook(is_dead=is_dead)
    if with_portraits:
        newest = replace(newest, portraits=orders(person_id, newest.revision), portrait_fen=144)
        seen = seen._replace(rules=replace(seen.rules, portraits_allowed=True))
    document = person_document(newest, earlier, seen, language, None, [newest] if with_portraits else ())
    return completed({**document}, newest)


def orders(person_id: str, revision: int) -> tuple[PortraitOrder, ...]:
    """Return an order in each state, of which the first have pictures."""
    asked = [
        Wanted(STYLES[1], 4),
        Wanted(TEMPLATE_STYLE, 2, f"templates/{HOSTILE}.jpg"),
        *(Wanted(STYLES[3], 1),) * 6,
    ]
    made = [
        PortraitOrder(number=number, wanted=wanted, asked_at=ago(20), submitted_at=ago(19), price_fen=18)
        for number, wanted in enumerate(asked, 1)
    ]
    keys = [portrait_key(person_id, revision, 1, place, "jpg") for place in (1, 2, 3)]
    done, template, waiting, *rest = made
    states = [
        OrderState.SUBMITTING,
        OrderState.GENERATING,
        OrderState.STORING,
        OrderState.FAILED,
        OrderState.CANCELED,
    ]
    refused = RetryState(
        tries=3,
        since=ago(5),
        next_try_at=NOW + 1,
        cause=Cause("InvalidParameter", HOSTILE, Kind.UNKNOWN, Api.PORTRAITS),
    )
    return (
        replace(
            done,
            state=OrderState.SUCCEEDED,
            ended_at=ago(18),
            billed=4,
            missing=1,
            pictures=tuple(Picture(key, 210_000) for key in keys),
        ),
        replace(template, retry=refused, submitted_at=0),
        replace(waiting, submitted_at=0),
        *(
            replace(
                one, state=state, reason=Reason("portraits_failed", HOSTILE) if state.is_terminal else None
            )
            for one, state in zip(rest, states, strict=True)
        ),
    )


def unread_person(language: Language = Language.ENGLISH) -> dict[str, Any]:
    """Return the document of a person whose newest row cannot be read."""
    unread = Unread(job_id="01K6Z3XQ8M4", code="unreadable_row", message="unreadable", kind=Kind.OBJECT)
    return {**unread_person_document("anna", unread, (), outlook(), language)}


def completed(document: dict[str, Any], newest: Job) -> dict[str, Any]:
    """Add what the documents of persons have besides: the timeline and what has been overruled."""
    current = document["current"]
    current.setdefault(
        "timeline",
        [{"state": word, "at": timestamp(ago(minutes))} for minutes, word in _TIMELINES[newest.state]],
    )
    current.setdefault("timeline_is_cut", False)
    for one in current["photos"]:
        one.setdefault("overruled", None)
    return document
