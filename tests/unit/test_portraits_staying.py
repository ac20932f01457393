"""A run that stays while portraits are made: how long, and beside a stay for a training."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.lingering import Lingering
from shared.domain.portrait_decide import LOOK_SPACING_MS
from shared.domain.portraits import OrderState
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.workflow.actions import Report
from shared.workflow.linger import A_STEP_MS, TIME_TO_FOLLOW_UP_MS, Lingerer
from shared.workflow.looks import BEFORE_THE_TICK_MS, Looks
from shared.workflow.portrait_run import (
    STAYS_FOR_MS,
    PortraitRun,
)
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.portrait_looks import Looked, followed
from tests.unit.portrait_support import (
    HOUR_MS,
    ON,
    held_by,
    model,
    of,
    order,
)
from tests.unit.support import MINUTE_MS, NOW, fine_tune, job_in

S = OrderState


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
