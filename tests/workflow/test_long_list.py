"""DashScope's list of fine-tunes has become too long to be read to its end, and an answer is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unittest import mock

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import Fault
from tests.workflow.support import tick

RULES = Rules(quiet_ms=20_000, concurrent_trainings=2, kept_fine_tunes=100, listing_delay_ms=60_000)
PAGES = 5


@dataclass
class NextSubmit:
    """The next submit meets ``fault``, and no other call does."""

    fault: Fault | None = None

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if operation != "CreateFineTune":
            return None
        struck, self.fault = self.fault, None
        return struck


@pytest.fixture
def submits() -> NextSubmit:
    return NextSubmit()


@pytest.fixture
def cloud(submits: NextSubmit) -> Iterator[SimulatedCloud]:
    """An account with more fine-tunes than a run can page through."""
    behaviour = Behaviour(
        training_seconds=30.0,
        fetch="start",
        concurrent_fine_tunes=2,
        most_entries_a_page=1,
        kept_fine_tunes=100,
    )
    cloud = SimulatedCloud(1, submits, rules=RULES, behaviour=behaviour)
    with simulated(cloud), mock.patch("shared.clients.dashscope_list.LIST_CALLS", PAGES):
        for number in range(PAGES + 1):
            train(cloud, f"person {number}")
        yield cloud
    cloud.close()


def train(cloud: SimulatedCloud, person: str, ticks: int = 6) -> Job:
    cloud.upload(person, "a.jpg", f"FACE {person}".encode())
    tick(cloud, ticks)
    (job,) = (job for job in cloud.jobs() if job.person_id == person)
    return job


def test_a_submit_that_never_arrived_waits_for_its_proof_and_keeps_nobody_else(
    cloud: SimulatedCloud, submits: NextSubmit
) -> None:
    submits.fault = Fault.TIMEOUT
    lost = train(cloud, "lost", ticks=12)
    assert lost.state is JobState.SUBMITTING
    assert lost.retry is not None
    assert lost.retry.cause.code == "list_too_long"
    for person in ("next", "and next"):
        assert train(cloud, person, ticks=8).state is JobState.SUCCEEDED
    assert len(cloud.studio.ledger()) == PAGES + 3

    with mock.patch("shared.clients.dashscope_list.LIST_CALLS", 100):
        tick(cloud, 12)
    (sent_again,) = (job for job in cloud.jobs() if job.person_id == "lost")
    assert sent_again.state is JobState.SUCCEEDED
    assert len(cloud.studio.ledger()) == PAGES + 4


def test_a_submit_that_arrived_is_adopted_from_the_newest_part(
    cloud: SimulatedCloud, submits: NextSubmit
) -> None:
    submits.fault = Fault.LOST
    assert train(cloud, "lost", ticks=8).state is JobState.SUCCEEDED
    assert len(cloud.studio.ledger()) == PAGES + 2


def test_a_submit_that_was_refused_is_tried_again_and_halts_nobody(
    cloud: SimulatedCloud, submits: NextSubmit
) -> None:
    submits.fault = Fault.BUSY
    assert train(cloud, "refused", ticks=8).state is JobState.SUCCEEDED
    assert train(cloud, "next", ticks=8).state is JobState.SUCCEEDED
    assert len(cloud.studio.ledger()) == PAGES + 3
