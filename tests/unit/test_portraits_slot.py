"""The slot of portraits and its money: taking, releasing by what the row says, and settling once."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.control_table import ControlTable
from shared.domain.blocks import LONG_HELD_MS, block_of_portraits
from shared.domain.caps import DAY, IN_ALL, MONTH, what_holds_all, what_holds_portraits
from shared.domain.health import Health
from shared.domain.money import next_day, next_month
from shared.domain.portrait_slot import (
    LONGEST_HALT_MS,
    REMEMBERED_TASKS,
    Attempt,
    PortraitSlot,
    parse_attempt,
    portrait_slot_from,
)
from shared.domain.portrait_work import is_used, released, taken
from shared.domain.portraits import OrderState
from shared.domain.reason import Reason
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, ReservedPictures, Spending, spending_from
from shared.domain.traces import health_without
from tests.unit.portrait_support import ON, PRICE, TASK, WHY, held_by, model, order
from tests.unit.support import MINUTE_MS, NOW, few_examples, trouble
from tests.unit.table import Bench

S = OrderState
MIDNIGHT = NOW + 16 * 60 * MINUTE_MS
"""NOW is 08:00 in Beijing on the first of January."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ATTEMPT = Attempt("abc-1", 2, 3)


# -- the slot --------------------------------------------------------------------------------------------


def test_an_attempt_is_read_from_the_row_as_it_was_written() -> None:
    job = model(order())
    attempt = Attempt(job.job_id, 12, 3)
    assert parse_attempt(str(attempt)) == attempt
    for text in ("", job.job_id, f"{job.job_id}/1", f"{job.job_id}/x.1", f"{job.job_id}/1.", "nobody/1.1"):
        assert parse_attempt(text) is None


def test_whoever_takes_the_slot_reserves_all_pictures_behind_those_that_were_billed_before() -> None:
    slot = held_by(model(order(billed=4)))
    assert slot.spending is not None
    assert slot.spending.portraits == ReservedPictures(at=NOW, price_fen=PRICE, count=4, before=4)
    assert slot.spending.reserved_fen == 4 * PRICE
    assert slot.portraits.taken_at == NOW
    assert slot.portraits.attempt is not None
    assert slot.portraits.attempt.attempt == 1


def test_a_row_of_code_that_kept_no_ledger_is_taken_all_the_same() -> None:
    slot = held_by(model(order()), slot=Slot(spending=None))
    assert slot.portraits.attempt is not None
    assert slot.spending is None
    assert released(slot, order()).spending is None


@pytest.mark.parametrize(
    ("state", "attempts", "is_needed"),
    [
        (S.QUEUED, 0, True),
        (S.QUEUED, 1, False),
        (S.SUBMITTING, 1, True),
        (S.GENERATING, 1, True),
        (S.SUBMITTING, 2, False),
        (S.STORING, 1, False),
        (S.SUCCEEDED, 1, False),
        (S.FAILED, 1, False),
        (S.CANCELED, 0, False),
    ],
)
def test_the_slot_is_needed_by_an_attempt_that_is_at_dashscope_or_was_about_to_be(
    state: S, attempts: int, is_needed: bool
) -> None:
    job = model(order(state, attempt=attempts))
    slot = held_by(model(order())).portraits
    assert is_used(slot, job, NOW) is is_needed


def test_an_order_that_has_stepped_aside_needs_the_slot_no_more_until_its_next_try() -> None:
    job = model(order(retry=trouble(next_try_at=NOW + 1)))
    slot = held_by(job).portraits
    assert not is_used(slot, job, NOW)
    assert is_used(slot, job, NOW + 1)


def test_a_holder_that_is_gone_needs_nothing() -> None:
    job = model(order())
    slot = held_by(job).portraits
    assert not is_used(slot, None, NOW)
    assert not is_used(slot, model(), NOW)
    assert not is_used(PortraitSlot(), job, NOW)


def test_the_tasks_of_ours_are_remembered_each_once_and_the_latest() -> None:
    slot = PortraitSlot()
    for number in range(REMEMBERED_TASKS + 2):
        slot = slot.taken_by(ATTEMPT, NOW).released(f"task-{number}", f"task-{number}", "")
    assert slot.tasks == tuple(f"task-{number}" for number in range(2, REMEMBERED_TASKS + 2))
    assert slot.holder == ""


def test_each_refusal_in_a_row_makes_all_orders_wait_twice_as_long_up_to_a_bound() -> None:
    slot = PortraitSlot()
    waits = []
    for number in range(20):
        slot = slot.refused(WHY, 1_000, NOW + number, longest_ms=60_000)
        waits.append(slot.halted_until - NOW - number)
    assert waits[:7] == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]
    assert max(waits) == 60_000
    assert (slot.halted_since, slot.trouble, slot.refusals) == (NOW, WHY, 20)
    well = slot.accepted(NOW + 30)
    assert well == PortraitSlot(accepted_at=NOW + 30)


def test_a_halt_ends_at_its_moment_and_one_of_a_clock_far_ahead_is_none() -> None:
    slot = PortraitSlot(halted_until=NOW + 10)
    assert slot.is_halted(NOW + 9)
    assert not slot.is_halted(NOW + 10)
    assert not PortraitSlot(halted_until=NOW + 2 * LONGEST_HALT_MS).is_halted(NOW)


@few_examples
@given(
    st.builds(
        PortraitSlot,
        holder=st.sampled_from(["", "abc-1/2.3"]),
        taken_at=st.integers(0, 2**60),
        tasks=st.lists(TEXT, max_size=3).map(tuple),
        halted_until=st.integers(0, 2**60),
        halted_since=st.integers(0, 2**60),
        trouble=st.none() | st.builds(Reason, TEXT, TEXT),
        refusals=st.integers(0, 100),
        accepted_at=st.integers(0, 2**60),
    )
)
def test_the_slot_of_portraits_comes_back_from_its_row(slot: PortraitSlot) -> None:
    control = ControlTable(Bench().rows)
    saved = control.save_slot(Slot(), replace(Slot(), portraits=slot))
    assert control.slot() == saved
    assert saved.portraits == slot
    assert portrait_slot_from({}) == PortraitSlot()


# -- the money -------------------------------------------------------------------------------------------


def settled(slot: Slot) -> Spending:
    assert slot.spending is not None
    return slot.spending


def test_what_was_billed_is_counted_once_and_the_reservation_ends() -> None:
    slot = held_by(model(order()))
    after = released(slot, order(S.STORING))
    assert (settled(after).pictures, settled(after).fen, settled(after).portraits) == (4, 4 * PRICE, None)
    assert (settled(after).days, settled(after).months) == (
        {"2026-01-01": 4 * PRICE},
        {"2026-01": 4 * PRICE},
    )
    assert released(after, order(S.STORING)).spending == after.spending
    assert (after.portraits.holder, after.portraits.tasks) == ("", (TASK,))


def test_of_an_order_that_was_billed_before_only_what_has_come_since_is_counted() -> None:
    slot = held_by(model(order(billed=4)))
    assert settled(released(slot, order(S.STORING, billed=6))).pictures == 2
    assert settled(released(slot, order(billed=4))).pictures == 0
    assert settled(released(slot, order(billed=1))).pictures == 0


def test_of_an_order_whose_row_is_gone_all_pictures_count() -> None:
    slot = held_by(model(order(billed=4)))
    after = released(slot, None)
    assert (settled(after).pictures, settled(after).fen) == (4, 4 * PRICE)
    assert after.portraits.tasks == ()


@pytest.mark.parametrize(("task_id", "accepted_at"), [("", NOW - 9), (TASK, NOW)])
def test_a_submit_counts_as_accepted_when_it_has_made_a_task(task_id: str, accepted_at: int) -> None:
    slot = replace(held_by(model(order())), portraits=PortraitSlot(accepted_at=NOW - 9))
    assert released(slot, order(S.STORING, task_id=task_id)).portraits.accepted_at == accepted_at
    later = replace(slot, portraits=PortraitSlot(accepted_at=NOW + 9))
    assert released(later, order(S.STORING)).portraits.accepted_at == NOW + 9


def test_the_next_order_reserves_in_the_place_of_the_one_before() -> None:
    slot = held_by(model(order()))
    again = held_by(model(order(number=1)), slot=slot, at=NOW + 5)
    assert settled(again).reserved_fen == 4 * PRICE
    assert (again.portraits.taken_at, again.portraits.holder) == (NOW + 5, slot.portraits.holder)


def spent(fen: int) -> Slot:
    return Slot(taken_at=NOW - 5, spending=Spending(taken_at=NOW - 5).with_billed(1, fen, "2026-01-01"))


@pytest.mark.parametrize(
    ("rules", "code", "until"),
    [
        ({"max_fen_per_day": 321}, DAY, next_day(NOW)),
        ({"max_fen_per_month": 321}, MONTH, next_month(NOW)),
        ({"max_fen_in_all": 321}, IN_ALL, 0),
        # More than the whole cap: no other day helps.
        ({"max_fen_per_day": 71}, DAY, 0),
    ],
)
def test_portraits_wait_at_a_cap_that_trainings_have_used_up(
    rules: dict[str, Any], code: str, until: int
) -> None:
    held = what_holds_portraits(order(), spent(250), replace(ON, **rules), NOW)
    assert held is not None
    assert (held.cause.code, held.until, held.since) == (code, until, NOW - 5)
    assert "the portraits cost 0.72 CNY" in held.cause.message
    assert what_holds_portraits(order(), spent(250), replace(ON, max_fen_per_day=322), NOW) is None


def test_trainings_wait_at_a_cap_that_portraits_have_used_up_or_reserved() -> None:
    rules = Rules(max_fen_per_day=250 + 4 * PRICE - 1)
    slot = held_by(model(order()))
    for one in (slot, released(slot, order(S.STORING))):
        held = what_holds_all(one, rules, NOW)
        assert held is not None
        assert held.cause.code == DAY
    assert what_holds_all(released(slot, order()), rules, NOW) is None


def test_a_training_on_its_way_counts_against_the_caps_of_portraits() -> None:
    slot = Slot(spending=Spending().with_reserved("abc-1", Reserved(at=NOW, fen=250)))
    assert what_holds_portraits(order(), slot, replace(ON, max_fen_per_day=321), NOW) is not None


def test_what_a_run_that_died_has_reserved_for_the_order_counts_once() -> None:
    slot = held_by(model(order()))
    assert what_holds_portraits(order(), slot, replace(ON, max_fen_per_day=4 * PRICE), NOW) is None


def test_without_portraits_allowed_none_are_asked_for() -> None:
    held = what_holds_portraits(order(), Slot(), Rules(), NOW)
    assert held is not None
    assert (held.cause.code, held.until) == ("portraits_off", 0)


def test_around_midnight_a_reservation_needs_room_on_both_days_and_is_settled_on_one() -> None:
    at = MIDNIGHT - 1_000
    slot = taken(Slot(), ATTEMPT, order(), PRICE, at)
    spending = settled(slot)
    assert spending.committed("2026-01-01") == spending.committed("2026-01-02") == 4 * PRICE
    assert spending.committed("2026-01") == spending.committed("") == 4 * PRICE
    after = settled(released(slot, order(S.STORING)))
    assert after.days == {"2026-01-01": 4 * PRICE}
    used_up = Slot(spending=Spending().with_billed(1, 250, "2026-01-02"))
    rules = replace(ON, max_fen_per_day=300)
    assert what_holds_portraits(order(), used_up, rules, at) is not None
    assert what_holds_portraits(order(), used_up, rules, at - MINUTE_MS * 5) is None


def test_the_ledger_with_portraits_comes_back_from_its_row() -> None:
    spending = settled(
        held_by(model(order(billed=4)), slot=released(held_by(model(order())), order(S.STORING)))
    )
    assert (spending.pictures, spending.portraits is not None) == (4, True)
    assert spending_from(json.loads(json.dumps(asdict(spending)))) == spending
    assert spending_from({}).portraits is None
    odd = spending_from({"portraits": {"at": "x", "count": -1, "price_fen": 3}, "pictures": "many"})
    assert (odd.portraits, odd.pictures) == (ReservedPictures(at=0, price_fen=3, count=0), 0)


# -- a training whose row was changed for portraits ------------------------------------------------------


def test_a_slot_differs_by_portraits_alone_where_nothing_else_has_changed() -> None:
    before = Slot(version=1, holders=("abc-1",))
    held = replace(held_by(model(order()), slot=before), version=2)
    after = replace(released(held, order(S.STORING)), version=3)
    for one in (held, after):
        assert one.differs_by_portraits(before)
        assert not replace(one, taken_at=1).differs_by_portraits(before)
        assert not replace(one, holders=()).differs_by_portraits(before)
        assert not replace(one, halted_until=NOW).differs_by_portraits(before)
        assert not replace(one, spending=settled(one).with_billed(1, 250, "2026-01-01")).differs_by_portraits(
            before
        )
        assert not replace(one, spending=None).differs_by_portraits(before)
        assert not one.differs_by_portraits(replace(before, spending=None))


def test_what_stands_in_the_way_is_tried_at_once_for_portraits_too() -> None:
    slot = Slot(halted_until=NOW + 1, portraits=PortraitSlot(halted_until=NOW + 1, refusals=2, trouble=WHY))
    after = slot.tried_at_once()
    assert (after.halted_until, after.portraits.halted_until, after.portraits.refusals) == (0, 0, 2)


@pytest.mark.parametrize("later_ms", [LONG_HELD_MS, LONG_HELD_MS + 1])
def test_whoever_waits_for_a_slot_that_is_long_held_is_told_so(later_ms: int) -> None:
    slot = PortraitSlot(holder="a/1.1", taken_at=NOW)
    block = block_of_portraits(slot, NOW + later_ms)
    told = (block.cause.code, block.since) if block is not None else None
    assert told == (("portraits_slot_held", NOW) if later_ms > LONG_HELD_MS else None)
    assert block_of_portraits(PortraitSlot(taken_at=NOW), NOW + later_ms) is None


def test_nothing_of_an_erased_person_stays_where_retention_goes_on_with_portraits() -> None:
    health = Health(portraits_up_to="1767225600000 the-key 00001", retimed_up_to="9 another 1")
    assert health_without(health, ["the-key"]).portraits_up_to == ""
    assert health_without(health, ["some-key"]) == health
