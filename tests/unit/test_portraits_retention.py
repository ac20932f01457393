"""What is kept of a job ends also while its portraits wait their turn, and while nobody makes any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.lanes import KEPT_LANE, PORTRAIT_QUEUE_LANE
from shared.domain.money import DAY_MS
from shared.domain.photos import Stored
from shared.domain.portraits import OrderState
from shared.domain.retention import scheduled
from shared.domain.rules import Rules
from shared.errors import Permanent
from shared.workflow import reconciling
from shared.workflow.retaining import retain
from tests.unit.memory import Memory
from tests.unit.portrait_support import model, of, order, run_in
from tests.unit.support import NOW, trouble

S = OrderState
KEEPS = Rules(keep_snapshots_ms=DAY_MS)
MODELS = Rules(keep_snapshots_ms=0, keep_models_ms=DAY_MS)
DUE = NOW + DAY_MS


def waiting(state: S = S.QUEUED, person_id: str = "li", **changes: Any) -> Job:
    """A job that has ended now, and whose order is in a state."""
    return model(order(state), person_id=person_id, ended_at=NOW, **changes)


def retained(job: Job, rules: Rules = KEEPS, at: int = DUE) -> tuple[Memory, Job]:
    memory = Memory(job)
    key = f"submissions/{job.job_id}/a.jpg"
    memory.objects[key] = Stored(etag="E", size=1, modified_at=NOW)
    memory.time = at
    retain(memory.world(rules), [job.job_id])
    return memory, memory[job]


def test_snapshots_go_at_their_time_and_the_order_keeps_its_place() -> None:
    memory, job = retained(waiting())
    assert memory.deleted == [f"submissions/{job.job_id}/a.jpg"]
    assert job.snapshots_removed_at == DUE
    assert (job.lane, job.due_at, of(memory, job).state) == (PORTRAIT_QUEUE_LANE, NOW - 60_000, S.QUEUED)


@pytest.mark.parametrize(
    "job",
    [
        waiting(S.SUBMITTING),
        waiting(S.GENERATING),
        waiting(erasing_since=NOW),
        waiting(snapshots_removed_at=NOW + 1),
        waiting(retry=trouble(next_try_at=DUE + 1)),
    ],
    ids=["submitting", "generating", "erased", "done", "rests"],
)
def test_nothing_goes_before_its_time_nor_beside_a_task(job: Job) -> None:
    for at in (DUE - 1, DUE):
        memory, after = retained(job, at=at)
        assert (memory.deleted, after.version) == ([], 1)
    memory, after = retained(waiting(), at=DUE - 1)
    assert (memory.deleted, after.version) == ([], 1)


def test_an_order_whose_model_goes_ends_and_asks_for_nothing() -> None:
    memory, job = retained(waiting(), MODELS)
    assert memory.deleted == [job.fine_tune_id]
    assert job.model_released_at == DUE
    run_in(memory)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code, memory.portraits.created) == (S.CANCELED, "model_released", [])


def test_what_is_refused_is_tried_again_later_and_costs_the_order_no_place() -> None:
    job = waiting()
    memory = Memory(job)
    memory.objects[f"submissions/{job.job_id}/a.jpg"] = Stored(etag="E", size=1, modified_at=NOW)
    memory.troubles["delete"] = Permanent("AccessDenied", "…")
    memory.time = DUE
    retain(memory.world(KEEPS), [job.job_id])
    assert memory[job].snapshots_removed_at == 0
    assert (memory[job].lane, memory[job].due_at) == (PORTRAIT_QUEUE_LANE, NOW - 60_000)


def test_each_round_looks_at_the_next_of_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "KEPT_A_RUN", 2)
    jobs = [waiting(person_id=f"person {number}") for number in range(5)]
    memory = Memory(*jobs)
    memory.time = DUE
    names = sorted(memory.rows)
    looked: list[list[str]] = []
    for _ in range(4):
        world = memory.world(KEEPS)
        world.health.begin(memory.well_being)
        before = {name for name in names if memory.rows[name].snapshots_removed_at}
        reconciling._retain(world)
        after = {name for name in names if memory.rows[name].snapshots_removed_at}
        looked.append(sorted(after - before))
    assert [len(page) for page in looked] == [2, 2, 1, 0]


def test_a_job_without_orders_or_with_ended_ones_goes_its_usual_way() -> None:
    for state in (S.SUCCEEDED, S.FAILED, S.CANCELED):
        job = scheduled(waiting(state), KEEPS)
        assert (job.lane, job.due_at) == (KEPT_LANE, DUE)
        assert retained(job)[1].snapshots_removed_at == DUE
    undelivered = replace(waiting(), delivered=False)
    assert scheduled(undelivered, KEEPS) is undelivered
