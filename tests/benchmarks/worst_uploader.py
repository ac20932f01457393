"""A day with the worst uploader: who may write under one person's folder only, and sends whatever hurts.

Used by ``abuse``. The day is played twice in virtual time, with and without the uploader, and with the same
honest people; the difference is what the uploader costs. Function Compute's limits on instances are kept, so
that the uploader's flood is in the way of the others' uploads as it would be. Runs do not stay for trainings,
so that a tick takes as long as its work.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.rules import Rules
from tests.benchmarks.prices import Use, called_hours
from tests.benchmarks.strategies.account import OVERHEAD, UNCAPPED, Account, simulating
from tests.benchmarks.strategies.metering import Meter
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.workloads import PHOTO_SPACING, Workload
from tests.simulation.kernel import Run
from tests.simulation.standing import Answer, Standing
from tests.simulation.stores import BUCKET

UPLOADER, VICTIM = "mallory", "person-000"
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR
HONEST_PEOPLE, HONEST_PHOTOS = 40, 3
INSTANCES = 5
"""``template.yml``: the reserved concurrency of ``collect``."""

LINKS, EMPTY_FILES, LONG_NAMES, REFUSED_PHOTOS = 2_000, 1_500, 1_000, 500
"""The folder of 5,000 objects; a link fires no event."""
SPACING = 2 * SECOND
MARKED_EVERY = HOUR // 25
"""Day and night: a photo is overwritten and the marker put again, so that the whole folder is looked through.
The day begins at 8:00 in Beijing, and a new day of trainings 16 hours later."""
RENEWED_EVERY = 20 * MINUTE
"""A zip that cannot be unpacked and a picture that always fails come again as others, with new tries."""

_REFUSED, _FAILS, _STUCK = "refused-", "fails.jpg", "stuck.zip"
_TROUBLES = (
    ("oss", "PostObject saveas", _REFUSED, Answer(403, "InvalidObjectState")),
    ("oss", "PostObject saveas", _FAILS, Answer(500, "InternalError")),
    ("oss", "GetObject range", _STUCK, Answer(403, "InvalidObjectState")),
)


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a day has taken.

    Attributes:
        use: of functions, Tablestore and OSS.
        uploads: events of uploads.
        trainings: fine-tunes of the uploader.
        honest_trainings: fine-tunes of the others.
        tick_units: Tablestore capacity units of the dearest tick.
        tick_seconds: running time of the longest tick.
        waits: the seconds from each honest person's marker to the submit, in which the slot was free.
    """

    use: Use
    uploads: int
    trainings: int
    honest_trainings: int
    tick_units: int
    tick_seconds: float
    waits: Mapping[str, float]

    def latest_beside(self, other: Day) -> float:
        """How many seconds later an honest person was submitted than in the ``other`` day, at most."""
        assert self.waits.keys() == other.waits.keys()
        return max(wait - other.waits[person] for person, wait in self.waits.items())


class AbusedAccount(Account):
    """An account with honest people, as many instances as the template has, and a meter for each tick."""

    def __init__(self) -> None:
        draw = random.Random("honest people")
        arrivals = tuple(sorted(draw.randrange(max(DAY - HOUR, DAY // 2)) for _ in range(HONEST_PEOPLE)))
        workload = Workload(name="a day", arrivals=arrivals, photos=HONEST_PHOTOS)
        super().__init__(workload, Rules(kept_fine_tunes=UNCAPPED, linger_ms=0))
        self.tick_units: list[int] = []

    def _spawn(self, name: str, body: Any, timeout: int, ended: Any) -> None:
        if name == "collect" and self._collecting() >= INSTANCES:
            self.kernel.at(self.kernel.now + SECOND, lambda: self._spawn(name, body, timeout, ended))
            return
        super()._spawn(name, self._metered(body) if name == "reconcile" else body, timeout, ended)

    def _collecting(self) -> int:
        return sum(run.name == "collect" for run in self.kernel.runs)

    def _metered(self, body: Callable[[Run], Any]) -> Callable[[Run], Any]:
        def metered(run: Run) -> None:
            before = self.meters.get("reconcile", Meter()).units
            try:
                body(run)
            finally:
                self.tick_units.append(self.meters.get("reconcile", Meter()).units - before)

        return metered

    def waits(self) -> dict[str, float]:
        """Return the seconds from each honest person's marker to the submit in which the slot was free."""
        entries = {entry.job_id: entry for entry in self.fine_tunes()}
        found = {}
        for number, arrival in enumerate(self.workload.arrivals):
            person = f"person-{number:03}"
            complete_at = (self.kernel.start + arrival + (HONEST_PHOTOS + 1) * PHOTO_SPACING) / 1000
            submitted_at = entries[self.records.fine_tunes[person]].created_at
            ends = [entry.ended_at or 0.0 for entry in entries.values() if entry.created_at < submitted_at]
            found[person] = submitted_at - max(complete_at, *ends, 0.0)
        return found


def play_day(abused: bool) -> Day:
    """Play the day, with or without the uploader."""
    account = AbusedAccount()
    with simulating(account):
        account.upload_all()
        if abused:
            _abuse(account)
        Lingering(account).begin()
        account.advance(DAY)
        return _taken(account)


def _taken(account: AbusedAccount) -> Day:
    mine = {job.fine_tune_id for job in account.jobs() if job.person_id == UPLOADER and job.fine_tune_id}
    meter = account.meter
    return Day(
        use=Use(
            functions=called_hours(account.invocations, overhead_ms=OVERHEAD),
            read_units=meter.read_units,
            write_units=meter.write_units,
            oss_requests=sum(call.service == "oss" for call in account.gate.trace),
        ),
        uploads=sum(run.function == "collect" for run in account.invocations),
        trainings=len(mine),
        honest_trainings=len(account.fine_tunes()) - len(mine),
        tick_units=max(account.tick_units),
        tick_seconds=max(run.ended - run.began for run in account.invocations if run.function == "reconcile")
        / 1000,
        waits=account.waits(),
    )


def _abuse(account: AbusedAccount) -> None:
    """Let the uploader do everything at once, the whole day."""
    account.gate.standings.troubles += [
        Standing(service=service, operation=operation, answer=answer, about=(f"people/{UPLOADER}/{name}",))
        for service, operation, name, answer in _TROUBLES
    ]
    for number in range(LINKS):
        key = f"people/{UPLOADER}/link-{number:05}.jpg"
        account.objects.put_symlink(BUCKET, key, f"people/{VICTIM}/0.jpg")
        for event in account.objects.pending_notifications(1000):
            account.objects.acknowledge(event.id)
    files = [
        *((f"empty-{number:05}.jpg", b"") for number in range(EMPTY_FILES)),
        *((f"{number:05}-{'n' * 960}.jpg", b"JUNK %d" % number) for number in range(LONG_NAMES)),
        *((f"{_REFUSED}{number:05}.jpg", b"FACE %d" % number) for number in range(REFUSED_PHOTOS)),
    ]
    for number, (name, content) in enumerate(files):
        _send(account, number * SPACING, name, content)
    for nth in range(DAY // MARKED_EVERY):
        _send(account, nth * MARKED_EVERY, "me.jpg", b"FACE me %d" % nth)
        _send(account, nth * MARKED_EVERY + SECOND, "_READY", b"")
    for renewal in range(DAY // RENEWED_EVERY):
        for name in (_STUCK, _FAILS):
            _send(account, renewal * RENEWED_EVERY, name, b"FACE other %d" % renewal)


def _send(account: AbusedAccount, after: int, name: str, content: bytes) -> None:
    account.kernel.at(account.kernel.start + after, lambda: account.upload(UPLOADER, name, content))
