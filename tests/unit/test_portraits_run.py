"""A run's work for portraits: what it does at once, what it leaves alone, and how long it stays."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.lingering import Lingering
from shared.domain.portrait_decide import LOOK_SPACING_MS
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.portrait_work import MAX_ORDERS
from shared.domain.portraits import OrderState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import RetryLater
from shared.workflow.actions import Report
from shared.workflow.linger import A_STEP_MS, TIME_TO_FOLLOW_UP_MS, Lingerer
from shared.workflow.looks import BEFORE_THE_TICK_MS, Looks
from shared.workflow.portrait_run import (
    LOOKS_AROUND_MS,
    SAME_STEP_AGAIN_MS,
    STAYS_FOR_MS,
    STEPS_AT_ONCE,
    TIME_FOR_A_STEP_MS,
    PortraitRun,
)
from shared.workflow.reconciling import reconcile
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.portrait_support import (
    HOUR_MS,
    ON,
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
from tests.unit.support import MINUTE_MS, NOW, cause, fine_tune, job_in, trouble

S = OrderState
BUSY = RetryLater("InternalError", "…", delay_seconds=1, api=Api.PORTRAITS)
TABLES = RetryLater("OTSServerBusy", "…", delay_seconds=1, api=Api.TABLES)


class Looked(Memory):
    """A world that notes when its task was looked at, and what has become of it by then.

    Attributes:
        ends_at: when the task has made its pictures.
        looks: when it was looked at.
        step_takes_ms: how long a look takes.
    """

    def __init__(self, *jobs: Job, slot: Slot | None = None, ends_at: int = NOW + 10 * HOUR_MS) -> None:
        super().__init__(*jobs, slot=slot)
        self.looks: list[int] = []
        self.step_takes_ms = 0
        self.ends_at = ends_at
        task = made()
        self.portraits.pictures = {url: picture() for url in task.urls if url is not None}

        def look(task_id: str) -> PortraitTask:
            self.looks.append(self.time)
            self.time += self.step_takes_ms
            return task if self.time >= self.ends_at else going()

        self.portraits.task = look  # type: ignore[method-assign]  # in the place of an answer at once


def followed(**changes: int) -> tuple[Looked, Job]:
    """A task that goes on."""
    job = model(order(S.GENERATING))
    return Looked(job, slot=held_by(job), **changes), job


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
    memory.portraits.known["task-8"] = BUSY
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
    assert noted == [f"{job.job_id} Portrait", "put down"]
    monkeypatch.setattr(world.health, "left_alone_until", lambda _: NOW + HOUR_MS)
    memory.time += LOOK_SPACING_MS
    run.step()
    assert (len(noted), memory.looks, run.due_in_ms()) == (2, [NOW], LOOK_SPACING_MS)


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


# -- staying ---------------------------------------------------------------------------------------------


def stay(memory: Memory, *, tick_in_ms: int = MINUTE_MS, rules: Rules = ON) -> None:
    world = memory.world(rules)
    lingerer = Lingerer(world, memory.time + tick_in_ms, Looks(world.clock, memory.time + tick_in_ms))
    lingerer.portraits = PortraitRun(world, Report())
    lingerer.portraits.begin(memory.slot())
    lingerer.stay_for_portraits()


def test_a_run_stays_while_a_task_goes_on_and_leaves_before_the_next_tick() -> None:
    memory, _ = followed()
    stay(memory)
    assert {later - earlier for earlier, later in itertools.pairwise(memory.looks)} == {LOOK_SPACING_MS}
    latest = NOW + MINUTE_MS - BEFORE_THE_TICK_MS
    assert latest - LOOK_SPACING_MS < memory.looks[-1] <= latest
    assert memory.time <= latest


def test_the_end_of_a_task_is_seen_within_two_seconds_and_its_pictures_are_stored() -> None:
    memory, job = followed(ends_at=NOW + 31_000)
    stay(memory)
    assert of(memory, job).state is S.SUCCEEDED
    assert of(memory, job).ended_at <= NOW + 31_000 + LOOK_SPACING_MS
    assert memory.time < NOW + 40_000, "with nothing left to be done it leaves"


def test_a_run_leaves_in_time_for_what_it_may_have_to_do_then() -> None:
    memory, _ = followed()
    stay(memory, tick_in_ms=HOUR_MS)
    assert memory.looks[-1] <= NOW + LIFE_MS - TIME_TO_FOLLOW_UP_MS


@pytest.mark.parametrize(
    ("rules", "ago_ms"), [(replace(ON, linger_ms=0), 0), (ON, STAYS_FOR_MS)], ids=["setting", "slow task"]
)
def test_no_run_stays_where_that_is_not_wanted_or_not_worth_it(rules: Rules, ago_ms: int) -> None:
    job = model(order(S.GENERATING, submitted_at=NOW - ago_ms))
    memory = Looked(job, slot=held_by(job))
    stay(memory, rules=rules)
    assert (memory.time, memory.looks) == (NOW, [NOW])
    job = model(order(S.GENERATING, submitted_at=NOW - STAYS_FOR_MS + 1))
    memory = Looked(job, slot=held_by(job))
    stay(memory)
    assert len(memory.looks) > 1


def test_a_run_that_has_made_one_order_goes_on_with_the_next() -> None:
    job = model(order(S.GENERATING), order(number=2, asked_at=NOW - 1))
    memory = Looked(job, slot=held_by(job), ends_at=NOW + 5_000)
    stay(memory)
    assert [one.state for one in memory[job].portraits] == [S.SUCCEEDED, S.SUCCEEDED]
    assert len(memory.portraits.created) == 1


@pytest.mark.parametrize("step_takes_ms", [0, 700, 20_000])
def test_a_look_at_a_training_is_later_by_no_more_than_one_step_for_portraits(step_takes_ms: int) -> None:
    """The looks of a run that has portraits to see to, beside those of one that has not."""

    def looks_at_training(memory: Looked) -> list[int]:
        training = job_in(JobState.TRAINING, "wu", submitted_at=NOW - 290_000, fine_tune_id="ft-1")
        memory.rows[training.job_id] = replace(training, version=1)
        memory.known["ft-1"] = fine_tune("RUNNING", "ft-1")
        looked: list[int] = []

        class Noting(Looks):
            def note(self, job: Job, *, is_missed: bool = False) -> None:
                looked.append(memory.time)
                super().note(job, is_missed=is_missed)

        world, next_tick_at = memory.world(ON), NOW + MINUTE_MS
        lingerer = Lingerer(world, next_tick_at, Noting(memory, next_tick_at))
        lingerer.portraits = PortraitRun(world, Report())
        lingerer.portraits.begin(memory.slot())
        memory.time = NOW
        slot = replace(memory.held, durations_ms=(302_000,) * 5, holders=(training.job_id,))
        seen = Observed(now=NOW, slot=slot, running=(memory[training],), lingering=Lingering())
        lingerer.stay(seen)
        return looked

    memory, _ = followed()
    memory.step_takes_ms = step_takes_ms
    alone = looks_at_training(Looked(model()))
    beside = looks_at_training(memory)
    assert len(memory.looks) > 1
    assert len(alone) > 1
    # Until the first look nothing of the two differs but that step.
    assert alone[0] <= beside[0] <= alone[0] + max(0, step_takes_ms - A_STEP_MS)


def test_a_rest_is_as_long_as_it_is_to_be_with_and_without_portraits() -> None:
    for memory in (Looked(model()), followed()[0]):
        world = memory.world(ON)
        lingerer = Lingerer(world, NOW + MINUTE_MS, Looks(world.clock, NOW + MINUTE_MS))
        lingerer._rest(NOW + 700)
        assert memory.time == NOW + 700
        lingerer.portraits = PortraitRun(world, Report())
        lingerer.portraits.begin(memory.slot())
        lingerer._rest(NOW + 10_000)
        assert memory.time == NOW + 10_000
    assert memory.looks == [NOW + 700 + LOOK_SPACING_MS * number for number in range(5)]


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
