"""The submit that follows a closed set at once: the next job, whatever the index shows."""

from __future__ import annotations

import pytest

from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.errors import RetryLater
from shared.workflow.submit_next import submit_next
from tests.unit.memory import Memory
from tests.unit.memory_tables import MemoryTables
from tests.unit.support import NOW, job_in

S = JobState
TWO = Rules(concurrent_trainings=2)


@pytest.mark.parametrize(("capacity", "sent"), [(1, 0), (2, 1)])
def test_a_set_that_closes_is_not_submitted_beside_one_that_runs_without_the_slot(
    capacity: int, sent: int
) -> None:
    memory = Memory(job_in(S.TRAINING, "runaway"), job := job_in(S.QUEUED))
    submit_next(memory.world(Rules(concurrent_trainings=capacity)), memory[job])
    assert len(memory.created) == sent


def test_a_job_that_another_run_is_submitting_already_is_left_to_that_run() -> None:
    """The caller's job is old: it is QUEUED there, and holds the slot by now."""
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=(job.job_id,)))
    held = memory.held
    submit_next(memory.world(TWO), memory[job])
    assert (memory.created, memory.held) == ([], held)


def test_a_job_that_runs_and_holds_the_slot_is_not_counted_twice() -> None:
    runs = job_in(S.TRAINING, "runs")
    memory = Memory(runs, job := job_in(S.QUEUED), slot=Slot(holders=(runs.job_id,)))
    submit_next(memory.world(TWO), memory[job])
    assert memory[job].state is S.TRAINING


@pytest.mark.parametrize(("holders", "sent"), [(1, 0), (0, 1)])
def test_a_job_that_cannot_be_read_uses_the_slot_while_it_holds_it_and_no_longer(
    holders: int, sent: int
) -> None:
    odd, runs = job_in(S.TRAINING, "odd"), job_in(S.TRAINING, "runs")
    held = (odd.job_id, runs.job_id)[1 - holders :]
    memory = Memory(odd, runs, job := job_in(S.QUEUED), slot=Slot(holders=held))
    memory.unread[odd.job_id] = Unread(odd.job_id, "unreadable_row", "a later version wrote it")
    submit_next(memory.world(TWO), memory[job])
    assert len(memory.created) == sent


def test_a_set_that_closes_is_submitted_though_the_index_still_shows_the_last_one_and_not_it_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = job_in(S.TRAINING, "last")
    memory = Memory(last, job := job_in(S.QUEUED), slot=Slot(holders=(last.job_id,)))
    monkeypatch.setattr(memory, "in_hand", lambda count: ([last.job_id], [last.job_id][:count]))
    submit_next(memory.world(TWO), memory[job])
    assert memory[job].state is S.TRAINING


def test_a_set_that_closes_overtakes_no_job_that_a_full_page_may_hide() -> None:
    ahead = [job_in(S.QUEUED, f"ahead {number}", due_at=NOW - 10 + number) for number in range(4)]
    memory = Memory(*ahead, job := job_in(S.QUEUED, due_at=NOW))
    submit_next(memory.world(TWO), memory[job])
    assert memory[ahead[0]].state is S.TRAINING
    assert memory[job].state is S.QUEUED


def test_a_set_that_closes_overtakes_no_job_that_a_page_of_unreadable_ones_may_hide() -> None:
    ahead = [job_in(S.QUEUED, f"ahead {number}", due_at=NOW - 10 + number) for number in range(5)]
    memory = Memory(*ahead, job := job_in(S.QUEUED, due_at=NOW))
    for one in ahead[:4]:
        memory.unread[one.job_id] = Unread(one.job_id, "unreadable_row", "a later version wrote it")
    submit_next(memory.world(TWO), memory[job])
    assert memory[job].state is S.QUEUED


@pytest.mark.parametrize(
    "slot",
    [Slot(holders=("other-1",)), Slot(halted_until=NOW + 1)],
    ids=["held", "halted"],
)
def test_a_slot_that_is_not_free_is_left_to_the_next_tick(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=slot)
    monkeypatch.delattr(MemoryTables, "in_hand")
    submit_next(memory.world(), memory[job])
    assert memory[job].state is S.QUEUED


def test_trouble_with_the_submit_is_logged_and_left_to_the_next_tick(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.troubles["fine_tunes"] = RetryLater("list_incomplete", "…", delay_seconds=10)
    submit_next(memory.world(), memory[job])
    assert memory[job].state is S.QUEUED
    assert "list_incomplete" in caplog.text
