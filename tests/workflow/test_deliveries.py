"""Results that cannot be written do not hold up the queue, and are written when they can be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.simulation.standing import EVER, Answer, Standing
from tests.workflow.support import tick

PEOPLE = 48
"""More than a page of the index holds."""
ALL_DENIED: tuple[str, ...] = ()
RESULTS_DENIED = ("results/",)


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(
        1,
        NoFaults(),
        rules=Rules(quiet_ms=20_000, kept_fine_tunes=1000, sweep_rest_ms=86_400_000, linger_ms=0),
        behaviour=Behaviour(training_seconds=30.0, fetch="start", kept_fine_tunes=1000),
    )
    with simulated(cloud):
        yield cloud
    cloud.close()


def deny(cloud: SimulatedCloud, about: tuple[str, ...]) -> None:
    """Let the bucket refuse all writes of such keys."""
    denied = Answer(403, "AccessDenied")
    cloud.gate.standings.troubles.append(
        Standing(
            service="oss",
            operation="PutObject",
            answer=denied,
            about=about,
            begins_at=cloud.kernel.now,
            ends_at=cloud.kernel.now + EVER,
        )
    )


@pytest.mark.parametrize(
    ("about", "is_open", "patience_ms"),
    [
        # A try of each result's own, the next within the hour.
        (RESULTS_DENIED, False, 60 * TICK_MS),
        # Of everybody: once our own picture can be written again, all results are.
        (ALL_DENIED, True, 20 * TICK_MS),
    ],
    ids=["results", "everything"],
)
def test_results_that_cannot_be_written_do_not_hold_up_the_queue(
    cloud: SimulatedCloud, about: tuple[str, ...], is_open: bool, patience_ms: int
) -> None:
    deny(cloud, about)
    for number in range(PEOPLE):
        cloud.upload(f"person {number:02}", "1.jpg", b"FACE %d" % number)
        cloud.advance(100)
    tick(cloud, PEOPLE + 5)
    cloud.upload("latecomer", "1.jpg", b"FACE late")
    tick(cloud, 4)
    assert [(job.state, job.delivered) for job in cloud.jobs()] == [(JobState.SUCCEEDED, False)] * (
        PEOPLE + 1
    )
    assert cloud.health().is_open(Api.WRITING) is is_open
    by_turn = sorted(cloud.jobs(), key=lambda job: job.submitted_at)
    assert all(one.closed_at <= other.closed_at for one, other in itertools.pairwise(by_turn))
    cloud.gate.standings.troubles.clear()
    tick(cloud, patience_ms // TICK_MS)
    assert all(job.delivered for job in cloud.jobs())
    assert cloud.is_at_rest()
