"""What a person has cost, trainings and portraits together, for the cap of a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.portraits import OrderState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Reserved
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.workflow.books import REVISIONS_A_PAGE, with_costs_before
from shared.workflow.portrait_costs import portraits_of, spent_on
from shared.workflow.portrait_submitting import submit
from tests.unit.memory import Memory
from tests.unit.portrait_support import ON, PRICE, held_by, model, of, order
from tests.unit.support import NOW, job_in

S = OrderState
LI = model(order(), revision=2, usage=1, price_fen=250, portrait_fen=36)
WU = model(order(S.GENERATING), person_id="wu", usage=3, price_fen=250, portrait_fen=900)


def spent(*jobs: Job, slot: Slot | None = None, of_trainings: bool = True) -> int:
    memory = Memory(*jobs, slot=slot)
    asked = spent_on if of_trainings else portraits_of
    return asked(memory.world(ON), LI, memory.slot())


def test_all_revisions_of_the_person_count_and_nobody_elses() -> None:
    first = model(revision=1, usage=2, price_fen=200, portrait_fen=72)
    assert spent(first, LI, WU) == 400 + 72 + 250 + 36
    assert spent(WU) == 0


def test_revisions_beyond_the_first_page_count_as_well() -> None:
    jobs = [model(revision=number, usage=1, price_fen=1) for number in range(1, 2 * REVISIONS_A_PAGE + 2)]
    assert spent(*jobs) == 2 * REVISIONS_A_PAGE + 1
    assert spent(*jobs[:REVISIONS_A_PAGE]) == REVISIONS_A_PAGE


def test_a_row_that_cannot_be_read_counts_as_a_training() -> None:
    memory = Memory(LI)
    memory.unread[LI.job_id] = Unread(LI.job_id, "unreadable", "…")
    assert spent_on(memory.world(ON), LI, memory.slot()) == ON.training_price_fen
    assert portraits_of(memory.world(ON), LI, held_by(WU)) == 0


def test_a_training_on_its_way_counts_for_its_person() -> None:
    slot = Slot()
    assert slot.spending is not None
    reserved = slot.spending.with_reserved(LI.job_id, Reserved(at=NOW, fen=250))
    reserved = reserved.with_reserved(WU.job_id, Reserved(at=NOW, fen=999))
    assert spent(slot=replace(slot, spending=reserved)) == 250
    assert spent(LI, slot=Slot(spending=None)) == 286


@pytest.mark.parametrize(("holder", "fen"), [(LI, 36 + 4 * PRICE), (WU, 36)])
def test_for_a_training_the_portraits_of_the_person_count_and_those_on_their_way(
    holder: Job, fen: int
) -> None:
    slot = held_by(holder)
    assert spent(LI, WU, slot=slot, of_trainings=False) == fen
    assert slot.spending is not None
    unreserved = replace(slot, spending=replace(slot.spending, portraits=None))
    assert spent(LI, WU, slot=unreserved, of_trainings=False) == 36
    assert spent(LI, WU, slot=replace(slot, spending=None), of_trainings=False) == 36
    free = replace(slot, portraits=slot.portraits.released())
    assert spent(LI, WU, slot=free, of_trainings=False) == 36


def test_where_no_portraits_were_ever_asked_for_nothing_is_read() -> None:
    memory = Memory(LI)
    assert portraits_of(memory.world(ON), LI, Slot()) == 0
    assert "history" not in memory.calls


def test_a_training_waits_at_a_cap_that_its_persons_portraits_have_used_up() -> None:
    job = job_in(JobState.QUEUED, revision=3)
    memory = Memory(LI, job, slot=held_by(LI))
    fen = 250 + 36 + 4 * PRICE + 250
    for cap, waits in ((fen, False), (fen - 1, True)):
        _, reached = with_costs_before(
            memory.world(Rules(max_fen_per_person=cap)), memory[job], memory.slot()
        )
        assert (reached is not None) is waits


def test_an_order_that_was_left_behind_with_the_slot_counts_once_against_the_cap() -> None:
    job = model(order())
    memory = Memory(job, slot=held_by(job))
    rules = replace(ON, max_fen_per_person=4 * PRICE)
    submit(memory.world(rules), memory[job], memory[job].portraits[0])
    assert (of(memory, job).state, len(memory.portraits.created)) == (S.GENERATING, 1)
