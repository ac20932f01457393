"""Where a person stands and what comes next, from the documents of the status API.

Pure: documents and a point in time in, one line a person out. The view and the plain lines show these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.live.status_client import Document
from local.live.words import count, duration, seconds_of
from shared.domain.rules import Rules

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "REJECTED"})
USED = frozenset({"usable", "unpacked"})
"""Verdicts on files that are trained on, or whose content is."""
MODEL_PREFIX = "facechain-finetune-"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast things go here: the settings that say when the next step is due."""

    rules: Rules
    training_seconds: float


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One line about a person.

    Attributes:
        state: the state of the newest job; empty while nothing has arrived.
        photos: how many photos can be used, of how many.
        refused: how many photos cannot be used, by verdict, where the photos are known.
        place: the place in the queue; 0 outside of it.
        changed_at: when it changed last, as the API writes it.
        upcoming: what happens next, or how it ended.
        result: the model's name, or why there is none; empty before the end.
        blocked: what keeps it from going on, and what to do about it; empty while nothing does.
    """

    person_id: str
    revision: int = 0
    state: str = ""
    photos: str = ""
    refused: str = ""
    place: int = 0
    changed_at: str = ""
    upcoming: str = ""
    result: str = ""
    blocked: str = ""

    @property
    def name(self) -> str:
        """The person, with the revision where it is not the first."""
        return f"{self.person_id}, revision {self.revision}" if self.revision > 1 else self.person_id

    @property
    def moves(self) -> bool:
        """Whether something is under way that ends by itself."""
        return self.state != "" and self.state not in ENDED


def newest_by_person(jobs: Sequence[Document]) -> dict[str, Document]:
    """Return each person's newest job, in the order in which the people came."""
    newest: dict[str, Document] = {}
    for job in reversed(jobs):
        earlier = newest.get(job["person_id"])
        if earlier is None or earlier["revision"] < job["revision"]:
            newest[job["person_id"]] = job
    return newest


def standings(
    jobs: Mapping[str, Document],
    photos: Mapping[str, Sequence[Document]],
    pace: Pace,
    now: float,
    blocks: Mapping[str, Document] | None = None,
) -> list[Standing]:
    """Return a line for each person.

    ``photos`` and ``blocks``, what keeps a job from going on, are by job id, where they are known.
    """
    told = {job_id: trouble_in_words(block) for job_id, block in (blocks or {}).items()}
    queued = sorted(
        (job for job in jobs.values() if job["state"] == "QUEUED"), key=lambda job: job["closed_at"]
    )
    places = {job["job_id"]: place for place, job in enumerate(queued, 1)}
    return [
        Standing(
            person_id=person_id,
            revision=job["revision"],
            state=job["state"],
            photos=f"{job['usable_count']} of {job['photo_count']} usable",
            refused=_refused(photos.get(job["job_id"], ())),
            place=places.get(job["job_id"], 0),
            changed_at=job["changed_at"],
            upcoming=_upcoming(job, places.get(job["job_id"], 0), photos, pace, now),
            result=_result(job),
            blocked=told.get(job["job_id"], ""),
        )
        for person_id, job in jobs.items()
    ]


def trouble_in_words(told: Document) -> str:
    """Return what is in the way, with what to do about it, as the API tells it in ``blocked_by``."""
    return f"{told['message']} {told['remedy']}"


def _refused(photos: Sequence[Document]) -> str:
    counted = Counter(photo["verdict"] for photo in photos if photo["verdict"] not in USED)
    return ", ".join(f"{number} {verdict}" for verdict, number in counted.most_common())


def _upcoming(
    job: Document, place: int, photos: Mapping[str, Sequence[Document]], pace: Pace, now: float
) -> str:
    state = job["state"]
    if state == "COLLECTING":
        return _until_closed(job, photos.get(job["job_id"], ()), pace.rules, now)
    if state == "QUEUED":
        return "next in the queue" if place == 1 else f"place {place} in the queue"
    if state == "TRAINING":
        left = seconds_of(job["submitted_at"]) + pace.training_seconds - now
        return (
            f"{_short(job['fine_tune_id'])}, about {duration(left)} left" if left > 0 else "ends any moment"
        )
    if state == "SUBMITTING":
        return "is being submitted"
    return _short(_result(job))


def _until_closed(job: Document, photos: Sequence[Document], rules: Rules, now: float) -> str:
    """Say what completes the set: the marker, a number of photos, or quiet when there is enough."""
    missing = rules.min_photos - job["usable_count"]
    if 0 < job["usable_count"] < rules.min_photos:
        return f"waits for {count(missing, 'more usable photo')}, or {rules.ready_marker}"
    if 0 < rules.close_at <= job["usable_count"]:
        return f"closes once nothing has arrived for {duration(rules.settle_ms / 1000)}"
    last = max((photo["recorded_at"] for photo in photos), default=job["changed_at"])
    left = seconds_of(last) + rules.quiet_ms / 1000 - now
    if left <= 0:
        return "closes with the next tick"
    return f"closes after {duration(left)} of quiet or by {rules.ready_marker}"


def _result(job: Document) -> str:
    if job["state"] == "SUCCEEDED":
        return job["finetuned_output"] or ""
    if job["state"] in ENDED:
        return (job["reason"] or {}).get("message") or ""
    return ""


def _short(name: str | None) -> str:
    """Return a model's name without what all names begin with."""
    return (name or "").replace(MODEL_PREFIX, "…")
