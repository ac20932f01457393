"""Saving a job, and noting on it what holds it up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.lanes import ASIDE_LANE, RUNNING_LANE, WAITING_LANE_OF
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.upload_memory import entries_of
from shared.errors import AccountTrouble, Conflict, RetryLater, Trouble
from shared.workflow.saving import LONGEST_BETWEEN_QUESTIONS_MS, hold_up, hold_up_briefly, save
from tests.unit.memory import Memory
from tests.unit.support import NOW, RULES, collecting, job_in, photo, trouble

S = JobState
PASSING = RetryLater("InternalError", "…", delay_seconds=1, api=Api.LISTING)
REFUSED = AccountTrouble("AccessDenied", "…", delay_seconds=1, kind=Kind.ACCOUNT, api=Api.LISTING)


# -- saving ---------------------------------------------------------------------------------------


def test_a_changed_job_is_saved_on_top_of_the_one_that_was_read() -> None:
    memory = Memory(job := collecting(photo()))
    saved = save(memory.world(), memory[job], memory[job].with_photo(photo("b.jpg"), RULES, NOW))
    assert (saved.revision, saved.version) == (1, 2)


def test_the_next_revision_is_a_row_of_its_own_and_what_it_forgets_is_remembered_first() -> None:
    memory = Memory(job := job_in(S.SUCCEEDED))
    saved = save(memory.world(), memory[job], memory[job].next_revision(RULES, NOW))
    assert (saved.revision, saved.version, saved.photo_set.dropped) == (2, 1, ())
    assert memory.calls == ["remember"]
    assert memory.seen == {(job.person_key, name): entry for name, entry in entries_of(photo()).items()}


def test_a_refused_picture_is_remembered_with_its_upload_since_it_may_be_sent_again() -> None:
    job = replace(job_in(S.SUCCEEDED), photo_set=job_in(S.REJECTED).photo_set)
    memory = Memory(job)
    save(memory.world(), memory[job], memory[job].next_revision(RULES, NOW))
    assert memory.seen == {(job.person_key, "a.jpg"): f"E-a.jpg@{NOW - 1000}"}


def test_a_job_that_another_run_has_changed_is_not_written_over() -> None:
    memory = Memory(job := collecting(photo()))
    stale = memory[job]
    memory.save(stale, stale)
    with pytest.raises(Conflict):
        save(memory.world(), stale, stale)


# -- noting what holds a job up -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "lane"), [(PASSING, ASIDE_LANE), (REFUSED, WAITING_LANE_OF[Api.LISTING])], ids=lambda _: ""
)
def test_a_job_in_trouble_leaves_the_lane_of_the_others(problem: Trouble, lane: int) -> None:
    memory = Memory(job := collecting(photo()))
    held = hold_up(memory.world(), memory[job], problem)
    assert held == memory[job]
    assert held.retry is not None
    assert (held.lane, held.retry.cause, held.due_at) == (lane, problem.cause, held.retry.next_try_at)


def test_trouble_while_the_api_is_refused_to_all_is_not_the_jobs() -> None:
    memory = Memory(job := collecting(photo()))
    world = memory.world()
    world.health.begin(memory.well_being.failed(REFUSED.cause, NOW))
    held = hold_up(world, memory[job], PASSING)
    assert held.retry is not None
    assert held.retry.waits_for is Api.LISTING


@pytest.mark.parametrize(
    "problem", [Conflict("another run was faster"), RetryLater("OTSServerBusy", "…", delay_seconds=1)]
)
def test_a_note_that_cannot_be_written_is_left_to_the_next_run(problem: Trouble) -> None:
    memory = Memory(job := collecting(photo()))
    memory.troubles["save"] = problem
    assert hold_up(memory.world(), memory[job], PASSING) == replace(job, version=1)


def test_of_a_row_that_cannot_be_written_the_deployments_health_tells() -> None:
    memory = Memory(job := collecting(photo()))
    memory.troubles["save"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    hold_up(memory.world(), memory[job], PASSING)
    noted = memory.well_being.unwritten_of(job.job_id, NOW)
    assert noted is not None
    assert (noted.code, noted.since) == ("OTSServerBusy", NOW)
    memory = Memory(job)
    memory.troubles["save"] = Conflict("another run was faster")
    hold_up(memory.world(), memory[job], PASSING)
    assert memory.well_being.unwritten == {}


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
@pytest.mark.parametrize("tries", [0, 1, 100])
def test_a_job_that_may_hold_the_slot_is_asked_about_again_soon(state: JobState, tries: int) -> None:
    memory = Memory(job := job_in(state, retry=trouble(api=Api.TRAINING, tries=tries) if tries else None))
    for held in (
        hold_up(memory.world(), memory[job], PASSING),
        hold_up_briefly(memory.world(), memory[job], PASSING.cause),
    ):
        assert held.retry is not None
        assert held.lane == RUNNING_LANE
        assert NOW < held.retry.next_try_at <= NOW + LONGEST_BETWEEN_QUESTIONS_MS
