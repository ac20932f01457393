"""Administrators as actors of a seed: they ask for anything at any moment, through the handler of ``status``.

Mostly they ask for what is possible by what they see, and now and then for what is wrong, outdated or
unknown. Whoever gets no answer asks again, with the same ``Idempotency-Key`` or without any; some send one
key twice, some for two things. Their dice are their own, so that the stories of all others stay as they are.

The answers are held against each other here, and what becomes of the requests in ``administration.py``.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from shared.domain import requests as kinds
from shared.domain.administration import OVERRULED
from shared.domain.job import Job
from shared.domain.object_keys import job_id, person_key
from shared.domain.states import JobState
from shared.domain.unread import UNREADABLE_ROW
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.kernel import Violation
from tests.simulation.status_end import HttpAnswer

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
STAYS_MS = 25 * MINUTE_MS
"""So long administrators are at work: to the end of the first trainings."""
TRIES = 8
CHANCE = 0.5
IMPATIENT = 0.2
LOOKS_MS = 20 * SECOND_MS
_S = JobState
POSSIBLE = {
    "cancel": (_S.COLLECTING, _S.QUEUED, _S.SUBMITTING, _S.TRAINING),
    "retry": (_S.FAILED, _S.CANCELED),
    "first": (_S.QUEUED,),
    "release": (_S.SUCCEEDED,),
    "train": (_S.COLLECTING,),
    "photo_delete": (_S.COLLECTING, _S.QUEUED, _S.TRAINING),
    "photo_use": (_S.COLLECTING, _S.REJECTED),
}
"""In which states a job is asked for each, as a rule."""
KINDS = (*POSSIBLE, "cancel", "retry", "retry", "first", "first", "photo_use", "pause", "pause", "probe")
PATHS = {
    "cancel": "/jobs/{job}/cancel",
    "retry": "/jobs/{job}/retry",
    "first": "/jobs/{job}/first",
    "release": "/models/{job}/release",
    "train": "/people/{person}/train",
    "photo_delete": "/people/{person}/photos/{photo}",
    "photo_use": "/people/{person}/photos/{photo}/use",
    "pause": "/queue/pause",
    "resume": "/queue/resume",
    "probe": "/queue/probe",
}
PHOTOS = ("0.jpg", "0.jpg", "1.jpg", "2.jpg", "late 0.jpg", "copy 0.jpg", "photos.zip", "never sent.jpg")


@dataclass(frozen=True)
class Ask:
    """One thing that is asked for; ``key`` is the ``Idempotency-Key``, "" for none."""

    kind: str
    path: str
    subject: str
    photo: str = ""
    because: str = ""
    key: str = ""

    @property
    def meaning(self) -> tuple[str, str, str, str]:
        """What the row of a request says of it."""
        return self.kind, self.subject, self.photo, self.because


def _meaning(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["kind"], row["subject"], row["photo"], row["reason"]


Answers = list[HttpAnswer | None]
"""What was answered to one key, or to one sending without a key; an answer that was lost is None."""


class Administrators:
    """The administrators of one seed."""

    def __init__(self, cloud: SimulatedCloud, seed: int, people: Sequence[str], pauses_end_at: int) -> None:
        self._cloud = cloud
        self._chance = random.Random(f"administrators {seed}")
        self._impatience = random.Random(f"impatient administrators {seed}")
        self._people = people
        self._pauses_end_at = pauses_end_at
        self._told: dict[tuple[Ask, int], Answers] = defaultdict(list)
        self._names = 0
        self._done: dict[str, str] = {}

    def begin(self) -> None:
        """Come to work, in half of all seeds."""
        chance, kernel = self._chance, self._cloud.kernel
        if chance.random() >= CHANCE:
            return
        # No document says what a failed training costs.
        self._cloud.behaviour.failed_usage = chance.choice((0, 0, 1))
        for _ in range(chance.choice((1, 3, 6, 10))):
            lasts = chance.choice((self._pauses_end_at - kernel.start, STAYS_MS))
            kernel.at(kernel.start + chance.randint(lasts // 20, lasts), self._ask_for_anything)
        # Whoever has paused resumes; clocks that are wrong may put the one before the other.
        for minutes in (0, 3, 10):
            when = self._pauses_end_at + minutes * MINUTE_MS + 10 * SECOND_MS
            kernel.at(when, partial(self._send, self._of("resume")))

        if self._impatience.random() < IMPATIENT:
            # Whoever looks only now and then hardly ever sees a set between two tries, which is paid for.
            for later in range(self._impatience.randint(1, LOOKS_MS), 4 * STAYS_MS, LOOKS_MS):
                kernel.at(kernel.start + later, self._cancel_between_two_tries)

    # -- asking ---------------------------------------------------------------------------------------

    def _ask_for_anything(self) -> None:
        chance = self._chance
        kind = chance.choice(KINDS)
        if kind == "pause" and self._cloud.kernel.now > self._pauses_end_at:
            kind = "resume"
        ask = self._of(kind)
        self._send(ask)
        if chance.random() < 0.25:
            later = self._cloud.kernel.now + chance.choice((0, 200, 2_000, 3 * MINUTE_MS))
            self._cloud.kernel.at(later, partial(self._send, ask))
        if ask.key and chance.random() < 0.1:
            other = self._of(chance.choice(tuple(POSSIBLE)))
            self._send(Ask(other.kind, other.path, other.subject, other.photo, other.because, ask.key))
        if kind == "pause" and chance.random() < 0.7:
            later = self._cloud.kernel.now + chance.randint(0, 4 * MINUTE_MS)
            self._cloud.kernel.at(later, partial(self._send, self._of("resume")))

    def _cancel_between_two_tries(self) -> None:
        between = (one for one in self._cloud.jobs() if one.state is _S.QUEUED and one.earlier_fine_tunes)
        for job in between:
            path = PATHS["cancel"].format(job=quote(job.job_id, safe=""))
            self._send(Ask("cancel", path, job.job_id))

    def _of(self, kind: str) -> Ask:
        """Draw what is asked for: mostly something that is possible, by what can be seen now."""
        chance = self._chance
        person, job, photo = chance.choice(self._people), "", ""
        fitting = self._fitting(kind)
        if fitting and chance.random() < 0.85:
            found = chance.choice(fitting)
            person, job, photo = found.person_id, found.job_id, self._photo_of(found, kind)
        else:
            job = job_id(person, chance.choice((1, 1, 2, 3)))
            if chance.random() < 0.1:
                person, job = (
                    "nobody",
                    chance.choice((job_id("nobody", 1), "no job", f"{person_key(person)}-0")),
                )
        photo = photo if photo and chance.random() < 0.8 else chance.choice(PHOTOS)
        by_photo, by_person = kind.startswith("photo"), "person" in PATHS[kind]
        because = f"because {chance.randint(1, 3)}" if kind == "pause" else ""
        path = PATHS[kind].format(
            person=quote(person, safe=""), job=quote(job, safe=""), photo=quote(photo, safe="")
        )
        subject = person if by_person else job if "job" in PATHS[kind] else ""
        self._names += 1
        key = f"key-{self._names}" if chance.random() < 0.7 else ""
        return Ask(kind, path, subject, photo if by_photo else "", because, key)

    def _fitting(self, kind: str) -> list[Job]:
        """Return the jobs of which the kind can be asked, as far as can be seen now."""
        jobs = [one for one in self._cloud.jobs() if one.state in POSSIBLE.get(kind, ())]
        if kind == "first":
            # The head of the queue is first already.
            return sorted(jobs, key=lambda job: job.place)[1:] or jobs
        if kind == "photo_use":
            return [one for one in jobs if self._photo_of(one, kind)] or jobs
        return jobs

    def _photo_of(self, job: Job, kind: str) -> str:
        overruled = [photo for photo in job.photo_set.photos if photo.verdict in OVERRULED]
        photos = overruled if kind == "photo_use" else job.photo_set.photos
        return self._chance.choice(photos).name if photos else ""

    def _send(self, ask: Ask, tried: int = 0, told: Answers | None = None) -> None:
        """Send it; without an answer it is sent again, for as long as anybody has patience."""
        method = "DELETE" if ask.kind == "photo_delete" else "POST"
        if told is None:
            self._names += not ask.key
            told = self._told[ask, 0 if ask.key else self._names]
        self._cloud.status.call(
            method,
            ask.path,
            partial(self._hear, ask, self._is_known(ask.subject), tried, told),
            headers={"idempotency-key": ask.key} if ask.key else {},
            content={"because": ask.because} if ask.because else None,
        )

    def _is_known(self, subject: str) -> bool:
        """Whether the tables know whom or what is asked about; nothing has no name."""
        return not subject or any(subject in (job.person_id, job.job_id) for job in self._cloud.jobs())

    def _hear(self, ask: Ask, was_known: bool, tried: int, told: Answers, answer: HttpAnswer | None) -> None:
        told.append(answer)
        if answer is not None:
            self._check_answer(ask, answer, was_known)
        kernel, chance = self._cloud.kernel, self._chance
        if answer is not None and answer.status == 202:
            href = str(answer.document["href"])
            later = kernel.now + chance.choice((SECOND_MS, MINUTE_MS, 10 * MINUTE_MS))
            kernel.at(later, partial(self._ask_what_became, href))
        is_unheard = answer is None or answer.status >= 500
        # A pause that comes late would keep everybody waiting.
        is_late = ask.kind == "pause" and kernel.now > self._pauses_end_at
        if is_unheard and tried < TRIES and not is_late:
            later = kernel.now + chance.randint(500, 20 * SECOND_MS)
            again = partial(self._send, ask, tried + 1, told if ask.key else None)
            kernel.at(later, again)

    def _ask_what_became(self, href: str) -> None:
        self._cloud.status.call("GET", href, partial(self._hear_what_became, href))

    def _hear_what_became(self, href: str, answer: HttpAnswer | None) -> None:
        if answer is None or answer.status >= 500:
            return
        deleted = self._cloud.invariants.administration.deleted
        if href.rpartition("/")[2] in {asked.record_id for asked in deleted}:
            return
        if answer.status != 200:
            raise Violation(f"{href} is answered with {answer}")
        status, outcome = answer.document["status"], str(answer.document["outcome"])
        before = self._done.get(href)
        if before is not None and (status, outcome) != ("done", before):
            raise Violation(f"{href} was done ({before}) and is {status} ({outcome})")
        if status == "done":
            self._done[href] = outcome

    # -- the end --------------------------------------------------------------------------------------

    def check_end(self) -> None:
        """One key stands for one request, and what was refused has left none."""
        administration = self._cloud.invariants.administration
        deleted = {str(row["name"]): row for row in administration.deleted.values()}
        rows = {**administration.requests, **deleted}
        written = {name.partition("/")[2]: row for name, row in rows.items()}
        by_key: dict[str, set[str]] = defaultdict(set)
        allowed: Counter[tuple[str, str, str, str]] = Counter()
        for (ask, _), told in self._told.items():
            for answer in told:
                if answer is not None and answer.status == 202:
                    name = str(answer.document["request_id"])
                    by_key[ask.key].add(name)
                    if name in written and _meaning(written[name]) != ask.meaning:
                        raise Violation(f"{ask} is accepted as {written[name]}")
            if any(answer is None or answer.status in (202, *range(500, 600)) for answer in told):
                allowed[ask.meaning] += 1
        for key, names in by_key.items():
            if key and len(names) > 1:
                raise Violation(f"the key {key} stands for {len(names)} requests: {names}")
            if names - written.keys():
                raise Violation(f"{names - written.keys()} were accepted and are not written down")
        # ``money.py`` approves sets, ``erasers.py`` has people erased, and ``exporters.py`` exported.
        of_others = (kinds.APPROVE, kinds.ERASE, kinds.EXPORT)
        made = Counter(_meaning(row) for row in written.values() if row["kind"] not in of_others)
        if made - allowed:
            raise Violation(f"more was written down than was asked for: {made - allowed}")

    def _check_answer(self, ask: Ask, answer: HttpAnswer, was_known: bool) -> None:
        """What is asked for is accepted, or refused for a reason that can hold."""
        is_right = answer.status in (
            HTTPStatus.ACCEPTED,
            HTTPStatus.CONFLICT,
            HTTPStatus.SERVICE_UNAVAILABLE,
        )
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            # People of the story are in the tables only once their first photo is.
            erasures = self._cloud.invariants.administration.erasures
            # A file of a zip may have a name by which no photo can be asked for.
            is_right = not was_known or "/." in ask.photo or erasures.is_of_erased(ask.subject)
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            keys_of_others = {other.key for other, _ in self._told if other != ask} - {""}
            is_right = ask.key in keys_of_others
        # A trouble that stays keeps the row from everybody.
        if not is_right and answer.document["code"] != UNREADABLE_ROW:
            raise Violation(f"{ask} is answered with {answer}")
