"""Consent, in a part of all seeds: somebody gives it early, late, never or in vain, and withdraws it.

What a document says is judged here by what was meant when it was put, and not by the product's own code. At
every call that brings something of a person to DashScope consent must have been in force moments ago. Once
nothing goes wrong any more, nobody waits who has consented, and whoever has withdrawn is erased, with the
document that says so.

The dice are their own, so that all other stories stay as they are.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.consent import waits_for_consent
from shared.domain.job import Job
from shared.domain.object_keys import CONSENT_NAME, Ignored, Kind, parse_upload, person_key, spellings
from shared.domain.states import JobState
from tests.simulation.kernel import Kernel, Violation

if TYPE_CHECKING:
    from tests.simulation.cloud import SimulatedCloud

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
ASKED_IN = (2, 12)
OF_SO_MANY = 13
UNDER_WAY_MS = 40_000
"""What a run has begun may still be under way: one face check, one file, or one submit."""
OF_A_JOB = re.compile(r"([0-9a-f]{20})-[1-9][0-9]*")
KINDS = ("early", "early", "late", "late", "never", "invalid", "expired", "withdrawn", "withdrawn", "deleted")


class Said(NamedTuple):
    """What lies in the folder from a moment on: in force from when until when; or withdrawn."""

    at: int
    begins: int = 0
    ends: int = 0
    is_withdrawn: bool = False


def is_asked_for(seed: int) -> bool:
    """Whether consent is required in the seed."""
    return seed % OF_SO_MANY in ASKED_IN


def consent_settings(seed: int) -> dict[str, Any]:
    """Return the seed's settings about consent."""
    return {"consent_required": True, "consent_versions": ("1", "2")} if is_asked_for(seed) else {}


class Consents:
    """Who has consented when, by true time, and what has left for DashScope.

    Attributes:
        is_required: whether the story asks for consent.
        skew: by how much the clock of a run may differ from the true time.
        left: how often something of a person has left.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.skew = 0
        self._said: dict[str, list[Said]] = defaultdict(list)
        self._people: dict[str, str] = {}
        self.is_required = False
        self.left = 0

    def says(self, person: str, said: Said) -> None:
        """Note what lies in the person's folder from now on."""
        self._people[person_key(person)] = person
        self._said[person].append(said)

    def upload_deleted(self, key: str, put_at_ms: int) -> None:
        """A document goes with its person; what they had said counts for nobody any more."""
        upload = parse_upload(key)
        if isinstance(upload, Ignored) or upload.kind is not Kind.CONSENT:
            return
        newest = self._newest(upload.person_id, self._kernel.now)
        if newest is not None and put_at_ms >= newest.at - 1000:
            self.says(upload.person_id, Said(self._kernel.now))

    def leaves(self, operation: str, told: str) -> None:
        """Something is on its way to DashScope; ``told`` names the jobs that it is of."""
        if not self.is_required or not told:
            return
        for key in set(OF_A_JOB.findall(told)):
            self.left += 1
            person = self._people.get(key, "")
            moments = range(self._kernel.now, self._kernel.now - UNDER_WAY_MS, -1000)
            if not any(self._is_in_force(person, moment) for moment in moments):
                raise Violation(f"{operation}: photos of {person or key} leave without consent")

    def _is_in_force(self, person: str, moment: int) -> bool:
        newest = self._newest(person, moment)
        slack = self.skew + 1000
        return newest is not None and newest.begins - slack <= moment < newest.ends + slack

    def _newest(self, person: str, moment: int) -> Said | None:
        return next((one for one in reversed(self._said[person]) if one.at <= moment), None)

    def check_end(self, jobs: Iterable[Job], *, erases: bool) -> None:
        """Whoever has consented waits no more, and nothing goes on for whoever has withdrawn.

        ``erases``: whether people can be erased; then no withdrawal is left at all.
        """
        if not self.is_required:
            return
        for person in self._said:
            newest = self._newest(person, self._kernel.now)
            if erases and newest is not None and newest.is_withdrawn:
                raise Violation(f"{person} has withdrawn consent, and is not erased")
        by_revision = sorted(jobs, key=lambda job: job.revision)
        last = {job.person_id: job for job in by_revision}
        for job in by_revision:
            newest = self._newest(job.person_id, self._kernel.now)
            is_in_force = self._is_in_force(job.person_id, self._kernel.now)
            waits = [one.name for one in job.photo_set.unfinished if waits_for_consent(one.retry)]
            if is_in_force and not job.state.is_terminal and (waits or waits_for_consent(job.retry)):
                raise Violation(f"{job.job_id} waits for a consent that is there: {waits}")
            if newest is None or not newest.is_withdrawn:
                continue
            if job.state in (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING):
                raise Violation(f"{job.job_id} is {job.state.value} though consent was withdrawn")
            if job is last[job.person_id] and (job.consent is None or not job.consent.is_withdrawn):
                raise Violation(f"{job.job_id} does not know that consent was withdrawn")


class Consenters:
    """The people of a story, as they give and withdraw consent."""

    def __init__(self, cloud: SimulatedCloud, seed: int, people: Iterable[str]) -> None:
        self._cloud = cloud
        self._seed = seed
        self._people = list(people)
        self._documents = 0

    def begin(self, lasts_ms: int, erase_key: str) -> None:
        """Draw what each person does within ``lasts_ms``; whoever withdraws is erased with ``erase_key``."""
        if not is_asked_for(self._seed):
            return
        self._cloud.erase_key = self._cloud.erase_key or erase_key
        self._cloud.invariants.consents.is_required = True
        for person in self._people:
            self._story_of(person, random.Random(f"consent {self._seed} {person}"), lasts_ms)

    def _story_of(self, person: str, chance: random.Random, lasts_ms: int) -> None:
        kind, start = chance.choice(KINDS), self._cloud.kernel.start
        early, late = start, start + chance.randint(MINUTE_MS, lasts_ms + 10 * MINUTE_MS)
        give = partial(self._at, chance, person)
        if kind == "late":
            give(late)
        elif kind == "invalid":
            give(
                early,
                **chance.choice(
                    ({"person_id": "wu"}, {"under_14": True}, {"text_version": "0"}, {"purposes": []})
                ),
            )
            if chance.random() < 0.5:
                give(late)
        elif kind == "expired":
            give(early, ends=start + chance.randint(MINUTE_MS, lasts_ms))
            if chance.random() < 0.5:
                give(late)
        elif kind != "never":
            give(early)
        if kind == "withdrawn":
            give(late, withdrawn=True)
        elif kind == "deleted":
            self._cloud.kernel.at(late, lambda: self._delete(person))
            if chance.random() < 0.7:
                give(late + chance.randint(0, 2 * MINUTE_MS))

    def _at(
        self,
        chance: random.Random,
        person: str,
        when: int,
        *,
        ends: int = 0,
        withdrawn: bool = False,
        **changes: Any,
    ) -> None:
        """Put a document, with an event that is on time, lost, repeated or hours late."""
        deliveries = chance.choice(
            ((0,), (0,), (2_000,), (), (0, 90_000), (chance.randint(HOUR_MS, 3 * HOUR_MS),))
        )
        folder = chance.choice(spellings(person))
        self._cloud.kernel.at(
            when, lambda: self._put(person, folder, deliveries, ends, withdrawn=withdrawn, **changes)
        )

    def _put(
        self,
        person: str,
        folder: str,
        deliveries: tuple[int, ...],
        ends: int,
        *,
        withdrawn: bool,
        **changes: Any,
    ) -> None:
        self._documents += 1
        put_consent(
            self._cloud,
            person,
            folder,
            deliveries=deliveries,
            ends=ends,
            withdrawn=withdrawn,
            number=self._documents,
            **changes,
        )

    def _delete(self, person: str) -> None:
        self._cloud.invariants.consents.says(person, Said(self._cloud.kernel.now))
        for folder in spellings(person):
            self._cloud.delete(person, CONSENT_NAME if folder == person else f"/{folder}/{CONSENT_NAME}")


def put_consent(
    cloud: SimulatedCloud,
    person: str,
    folder: str = "",
    *,
    deliveries: tuple[int, ...] = (0,),
    ends: int = 0,
    withdrawn: bool = False,
    number: int = 0,
    **changes: Any,
) -> None:
    """Put a document into a person's folder, and note what it means; one with ``changes`` never counts."""
    now = cloud.kernel.now
    value = {
        "format": 1,
        "person_id": person,
        "purposes": ["face_check", "training"],
        "text_version": "1",
        "given_at": _moment(now),
        "means": "simulated",
        "under_14": False,
        "number": number,
        **({"until": _moment(ends)} if ends else {}),
        **({"withdrawn_at": _moment(now)} if withdrawn else {}),
        **changes,
    }
    said = Said(now, is_withdrawn=withdrawn) if changes or withdrawn else Said(now, now, ends or 2**62)
    cloud.invariants.consents.is_required = True
    cloud.invariants.consents.says(person, said)
    spelled = CONSENT_NAME if folder in ("", person) else f"/{folder}/{CONSENT_NAME}"
    cloud.upload(person, spelled, json.dumps(value).encode(), deliveries=deliveries)


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=timezone.utc).isoformat()
