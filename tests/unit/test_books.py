"""The ledger is made where there is none, and a person's cost is the sum of their revisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.control_rows import Document
from shared.domain.job import Job
from shared.domain.object_keys import job_id
from shared.domain.reason import Reason
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, Spending
from shared.domain.states import JobState as S
from shared.domain.totals import ROW, Totals
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, RetryLater
from shared.workflow.books import with_books, with_costs_before
from shared.workflow.reconciling import reconcile
from shared.workflow.resolving import UNCLEAR
from shared.workflow.submitting import ASKED_AGAIN_MS, submit
from shared.workflow.training import release_unused
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in

OF_OLD_CODE = Slot(taken_at=NOW - 9, spending=None)
CAPPED = Rules(max_fen_per_person=500)


def counted(*jobs: Job) -> Document:
    totals = Totals()
    for job in jobs:
        totals = totals.with_job(job)
    return Document(value=totals.as_value(), version=1)


def revision(number: int, state: S = S.SUCCEEDED, **changes: object) -> Job:
    made = replace(job_in(state), revision=number, usage=1 if state is S.SUCCEEDED else 0, ended_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]  # names and types are those of a job


def test_the_first_ledger_is_what_the_totals_say_with_what_ended_since_and_what_is_on_its_way() -> None:
    old = replace(job_in(S.SUCCEEDED, "old"), usage=1, ended_at=NOW, delivered=True)
    ended = replace(job_in(S.FAILED, "ended"), usage=2, ended_at=NOW)
    noted = replace(job_in(S.SUCCEEDED, "noted"), usage=1, ended_at=NOW)
    runs = job_in(S.TRAINING, "runs", submitted_at=NOW - 7)
    memory = Memory(old, ended, noted, runs, slot=replace(OF_OLD_CODE, holders=(runs.job_id,)))
    memory.documents[ROW] = counted(old, noted)
    slot = with_books(memory.world(), memory.slot())
    assert slot.keeps_books
    assert memory.held == slot
    assert slot.spending is not None
    assert (slot.spending.trainings, slot.spending.fen) == (4, 1000)
    assert slot.spending.days == {"2026-01-01": 1000}
    assert slot.spending.reserved == {runs.job_id: Reserved(at=NOW - 7, fen=250)}


def test_a_ledger_that_other_code_has_passed_by_is_never_lowered() -> None:
    ledger = Spending(taken_at=NOW - 99).with_billed(3, 900, "2026-01-01")
    memory = Memory(slot=replace(OF_OLD_CODE, spending=ledger))
    old = [replace(job_in(S.SUCCEEDED, name), usage=1, ended_at=NOW) for name in "abcd"]
    memory.documents[ROW] = counted(*old)
    slot = with_books(memory.world(Rules(training_price_fen=300)), memory.slot())
    assert slot.spending is not None
    assert (slot.spending.trainings, slot.spending.fen) == (4, 1200)


def test_a_submit_makes_the_ledger_before_it_looks_at_the_caps() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=OF_OLD_CODE)
    old = replace(job_in(S.SUCCEEDED, "old"), usage=1, ended_at=NOW)
    memory.documents[ROW] = counted(old)
    with pytest.raises(Conflict, match="total_cap"):
        submit(memory.world(Rules(max_fen_in_all=499)), memory[job], memory.slot())
    assert memory.created == []
    assert memory.held.keeps_books
    assert submit(memory.world(Rules(max_fen_in_all=500)), memory[job], memory.slot()).state is S.TRAINING


def test_a_run_that_has_seen_less_cannot_reserve_on_top_of_another() -> None:
    first, second = job_in(S.QUEUED, "first"), job_in(S.QUEUED, "second")
    memory = Memory(first, second)
    rules = Rules(max_fen_in_all=250, concurrent_trainings=2)
    seen = memory.slot()
    assert submit(memory.world(rules), memory[first], seen).state is S.TRAINING
    with pytest.raises(Conflict):
        submit(memory.world(rules), memory[second], seen)
    with pytest.raises(Conflict, match="total_cap"):
        submit(memory.world(rules), memory[second], memory.slot())
    assert len(memory.created) == 1


def test_a_person_at_the_cap_stands_aside_and_the_others_go_on() -> None:
    job = revision(3, S.QUEUED)
    memory = Memory(revision(1), revision(2), job, other := job_in(S.QUEUED, "other"))
    aside = submit(memory.world(CAPPED), memory[job], memory.slot())
    assert (aside.state, aside.due_at) == (S.QUEUED, NOW + ASKED_AGAIN_MS)
    assert aside.retry is not None
    assert (aside.retry.cause.code, aside.retry.cause.kind) == ("person_cap", Kind.PERSON)
    assert memory.held.holders == ()
    assert submit(memory.world(CAPPED), memory[other], memory.slot()).state is S.TRAINING


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELED])
def test_a_training_that_was_not_billed_leaves_the_person_under_the_cap(state: S) -> None:
    job = revision(3, S.QUEUED)
    memory = Memory(revision(1), revision(2, state), job)
    submitted = submit(memory.world(CAPPED), memory[job], memory.slot())
    assert submitted.state is S.TRAINING
    assert (submitted.spent_before_fen, submitted.spent_through) == (250, 2)


def test_a_persons_training_on_its_way_counts_whichever_revision_it_is_of() -> None:
    job, going = revision(2, S.QUEUED), revision(1, S.TRAINING)
    ledger = Spending().with_reserved(going.job_id, Reserved(at=NOW, fen=250))
    memory = Memory(job, going, slot=Slot(holders=(going.job_id,), spending=ledger))
    _, cap = with_costs_before(memory.world(Rules(max_fen_per_person=499)), memory[job], memory.slot())
    assert cap is not None
    assert cap.committed_fen == 250
    # Its end is noted in its row before the slot is given back: it counts once.
    memory.rows[going.job_id] = replace(memory[going], state=S.SUCCEEDED, usage=1)
    known, cap = with_costs_before(memory.world(Rules(max_fen_per_person=499)), memory[job], memory.slot())
    assert cap is not None
    assert (cap.committed_fen, known.spent_through) == (250, 0)


def test_a_revision_that_nobody_can_read_counts_as_a_training() -> None:
    job = revision(2, S.QUEUED)
    memory = Memory(revision(1), job)
    memory.unread[job_id("li", 1)] = Unread(job_id("li", 1), "unreadable_row", "…")
    _, cap = with_costs_before(memory.world(Rules(max_fen_per_person=499)), memory[job], memory.slot())
    assert cap is not None


def test_however_many_revisions_a_person_has_each_is_read_once() -> None:
    job = revision(251, S.QUEUED)
    memory = Memory(*(revision(number) for number in range(1, 251)), job)
    known, _ = with_costs_before(memory.world(CAPPED), memory[job], memory.slot())
    assert (known.spent_before_fen, known.spent_through) == (250 * 250, 250)
    assert memory.calls.count("history") == 3
    memory.rows[job.job_id] = replace(known, version=1)
    memory.calls.clear()
    again, _ = with_costs_before(memory.world(CAPPED), memory[job], memory.slot())
    assert (again.spent_before_fen, memory.calls.count("history")) == (250 * 250, 1)


def test_a_set_that_follows_one_that_has_ended_knows_its_cost() -> None:
    ended = revision(1, spent_before_fen=0, spent_through=0)
    following = ended.next_revision(CAPPED, NOW)
    assert (following.spent_before_fen, following.spent_through) == (250, 1)
    beside = revision(1, S.TRAINING).next_revision(CAPPED, NOW)
    assert (beside.spent_before_fen, beside.spent_through) == (0, 0)


def test_a_reservation_that_other_code_has_left_behind_is_settled_by_a_tick() -> None:
    ended = replace(job_in(S.SUCCEEDED), usage=1, made_at=NOW, delivered=True, result_at=NOW)
    ledger = Spending().with_reserved(ended.job_id, Reserved(at=NOW, fen=250))
    memory = Memory(ended, slot=Slot(spending=ledger))
    reconcile(memory.world())
    paid = Spending(settled_jobs={ended.job_id: 1}).with_billed(1, 250, "2026-01-01")
    assert memory.held.spending == paid


@pytest.mark.parametrize("is_unclear", [True, False], ids=["nobody can tell", "its row is gone"])
def test_a_training_of_which_nobody_can_tell_counts_as_spent(is_unclear: bool) -> None:
    job = job_in(S.FAILED, reason=Reason(UNCLEAR, "…"))
    ledger = Spending().with_reserved(job.job_id, Reserved(at=NOW, fen=250))
    slot = Slot(holders=(job.job_id,), spending=ledger)
    memory = Memory(job, slot=slot) if is_unclear else Memory(slot=slot)
    assert release_unused(memory.world(), job.job_id)
    assert memory.held.spending is not None
    assert (memory.held.spending.fen, memory.held.spending.reserved) == (250, {})


def test_a_training_of_which_nobody_can_tell_counts_once_though_a_slow_run_takes_the_slot_for_it_again() -> (
    None
):
    job = job_in(S.FAILED, reason=Reason(UNCLEAR, "…"))
    memory = Memory(job, slot=Slot().taken_by(job.job_id, NOW, price_fen=250))
    assert release_unused(memory.world(), job.job_id)
    memory.held = memory.held.taken_by(job.job_id, NOW + 9, price_fen=250)
    assert release_unused(memory.world(), job.job_id)
    assert memory.held.spending is not None
    assert (memory.held.spending.fen, memory.held.spending.reserved) == (250, {})


def test_a_submit_that_was_refused_gives_its_price_back() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.answer = RetryLater("Throttling", "busy", delay_seconds=1)
    assert submit(memory.world(), memory[job], memory.slot()).state is S.QUEUED
    assert memory.held.spending == Spending(taken_at=memory.held.taken_at)
