"""The suite of bursts: ten photos of one person at the same moment, in virtual time.

Ten events meet as many instances as ``template.yml`` gives ``collect``. Counted is what all of their runs ask
Tablestore, and how long the last photo waits for its verdict. An event more is played first, since the first
run of a deployment also learns how DashScope gets at the photos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from statistics import mean

from shared.domain.rules import Rules
from tests.benchmarks.harness import Benchmark
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults

PHOTOS = 10
INSTANCES = 5
"""``ReservedConcurrency`` of ``collect``."""
DRAWS = 20
STEP_MS = 100
PATIENCE_MS = 60_000
OPERATIONS_BAR, SECONDS_BAR = 3, 10


@contextmanager
def bursts() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of bursts."""
    name = f"{PHOTOS} photos at the same moment"
    yield [
        Benchmark(
            name=f"{name}: Tablestore operations a photo, mean of {DRAWS}",
            unit="calls",
            measure=lambda: mean(played(draw)[0] for draw in range(DRAWS)),
            bar=OPERATIONS_BAR,
        ),
        Benchmark(
            name=f"{name}: until the last verdict, slowest of {DRAWS}",
            unit="s",
            measure=lambda: max(played(draw)[1] for draw in range(DRAWS)),
            bar=SECONDS_BAR,
        ),
    ]


@cache
def played(draw: int) -> tuple[float, float]:
    """Play a burst; returns Tablestore's operations for each photo, and seconds until the last verdict."""
    cloud = SimulatedCloud(draw + 1, NoFaults(), rules=Rules(kept_fine_tunes=1000))
    cloud.collect_instances = INSTANCES
    with simulated(cloud):
        cloud.upload("before", "1.jpg", b"FACE before")
        cloud.advance(30_000)
        start, began = len(cloud.gate.trace), cloud.kernel.now
        for number in range(PHOTOS):
            cloud.upload("Li", f"{number}.jpg", b"FACE %d" % number)
        while _judged(cloud) < PHOTOS:
            if cloud.kernel.now - began > PATIENCE_MS:
                raise TimeoutError("a photo has no verdict")
            cloud.advance(STEP_MS)
        seconds = (cloud.kernel.now - began) / 1000
        # What the runs still do belongs to the burst as well.
        while cloud.kernel.runs:
            cloud.advance(STEP_MS)
        operations = sum(call.service == "ots" for call in cloud.gate.trace[start:])
    cloud.close()
    return operations / PHOTOS, seconds


def _judged(cloud: SimulatedCloud) -> int:
    return sum(len(job.photo_set.usable) for job in cloud.jobs() if job.person_id == "Li")
