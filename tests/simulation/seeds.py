"""One seed, one story: people, photos, events and faults are all drawn from it, and so is every turn.

Run as a program it replays seeds: ``python -m tests.simulation.seeds SEED``.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

from local.dashscope.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK, SimulatedCloud, simulated
from tests.simulation.faults import Drawn
from tests.simulation.invariants import Violation

MINUTE = 60_000
HOUR = 60 * MINUTE
TROUBLE_LASTS = 40 * MINUTE
RECOVERY = 5 * HOUR
LATEST_EVENT = 4 * HOUR
SWEEP_ROUND = 3


@dataclass(frozen=True)
class Outcome:
    """What a seed came to."""

    seed: int
    calls: int
    struck: int
    most_in_flight: int


def play(seed: int) -> Outcome:
    """Play the seed's story to its end.

    Raises:
        Violation: a promise was broken.
    """
    chance = random.Random(f"story {seed}")
    faults = Drawn.for_seed(seed)
    cloud = SimulatedCloud(
        seed,
        faults,
        rules=Rules(
            quiet=chance.choice((20_000, 60_000, 120_000)),
            min_photos=chance.choice((1, 1, 2)),
            concurrent_trainings=chance.choice((1, 1, 1, 2)),
        ),
        behaviour=Behaviour(
            training_seconds=chance.choice((30.0, 302.0, 500.0)),
            pending_seconds=chance.choice((0.0, 4.0, 40.0)),
            fetch="start",
            second_job="queue",
            kept_jobs=10_000,
            submits_per_second=1_000,
            detections_per_second=chance.choice((5, 1000)),
            list_lag_seconds=chance.choice((0.0, 0.0, 5.0, 20.0)),
            get_lag_seconds=chance.choice((0.0, 0.0, 10.0)),
            failure_details=chance.random() < 0.7,
        ),
        index_lag=chance.choice((0.0, 0.05, 3.0)),
        skew=chance.choice((0, 0, 2_000)),
    )
    with simulated(cloud):
        try:
            _trouble(cloud, chance, faults)
            _recover(cloud)
        except Violation as violation:
            raise Violation(f"seed {seed}: {violation}") from violation
        finally:
            cloud.close()
    return Outcome(seed, len(cloud.gate.trace), len(cloud.gate.struck), cloud.kernel.most_in_flight)


def _trouble(cloud: SimulatedCloud, chance: random.Random, faults: Drawn) -> None:
    """Everybody uploads while everything goes wrong."""
    kernel = cloud.kernel
    people = [f"person {number}" for number in range(chance.randint(1, 3))]
    for person in people:
        _story_of(cloud, chance, person)
    for minute in range(TROUBLE_LASTS // MINUTE):
        when = kernel.start + minute * TICK + chance.randint(0, 3_000)
        for _ in range(chance.choices((0, 1, 2), (1, 12, 2))[0]):
            kernel.at(when + chance.randint(0, 20_000) * chance.choice((0, 1)), cloud.invoke_reconcile)
    if chance.random() < 0.3:
        code = chance.choice(("InternalError.Algo", "InvalidFile.NoHuman", "SomethingNew"))
        cloud.studio.fail_next(code, "simulated", times=chance.randint(1, 2))
    cloud.advance(TROUBLE_LASTS)
    faults.active = False


def _story_of(cloud: SimulatedCloud, chance: random.Random, person: str) -> None:
    kernel = cloud.kernel
    arrives = kernel.start + chance.randint(0, 5 * MINUTE)
    for number in range(chance.choice((1, 2, 3, 5, 11, 13))):
        content = chance.choices((b"FACE", b"VIEW", b"nothing"), (8, 1, 1))[0] + b" %d" % number
        if chance.random() < 0.1:
            content = b"FACE the same"
        _upload_at(cloud, chance, arrives + chance.randint(0, 90_000), person, f"{number}.jpg", content)
    if chance.random() < 0.3:
        _upload_at(cloud, chance, arrives + 95_000, person, "_READY", b"")
    for number in range(chance.choice((0, 0, 1, 2))):
        later = arrives + chance.randint(2 * MINUTE, 30 * MINUTE)
        if chance.random() < 0.5:
            _upload_at(cloud, chance, later, person, f"late {number}.jpg", b"FACE late %d" % number)
        else:
            _upload_at(cloud, chance, later, person, "0.jpg", b"FACE overwritten %d" % number)
    if chance.random() < 0.2:
        kernel.at(arrives + chance.randint(0, 20 * MINUTE), lambda: cloud.delete(person, "1.jpg"))


def _upload_at(
    cloud: SimulatedCloud, chance: random.Random, when: int, person: str, name: str, content: bytes
) -> None:
    """Upload, with an event that is on time, late by hours, lost, or repeated in any order."""
    kind = chance.choices(("once", "lost", "repeated", "hours"), (8, 1, 1, 1))[0]
    deliveries = {
        "once": (chance.randint(0, 3_000),),
        "lost": (),
        "repeated": tuple(chance.randint(0, 10 * MINUTE) for _ in range(5)),
        "hours": (chance.randint(HOUR, 3 * HOUR),),
    }[kind]
    cloud.kernel.at(when, lambda: cloud.upload(person, name, content, deliveries=deliveries))


def _recover(cloud: SimulatedCloud) -> None:
    """Nothing goes wrong any more: everything must come to its end, and soon."""
    _tick_until_settled(cloud)
    # The last events come hours late, into a world that is at rest.
    cloud.advance(LATEST_EVENT)
    _tick_until_settled(cloud)
    _check_everything_ended(cloud)


def _tick_until_settled(cloud: SimulatedCloud) -> None:
    kernel = cloud.kernel
    idle_since: int | None = None
    for tick in range(RECOVERY // TICK):
        kernel.at(kernel.now, cloud.invoke_reconcile)
        cloud.advance(TICK)
        cloud.invariants.check_ledger()
        # The sweep needs a few ticks for its round through the bucket.
        if tick > SWEEP_ROUND and cloud.is_settled():
            return
        idle_since = _check_idle(cloud, idle_since)


def _check_idle(cloud: SimulatedCloud, idle_since: int | None) -> int | None:
    """The slot may not stand empty for long while somebody waits (a refused submit has its own pause)."""
    waiting = [job for job in cloud.jobs() if job.state is JobState.QUEUED]
    if not waiting or any(entry.status in ("PENDING", "RUNNING") for entry in cloud.studio.ledger()):
        return None
    since = cloud.kernel.now if idle_since is None else idle_since
    if cloud.kernel.now - since > HOUR + 5 * TICK:
        raise Violation(f"the slot idles although {waiting[0].job_id} waits since {since}")
    return since


def _check_everything_ended(cloud: SimulatedCloud) -> None:
    jobs = cloud.jobs()
    for job in jobs:
        ended = job.delivered if job.state.is_terminal else job.state is JobState.REJECTED
        short = job.state is JobState.COLLECTING and 0 < len(job.usable) < cloud.rules.min_photos
        if not ended and not short:
            raise Violation(f"{job.person_id}-{job.revision} is still {job.state.value} after the recovery")
    owners: dict[str, list[str]] = {}
    for job in jobs:
        for name in (job.fine_tune_id, *job.earlier_fine_tunes):
            if name:
                owners.setdefault(name, []).append(job.job_id)
    for entry in cloud.studio.ledger():
        if len(owners.get(entry.job_id, [])) != 1:
            raise Violation(f"{entry.job_id} is owned by {owners.get(entry.job_id)}")
    _check_nothing_is_lost(cloud)


def _check_nothing_is_lost(cloud: SimulatedCloud) -> None:
    """Every photo in the bucket stands in some set, with a verdict."""
    newest = {job.person_id: job for job in cloud.jobs()}
    for stored in cloud.uploads():
        _, person, name = stored.key.split("/")
        job = newest.get(person)
        if name != "_READY" and (job is None or not job.knows(name, stored.etag)):
            raise Violation(f"{stored.key} was lost")


def main(arguments: list[str]) -> int:
    """Replay the given seeds."""
    for text in arguments:
        print(play(int(text)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
