"""Following a fine-tune: which answers are an end, and which are not yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.workflow.training import poll, release
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, fine_tune, job_in

S = JobState


def test_a_success_without_a_models_name_is_not_done_yet() -> None:
    memory = Memory(job := job_in(S.TRAINING, fine_tune_id="ft-1"))
    memory.known = {"ft-1": fine_tune("SUCCEEDED", "ft-1", usage=1, ended_at=NOW)}
    waiting = poll(memory.world(), memory[job])
    assert (waiting.state, waiting.fine_tune_status) == (S.TRAINING, "SUCCEEDED")
    assert (waiting.usage, waiting.ended_at) == (0, 0)
    assert poll(memory.world(), memory[job]) == waiting
    memory.known["ft-1"] = replace(memory.known["ft-1"], finetuned_output="facechain-x")
    done = poll(memory.world(), memory[job])
    assert (done.state, done.finetuned_output, done.usage) == (S.SUCCEEDED, "facechain-x", 1)


def test_a_success_in_the_list_alone_needs_the_models_name_too() -> None:
    memory = Memory(job := job_in(S.TRAINING, fine_tune_id="ft-1"))
    memory.time = NOW + 2 * MINUTE_MS
    files = (f"https://photos.oss.example/{job.files[0]}",)
    memory.listed = [fine_tune("SUCCEEDED", "ft-1", files=files)]
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    memory.listed = [replace(memory.listed[0], finetuned_output="facechain-x")]
    memory.time += 2 * MINUTE_MS
    assert poll(memory.world(), memory[job]).state is S.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SUCCEEDED", S.SUCCEEDED),
        ("FAILED", S.FAILED),
        ("CANCELED", S.CANCELED),
        *((going, S.TRAINING) for going in ("PENDING", "QUEUING", "RUNNING", "CANCELING")),
        *((unknown, S.TRAINING) for unknown in ("CANCELLED", "succeeded", "UNKNOWN", "")),
    ],
)
def test_only_the_three_final_statuses_are_an_end_and_any_other_goes_on(status: str, state: JobState) -> None:
    job = job_in(S.TRAINING, submitted_at=NOW - MINUTE_MS, fine_tune_id="ft-1", failures=5)
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune(status, "ft-1", finetuned_output="model")
    assert poll(memory.world(), memory[job]).state is state


@pytest.mark.parametrize(
    ("state", "durations_ms", "kept"),
    [(S.SUCCEEDED, (5_000, 7_000), 3), (S.FAILED, (5_000,), 2), (S.CANCELED, (5_000,), 2)],
)
def test_only_a_success_teaches_its_duration_and_keeps_its_fine_tune(
    state: JobState, durations_ms: tuple[int, ...], kept: int
) -> None:
    job = job_in(state, submitted_at=NOW, ended_at=NOW + 7_000)
    memory = Memory(job, slot=Slot(holders=("other-1", job.job_id), durations_ms=(5_000,), kept=3))
    release(memory.world(), job.job_id, memory[job])
    assert memory.held.holders == ("other-1",)
    assert (memory.held.durations_ms, memory.held.kept) == (durations_ms, kept)


def test_a_job_that_does_not_hold_the_slot_releases_nothing() -> None:
    job = job_in(S.FAILED)
    memory = Memory(job, slot=Slot(holders=("other-1",), kept=3))
    before = memory.slot()
    release(memory.world(), job.job_id, memory[job])
    assert memory.held == before
