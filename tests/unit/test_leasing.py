"""One run records the photos of a person that come together; the others leave theirs to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.job_record import LEASE_MS
from shared.domain.photos import Verdict
from shared.domain.rules import MAX_PHOTOS
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.errors import Conflict, RetryLater
from shared.workflow.closing import look_through
from shared.workflow.leasing import record_with_lease
from shared.workflow.recording import LEFT_TO_ANOTHER_RUN, record_photo
from shared.workflow.recording_found import SAVED_TOGETHER
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, photo

BUSY = RetryLater("InternalError", "…", delay_seconds=1, api=Api.LISTING)


def overtaken(*names: str) -> tuple[Memory, Job]:
    """A set that another run has just recorded a photo of, with uploads; and the job that was read before."""
    memory = Memory(job := collecting(photo("first")))
    for name in ("first", *names):
        memory.upload(name)
    old = memory[job]
    memory.save(old, old.with_photo(photo("second"), RULES, NOW))
    memory.upload("second")
    return memory, old


def record(memory: Memory, name: str, latest: Job) -> str:
    return record_photo(memory.world(), memory.upload(name), latest).outcome


def test_a_run_that_was_overtaken_records_everything_that_came_beside_its_photo() -> None:
    memory, old = overtaken("3", "4", "5")
    saves: list[tuple[int, bool]] = []
    memory.before_save = lambda job: saves.append((len(job.photo_set.photos), job.leased_until > 0))
    assert record(memory, "3", old) == "usable"
    job = memory.latest("li")
    assert job is not None
    assert {one.name for one in job.photo_set.usable} == {"first", "second", "3", "4", "5"}
    # The lost save; its own photo with the lease; the others without it.
    assert saves == [(2, False), (3, True), (5, False)]
    assert job.due_at == memory.time + RULES.quiet_ms


def test_the_faces_of_photos_that_came_together_are_checked_in_one_call() -> None:
    memory, old = overtaken(*"3456789")
    record(memory, "3", old)
    assert memory.checked_together == [1, 6]


def test_while_the_lease_lasts_other_runs_leave_their_photos_to_the_run_that_has_it() -> None:
    memory = Memory(job := collecting(photo("first")))
    memory.rows[job.job_id] = memory[job].with_lease(NOW + LEASE_MS, RULES, NOW)
    assert record(memory, "other", memory[job]) == LEFT_TO_ANOTHER_RUN
    assert (memory.calls, memory.checked) == ([], [])


def test_a_run_that_is_overtaken_by_one_with_a_lease_leaves_its_photo_to_that_run() -> None:
    memory, old = overtaken()
    newest = memory.latest("li")
    assert newest is not None
    memory.save(newest, newest.with_lease(NOW + LEASE_MS, RULES, NOW))
    assert record(memory, "third", old) == LEFT_TO_ANOTHER_RUN


def test_a_lease_that_has_run_out_or_was_taken_by_a_clock_that_is_ahead_binds_nobody() -> None:
    leased = collecting(photo()).with_lease(NOW + LEASE_MS, RULES, NOW)
    assert leased.is_leased(NOW)
    assert not leased.is_leased(NOW + LEASE_MS)
    assert not replace(leased, leased_until=NOW + 60 * MINUTE_MS).is_leased(NOW)
    assert not replace(leased, state=JobState.QUEUED).is_leased(NOW)


def test_a_leased_set_does_not_close_and_a_tick_looks_at_it_when_the_lease_has_run_out() -> None:
    memory = Memory(job := collecting(*(photo(str(number)) for number in range(MAX_PHOTOS))))
    for number in range(MAX_PHOTOS):
        memory.upload(str(number), at=NOW - 1000)
    leased = memory.save(memory[job], memory[job].with_lease(NOW + LEASE_MS, RULES, NOW))
    assert leased.due_at == NOW + LEASE_MS
    assert leased.completed_by(replace(RULES, settle_ms=1000), NOW + LEASE_MS - 1) is None
    memory.time = NOW + LEASE_MS
    memory.upload("left by the run that died", at=NOW)
    after = look_through(memory.world(), "li", memory[job])
    assert after is not None
    assert after.leased_until == 0
    assert after.photo_set.photo("left by the run that died") is not None
    assert after.due_at > memory.time


def test_more_photos_than_one_save_takes_are_recorded_before_the_lease_goes_back() -> None:
    memory, old = overtaken(*(f"{number:03}" for number in range(2 * SAVED_TOGETHER + 1)))
    leases: list[bool] = []
    memory.before_save = lambda job: leases.append(job.leased_until > 0)
    record(memory, "000", old)
    assert leases == [False, True, True, False]
    job = memory.latest("li")
    assert job is not None
    assert len(job.photo_set.photos) == 2 * SAVED_TOGETHER + 3


def test_what_was_left_to_the_run_after_its_last_listing_is_recorded_too() -> None:
    memory, old = overtaken("3", "4")

    def left(job: Job) -> None:
        if not job.leased_until and len(job.photo_set.photos) == 4:
            # Another run has read the row with the lease a moment ago.
            memory.upload("left")

    memory.before_save = left
    record(memory, "3", old)
    job = memory.latest("li")
    assert job is not None
    assert job.photo_set.photo("left") is not None


def test_a_run_whose_folder_cannot_be_listed_leaves_the_rest_to_the_tick_after_the_lease() -> None:
    memory, old = overtaken("3", "4")
    memory.troubles["list_page people/li/"] = BUSY
    assert record(memory, "3", old) == "usable"
    job = memory.latest("li")
    assert job is not None
    assert (job.photo_set.photo("4"), job.due_at) == (None, memory.time + LEASE_MS)


def test_a_run_that_loses_a_save_under_its_lease_goes_on_with_the_row_as_it_is() -> None:
    memory, old = overtaken("3", "4")
    losses = [Conflict("a tick was faster")]

    def lose(job: Job) -> None:
        if len(job.photo_set.photos) == 4 and losses:
            raise losses.pop()

    memory.before_save = lose
    record(memory, "3", old)
    job = memory.latest("li")
    assert job is not None
    assert (job.photo_set.photo("4") is not None, job.leased_until) == (True, 0)


def test_a_photo_that_opens_no_set_takes_no_lease() -> None:
    memory = Memory(job := collecting(photo("a")))
    closed = memory.save(memory[job], replace(memory[job], state=JobState.QUEUED))
    upload = memory.upload("b")
    after = replace(closed, photo_set=closed.photo_set.with_photo(photo("b", Verdict.EMPTY), NOW))
    recorded = record_with_lease(memory.world(), closed, after, upload)
    assert recorded.job is not None
    assert (recorded.outcome, recorded.job.leased_until, memory.calls) == ("empty", 0, [])


@pytest.mark.parametrize("rounds", [1, 3])
def test_photos_that_keep_coming_do_not_keep_a_run_for_ever(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.workflow.leasing.MAX_ROUNDS", rounds)
    memory, old = overtaken("3")

    def another(_: Job) -> None:
        memory.upload(f"more {len(memory.objects)}")

    memory.before_save = another
    record(memory, "3", old)
    assert memory.calls.count("list people/li/") == rounds
