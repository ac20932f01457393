"""DashScope keeps at most 20 running or succeeded fine-tunes: known before it is hit, with room on demand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.simulation.stores import INSTANCE
from tests.workflow.support import tick

BEHAVIOUR = Behaviour(training_seconds=30.0, fetch="start", second_fine_tune="queue", kept_fine_tunes=2)
RULES = Rules(quiet_ms=20_000, kept_fine_tunes=2)


def train(cloud: SimulatedCloud, person: str, name: str = "a.jpg") -> Job:
    cloud.upload(person, name, f"FACE {person} {name}".encode())
    tick(cloud, 8)
    return [job for job in cloud.jobs() if job.person_id == person][-1]


@pytest.fixture
def full() -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(1, NoFaults(), rules=RULES, behaviour=replace(BEHAVIOUR))
    with simulated(cloud):
        assert train(cloud, "anna").state is JobState.SUCCEEDED
        assert train(cloud, "anna", "b.jpg").state is JobState.SUCCEEDED
        yield cloud
    cloud.close()


def slot_of(cloud: SimulatedCloud) -> dict[str, Any]:
    """The slot as its row holds it."""
    assert cloud.tables is not None
    row = cloud.tables.get_row(INSTANCE, "control", [("name", "slot")]).row
    assert row is not None
    (text,) = (cell.value for cell in row.cells if cell.name == "value")
    value: dict[str, Any] = json.loads(str(text))
    return value


def kept(cloud: SimulatedCloud) -> list[str]:
    return [entry.job_id for entry in cloud.studio.ledger() if entry.deleted_at is None]


def test_a_full_account_makes_the_queue_wait_with_the_reason_and_sends_nothing(full: SimulatedCloud) -> None:
    waiting = train(full, "bob")
    assert waiting.state is JobState.QUEUED
    assert len(full.studio.ledger()) == 2
    assert not [call for call in full.gate.trace if call.operation == "CreateFineTune"][2:]
    slot = slot_of(full)
    assert slot["kept"] == 2
    assert slot["trouble"]["code"] == "fine_tunes_full"
    assert "KEPT_FINE_TUNES" in slot["trouble"]["message"]


def test_the_count_of_kept_fine_tunes_follows_the_account_without_another_submit(
    full: SimulatedCloud,
) -> None:
    assert len(kept(full)) == slot_of(full)["kept"] == 2
    full.rules = replace(full.rules, kept_fine_tunes=20)
    full.behaviour.kept_fine_tunes = 20
    full.behaviour.training_seconds = 200.0
    full.upload("bob", "a.jpg", b"FACE bob")
    tick(full, 2)
    assert full.jobs()[-1].state is JobState.TRAINING
    assert slot_of(full)["kept"] == 3
    tick(full, 6)
    assert full.jobs()[-1].state is JobState.SUCCEEDED
    assert len(kept(full)) == slot_of(full)["kept"] == 3


def test_the_queue_goes_on_by_itself_when_the_cap_is_raised(full: SimulatedCloud) -> None:
    assert train(full, "bob").state is JobState.QUEUED
    full.behaviour.kept_fine_tunes = 20
    full.rules = replace(full.rules, kept_fine_tunes=20)
    tick(full, 30)
    assert full.jobs()[-1].state is JobState.SUCCEEDED


def test_a_superseded_model_makes_room_when_that_is_wanted_and_allowed(full: SimulatedCloud) -> None:
    full.behaviour.delete_terminal = "allow"
    full.rules = replace(full.rules, delete_superseded=True)
    first, second = kept(full)
    assert train(full, "bob").state is JobState.SUCCEEDED
    assert first not in kept(full)
    assert second in kept(full), "a person's newest model is never deleted"


def test_a_refused_deletion_leaves_the_queue_waiting_and_everything_as_it_was(full: SimulatedCloud) -> None:
    full.rules = replace(full.rules, delete_superseded=True)
    assert train(full, "bob").state is JobState.QUEUED
    assert len(kept(full)) == 2


def test_the_newest_models_are_never_deleted_however_full_the_account_is(full: SimulatedCloud) -> None:
    full.behaviour.delete_terminal = "allow"
    full.rules = replace(full.rules, delete_superseded=True)
    assert train(full, "bob").state is JobState.SUCCEEDED
    before = kept(full)
    assert train(full, "carol").state is JobState.QUEUED
    assert kept(full) == before
