"""What is sent together is trained together, once, whatever the order in which it arrives."""

from __future__ import annotations

import heapq
import random
from functools import partial

import pytest

from shared.domain.completion import MARKER_RESTS_MS
from shared.domain.job import Job
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.workflow.support import tick

THREADS = 16
LONGEST_UPLOAD_MS = 16_000
"""8 MB at 4 Mbit/s."""
PHOTOS = 35
READY = "_READY"


def delivered(seed: int, markers: dict[int, bytes], *, photos: int = PHOTOS) -> tuple[list[Job], int]:
    """Send photos from 16 threads, with ``markers`` among them by their places in the order.

    Returns:
        The person's jobs in the end, and how many fine-tunes were paid.
    """
    chance = random.Random(seed)
    cloud = SimulatedCloud(seed, NoFaults(), rules=Rules(kept_fine_tunes=1000))
    files = [(f"{number:02}.jpg", b"FACE %d" % number) for number in range(photos)]
    for place, content in sorted(markers.items(), reverse=True):
        files.insert(place, (READY, content))
    free = [cloud.kernel.now] * THREADS
    for name, content in files:
        done = heapq.heappop(free) + (50 if name == READY else chance.randint(500, LONGEST_UPLOAD_MS))
        heapq.heappush(free, done)
        delay = chance.randint(0, 3_000)
        cloud.kernel.at(done, partial(cloud.upload, "Li", name, content, deliveries=(delay,)))
    with simulated(cloud):
        cloud.advance(chance.randint(0, TICK_MS))
        jobs = tick(cloud, 15)
        paid = len(cloud.studio.ledger())
    cloud.close()
    return jobs, paid


@pytest.mark.parametrize("seed", range(1, 21))
def test_35_photos_from_16_threads_are_one_training_wherever_the_marker_travels(seed: int) -> None:
    place = random.Random(f"place {seed}").randint(0, PHOTOS)
    jobs, paid = delivered(seed, {place: b""})
    assert [job.state for job in jobs] == [JobState.SUCCEEDED]
    assert (paid, len(jobs[0].photo_set.photos), len(jobs[0].files)) == (1, PHOTOS, MAX_PHOTOS)


@pytest.mark.parametrize("place", [0, 1, 16, 17, 34, 35])
def test_a_marker_that_names_its_photos_waits_for_all_of_them_at_any_place(place: int) -> None:
    jobs, paid = delivered(place + 100, {place: b'{"photos": 35}'})
    assert [(job.state, job.closed_by) for job in jobs] == [(JobState.SUCCEEDED, "marker")]
    assert (paid, len(jobs[0].photo_set.photos)) == (1, PHOTOS)


@pytest.mark.parametrize("seed", range(31, 36))
def test_35_photos_without_a_marker_are_one_training(seed: int) -> None:
    jobs, paid = delivered(seed, {})
    assert [(job.state, job.closed_by) for job in jobs] == [(JobState.SUCCEEDED, "count")]
    assert (paid, len(jobs[0].photo_set.photos)) == (1, PHOTOS)


def test_a_marker_that_announces_more_than_comes_goes_on_after_ten_minutes_and_says_what_is_missing() -> None:
    jobs, paid = delivered(1, {3: b'{"names": ["00.jpg", "lost.jpg"]}'}, photos=3)
    assert [(job.closed_by, job.photo_set.announced.names) for job in jobs] == [
        ("marker_incomplete", ("00.jpg", "lost.jpg"))
    ]
    assert paid == 1


def test_an_empty_marker_after_its_photos_closes_the_set_in_the_next_tick_but_for_moments() -> None:
    cloud = SimulatedCloud(1, NoFaults(), rules=Rules(kept_fine_tunes=1000))
    with simulated(cloud):
        cloud.upload("Li", "1.jpg", b"FACE 1")
        cloud.advance(5_000)
        cloud.upload("Li", READY, b"")
        cloud.advance(MARKER_RESTS_MS)
        (job,) = tick(cloud, 1)
        assert (job.state, job.closed_by) == (JobState.TRAINING, "marker")
    cloud.close()
