"""A run's work for portraits: what it does at once, what it leaves alone, and how long it stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.portrait_decide import LOOK_SPACING_MS
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.portrait_work import MAX_ORDERS
from shared.domain.portraits import OrderState
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import RetryLater
from shared.workflow.actions import Report
from shared.workflow.looks import BEFORE_THE_TICK_MS
from shared.workflow.portrait_run import (
    AT_ONCE_MS,
    LOOKS_AROUND_MS,
    SAME_STEP_AGAIN_MS,
    STEPS_AT_ONCE,
    TIME_FOR_A_STEP_MS,
    PortraitRun,
)
from shared.workflow.reconciling import reconcile
from tests.unit.memory import Memory
from tests.unit.portrait_looks import Looked, followed
from tests.unit.portrait_support import (
    HOUR_MS,
    ON,
    SILENT,
    TASK,
    going,
    held_by,
    made,
    model,
    of,
    order,
    picture,
    run_in,
)
from tests.unit.support import MINUTE_MS, NOW, cause, trouble

S = OrderState
TABLES = RetryLater("OTSServerBusy", "…", delay_seconds=1, api=Api.TABLES)


# -- at once ---------------------------------------------------------------------------------------------


def test_one_run_does_all_that_can_be_done_at_once() -> None:
    jobs = [model(order(asked_at=NOW - 9)), model(order(asked_at=NOW - 8), person_id="wu")]
    memory = Memory(*jobs)
    memory.portraits.known["task-new"] = made(task_id="task-new")
    memory.portraits.pictures = dict.fromkeys(filter(None, made().urls), picture())
    report = Report()
    run = PortraitRun(memory.world(ON), report)
    assert run.begin(memory.slot())
    assert of(memory, jobs[0]).state is S.SUCCEEDED
    assert memory.held.portraits.tasks == ("task-new",)
    assert {"portraitsubmit", "portraitpoll", "portraitstore", "portraitrecord"} <= report.actions.keys()
    assert report.troubles == {}


def test_with_nothing_to_do_nothing_is_read_but_the_lanes() -> None:
    memory = Memory(model(order(S.SUCCEEDED)))
    run = PortraitRun(memory.world(ON), report := Report())
    assert not run.begin(memory.slot())
    assert (run.due_in_ms(), run.stays_for_a_task(), report.actions) == (None, False, {})


def test_a_run_works_with_the_slot_that_its_tick_has_read() -> None:
    memory, job = followed()
    memory.troubles["slot"] = TABLES
    slot = memory.held
    PortraitRun(memory.world(ON), Report()).begin(slot)
    assert memory.looks == [NOW]
    assert of(memory, job).state is S.GENERATING


def test_what_is_done_at_once_is_bounded() -> None:
    orders = [order(S.GENERATING, number) for number in range(1, MAX_ORDERS + 1)]
    memory = Looked(*(model(*orders, person_id=f"person {number}") for number in range(5)))
    run_in(memory)
    assert len(memory.looks) == STEPS_AT_ONCE < 5 * MAX_ORDERS


def test_tables_that_cannot_be_read_end_the_work_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, job = followed()

    def refuse(now: int, count: int) -> list[str]:
        raise TABLES

    monkeypatch.setattr(memory, "portraits_in_hand", refuse)
    run = run_in(memory)
    assert (run.due_in_ms(), run.stays_for_a_task(), memory.looks) == (None, False, [])
    assert of(memory, job).state is S.GENERATING


def test_an_order_whose_step_fails_keeps_no_other_from_its_own() -> None:
    failing, job = model(order(S.STORING, task_id="task-8"), person_id="wu"), model(order(S.STORING))
    memory = Memory(failing, job)
    memory.portraits.known["task-8"] = SILENT
    memory.portraits.known[TASK] = made("https://made.example/1")
    memory.portraits.pictures["https://made.example/1"] = picture()
    run = PortraitRun(memory.world(ON), report := Report())
    run.begin(memory.slot())
    assert of(memory, job).state is S.SUCCEEDED
    assert report.troubles == {"InternalError": 1}
    assert report.actions["portraitstore"] == 1, "the one that was carried out"
    one = of(memory, failing)
    assert one.retry is not None
    assert one.retry.tries == 1


def test_a_row_that_cannot_be_read_keeps_nobody_waiting() -> None:
    unread, job = model(order(S.STORING), person_id="wu"), model(order())
    memory = Memory(unread, job)
    memory.unread[unread.job_id] = Unread(unread.job_id, "unreadable", "…")
    memory.portraits.known["task-new"] = going("task-new")
    run_in(memory)
    assert (of(memory, job).state, len(memory.portraits.created)) == (S.GENERATING, 1)


def test_an_error_that_nobody_foresaw_is_a_trouble_of_the_order_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = model(order(S.STORING))
    memory = Memory(job)
    memory.portraits.known[TASK] = made("https://made.example/1")
    run = PortraitRun(memory.world(ON), report := Report())
    run.begin(memory.slot())
    one = of(memory, job)
    assert one.retry is not None
    assert (one.retry.cause.code, report.troubles) == ("unforeseen", {"unforeseen": 1})


def test_a_run_that_is_overtaken_reads_the_rows_again() -> None:
    memory, job = followed(ends_at=NOW)
    memory.rows[job.job_id] = replace(memory[job], version=2)
    stale: list[int] = []

    def change(after: Job) -> None:
        if not stale:
            stale.append(1)
            memory.rows[job.job_id] = replace(memory[job], version=memory[job].version + 1)

    memory.before_save = change
    run = PortraitRun(memory.world(ON), report := Report())
    run.begin(memory.slot())
    assert report.troubles == {"conflict": 1}
    memory.time += LOOK_SPACING_MS
    run.step()
    assert of(memory, job).state is S.STORING


def test_a_step_for_which_no_time_is_left_costs_the_order_no_try() -> None:
    job = model(order(S.STORING))
    memory = Memory(job)
    memory.portraits.known[TASK] = made()
    world = memory.world(ON)
    run = PortraitRun(world, Report())

    def answer_slowly(task_id: str) -> PortraitTask:
        memory.time = world.dead_at
        return made()

    memory.portraits.task = answer_slowly  # type: ignore[method-assign]  # in the place of an answer at once
    run.begin(memory.slot())
    assert of(memory, job).retry is None


@pytest.mark.parametrize("left_ms", [TIME_FOR_A_STEP_MS, TIME_FOR_A_STEP_MS + 1])
def test_a_run_begins_no_step_when_it_is_about_to_end(left_ms: int) -> None:
    memory, _ = followed()
    run = run_in(memory, dead_at=NOW + left_ms)
    assert len(memory.looks) == (0 if left_ms == TIME_FOR_A_STEP_MS else 1)
    assert (run.due_in_ms() is None) is (left_ms == TIME_FOR_A_STEP_MS)


def test_looks_at_a_task_are_two_seconds_apart_and_other_steps_are_not_repeated_sooner_than_five() -> None:
    memory, _ = followed()
    run = run_in(memory)
    assert (run.due_in_ms(), memory.looks) == (LOOK_SPACING_MS, [NOW])
    memory.time += LOOK_SPACING_MS - 1
    run.step()
    assert memory.looks == [NOW]
    memory.time += 1
    run.step()
    assert memory.looks == [NOW, NOW + LOOK_SPACING_MS]
    job = model(order(S.STORING, retry=trouble(next_try_at=NOW)))
    other = Memory(job)
    other.troubles["save"] = TABLES
    run = run_in(other)
    assert run.due_in_ms() == SAME_STEP_AGAIN_MS


def test_a_run_that_waits_looks_around_for_orders_that_have_come() -> None:
    job = model(order(S.GENERATING, retry=trouble(next_try_at=NOW + MINUTE_MS)))
    memory = Looked(job, slot=held_by(job))
    run = run_in(memory)
    assert run.due_in_ms() == LOOKS_AROUND_MS
    new = model(order(S.STORING), person_id="wu")
    memory.rows[new.job_id] = replace(new, version=1)
    memory.ends_at = NOW
    memory.time += LOOKS_AROUND_MS
    assert run.due_in_ms() == 0
    run.step()
    assert of(memory, new).state is S.SUCCEEDED


def test_what_kills_runs_is_taken_in_hand_by_its_name_and_left_alone_after_some_deaths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, job = followed()
    world = memory.world(ON)
    noted: list[str] = []
    monkeypatch.setattr(world.health, "take_in_hand", noted.append)
    monkeypatch.setattr(world.health, "put_down", lambda: noted.append("put down"))
    run = PortraitRun(world, Report())
    run.begin(memory.slot())
    assert noted == [f"{job.job_id} PortraitPoll 1", "put down"]
    monkeypatch.setattr(world.health, "left_alone_until", lambda _: NOW + HOUR_MS)
    memory.time += LOOK_SPACING_MS
    run.step()
    assert (len(noted), memory.looks, run.due_in_ms()) == (2, [NOW], LOOK_SPACING_MS)


@pytest.mark.parametrize("takes_ms", [AT_ONCE_MS // 2, AT_ONCE_MS])
def test_a_run_that_begins_goes_back_to_its_trainings_after_a_while(takes_ms: int) -> None:
    jobs = [model(order(S.STORING), person_id=name) for name in ("li", "wu", "zhao")]
    memory = Memory(*jobs)
    memory.portraits.known[TASK] = task = made("https://made.example/1")
    memory.portraits.pictures[str(task.urls[0])] = picture()

    def write(key: str, content: bytes) -> None:
        memory.contents[key] = content
        memory.time += takes_ms

    memory.write = write  # type: ignore[method-assign,assignment]  # slow
    run_in(memory)
    ended = [job for job in jobs if of(memory, job).state is S.SUCCEEDED]
    assert len(ended) == AT_ONCE_MS // takes_ms


def test_an_order_whose_sending_kills_runs_lets_the_others_go_first() -> None:
    deadly, another = model(order()), model(order(), person_id="wu")
    memory = Memory(deadly, another)
    deaths = {f"{deadly.job_id} PortraitSubmit 1": DEATHS_ALLOWED}
    memory.well_being = replace(memory.well_being, deaths=deaths, died_at=NOW)
    run_in(memory)
    assert of(memory, another).state is not S.QUEUED
    assert of(memory, deadly).state is S.QUEUED


def test_what_kills_runs_that_store_pictures_stops_no_other_order_of_the_job() -> None:
    job = model(order(S.STORING), order(S.QUEUED, 2))
    memory = Memory(job)
    deaths = {f"{job.job_id} PortraitStore 1": DEATHS_ALLOWED + 1}
    memory.well_being = replace(memory.well_being, deaths=deaths, died_at=NOW)
    run_in(memory)
    assert of(memory, job).state is S.STORING
    assert of(memory, job, 2).state is not S.QUEUED


def test_while_the_bucket_takes_nothing_nothing_is_paid_for() -> None:
    job = model(order())
    memory = Memory(job)
    world = memory.world(ON)
    world.health.begin(memory.well_being)
    world.health.failed(cause(Kind.ACCOUNT, Api.WRITING))
    assert world.is_refused(Api.WRITING)
    PortraitRun(world, Report()).begin(memory.slot())
    assert memory.portraits.created == []
    PortraitRun(memory.world(ON), Report()).begin(memory.slot())
    assert len(memory.portraits.created) == 1


def test_at_the_end_of_a_halt_the_rows_are_read_again_and_the_order_goes() -> None:
    job = model(order())
    memory = Memory(job, slot=Slot(portraits=PortraitSlot(halted_until=NOW + 9_000, taken_at=1)))
    memory.portraits.known["task-new"] = going("task-new")
    run = run_in(memory)
    assert (run.due_in_ms(), memory.portraits.created) == (9_000, [])
    memory.time += 9_000
    run.step()
    run.step()
    assert len(memory.portraits.created) == 1


# -- a tick ----------------------------------------------------------------------------------------------


def test_a_tick_makes_portraits_after_all_else() -> None:
    job = model(order())
    memory = Memory(job)
    memory.portraits.known["task-new"] = going("task-new")
    report = reconcile(memory.world(ON), NOW + MINUTE_MS)
    assert len(memory.portraits.created) == 1
    assert report.actions["portraitsubmit"] == 1
    assert memory.time <= NOW + MINUTE_MS - BEFORE_THE_TICK_MS


def test_a_tick_reads_nothing_of_portraits_where_nobody_ever_wanted_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory(model(order()))
    asked: list[int] = []

    def ask(now: int, count: int) -> list[str]:
        asked.append(now)
        return []

    monkeypatch.setattr(memory, "portraits_in_hand", ask)
    reconcile(memory.world(Rules()))
    assert asked == []
    memory.held = replace(memory.held, portraits=PortraitSlot(taken_at=1))
    reconcile(memory.world(Rules()))
    assert asked == [NOW]


def test_trouble_with_portraits_is_no_trouble_of_the_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory(model(order()))

    def surprise(now: int, count: int) -> list[str]:
        raise KeyError("surprise")

    monkeypatch.setattr(memory, "portraits_in_hand", surprise)
    report = reconcile(memory.world(ON), NOW + MINUTE_MS)
    assert report.troubles == {"unforeseen": 1}
