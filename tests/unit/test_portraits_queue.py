"""The queue of portraits: who is asked for next, and whatever keeps everybody from being asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.erasure import RUNS_ARE_DEAD_MS
from shared.domain.lanes import KEPT_LANE, PORTRAIT_LANE, PORTRAIT_QUEUE_LANE
from shared.domain.portrait_decide import SHOWN_WITHIN_MS, Kind, Step
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_work import (
    MAX_ORDERS,
    REFUSALS_OF_ONE,
    due_at,
    is_going,
    next_order,
    with_order,
    with_result_due,
    with_result_written,
    with_wanted,
)
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.retention import scheduled
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    FOUR,
    HOUR_MS,
    ON,
    WHY,
    going,
    held_by,
    model,
    of,
    order,
    run_in,
    seen,
    steps_of,
)
from tests.unit.support import MINUTE_MS, NOW, RULES, job_in, trouble

S = OrderState


def submits(*args: object, **changes: object) -> list[Step]:
    return [step for step in steps_of(*args, **changes) if step.kind is Kind.SUBMIT]  # type: ignore[arg-type]  # as steps_of has them


# -- whose turn it is ------------------------------------------------------------------------------------


def test_whoever_asked_first_goes_first_over_people_and_revisions() -> None:
    jobs = [
        model(order(asked_at=NOW - 3), order(number=2, asked_at=NOW - 9), person_id="wu"),
        model(order(asked_at=NOW - 5), revision=7),
        model(order(asked_at=NOW - 8), order(S.SUCCEEDED, 2, asked_at=NOW - 99), person_id="xi"),
    ]
    turns = []
    while (found := next_order(seen(*jobs))) is not None:
        job, one = found
        turns.append((job.person_id, job.revision, one.number))
        ended = with_order(job, one.ended(S.CANCELED, NOW, reason=WHY), NOW)
        jobs = [ended if other.job_id == job.job_id else other for other in jobs]
    assert turns == [("wu", 1, 2), ("xi", 1, 1), ("li", 7, 1), ("wu", 1, 1)]


def test_orders_of_one_moment_go_in_the_order_of_their_numbers() -> None:
    found = next_order(seen(model(order(number=2), order(number=1))))
    assert found is not None
    assert found[1].number == 1


def test_an_order_in_trouble_of_its_own_goes_behind_those_asked_for_before_its_next_try() -> None:
    troubled = model(order(asked_at=NOW - 99, retry=trouble(next_try_at=NOW - 10)))
    earlier, later = (model(order(asked_at=NOW - ago), person_id=f"wu{ago}") for ago in (11, 9))
    assert next_order(seen(troubled, earlier, later)) == (earlier, earlier.portraits[0])
    assert next_order(seen(troubled, later)) == (troubled, troubled.portraits[0])
    assert next_order(seen(model(order(retry=trouble(next_try_at=NOW + 1))))) is None


@pytest.mark.parametrize("refusals", [REFUSALS_OF_ONE - 1, REFUSALS_OF_ONE])
def test_after_some_refusals_in_a_row_the_order_goes_that_was_sent_least_often(refusals: int) -> None:
    first = model(order(asked_at=NOW - 99, attempt=3))
    others = [model(order(asked_at=NOW - ago), person_id=f"wu{ago}") for ago in (9, 8)]
    found = next_order(seen(first, *others, slot=Slot(portraits=PortraitSlot(refusals=refusals))))
    assert found is not None
    assert found[0] == (others[0] if refusals == REFUSALS_OF_ONE else first)


def test_an_order_that_a_run_has_left_behind_with_the_slot_goes_first() -> None:
    first, left = model(order(asked_at=NOW - 99)), model(order(), person_id="wu")
    slot = held_by(left)
    assert next_order(seen(first, left, slot=slot, holder=left)) == (left, left.portraits[0])


@pytest.mark.parametrize("state", [S.SUBMITTING, S.GENERATING])
def test_while_one_is_made_no_other_is_asked_for(state: S) -> None:
    holder = model(order(state), order(number=2))
    assert submits(holder, model(order(), person_id="wu"), slot=held_by(holder), holder=holder) == []


def test_a_holder_without_a_use_is_released_and_keeps_nobody_waiting() -> None:
    holder = model(order(S.STORING))
    steps = steps_of(holder, model(order(), person_id="wu"), slot=held_by(holder), holder=holder)
    assert [step.kind for step in steps] == [Kind.RELEASE, Kind.SUBMIT, Kind.STORE]


def test_a_holder_whose_row_cannot_be_read_keeps_the_slot() -> None:
    slot = held_by(model(order(S.GENERATING)))
    assert steps_of(model(order(), person_id="wu"), slot=slot, is_holder_unread=True) == []


# -- what keeps everybody waiting ------------------------------------------------------------------------


def test_nothing_is_sent_while_the_pictures_of_two_orders_are_in_trouble() -> None:
    storing = model(order(S.STORING, retry=trouble(next_try_at=NOW + MINUTE_MS)))
    another = model(order(S.STORING, retry=trouble(next_try_at=NOW + MINUTE_MS)), person_id="zhao")
    waiting = model(order(), person_id="wu")
    assert submits(storing, another, waiting) == []
    assert len(submits(storing, waiting)) == 1, "one order's trouble may be its own"
    assert len(submits(model(order(S.STORING)), model(order(S.STORING), person_id="zhao"), waiting)) == 1


@pytest.mark.parametrize(
    ("slot", "rules"),
    [
        (Slot(paused=Pause(because="a holiday", by="admin", since=NOW)), ON),
        (Slot(), Rules()),
        (Slot(), replace(ON, max_fen_per_day=71)),
        (Slot(), replace(ON, max_fen_per_month=71)),
        (Slot(), replace(ON, max_fen_in_all=71)),
    ],
    ids=["paused", "off", "day", "month", "all"],
)
def test_nothing_is_sent_while_that_is_not_wanted(slot: Slot, rules: Rules) -> None:
    assert submits(model(order()), slot=slot, rules=rules) == []
    memory = Memory(model(order()), slot=slot)
    run_in(memory, rules)
    assert memory.portraits.created == []


def test_in_a_halted_queue_the_next_look_is_at_the_end_of_the_halt() -> None:
    slot = Slot(portraits=PortraitSlot(halted_until=NOW + 500, taken_at=1))
    assert submits(model(order()), slot=slot) == [Step(Kind.SUBMIT, NOW + 500)]
    assert Kind.SUBMIT not in [step.kind for step in steps_of(model(order()), slot=slot, rules=Rules())]


@pytest.mark.parametrize("code", ["", "erased"])
def test_of_a_person_who_is_being_erased_nothing_is_sent(code: str) -> None:
    job = model(order(), erasing_since=NOW if code else 0)
    assert len(submits(job)) == (0 if code else 1)


def test_of_a_model_that_is_gone_the_orders_end_and_nothing_is_sent() -> None:
    job = model(order(), order(S.GENERATING, 2), model_released_at=NOW - 1)
    kinds = [step.kind for step in steps_of(job)]
    assert kinds == [Kind.POLL, Kind.DROP]
    memory = Memory(model(order(), model_released_at=NOW - 1))
    run_in(memory)
    (job,) = memory.rows.values()
    one = of(memory, job)
    assert (one.state, one.billed, memory.portraits.created) == (S.CANCELED, 0, [])
    assert one.reason is not None
    assert one.reason.code == "model_released"


# -- when each step is due -------------------------------------------------------------------------------


def test_each_state_has_its_step_and_a_trouble_puts_it_off() -> None:
    later = trouble(next_try_at=NOW + 7)
    for state, kind in {S.GENERATING: Kind.POLL, S.STORING: Kind.STORE}.items():
        at = {step.kind: step.due_at for step in steps_of(model(order(state)))}
        assert at == {kind: NOW}
        at = {step.kind: step.due_at for step in steps_of(model(order(state, retry=later)))}
        assert at == {kind: NOW + 7}
    for state in (S.SUCCEEDED, S.FAILED, S.CANCELED):
        assert steps_of(model(order(state))) == []


def test_an_attempt_is_looked_for_when_its_post_has_arrived_for_certain_and_is_shown() -> None:
    job = model(order(S.SUBMITTING, attempt_expires_at=NOW + 5))
    (step,) = steps_of(job, slot=held_by(job), holder=job)
    assert (step.kind, step.due_at) == (Kind.RESOLVE, NOW + 5 + SHOWN_WITHIN_MS)
    job = model(order(S.SUBMITTING, attempt_expires_at=NOW - HOUR_MS, retry=trouble(next_try_at=NOW + 3)))
    (step,) = steps_of(job, slot=held_by(job), holder=job)
    assert step.due_at == NOW + 3


def test_a_step_on_an_order_that_has_moved_on_is_another_step() -> None:
    keys = {
        Step(Kind.POLL, NOW + late, job, one).key
        for late in (0, 1)
        for job in (model(person_id="li"), model(person_id="wu"))
        for one in (order(S.GENERATING), order(S.GENERATING, 2), order(S.GENERATING, attempt=2))
    }
    assert len(keys) == 6
    assert Step(Kind.RECORD, 0, model()).key != Step(Kind.RECORD, 0, model(person_id="wu")).key
    assert Step(Kind.RELEASE, 0).key == Step(Kind.RELEASE, 9).key


# -- the lanes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "lane"),
    [
        ((order(),), PORTRAIT_QUEUE_LANE),
        ((order(retry=trouble(next_try_at=NOW + 9)),), PORTRAIT_QUEUE_LANE),
        ((order(), order(S.SUBMITTING, 2)), PORTRAIT_LANE),
        ((order(S.GENERATING),), PORTRAIT_LANE),
        ((order(S.STORING), order(S.SUCCEEDED, 2)), PORTRAIT_LANE),
        ((order(S.SUCCEEDED), order(S.FAILED, 2), order(S.CANCELED, 3)), None),
    ],
)
def test_a_job_stands_where_its_orders_want_it(orders: tuple[PortraitOrder, ...], lane: int | None) -> None:
    job = model(*orders)
    assert job.lane == lane
    assert is_going(job) is (lane is not None)
    assert with_result_due(job, NOW).lane == PORTRAIT_LANE


def test_a_job_is_due_when_its_first_order_is_or_its_result() -> None:
    orders = (
        order(asked_at=NOW - 5),
        order(S.GENERATING, 2, submitted_at=NOW - 3),
        order(S.FAILED, 3, asked_at=1),
    )
    assert due_at(model(*orders)) == NOW - 5
    assert due_at(model(orders[1])) == NOW - 3
    assert due_at(with_result_due(model(*orders), NOW - 9)) == NOW - 9
    assert due_at(model(order(asked_at=1, retry=trouble(next_try_at=NOW + 4)))) == NOW + 4


def test_a_job_that_is_not_delivered_yet_stands_where_it_stood() -> None:
    job = job_in(JobState.SUCCEEDED, due_at=7, ended_at=NOW)
    after = with_wanted(job, [FOUR], NOW)
    assert (after.due_at, after.lane) == (7, job.lane)


def test_what_is_kept_of_a_job_goes_once_its_portraits_are_done() -> None:
    rules = replace(RULES, keep_snapshots_ms=HOUR_MS)
    waiting = scheduled(model(order()), rules)
    assert (waiting.lane, waiting.due_at) == (PORTRAIT_QUEUE_LANE, NOW - MINUTE_MS)
    memory = Memory(model(order(S.SUCCEEDED), ended_at=NOW, result_due_at=NOW))
    (job,) = memory.rows.values()
    memory.rows[job.job_id] = replace(job, portraits=(order(S.SUCCEEDED, ended_at=NOW - RUNS_ARE_DEAD_MS),))
    run_in(memory, replace(ON, keep_snapshots_ms=HOUR_MS))
    assert (memory[job].result_due_at, memory[job].due_at, memory[job].lane) == (0, NOW + HOUR_MS, KEPT_LANE)


# -- new orders, and ends ---------------------------------------------------------------------------------


def test_new_orders_stand_behind_those_that_are_there_as_far_as_there_is_room() -> None:
    job = with_wanted(model(order(S.FAILED, 7)), [FOUR, Wanted("f_idcard_male", 1)], NOW, "request-1")
    assert [(one.number, one.state) for one in job.portraits] == [(7, S.FAILED), (8, S.QUEUED), (9, S.QUEUED)]
    assert job.portraits[2] == PortraitOrder(
        number=9, wanted=Wanted("f_idcard_male", 1), asked_at=NOW, asked_by="request-1"
    )
    assert (job.due_at, job.lane) == (NOW, PORTRAIT_QUEUE_LANE)
    full = with_wanted(job, [FOUR] * MAX_ORDERS, NOW)
    assert len(full.portraits) == MAX_ORDERS
    assert [one.number for one in full.portraits] == list(range(7, 7 + MAX_ORDERS))


def test_an_order_that_ends_is_told_of_once_and_its_price_is_the_jobs() -> None:
    job = model(order(S.STORING), order(S.SUCCEEDED, 2), portrait_fen=99)
    changed = with_order(job, order(S.STORING, retry=trouble()), NOW)
    assert (changed.result_due_at, changed.portrait_fen) == (0, 99)
    more = with_order(job, order(S.STORING, billed=5), NOW)
    assert more.portrait_fen == 99 + 18
    ended = with_order(job, order(S.SUCCEEDED, ended_at=NOW + 3), NOW)
    assert (ended.result_due_at, ended.lane) == (NOW + 3, PORTRAIT_LANE)
    assert with_order(with_result_due(ended, NOW + 9), ended.portraits[0], NOW).result_due_at == NOW + 9


def test_a_result_is_written_once_more_when_all_runs_before_it_are_dead() -> None:
    job = model(order(S.SUCCEEDED, ended_at=NOW), result_due_at=NOW)
    assert with_result_written(job, NOW + 5).result_due_at == NOW + RUNS_ARE_DEAD_MS
    assert with_result_written(job, NOW + RUNS_ARE_DEAD_MS - 1).result_due_at == NOW + RUNS_ARE_DEAD_MS
    assert with_result_written(job, NOW + RUNS_ARE_DEAD_MS).result_due_at == 0
    # A clock that ran ahead has written when the order ended.
    assert with_result_written(job, NOW - 1).result_due_at == 0


def test_two_rows_in_trouble_hide_no_others() -> None:
    jobs = [
        model(order(asked_at=NOW - 9, retry=trouble(next_try_at=NOW + HOUR_MS)), person_id="wu"),
        model(order(asked_at=NOW - 8, retry=trouble(next_try_at=NOW + HOUR_MS)), person_id="xi"),
        model(order()),
    ]
    memory = Memory(*jobs)
    memory.portraits.known["task-new"] = going("task-new")
    run_in(memory)
    assert of(memory, jobs[2]).state is S.GENERATING
    assert memory.portraits_in_hand(NOW, 1)[-1] == jobs[0].job_id


def test_the_orders_of_one_person_in_trouble_stop_nobody_and_those_of_two_do() -> None:
    """One seed had a person whose pictures nobody could write: everybody waited for them."""
    alone = model(*(order(S.STORING, number, retry=trouble()) for number in (1, 2, 3)))
    waiting = model(order(), person_id="wu")
    assert next_order(seen(alone, waiting)) is not None
    another = model(order(S.STORING, retry=trouble()), person_id="zhao")
    assert next_order(seen(alone, waiting, another)) is None
