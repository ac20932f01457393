"""The promises about the audit: who looks at pages while everything goes wrong, and the check at the end.

Onlookers open pages with pictures through the handler of ``status``. At the end each request has its record,
which says what its row says, and so has each look. A record may stand there more than once, under one id and
with the same words; once its row says that it is there, no later run puts it again. No record names anybody:
a person is a keyed hash, of the erased as well.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from shared.domain import requests as kinds
from shared.domain.audit import LOOK, OF_JOBS, AuditRecord
from shared.domain.messages import job_of
from shared.domain.object_keys import parse_job_id, person_key
from shared.domain.person_hash import hash_of
from shared.http_api.looks import ONE_LOOK_MS
from tests.simulation.administration import Asked
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.kernel import Violation
from tests.simulation.log_end import ERASE_KEY
from tests.simulation.standing import SILENCE, Answer, Standing
from tests.simulation.status_end import HttpAnswer
from tests.simulation.traces import words_of

MINUTE_MS = 60_000
LOOKS = (0, 2, 6, 12)
DOWN = 0.5
A_RUN_LIVES_MS = 130_000
"""Two minutes at most, and its last call may arrive later."""
PICTURE = "data:image/jpeg"


class Look(NamedTuple):
    """A page that was asked for: whose, when, and when which answer came."""

    person: str
    asked_at: int
    answered_at: int
    has_pictures: bool


class Onlookers:
    """Those who look at people's pages in one seed."""

    def __init__(self, cloud: SimulatedCloud, people: Sequence[str], seed: int = 0) -> None:
        self._cloud = cloud
        self._chance = random.Random(f"onlookers {seed}")
        self._people = people
        self.asked = 0
        self.looks: list[Look] = []

    def begin(self, lasts_ms: int) -> None:
        """Look at pages, again and again; in a part of the seeds the log store is down for a while."""
        cloud, chance = self._cloud, self._chance
        if chance.random() < DOWN:
            begins = cloud.kernel.start + chance.randint(0, lasts_ms // 2)
            answer = chance.choice((SILENCE, Answer(500, "InternalServerError"), Answer(403, "Unauthorized")))
            ends = begins + chance.choice((1, 4, 15)) * MINUTE_MS
            down = Standing(service="sls", operation="PutLogs", answer=answer, begins_at=begins, ends_at=ends)
            cloud.gate.standings.troubles.append(down)
        for _ in range(chance.choice(LOOKS)):
            when, person = chance.randint(MINUTE_MS, lasts_ms), chance.choice(self._people)
            for again in (0, chance.randint(1_000, 2 * ONE_LOOK_MS)):
                cloud.kernel.at(cloud.kernel.start + when + again, partial(self.look_at, person))

    def look_at(self, person: str) -> None:
        """Open the page of a person."""
        self.asked += 1
        told = partial(self._see, person, self._cloud.kernel.now)
        path = f"/people/{quote(person, safe='')}"
        self._cloud.status.call("GET", path, told, headers={"accept": "text/html"})

    def _see(self, person: str, asked_at: int, answer: HttpAnswer | None) -> None:
        if answer is not None:
            has_pictures = PICTURE in str(answer.document.get("page", ""))
            self.looks.append(Look(person, asked_at, self._cloud.kernel.now, has_pictures))


def is_all_on_record(cloud: SimulatedCloud) -> bool:
    """Whether no request that has an outcome awaits the audit."""
    return all(row["audited_at"] for row in cloud.requests() if row["settled_at"])


def check_audit(cloud: SimulatedCloud, people: Sequence[str], onlookers: Onlookers | None = None) -> None:
    """Check the audit at the end of a story.

    Raises:
        Violation: a record is missing, too many, wrong, or names somebody.
    """
    assert cloud.logs is not None
    by_id: dict[Asked, list[AuditRecord]] = defaultdict(list)
    for record in cloud.logs.records():
        by_id[Asked(record.record_id, record.at)].append(record)
    looks = [asked for asked, (first, *_) in by_id.items() if first.action == LOOK]
    _check_requests(cloud, {asked: found for asked, found in by_id.items() if asked not in looks})
    _check_repetitions(cloud, by_id)
    _check_names(cloud, people)
    if onlookers is not None:
        _check_looks(
            onlookers, [by_id[asked][0] for asked in looks], believes_times=cloud.kernel.believes_times
        )


def _check_requests(cloud: SimulatedCloud, by_id: dict[Asked, list[AuditRecord]]) -> None:
    administration = cloud.invariants.administration
    rows = {Asked.by(row): row for row in administration.requests.values()}
    before = administration.deleted
    settled = {asked: row for asked, row in {**before, **rows}.items() if row["settled_at"]}
    if missing := [f"{asked} ({row['kind']})" for asked, row in settled.items() if asked not in by_id]:
        raise Violation(f"nobody finds in the audit: {missing}")
    if unasked := by_id.keys() - settled.keys():
        raise Violation(f"the audit has records of what nobody has asked for: {unasked}")
    for asked, found in by_id.items():
        row = settled[asked]
        record = max(found, key=lambda one: one.person)
        said = (record.action, record.by, record.at, record.outcome)
        outcome = row["outcome"].partition(":")[0]
        if said != (row["kind"], row["asked_by"], row["asked_at"], outcome):
            raise Violation(f"the audit says {record} of {row}")
        erased = administration.erasures.person_of_erasure(asked.record_id)
        subject = erased or before.get(asked, row)["subject"]
        if record.person not in _hashes_of(cloud, row["kind"], subject):
            raise Violation(f"the record {record} is not of {subject}")


def _hashes_of(cloud: SimulatedCloud, kind: str, subject: str) -> tuple[str, ...]:
    """What may stand for whom a request is about; nothing, where the row of the job had gone before."""
    if kind not in OF_JOBS and kind != kinds.REDELIVER:
        return (hash_of(ERASE_KEY, subject) if subject else "",)
    parsed = parse_job_id(job_of(subject) or subject)
    people = {job.person_id for job in cloud.jobs()} | set(cloud.invariants.administration.erasures.asked)
    owner = [one for one in sorted(people) if parsed is not None and person_key(one) == parsed[0]]
    return (*(hash_of(ERASE_KEY, one) for one in owner), *(() if _is_there(cloud, subject) else ("",)))


def _is_there(cloud: SimulatedCloud, name: str) -> bool:
    return name in {job.job_id for job in cloud.jobs()} and not cloud.is_unreadable(name, cloud.kernel.start)


def _check_repetitions(cloud: SimulatedCloud, by_id: dict[Asked, list[AuditRecord]]) -> None:
    assert cloud.logs is not None
    for name, found in by_id.items():
        said = {replace(record, person="", revision=0) for record in found}
        if len(said) > 1 or len({record.person for record in found} - {""}) > 1:
            raise Violation(f"the records of {name} differ: {found}")
    noted_at = cloud.invariants.administration.audited_at
    for asked, at in cloud.logs.puts:
        # By the clock of the run.
        late_by_ms = at - noted_at.get(asked, at)
        if late_by_ms > A_RUN_LIVES_MS and cloud.kernel.believes_times:
            raise Violation(f"the record of {asked} is put again {late_by_ms} ms later")


def _check_names(cloud: SimulatedCloud, people: Sequence[str]) -> None:
    assert cloud.logs is not None
    words = [word for person in people for word in words_of(person)]
    for text in cloud.logs.texts():
        if named := [word for word in words if word in text]:
            raise Violation(f"the audit names {named}: {text}")


def _check_looks(onlookers: Onlookers, records: Sequence[AuditRecord], *, believes_times: bool) -> None:
    if len(records) > onlookers.asked:
        raise Violation(f"{len(records)} looks are on record, and {onlookers.asked} pages were asked for")
    moments: dict[tuple[Any, str], list[int]] = defaultdict(list)
    for record in records:
        if not record.pictures:
            raise Violation(f"a look at no pictures is on record: {record}")
        moments[record.by, record.person].append(record.at)
    for look in onlookers.looks:
        theirs = moments["admin", hash_of(ERASE_KEY, look.person)]
        # By the clock of the run, which may be wrong.
        earliest, latest = look.asked_at - ONE_LOOK_MS - 10_000, look.answered_at + 10_000
        known = [at for at in theirs if earliest <= at <= latest or not believes_times]
        if look.has_pictures and not known:
            raise Violation(f"pictures of {look.person} were shown, and nobody looked by the audit: {look}")
