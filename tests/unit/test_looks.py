"""The looks of a run at a fine-tune: two seconds apart, and none just before the next tick's own."""

from __future__ import annotations

import pytest

from shared.domain.job import Job
from shared.domain.lingering import LOOK_SPACING_MS
from shared.domain.states import JobState
from shared.workflow.looks import BEFORE_THE_TICK_MS, Looks
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, job_in

JOB = job_in(JobState.TRAINING, fine_tune_id="ft-1")
OTHER = job_in(JobState.TRAINING, fine_tune_id="ft-2")
CANCELING = job_in(JobState.TRAINING, fine_tune_id="ft-1", cancel_asked_at=NOW)
SENT = job_in(JobState.TRAINING, fine_tune_id="ft-1", cancel_asked_at=NOW, cancel_sent_at=NOW)


def looking() -> tuple[Memory, Looks]:
    memory = Memory()
    return memory, Looks(memory, NOW + MINUTE_MS)


def test_the_first_look_of_a_run_is_free_however_late_it_comes() -> None:
    memory, looks = looking()
    assert looks.may_look(JOB)
    memory.time = NOW + MINUTE_MS
    assert looks.may_look(JOB)
    assert memory.time == NOW + MINUTE_MS


@pytest.mark.parametrize(("later", "may"), [(0, False), (1_999, False), (2_000, True)])
def test_what_has_just_been_asked_about_is_asked_about_again_after_two_seconds(later: int, may: bool) -> None:
    memory, looks = looking()
    looks.note(JOB)
    memory.time += later
    assert looks.may_look(JOB) is may
    assert looks.may_look(OTHER)
    assert memory.time == NOW + later


@pytest.mark.parametrize("is_missed", [True, False])
def test_an_answer_that_the_row_has_not_taken_in_is_asked_for_again_after_a_pause(is_missed: bool) -> None:
    memory, looks = looking()
    looks.note(JOB, is_missed=True)
    looks.note(JOB, is_missed=is_missed)
    memory.time += 500
    assert looks.may_look(JOB) is is_missed
    assert memory.time == NOW + (LOOK_SPACING_MS if is_missed else 500)


def test_a_cancel_waits_for_the_pause_and_not_for_the_next_tick_until_it_is_sent() -> None:
    memory, looks = looking()
    looks.note(JOB)
    assert not looks.may_look(SENT)
    assert memory.time == NOW
    assert looks.may_look(CANCELING)
    assert memory.time == NOW + LOOK_SPACING_MS


@pytest.mark.parametrize(("job", "waits_ms"), [(JOB, 0), (CANCELING, LOOK_SPACING_MS)])
def test_a_second_look_just_before_the_next_tick_is_left_to_it(job: Job, waits_ms: int) -> None:
    memory, looks = looking()
    last = NOW + MINUTE_MS - BEFORE_THE_TICK_MS
    memory.time = last - LOOK_SPACING_MS
    looks.note(JOB)
    memory.time = last - waits_ms
    assert looks.may_look(job)
    memory.time = last + 1
    assert not looks.may_look(job)


def test_where_the_next_tick_is_not_known_looks_are_two_seconds_apart_all_the_same() -> None:
    memory = Memory()
    looks = Looks(memory, 0)
    looks.note(JOB)
    assert not looks.may_look(JOB)
    memory.time += LOOK_SPACING_MS
    assert looks.may_look(JOB)
