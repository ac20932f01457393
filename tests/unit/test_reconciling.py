"""A tick as a whole: its order, its probes of a refused account, its sweep, and the fine-tunes kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.decide import Submit
from shared.domain.job import Job
from shared.domain.object_keys import PEOPLE_PREFIX
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.errors import AccountTrouble
from shared.workflow.reconciling import reconcile
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, fine_tune, job_in, photo

S = JobState
THREE = Rules(concurrent_trainings=3)
OVERDUE = AccountTrouble("Arrearage", "make sure your account is in good standing", delay_seconds=120)


def test_a_full_account_is_probed_once_a_run_whatever_the_capacity() -> None:
    memory = Memory(*(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    reconcile(memory.world(THREE))
    assert memory.held.refusals == 1
    assert memory.held.halted_until == NOW + 120_000


def test_a_refused_account_is_probed_once_a_run_whatever_the_capacity() -> None:
    memory = Memory(*(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    memory.list_trouble = OVERDUE
    reconcile(memory.world(THREE))
    assert memory.held.refusals == 1
    assert memory.held.halted_until == NOW + 120_000


def test_a_run_submits_one_of_two_queued_holders_under_a_lowered_limit() -> None:
    first, second = job_in(S.QUEUED, "first"), job_in(S.QUEUED, "second")
    memory = Memory(first, second, slot=Slot(holders=(first.job_id, second.job_id)))
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    report = reconcile(memory.world())
    assert len(memory.created) == 1
    assert (memory[first].state, memory[second].state) == (S.TRAINING, S.QUEUED)
    assert memory.held.holders == (first.job_id, second.job_id)
    assert report.actions[Submit.__name__.lower()] == 1


# -- the sweep ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rests_until", "swept"),
    [
        (0, 1),
        (NOW, 1),
        (NOW + 1, 0),
        # A rest that a clock far ahead has ordered is not kept.
        (NOW + 100 * RULES.sweep_rest_ms, 1),
    ],
)
def test_the_sweep_goes_on_when_its_rest_is_over(rests_until: int, swept: int) -> None:
    memory = Memory()
    memory.progress = SweepProgress(rests_until=rests_until)
    assert reconcile(memory.world()).actions.get("sweep", 0) == swept
    assert memory.calls.count(f"list {PEOPLE_PREFIX}") == swept


def test_the_sweep_comes_last_after_the_slot_the_results_and_the_sets() -> None:
    done = job_in(S.SUCCEEDED, "done")
    due = collecting(photo(), person_id="due")
    memory = Memory(done, job_in(S.QUEUED, "next"), due, slot=Slot(holders=(done.job_id,)))
    memory.upload(photo().name, at=NOW - 1000, person_id="due")
    memory.time = NOW + RULES.quiet_ms
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    report = reconcile(memory.world())
    looked = ["latest", "list people/due/"]
    assert memory.calls == ["create", "deliver", *looked, f"list {PEOPLE_PREFIX}", "latest"]
    assert {"release", "submit", "deliver", "look", "sweep"} <= set(report.actions)


# -- the fine-tunes that the account keeps --------------------------------------------------------


def running() -> tuple[Memory, Job]:
    """An account that keeps one model, and a job whose own fine-tune is about to be the second."""
    memory = Memory(job := job_in(S.QUEUED))
    memory.listed = [fine_tune("SUCCEEDED", "ft-other")]
    memory.progress = SweepProgress(rests_until=NOW + RULES.sweep_rest_ms)
    memory.known = {"ft-new": fine_tune("RUNNING", "ft-new")}
    reconcile(memory.world())
    assert (memory[job].state, memory.held.kept) == (S.TRAINING, 2)
    memory.time += MINUTE_MS
    return memory, job


@pytest.mark.parametrize(
    ("status", "state", "kept"),
    [("SUCCEEDED", S.SUCCEEDED, 2), ("FAILED", S.FAILED, 1), ("CANCELED", S.CANCELED, 1)],
)
def test_the_count_of_fine_tunes_is_right_after_the_end_without_another_submit(
    status: str, state: JobState, kept: int
) -> None:
    memory, job = running()
    memory.known["ft-new"] = replace(
        memory.known["ft-new"], status=status, finetuned_output="model", code="InvalidFile.NoHuman"
    )
    reconcile(memory.world())
    assert memory[job].state is state
    assert (memory.held.kept, memory.held.holders) == (kept, ())


def test_the_count_of_fine_tunes_goes_down_when_a_stuck_training_is_given_up() -> None:
    memory, job = running()
    memory.time += RULES.training_deadline_ms
    reconcile(memory.world())
    assert memory.canceled == ["ft-new"]
    assert memory[job].state is S.FAILED
    assert (memory.held.kept, memory.held.holders) == (1, ())


def test_a_fine_tune_whose_job_has_no_row_any_more_stays_in_the_count() -> None:
    memory, job = running()
    del memory.rows[job.job_id]
    reconcile(memory.world())
    assert (memory.held.kept, memory.held.holders) == (2, ())
