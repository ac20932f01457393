"""A tick as a whole: its order, whom it helps, what it leaves alone, and what it says at its end."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Doorbell
from shared.domain.decide import Submit
from shared.domain.health import HEARTBEAT_MS, SILENCE_MS
from shared.domain.job import Job, Reason
from shared.domain.object_keys import PEOPLE_PREFIX, snapshot_key
from shared.domain.photos import Verdict
from shared.domain.requests import PROBE, Request
from shared.domain.retention import kept_by
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import AccountTrouble, RetryLater
from shared.workflow.observing import observe
from shared.workflow.reconciling import reconcile
from shared.workflow.retiming import settings_id
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, cause, collecting, fine_tune, job_in, photo, trouble

S = JobState
THREE = Rules(concurrent_trainings=3)
OVERDUE = AccountTrouble(
    "Arrearage",
    "make sure your account is in good standing",
    delay_seconds=120,
    kind=Kind.ACCOUNT,
    api=Api.TRAINING,
)
BUSY = RetryLater("OTSServerBusy", "…", delay_seconds=1)


def quiet(memory: Memory) -> Memory:
    """Nothing but the jobs is to be done: the sweep rests, the settings are known, the heart has beaten."""
    memory.progress = SweepProgress(rests_until=memory.time + RULES.sweep_rest_ms)
    known = replace(memory.well_being, settings_id=settings_id(RULES), kept_by=kept_by(RULES))
    memory.well_being = replace(known, beat_at=memory.time, is_retimed=True)
    return memory


def due_set(person_id: str) -> Job:
    """An open set whose look is due."""
    return collecting(photo(), person_id=person_id, now=NOW - RULES.quiet_ms)


# -- the queue ------------------------------------------------------------------------------------


def test_a_full_account_is_probed_once_a_run_whatever_the_capacity() -> None:
    memory = Memory(*(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    reconcile(memory.world(THREE))
    assert memory.held.refusals == 1
    assert memory.held.halted_until == NOW + 120_000


def test_a_refused_account_is_probed_once_a_run_and_no_job_is_held_up_for_it() -> None:
    jobs = [job_in(S.QUEUED, f"p{number}") for number in range(5)]
    memory = Memory(*jobs)
    memory.troubles["fine_tunes"] = OVERDUE
    reconcile(memory.world(THREE))
    assert memory.held.refusals == 1
    assert memory.held.halted_until == NOW + 120_000
    assert all(memory[job].retry is None for job in jobs)


def test_a_run_submits_one_of_two_queued_holders_under_a_lowered_limit() -> None:
    first, second = job_in(S.QUEUED, "first"), job_in(S.QUEUED, "second")
    memory = Memory(first, second, slot=Slot(holders=(first.job_id, second.job_id)))
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    report = reconcile(memory.world())
    assert len(memory.created) == 1
    assert (memory[first].state, memory[second].state) == (S.TRAINING, S.QUEUED)
    assert memory.held.holders == (first.job_id, second.job_id)
    assert report.actions[Submit.__name__.lower()] == 1


# -- the trouble of one ---------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [BUSY, KeyError("surprise")], ids=["foreseen", "unforeseen"])
def test_trouble_with_one_person_stays_with_that_person_and_the_tick_goes_on(problem: Exception) -> None:
    bad, good = due_set("bad"), due_set("good")
    memory = quiet(Memory(bad, good))
    for job in (bad, good):
        memory.upload("a.jpg", at=NOW - 1000, person_id=job.person_id)
    memory.troubles["list_page people/bad/"] = problem
    report = reconcile(memory.world())
    assert memory[good].state is not S.COLLECTING
    held = memory[bad]
    assert held.retry is not None
    assert (held.state, held.retry.tries) == (S.COLLECTING, 1)
    assert sum(report.troubles.values()) == 1


def test_a_row_that_cannot_be_read_is_left_alone_and_keeps_the_slot(caplog: pytest.LogCaptureFixture) -> None:
    odd, queued = job_in(S.TRAINING, "odd"), job_in(S.QUEUED, "queued")
    memory = quiet(Memory(odd, queued, slot=Slot(holders=(odd.job_id,))))
    memory.unread[odd.job_id] = Unread(odd.job_id, "unreadable_row", "a later version wrote it")
    key = snapshot_key(odd.job_id, "0")
    memory.listed = [fine_tune("RUNNING", files=(f"https://photos.oss.example/{key}",))]
    reconcile(memory.world())
    assert (memory.held.holders, memory.created) == ((odd.job_id,), [])
    assert memory[odd].version == 1
    assert "job_left_alone" in caplog.text


def test_a_job_that_cannot_be_read_at_the_head_of_the_queue_hides_nobody_behind_it() -> None:
    odd, next_one = job_in(S.QUEUED, "odd", due_at=NOW - 2), job_in(S.QUEUED, "next", due_at=NOW - 1)
    memory = quiet(Memory(odd, next_one))
    memory.unread[odd.job_id] = Unread(odd.job_id, "unreadable_row", "a later version wrote it")
    assert observe(memory.world()).queue == (memory[next_one],)


def test_the_report_counts_the_sweep_that_found_something_and_no_other() -> None:
    for people in ("", "li", "wei"):
        memory = Memory()
        memory.well_being = quiet(Memory()).well_being
        if people:
            memory.upload("1.jpg", at=NOW - 10 * MINUTE_MS, person_id=people)
        assert reconcile(memory.world()).actions.get("Sweep".lower(), 0) == bool(people)


def tick_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines of ticks in the log, read."""
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.getMessage()[:1] == "{"]
    return [line for line in lines if line["event"] == "tick"]


def test_the_log_has_one_line_of_each_good_tick_however_little_it_did(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    busy = quiet(Memory(due_set("li")))
    busy.upload("a.jpg", at=NOW - 1000)
    for memory, is_idle in ((quiet(Memory()), True), (busy, False)):
        caplog.clear()
        reconcile(memory.world())
        (line,) = tick_lines(caplog)
        assert (line["actions"] == {}) is is_idle
        assert (line["blocked_by"], line["scope"], line["oldest_wait_seconds"]) == ("", "", 0)


def test_a_tick_that_fails_leaves_no_line_of_a_good_one(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    memory = quiet(Memory())

    def fail(*_: object) -> None:
        raise RuntimeError("the table is gone")

    monkeypatch.setattr("shared.workflow.reconciling.observe", fail)
    with pytest.raises(RuntimeError):
        reconcile(memory.world())
    assert tick_lines(caplog) == []


def test_the_line_of_a_tick_says_how_long_the_head_of_the_queue_has_waited(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    waits = job_in(S.QUEUED, closed_at=NOW - 90 * MINUTE_MS)
    trains = job_in(S.TRAINING, "wei")
    memory = quiet(Memory(waits, trains))
    memory.held = replace(memory.held, holders=(trains.job_id,), taken_at=NOW)
    reconcile(memory.world())
    assert tick_lines(caplog)[0]["oldest_wait_seconds"] == 5400


def test_the_line_of_a_tick_says_what_blocks_everybody_and_no_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    arrears = Reason("Arrearage", "the account is in arrears")
    halted = Slot(trouble=arrears, refusals=1, halted_since=NOW - 1000, halted_until=NOW + 60_000)
    told = []
    for slot in (halted, replace(halted, paused=Pause("holidays", "admin", NOW))):
        caplog.clear()
        memory = quiet(Memory())
        memory.held = replace(slot, version=1)
        reconcile(memory.world())
        (line,) = tick_lines(caplog)
        told.append((line["blocked_by"], line["scope"]))
    assert told == [("Arrearage", "account"), ("", "")]


def test_what_waits_for_a_refused_api_is_not_even_read_until_that_works() -> None:
    waits = photo("b.jpg", Verdict.UNCHECKED, retry=trouble(Kind.ACCOUNT, Api.FACE_CHECK))
    memory = quiet(Memory(job := collecting(photo(), waits)))
    memory.well_being = memory.well_being.failed(cause(Kind.ACCOUNT, Api.FACE_CHECK), NOW)
    assert observe(memory.world()).aside == ()
    assert observe(memory.world(Rules(face_check=False))).aside == (memory[job],)
    memory.well_being = memory.well_being.passed(Api.FACE_CHECK, NOW)
    assert observe(memory.world()).aside == (memory[job],)


# -- what kills runs ------------------------------------------------------------------------------


def test_what_has_killed_runs_comes_last_and_then_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    killer, other = due_set("killer"), due_set("other")
    for deaths, looks in ((0, 2), (1, 2), (DEATHS_ALLOWED, 1)):
        memory = quiet(Memory(killer, other))
        deaths_of = {f"{killer.job_id} Look": deaths}
        memory.well_being = replace(memory.well_being, deaths=deaths_of, died_at=NOW)
        reconcile(memory.world())
        listed = [call for call in memory.calls if call.startswith("list people/")]
        assert len(listed) == looks
        assert listed[-1] == ("list people/killer/" if deaths == 1 else "list people/other/")
    assert "function_died" in caplog.text


def test_after_runs_that_died_each_piece_is_named_before_it_is_taken_in_hand_and_put_down_after() -> None:
    memory = quiet(Memory(job := due_set("li")))
    memory.well_being = replace(memory.well_being, beat_at=NOW - SILENCE_MS)
    in_hand: list[str] = []
    memory.before_save = lambda _: in_hand.append(memory.well_being.in_hand)
    reconcile(memory.world())
    assert in_hand[0] == f"{job.job_id} Look"
    assert (memory.well_being.in_hand, memory.well_being.run_began_at) == ("", 0)


class Died(BaseException):
    """The run was killed."""


@pytest.mark.parametrize("problem", [BUSY, KeyError("surprise"), Died()], ids=["trouble", "error", "killed"])
def test_a_run_that_ends_with_an_error_was_killed_by_nothing_and_was_no_good_run(
    problem: BaseException,
) -> None:
    memory = quiet(Memory(job := due_set("li")))
    memory.well_being = replace(memory.well_being, beat_at=NOW - SILENCE_MS)
    world = memory.world()

    def die(_: Job) -> None:
        if isinstance(problem, Exception):
            # The next observation fails.
            memory.troubles["read_all"] = problem
        else:
            raise problem

    memory.before_save = die
    with pytest.raises(type(problem)):
        reconcile(world)
    is_killed = isinstance(problem, Died)
    assert (memory.well_being.in_hand != "") is is_killed, (
        "of one that was killed nobody hears the last words"
    )
    assert (memory.well_being.run_began_at != 0) is is_killed
    assert memory.well_being.beat_at == NOW - SILENCE_MS
    assert memory.rows[job.job_id].person_id == "li"


# -- its end --------------------------------------------------------------------------------------


def test_an_idle_tick_writes_nothing_but_a_heartbeat_now_and_then() -> None:
    memory = quiet(Memory())
    reconcile(memory.world())
    assert memory.calls == []
    memory.time += HEARTBEAT_MS
    reconcile(memory.world())
    assert memory.calls == ["save health"]
    assert memory.well_being.beat_at == memory.time


def test_a_suspect_api_is_asked_by_the_tick_itself() -> None:
    memory = quiet(Memory())
    memory.well_being = memory.well_being.failed(cause(Kind.PASSING, Api.FACE_CHECK), NOW - 10**6)
    reconcile(memory.world())
    assert len(memory.checked) == 1
    assert memory.well_being.breaker(Api.FACE_CHECK).is_well


def test_a_tick_that_has_read_the_tables_shows_that_they_work() -> None:
    memory = quiet(Memory())
    memory.well_being = memory.well_being.failed(cause(Kind.ACCOUNT, Api.TABLES), NOW)
    reconcile(memory.world())
    assert memory.well_being.breaker(Api.TABLES).is_well


# -- settings, operators and clocks ---------------------------------------------------------------


def test_a_tick_whose_doorbell_was_rung_tries_at_once_what_waits() -> None:
    memory = quiet(Memory(job_in(S.QUEUED), slot=Slot(halted_until=NOW + 10**6)))
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    memory.asked["r"] = Request(request_id="r", kind=PROBE, asked_at=NOW, asked_by="admin")
    memory.bell = Doorbell(is_rung=True, version=1)
    reconcile(memory.world())
    assert len(memory.created) == 1
    assert memory.asked["r"].is_settled


def test_trouble_with_the_requests_keeps_changed_settings_from_nothing() -> None:
    memory = quiet(Memory(job := collecting(photo(), rules=Rules(quiet_ms=10**8))))
    memory.bell = Doorbell(is_rung=True, version=1)
    memory.troubles["pending"] = BUSY
    memory.well_being = replace(memory.well_being, settings_id="others")
    report = reconcile(memory.world())
    assert report.troubles == {"OTSServerBusy": 1}
    assert memory[job].due_at == NOW + RULES.quiet_ms


def test_a_job_of_a_clock_far_ahead_is_set_right() -> None:
    job = job_in(S.TRAINING, fine_tune_id="ft-1", changed_at=NOW + 24 * 60 * MINUTE_MS)
    memory = quiet(Memory(job, slot=Slot(holders=(job.job_id,))))
    memory.known = {"ft-1": fine_tune("RUNNING", "ft-1")}
    reconcile(memory.world())
    assert memory[job].changed_at == NOW


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
    assert reconcile(memory.world()).actions.get("sweep", 0) == 0, "nobody was found"
    assert memory.calls.count(f"list {PEOPLE_PREFIX}") == swept


def test_the_sweep_waits_while_the_bucket_is_listed_for_nobody_and_goes_on_when_it_is() -> None:
    memory = Memory()
    memory.upload("1.jpg", at=NOW - 10 * MINUTE_MS)
    memory.well_being = memory.well_being.failed(cause(Kind.ACCOUNT, Api.LISTING), NOW)
    reconcile(memory.world())
    assert memory.rows == {}
    memory.well_being = memory.well_being.passed(Api.LISTING, NOW)
    reconcile(memory.world())
    assert len(memory.rows) == 1


def test_the_sweep_comes_last_after_the_slot_the_results_and_the_sets() -> None:
    done = job_in(S.SUCCEEDED, "done")
    due = collecting(photo(), person_id="due")
    memory = Memory(done, job_in(S.QUEUED, "next"), due, slot=Slot(holders=(done.job_id,)))
    memory.upload(photo().name, at=NOW - 1000, person_id="due")
    memory.time = NOW + RULES.quiet_ms
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    report = reconcile(memory.world())
    order = ["create", "deliver", "list people/due/", f"list {PEOPLE_PREFIX}"]
    assert [call for call in memory.calls if call in order] == order
    assert {"release", "submit", "deliver", "look"} <= set(report.actions)


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
    reconcile(memory.world())
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
    memory.time += RULES.training_deadline_ms + 1
    reconcile(memory.world())
    assert memory.canceled == ["ft-new"]
    assert (memory[job].state, memory.held.holders) == (S.TRAINING, (job.job_id,))
    memory.known["ft-new"] = fine_tune("CANCELED", "ft-new")
    reconcile(memory.world())
    assert memory[job].state is S.FAILED
    assert (memory.held.kept, memory.held.holders) == (1, ())


def test_a_fine_tune_whose_job_has_no_row_any_more_stays_in_the_count() -> None:
    memory, job = running()
    del memory.rows[job.job_id]
    reconcile(memory.world())
    assert (memory.held.kept, memory.held.holders) == (2, ())
