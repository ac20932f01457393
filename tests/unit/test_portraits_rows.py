"""Portraits in the rows: ordered by a delivery, ended by an erasure, brought back by a result."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.job_rows import from_columns, to_columns
from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.erasure import RUNS_ARE_DEAD_MS, Erasure, stopped
from shared.domain.job import Job, Reason
from shared.domain.lanes import PORTRAIT_LANE, PORTRAIT_QUEUE_LANE
from shared.domain.photo_set import NEVER
from shared.domain.photos import Stored
from shared.domain.portrait_json import order_from_json, order_to_json
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import STYLES, TEMPLATE_STYLE, Wanted
from shared.domain.portrait_work import RUN_LASTS_MS, rebased_portraits
from shared.domain.portraits import OrderState, Picture, PortraitOrder
from shared.domain.rebasing import rebased
from shared.domain.retry_state import LONGEST_PAUSE_MS, RetryState
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.spending import Spending
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, Permanent
from shared.views import job_as_json, portrait_view
from shared.workflow import erasing
from shared.workflow.erasing_person import find_person
from shared.workflow.message_ports import Outboxes
from shared.workflow.restoring import restore
from shared.workflow.retiming import set_clocks_right
from shared.workflow.submitting import RESERVE_TRIES, submit
from shared.workflow.training import deliver
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    FOUR,
    HOUR_MS,
    ON,
    PRICE,
    TASK,
    WHY,
    going,
    held_by,
    made,
    model,
    of,
    order,
    run_in,
)
from tests.unit.support import NOW, RULES, cause, few_examples, job_in, trouble

S = OrderState
TWO = (FOUR, Wanted("f_idcard_male", 1))
ALL = (order(S.SUCCEEDED), order(S.FAILED, 2), order(S.GENERATING, 3), order(S.STORING, 4), order(number=5))


# -- the delivery ----------------------------------------------------------------------------------------


def test_the_save_that_delivers_asks_for_what_the_settings_want_once() -> None:
    job = job_in(JobState.SUCCEEDED, ended_at=NOW, due_at=NOW)
    memory = Memory(job)
    saves: list[Job] = []
    memory.before_save = saves.append
    rules = replace(ON, portraits=TWO)
    deliver(memory.world(rules), memory[job])
    (saved,) = saves
    assert saved.delivered
    assert [(one.number, one.wanted, one.asked_by) for one in saved.portraits] == [
        (1, FOUR, ""),
        (2, TWO[1], ""),
    ]
    assert (memory[job].lane, memory[job].due_at) == (PORTRAIT_QUEUE_LANE, NOW)
    assert json.loads(memory.results["results/li/1.json"])["portraits"] == []
    with pytest.raises(Conflict):
        deliver(memory.world(rules), job)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELED])
def test_without_a_model_no_portraits_are_asked_for(state: JobState) -> None:
    job = job_in(state, ended_at=NOW)
    memory = Memory(job)
    delivered = deliver(memory.world(replace(ON, portraits=TWO)), memory[job])
    assert (delivered.delivered, delivered.portraits) == (True, ())


def test_nothing_is_asked_for_of_a_person_who_is_being_erased_or_where_nothing_is_wanted() -> None:
    for erasing_since, rules in ((NOW, replace(ON, portraits=TWO)), (0, ON)):
        job = job_in(JobState.SUCCEEDED, ended_at=NOW, erasing_since=erasing_since)
        memory = Memory(job)
        assert deliver(memory.world(rules), memory[job]).portraits == ()


# -- a training beside portraits -------------------------------------------------------------------------


def submitted(change: Slot, rules: Rules = RULES) -> Memory:
    """The submit of a training, while another run writes the slot's row."""
    job = job_in(JobState.QUEUED, "wu")
    memory = Memory(job, slot=held_by(model(order(S.GENERATING))))
    changes = [change]

    def write(after: Slot) -> None:
        if changes:
            memory.held = replace(changes.pop(), version=memory.held.version + 1)

    memory.before_save_slot = write
    submit(memory.world(rules), memory[job], memory.slot())
    return memory


def test_a_training_is_reserved_on_top_of_what_portraits_have_changed_meanwhile() -> None:
    held = held_by(model(order(S.GENERATING)))
    made_meanwhile = replace(held, portraits=held.portraits.released(TASK))
    made_meanwhile = replace(
        made_meanwhile, spending=held.spending.with_pictures_settled(4) if held.spending else None
    )
    memory = submitted(made_meanwhile)
    assert len(memory.created) == 1
    assert (memory.held.portraits.holder, memory.held.portraits.tasks) == ("", (TASK,))
    assert memory.held.spending is not None
    assert memory.held.spending.fen == 4 * PRICE
    assert memory.held.spending.reserved_fen == RULES.training_price_fen


@pytest.mark.parametrize(
    "changes",
    [
        {"paused": Pause(because="a holiday", by="admin", since=NOW)},
        {"holders": ("abc-1",)},
        {"taken_at": 5},
        {"spending": Spending().with_billed(1, 250, "2026-01-01")},
    ],
    ids=["paused", "holder", "taken", "money"],
)
def test_a_training_is_not_reserved_where_anything_else_has_changed(changes: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        submitted(replace(held_by(model(order(S.GENERATING))), **changes))


def test_the_caps_are_looked_at_on_the_row_that_portraits_have_changed() -> None:
    held = held_by(model(order(S.GENERATING, wanted=Wanted("f_idcard_male", 4))))
    price = RULES.training_price_fen
    dearer = replace(held.spending or Spending(), portraits=None, fen=900, pictures=50)
    assert len(submitted(held, Rules(max_fen_in_all=price + 4 * PRICE)).created) == 1
    with pytest.raises(Conflict, match="total_cap"):
        submitted(replace(held, spending=dearer), Rules(max_fen_in_all=price + 4 * PRICE))


def test_before_any_portraits_a_changed_row_is_another_runs() -> None:
    job = job_in(JobState.QUEUED, "wu")
    memory = Memory(job)
    memory.before_save_slot = lambda _: setattr(memory, "held", replace(memory.held, version=9))
    with pytest.raises(Conflict):
        submit(memory.world(), memory[job], memory.slot())
    assert memory.created == []


def test_portraits_that_change_the_row_each_time_send_the_submit_to_the_next_round() -> None:
    job = job_in(JobState.QUEUED, "wu")
    memory = Memory(job, slot=held_by(model(order(S.GENERATING))))
    tries: list[Slot] = []

    def write(after: Slot) -> None:
        tries.append(after)
        portraits = replace(memory.held.portraits, tasks=(f"task-{len(tries)}",))
        memory.held = replace(memory.held, portraits=portraits, version=memory.held.version + 1)

    memory.before_save_slot = write
    with pytest.raises(Conflict):
        submit(memory.world(RULES), memory[job], memory.slot())
    assert (len(tries), memory.created) == (RESERVE_TRIES, [])


# -- erasure ---------------------------------------------------------------------------------------------


def test_an_erasure_ends_the_orders_but_those_that_are_at_dashscope() -> None:
    job = stopped(model(*ALL, result_due_at=NOW), NOW + 1)
    states = [one.state for one in job.portraits]
    assert states == [S.SUCCEEDED, S.FAILED, S.GENERATING, S.CANCELED, S.CANCELED]
    assert (job.portraits[4].ended_at, job.portraits[4].billed, job.portraits[3].billed) == (NOW + 1, 0, 4)
    assert job.portraits[4].reason is not None
    assert job.portraits[4].reason.code == "erased"
    assert (job.result_due_at, job.lane) == (0, PORTRAIT_LANE)


@pytest.mark.parametrize("state", [S.SUBMITTING, S.GENERATING])
def test_an_erasure_waits_for_a_task_and_then_gives_the_slot_back_and_stores_nothing(state: S) -> None:
    job = model(order(state, attempt_expires_at=NOW - HOUR_MS))
    memory = Memory(job, slot=held_by(job, slot=Slot(portraits=PortraitSlot(tasks=("task-0",)))))
    memory.portraits.known[TASK] = going()
    memory.portraits.listed = [going(key="our-key")]
    memory.portraits.listed_before = [going("task-0", key="our-key")]
    world = replace(memory.world(ON), outboxes=lambda: cast(Outboxes, _NoOutboxes()))

    def stop() -> str:
        return erasing._stop(world, find_person(world, "li", NOW + 1), Erasure()).waits_for

    assert stop() == "training"
    assert memory.held.portraits.holder
    run_in(memory)
    assert of(memory, job).state is S.GENERATING
    memory.portraits.known[TASK] = made()
    memory.time += HOUR_MS
    run_in(memory)
    one = of(memory, job)
    assert (one.state, one.billed, memory.contents, memory.results) == (S.CANCELED, 4, {}, {})
    assert memory[job].lane != PORTRAIT_LANE
    assert stop() == ""
    assert memory.held.portraits.holder == ""
    assert memory.held.spending is not None
    assert (memory.held.spending.pictures, memory.held.spending.portraits) == (4, None)


def test_an_erasure_ends_the_orders_of_every_revision_before_it_waits_for_a_training() -> None:
    earlier = model(order(), order(S.STORING, 2))
    going_on = replace(job_in(JobState.TRAINING, "li"), revision=2)
    memory = Memory(earlier, going_on)
    world = replace(memory.world(ON), outboxes=lambda: cast(Outboxes, _NoOutboxes()))
    waits_for = erasing._stop(world, find_person(world, "li", NOW + 1), Erasure()).waits_for
    assert waits_for == "training"
    assert memory[earlier].erasing_since
    run_in(memory)
    assert memory.portraits.created == []
    assert [one.state for one in memory[earlier].portraits] == [S.CANCELED, S.CANCELED]


class _NoOutboxes:
    def forget(self, person_key: str, last_revision: int) -> int:
        return 0


def test_an_order_of_an_erased_person_that_comes_back_to_the_queue_ends() -> None:
    job = model(order(S.GENERATING), erasing_since=NOW)
    memory = Memory(job, slot=held_by(job))
    memory.portraits.known[TASK] = going(status="FAILED", code="InternalError")
    run_in(memory)
    assert (of(memory, job).state, memory[job].result_due_at) == (S.CANCELED, 0)
    assert (memory.portraits.created, memory.held.portraits.holder) == ([], "")


# -- results ---------------------------------------------------------------------------------------------


def restored(shown: object) -> Job:
    done = model(order(S.SUCCEEDED), usage=1)
    text = json.dumps({**json.loads(job_as_json(done)), "portraits": shown})
    memory = Memory()
    memory.objects["results/li/1.json"] = Stored(etag="R", size=len(text), modified_at=NOW)
    memory.objects["results/li/1/portraits/1-1.jpg"] = Stored(etag="P", size=1, modified_at=NOW)
    memory.contents["results/li/1.json"] = text.encode()
    job = restore(memory.world(), "li")
    assert job is not None
    return job


def test_a_result_brings_its_pictures_back_and_what_had_not_ended_is_not_asked_for_again() -> None:
    template = order(S.SUCCEEDED, 6, wanted=Wanted(TEMPLATE_STYLE, 1, "templates/a.jpg"), missing=1, billed=3)
    orders = (*ALL, template)
    job = restored([portrait_view(one) for one in orders])
    assert [one.number for one in job.portraits] == [1, 6]
    for one, before in zip(job.portraits, (ALL[0], template), strict=True):
        names = ("state", "wanted", "asked_at", "billed", "price_fen", "pictures", "missing", "ended_at")
        for name in names:
            assert getattr(one, name) == getattr(before, name)
    assert job.portrait_fen == 7 * PRICE
    assert (job.state, job.lane) == (JobState.SUCCEEDED, 12)


@pytest.mark.parametrize("shown", [[], None])
def test_a_result_without_portraits_has_none(shown: object) -> None:
    job = restored(shown)
    assert (job.portraits, job.portrait_fen, job.state) == ((), 0, JobState.SUCCEEDED)


def test_a_result_whose_portraits_make_no_sense_still_tells_of_a_training() -> None:
    job = restored([{"state": "SUCCEEDED"}])
    assert job.reason is not None
    assert (job.state, job.reason.code) == (JobState.FAILED, "result_unreadable")


def test_what_a_result_of_other_code_does_not_show_has_its_default() -> None:
    shown = {"state": "SUCCEEDED", "number": 1, "style": "f_idcard_male", "count": 1, "pictures": []}
    job = restored([{"state": "FAILED"}, {}, shown])
    (one,) = job.portraits
    assert (one.billed, one.price_fen, one.missing, one.asked_at, one.ended_at) == (0, 0, 0, 0, 0)
    assert (one.wanted, job.portrait_fen) == (Wanted("f_idcard_male", 1), 0)


# -- the row ---------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBER = st.integers(0, 2**60)
REASONS = st.none() | st.builds(Reason, TEXT, TEXT)
RETRIES = st.none() | st.builds(
    RetryState,
    tries=NUMBER,
    since=NUMBER,
    next_try_at=NUMBER,
    cause=st.just(cause(Kind.PASSING, Api.PORTRAITS)),
)
ORDERS = st.builds(
    PortraitOrder,
    number=NUMBER,
    wanted=st.builds(Wanted, st.sampled_from(STYLES), st.integers(1, 4), TEXT),
    asked_at=NUMBER,
    asked_by=TEXT,
    state=st.sampled_from(S),
    attempt=NUMBER,
    attempt_expires_at=NUMBER,
    submitted_at=NUMBER,
    lost=NUMBER,
    failures=NUMBER,
    task_id=TEXT,
    billed=NUMBER,
    price_fen=NUMBER,
    pictures=st.lists(st.builds(Picture, TEXT, NUMBER), max_size=4).map(tuple),
    missing=NUMBER,
    ended_at=NUMBER,
    retry=RETRIES,
    reason=REASONS,
)


@few_examples
@given(ORDERS)
def test_an_order_comes_back_from_its_json_value(one: PortraitOrder) -> None:
    assert order_from_json(json.loads(json.dumps(order_to_json(one)))) == one


@few_examples
@given(st.lists(ORDERS, min_size=1, max_size=3).map(tuple), NUMBER, NUMBER)
def test_a_job_with_orders_comes_back_from_its_row(
    orders: tuple[PortraitOrder, ...], fen: int, due_at: int
) -> None:
    job = replace(model(), portraits=orders, portrait_fen=fen, result_due_at=due_at)
    columns = to_columns(job)
    assert from_columns({**columns, "person_key": job.person_key, "revision": job.revision}) == job


def test_what_is_empty_takes_no_room_in_the_row() -> None:
    assert order_to_json(order()).keys() == {"state", "wanted", "number", "asked_at"}
    assert not {"portraits", "portrait_fen", "result_due_at"} & to_columns(model()).keys()


@pytest.mark.parametrize(
    "value",
    [
        {"state": "DREAMING", "wanted": ["f_idcard_male", 4], "number": 1},
        {"wanted": ["f_idcard_male", 4]},
        {"state": "QUEUED", "wanted": []},
        {"state": "QUEUED", "wanted": ["f_idcard_male", "many"]},
        {"state": "QUEUED"},
        "QUEUED",
    ],
    ids=str,
)
def test_a_row_with_an_order_of_newer_code_is_not_read_and_no_other_row_suffers(value: object) -> None:
    columns = {**to_columns(model(order())), "portraits": json.dumps([value])}
    with pytest.raises(Permanent, match="the row of this job"):
        from_columns(columns)


def test_an_order_of_earlier_code_gets_the_defaults() -> None:
    value = {"state": "QUEUED", "wanted": ["f_idcard_male", 4], "number": 1, "asked_at": 5}
    assert order_from_json(value) == PortraitOrder(number=1, wanted=Wanted("f_idcard_male", 4), asked_at=5)


# -- clocks that ran ahead --------------------------------------------------------------------------------


def test_moments_of_a_clock_that_ran_ahead_are_set_right() -> None:
    far = NOW + 10 * HOUR_MS
    one = order(
        S.SUBMITTING,
        asked_at=far,
        submitted_at=far,
        attempt_expires_at=far,
        ended_at=far,
        retry=trouble(next_try_at=far),
    )
    job = model(one, result_due_at=far)
    right = rebased(job, RULES, NOW)
    (after,) = right.portraits
    assert after.retry is not None
    assert (after.asked_at, after.submitted_at, after.ended_at, after.retry.next_try_at) == (NOW,) * 4
    assert after.attempt_expires_at == NOW + RUN_LASTS_MS
    assert (right.result_due_at, right.due_at) == (NOW + RUNS_ARE_DEAD_MS, NOW)
    memory = Memory(job)
    assert set_clocks_right(memory.world(ON))
    assert memory[job].portraits == right.portraits


def test_moments_that_a_right_clock_may_have_written_stay() -> None:
    one = order(
        S.SUBMITTING,
        asked_at=NOW + CLOCKS_DIFFER_MS,
        submitted_at=NOW + CLOCKS_DIFFER_MS,
        attempt_expires_at=NOW + RUN_LASTS_MS,
        ended_at=NOW + CLOCKS_DIFFER_MS,
        retry=trouble(next_try_at=NOW + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS),
    )
    job = model(one, result_due_at=NOW + RUNS_ARE_DEAD_MS)
    assert rebased_portraits(job, job, NOW) is job
    assert rebased(job, RULES, NOW) is job
    assert (model().due_at, WHY.code) == (NEVER, "why")
