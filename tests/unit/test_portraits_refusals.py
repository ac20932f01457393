"""Orders of portraits that DashScope refuses, or leaves without an answer: who waits, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.money import DAY_MS
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portraits import OrderState
from shared.domain.retry_state import Cause, failed_again
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, OutcomeUnknown, RequestTrouble, RetryLater, Trouble
from shared.workflow.portrait_refusing import SHORTEST_HALT_SECONDS, TRIES_BESIDE_OTHERS
from shared.workflow.portrait_submitting import submit
from tests.unit.memory import Memory
from tests.unit.portrait_support import HOUR_MS, ON, model, of, order, run_in
from tests.unit.support import MINUTE_MS, NOW, cause

S = OrderState
LOST = OutcomeUnknown("no_answer", "…", delay_seconds=30, api=Api.PORTRAITS)
BUSY = RetryLater("Throttling", "slow down", delay_seconds=30, api=Api.PORTRAITS)
OVERDUE = AccountTrouble("Arrearage", "…", delay_seconds=120, kind=Kind.ACCOUNT, api=Api.PORTRAITS)
OWN = RequestTrouble("InvalidParameter", "…", delay_seconds=5, kind=Kind.UNKNOWN, api=Api.PORTRAITS)
PICTURE = RequestTrouble("InvalidParameter.Face", "…", delay_seconds=5, kind=Kind.PICTURE, api=Api.PORTRAITS)


def answering(answer: Trouble | str, *, slot: Slot | None = None, **changes: Any) -> tuple[Memory, Job]:
    """A submit that DashScope has answered so."""
    job = model(order(**changes))
    memory = Memory(job, slot=slot)
    memory.portraits.answer = answer
    submit(memory.world(ON), memory[job], memory[job].portraits[0])
    return memory, job


@pytest.mark.parametrize(("refusal", "tries"), [(BUSY, 0), (OVERDUE, 1)], ids=["busy", "account"])
def test_what_is_refused_to_everybody_halts_the_orders_and_costs_the_order_nothing(
    refusal: RetryLater, tries: int
) -> None:
    memory, job = answering(refusal)
    one, slot = of(memory, job), memory.held.portraits
    assert (one.state, one.billed, one.lost) == (S.QUEUED, 0, 0)
    assert (one.retry.tries if one.retry else 0) == tries
    assert one.may_be_sent(NOW), "it waits for the end of the halt, and for nothing of its own"
    assert one.reason is not None
    assert one.reason.code == refusal.code
    assert (slot.holder, slot.refusals, slot.halted_since) == ("", 1, NOW)
    assert slot.halted_until == NOW + int(refusal.delay_seconds * 1000)
    assert slot.trouble is not None
    assert slot.trouble.code == refusal.code
    assert memory.held.spending is not None
    assert (memory.held.spending.fen, memory.held.spending.portraits) == (0, None)
    assert memory.held.halted_until == 0, "trainings go on"


@pytest.mark.parametrize(
    ("refusal", "wait_ms"), [(BUSY, MINUTE_MS), (OVERDUE, HOUR_MS)], ids=["busy", "account"]
)
def test_a_halt_is_no_longer_than_what_passes_deserves(refusal: RetryLater, wait_ms: int) -> None:
    slot = Slot(portraits=PortraitSlot(refusals=10, halted_since=NOW - 5))
    memory, _ = answering(refusal, slot=slot)
    assert memory.held.portraits.halted_until == NOW + wait_ms
    assert memory.held.portraits.halted_since == NOW - 5


def test_a_halt_is_never_shorter_than_a_look_around() -> None:
    hasty = RetryLater("Throttling", "…", delay_seconds=1, api=Api.PORTRAITS)
    memory, _ = answering(hasty)
    assert memory.held.portraits.halted_until == NOW + SHORTEST_HALT_SECONDS * 1000


def test_a_submit_that_goes_through_ends_the_trouble_of_all() -> None:
    slot = Slot(portraits=PortraitSlot(refusals=3, halted_since=NOW - 9))
    memory, job = answering("task-7", slot=slot)
    assert (memory.held.portraits.refusals, memory.held.portraits.accepted_at) == (0, NOW)
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"
    assert of(memory, job).task_id == "task-7"


def test_a_refusal_of_this_order_alone_makes_it_step_aside() -> None:
    memory, job = answering(OWN)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.retry.tries, one.billed) == (S.QUEUED, 1, 0)
    assert (memory.held.portraits.holder, memory.held.portraits.halted_until) == ("", 0)


def test_an_order_for_whose_picture_it_is_refused_ends() -> None:
    memory, job = answering(PICTURE)
    one = of(memory, job)
    assert (one.state, one.billed, memory.held.portraits.holder) == (S.FAILED, 0, "")


@pytest.mark.parametrize("tries", [TRIES_BESIDE_OTHERS - 2, TRIES_BESIDE_OTHERS - 1])
@pytest.mark.parametrize("others_passed_at", [NOW - MINUTE_MS, NOW - 1, NOW + 1])
def test_an_order_ends_that_is_refused_while_others_pass(tries: int, others_passed_at: int) -> None:
    retry = None
    for number in range(tries):
        retry = failed_again(retry, cause(Kind.UNKNOWN, Api.PORTRAITS), NOW - MINUTE_MS + number)
    memory, job = answering(OWN, retry=retry, slot=Slot(portraits=PortraitSlot(accepted_at=others_passed_at)))
    ends = tries == TRIES_BESIDE_OTHERS - 1 and others_passed_at == NOW - 1
    assert of(memory, job).state is (S.FAILED if ends else S.QUEUED)


@pytest.mark.parametrize("days", [1, 100])
def test_no_order_ends_for_a_refusal_while_nobody_elses_shows_whose_fault_it_is(days: int) -> None:
    retry = failed_again(None, cause(Kind.UNKNOWN, Api.PORTRAITS), NOW - days * DAY_MS)
    for _ in range(2 * TRIES_BESIDE_OTHERS):
        retry = failed_again(retry, cause(Kind.UNKNOWN, Api.PORTRAITS), NOW - 1)
    memory, job = answering(OWN, retry=retry)
    assert of(memory, job).state is S.QUEUED


def test_the_next_probe_after_a_refusal_of_all_is_another_orders() -> None:
    memory, job = answering(OVERDUE)
    later = model(order(asked_at=NOW), person_id="wu")
    memory.rows[later.job_id] = replace(later, version=1)
    memory.portraits.answer = "task-wu"
    memory.time = memory.held.portraits.halted_until + 1
    run_in(memory)
    assert of(memory, later).task_id == "task-wu"
    assert of(memory, job).state is S.QUEUED


def test_an_order_that_is_refused_in_the_words_of_all_after_others_were_accepted_holds_up_nobody() -> None:
    words = Cause(OVERDUE.code, OVERDUE.message, Kind.ACCOUNT, Api.PORTRAITS)
    retry = failed_again(None, words, NOW - HOUR_MS)
    slot = Slot(portraits=PortraitSlot(accepted_at=NOW - MINUTE_MS))
    memory, job = answering(OVERDUE, retry=retry, slot=slot)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.retry.cause.kind) == (S.QUEUED, Kind.UNKNOWN)
    assert memory.held.portraits.halted_until == 0


@pytest.mark.parametrize("refusals", [0, 1])
def test_the_words_of_all_stay_an_orders_own_while_nobody_else_is_told_them(refusals: int) -> None:
    words = Cause(OVERDUE.code, OVERDUE.message, Kind.UNKNOWN, Api.PORTRAITS)
    slot = Slot(portraits=PortraitSlot(accepted_at=NOW - HOUR_MS, refusals=refusals))
    memory, job = answering(OVERDUE, retry=failed_again(None, words, NOW - MINUTE_MS), slot=slot)
    one = of(memory, job)
    assert one.retry is not None
    expected = (Kind.ACCOUNT, 1, True) if refusals else (Kind.UNKNOWN, 2, False)
    found = (one.retry.cause.kind, one.retry.tries, memory.held.portraits.halted_until > NOW)
    assert found == expected


@pytest.mark.parametrize("answer", [OWN, BUSY, "task-9"], ids=["own", "busy", "accepted"])
def test_a_slot_that_has_changed_meanwhile_is_left_to_the_next_step(answer: Trouble | str) -> None:
    job = model(order())
    memory = Memory(job, slot=Slot(portraits=PortraitSlot(refusals=1)))
    memory.portraits.answer = answer

    def take_the_row(after: Job) -> None:
        if memory.held.version == 2:
            memory.save_slot(memory.slot(), memory.slot())

    memory.before_save = take_the_row
    submit(memory.world(ON), memory[job], memory[job].portraits[0])
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"
    assert of(memory, job).state is (S.GENERATING if isinstance(answer, str) else S.QUEUED)


def test_a_post_without_an_answer_is_never_sent_again_by_this_attempt() -> None:
    memory, job = answering(LOST)
    one = of(memory, job)
    assert (one.state, one.attempt_expires_at, one.lost, one.billed) == (S.SUBMITTING, NOW, 0, 0)
    assert one.reason is not None
    assert one.reason.code == "no_answer"
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"
    run_in(memory)
    assert len(memory.portraits.created) == 1
