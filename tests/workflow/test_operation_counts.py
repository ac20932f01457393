"""The cost of an upload, a tick and a job in calls: counted, not timed, and the same at any history."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.simulation.scenarios import zipped


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(
        1, NoFaults(), rules=Rules(quiet_ms=60_000, sweep_rest_ms=280_000, kept_fine_tunes=1000)
    )
    with simulated(cloud):
        yield cloud
    cloud.close()


def calls_of(cloud: SimulatedCloud, act: Callable[[], object], milliseconds: int) -> Counter[str]:
    start = len(cloud.gate.trace)
    act()
    cloud.advance(milliseconds)
    return Counter(f"{call.service} {call.operation}" for call in cloud.gate.trace[start:])


def test_an_upload_costs_one_read_and_one_write_and_no_download(cloud: SimulatedCloud) -> None:
    first = calls_of(cloud, lambda: cloud.upload("anna", "1.jpg", b"FACE 1"), 10_000)
    second = calls_of(cloud, lambda: cloud.upload("anna", "2.jpg", b"FACE 2"), 10_000)
    # Of a person without a row the bucket is asked for earlier results, once.
    assert first.pop("oss ListObjects") == 1
    expected = {
        "oss HeadObject": 1,
        "ots GetRange jobs": 1,
        "oss GetObject range": 1,
        "oss PostObject saveas": 1,
        "dashscope DetectFaces": 1,
        "ots PutRow jobs": 1,
    }
    assert first == expected
    assert second == expected


def tablestore(calls: Counter[str]) -> int:
    return sum(count for name, count in calls.items() if name.startswith("ots "))


def test_a_photo_costs_a_read_and_a_write_and_in_a_later_revision_a_look_into_the_memory(
    cloud: SimulatedCloud,
) -> None:
    photos = [
        calls_of(cloud, partial(cloud.upload, "anna", f"{number}.jpg", b"FACE %d" % number), 10_000)
        for number in range(5)
    ]
    late = calls_of(cloud, lambda: cloud.upload("anna", "no face.jpg", b"VIEW"), 10_000)
    cloud.advance(60_000)
    calls_of(cloud, cloud.invoke_reconcile, TICK_MS)
    assert cloud.jobs()[0].state is not JobState.COLLECTING
    assert {tablestore(calls) for calls in (*photos, late)} == {2}
    # The first photo of the next revision moves the earlier ones into the memory, and the others ask it.
    opening = calls_of(cloud, lambda: cloud.upload("anna", "new.jpg", b"FACE new"), 10_000)
    assert [job.revision for job in cloud.jobs()] == [1, 2]
    assert (tablestore(opening), opening["ots BatchWriteRow seen"]) == (3, 1)
    another = calls_of(cloud, lambda: cloud.upload("anna", "another.jpg", b"FACE another"), 10_000)
    assert (tablestore(another), another["ots BatchGetRow seen"]) == (3, 1)


def test_a_zip_costs_two_reads_and_two_writes_and_each_photo_in_it_half_of_that(
    cloud: SimulatedCloud,
) -> None:
    # One after the other, as in a function of one instance: photos that come at once also wait for their row.
    delays = itertools.count(5_000, 5_000)
    cloud._bucket._uploaded = lambda key, content, mark: cloud._put(key, content, (next(delays),), mark)
    content = zipped({f"{number}.jpg": b"FACE %d" % number for number in range(4)})
    calls = calls_of(cloud, lambda: cloud.upload("anna", "all.zip", content), 40_000)
    assert len(cloud.jobs()[0].photo_set.usable) == 4
    assert tablestore(calls) == 4 + 4 * 2


def test_a_repeated_event_costs_two_reads_and_no_write(cloud: SimulatedCloud) -> None:
    calls = calls_of(cloud, lambda: cloud.upload("anna", "1.jpg", b"FACE 1", deliveries=(0, 30_000)), 20_000)
    assert calls["ots PutRow jobs"] == 1
    repeated = calls_of(cloud, lambda: None, 20_000)
    assert repeated == {"oss HeadObject": 1, "ots GetRange jobs": 1}


IDLE = {"ots BatchGetRow control requests": 1, "ots GetRange jobs_in_hand": 2}
HEARTBEAT = "ots PutRow control"


def heartbeats(cloud: SimulatedCloud) -> int:
    """How often the row of the health has been written."""
    row = cloud._ots.mirrors["control"].columns([("name", "health")])
    return int(row["version"]) if row else 0


def test_a_tick_with_nothing_to_do_costs_three_reads_whatever_has_happened_before(
    cloud: SimulatedCloud,
) -> None:
    calls_of(cloud, cloud.invoke_reconcile, TICK_MS)
    assert calls_of(cloud, cloud.invoke_reconcile, TICK_MS) == IDLE
    for number in range(3):
        cloud.upload(f"person {number}", "1.jpg", b"FACE %d" % number)
    for _ in range(40):
        cloud.invoke_reconcile()
        cloud.advance(TICK_MS)
    assert [job.state for job in cloud.jobs()] == [JobState.SUCCEEDED] * 3
    ticks = [calls_of(cloud, cloud.invoke_reconcile, TICK_MS) for _ in range(10)]
    sweeping = [calls for calls in ticks if calls["oss ListObjects"]]
    idle = [calls for calls in ticks if calls not in sweeping]
    # The heart beats in every third tick.
    beats = [calls.pop(HEARTBEAT, 0) for calls in idle]
    assert (len(sweeping), max(beats), 2 <= sum(beats) <= 4) == (2, 1, True)
    assert all(calls == IDLE for calls in idle)
    for calls in sweeping:
        # The progress is written beside the heartbeat.
        assert calls.pop(HEARTBEAT) in (1, 2)
        # The bucket's folders, a page of it, three looks for moments that no right clock has named, and two
        # for what has been kept long enough.
        bucket = {"oss ListObjects folders": 1, "oss ListObjects": 1}
        assert calls == {**IDLE, **bucket, "ots GetRange jobs_in_hand": 7}


def test_a_job_costs_at_most_thirteen_writes_and_two_reads_of_the_persons_newest_job(
    cloud: SimulatedCloud,
) -> None:
    # The sweep's progress is written for all jobs together, or for none.
    cloud.rules = Rules(quiet_ms=60_000, sweep_rest_ms=3_600_000)
    calls_of(cloud, cloud.invoke_reconcile, TICK_MS)
    calls_of(cloud, cloud.invoke_reconcile, TICK_MS)

    def live() -> None:
        cloud.upload("anna", "1.jpg", b"FACE 1")
        for number in range(1, 15):
            cloud.kernel.at(cloud.kernel.now + number * TICK_MS, cloud.invoke_reconcile)

    before = heartbeats(cloud)
    calls = calls_of(cloud, live, 15 * TICK_MS)
    assert cloud.is_at_rest()
    # The heart beats as often without any job.
    writes = sum(count for name, count in calls.items() if "PutRow" in name) - (heartbeats(cloud) - before)
    # One of them notes, once for all jobs, whose account DashScope's fine-tunes are in.
    assert writes <= 13, calls
    # The upload reads it, and so does the look that closes the quiet set, right before it lists the folder.
    assert calls["ots GetRange jobs"] == 2
    assert calls["dashscope CreateFineTune"] == 1
