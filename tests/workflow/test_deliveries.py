"""Results that cannot be written do not hold up the queue, and are written when they can be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.errors import Permanent
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.workflow.support import tick

PEOPLE = 48
"""More than a page of the index holds."""


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


def refused(key: str, text: str) -> None:
    raise Permanent("AccessDenied", f"{key}: the bucket may not be written")


def test_results_that_cannot_be_written_do_not_hold_up_the_queue(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cloud._bucket, "write_json", refused)
        for number in range(PEOPLE):
            cloud.upload(f"person {number:02}", "1.jpg", b"FACE %d" % number)
            cloud.advance(100)
        tick(cloud, PEOPLE + 5)
        cloud.upload("latecomer", "1.jpg", b"FACE late")
        tick(cloud, 4)
        assert [(job.state, job.delivered) for job in cloud.jobs()] == [(JobState.SUCCEEDED, False)] * (
            PEOPLE + 1
        )
    by_turn = sorted(cloud.jobs(), key=lambda job: job.submitted_at)
    assert all(one.closed_at <= other.closed_at for one, other in itertools.pairwise(by_turn))
    tick(cloud, 8)
    assert cloud.is_at_rest()
    assert all(job.delivered for job in cloud.jobs())
