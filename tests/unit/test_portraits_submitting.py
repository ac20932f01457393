"""The submit of portraits: one POST for each intent, the slot and the money before it, and each way out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.portrait_slot import SUBMIT_SPACING_MS, PortraitSlot
from shared.domain.portrait_styles import TEMPLATE_STYLE, Wanted
from shared.domain.portrait_work import with_wanted
from shared.domain.portraits import OrderState
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.spending import LANDS_WITHIN_MS, Reserved, Spending
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, OutcomeUnknown, Permanent, RetryLater, Trouble
from shared.workflow.portrait_saving import TRIES
from shared.workflow.portrait_submitting import (
    TIME_FOR_A_SUBMIT_MS,
    TIME_FOR_THE_POST_MS,
    submit,
)
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.portrait_support import FOUR, HOUR_MS, MODEL, ON, PRICE, held_by, model, of, order
from tests.unit.support import MINUTE_MS, NOW, job_in

S = OrderState


def send(memory: Memory, job: Job, rules: Rules = ON, **changes: Any) -> None:
    submit(memory.world(rules, **changes), memory[job], memory[job].portraits[0])


# -- the protocol ----------------------------------------------------------------------------------------


def test_the_slot_and_the_money_are_taken_then_the_intent_is_written_then_the_post_leaves() -> None:
    job = model(order())
    memory = Memory(job)
    written: list[tuple[str, object, int]] = []
    memory.before_save_slot = lambda slot: written.append(
        ("slot", slot.spending and slot.spending.reserved_fen, len(memory.portraits.created))
    )
    memory.before_save = lambda row: written.append(
        ("job", row.portraits[0].state, len(memory.portraits.created))
    )
    send(memory, job)
    assert written == [("slot", 4 * PRICE, 0), ("job", S.SUBMITTING, 0), ("job", S.GENERATING, 1)]
    assert memory.portraits.created == [(MODEL, FOUR, "")]
    one = of(memory, job)
    assert (one.task_id, one.attempt, one.attempt_expires_at) == ("task-new", 1, NOW + LIFE_MS)
    assert (one.submitted_at, one.price_fen) == (NOW, PRICE)
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"


def test_of_two_runs_that_have_read_the_same_row_one_sends() -> None:
    job = model(order())
    memory = Memory(job)
    world, stale = memory.world(ON), memory[job]
    submit(world, stale, stale.portraits[0])
    with pytest.raises(Conflict):
        submit(world, stale, stale.portraits[0])
    assert len(memory.portraits.created) == 1


def test_a_run_whose_row_has_moved_on_after_it_has_taken_the_slot_sends_nothing() -> None:
    job = model(order())
    memory = Memory(job)
    memory.before_save_slot = lambda _: memory.rows.update({job.job_id: replace(memory[job], version=9)})
    with pytest.raises(Conflict):
        send(memory, job)
    assert memory.portraits.created == []
    assert memory.held.portraits.holder == f"{job.job_id}/1.1", (
        "another run carries on with it, or releases it"
    )


def test_a_run_carries_on_for_an_order_that_another_has_left_behind() -> None:
    job = model(order())
    memory = Memory(job, slot=held_by(job, at=NOW - MINUTE_MS))
    before = memory.slot()
    send(memory, job)
    assert len(memory.portraits.created) == 1
    assert (memory.held.portraits.holder, memory.held.portraits.taken_at) == (before.portraits.holder, NOW)
    with pytest.raises(Conflict):
        memory.save_slot(before, before)
    assert memory.held.spending is not None
    assert memory.held.spending.reserved_fen == 4 * PRICE


def test_between_two_submits_lies_a_second() -> None:
    job = model(order())
    memory = Memory(job, slot=Slot(portraits=PortraitSlot(taken_at=NOW - SUBMIT_SPACING_MS + 1)))
    send(memory, job)
    assert of(memory, job).submitted_at == NOW + SUBMIT_SPACING_MS
    memory = Memory(job, slot=Slot(portraits=PortraitSlot(taken_at=NOW - SUBMIT_SPACING_MS)))
    send(memory, job)
    assert of(memory, job).submitted_at == NOW


@pytest.mark.parametrize(
    ("left_ms", "is_sent"), [(TIME_FOR_A_SUBMIT_MS, False), (TIME_FOR_A_SUBMIT_MS + 1, True)]
)
def test_a_run_that_is_about_to_end_begins_no_submit(left_ms: int, is_sent: bool) -> None:
    job = model(order())
    memory = Memory(job)
    if not is_sent:
        with pytest.raises(RetryLater) as raised:
            send(memory, job, dead_at=NOW + left_ms)
        assert raised.value.code == "no_time"
    else:
        send(memory, job, dead_at=NOW + left_ms)
    assert len(memory.portraits.created) == is_sent
    assert bool(memory.held.portraits.holder) is is_sent


@pytest.mark.parametrize("takes_ms", [LIFE_MS - TIME_FOR_THE_POST_MS - 1, LIFE_MS - TIME_FOR_THE_POST_MS])
def test_a_run_that_was_too_slow_to_send_puts_the_order_back(takes_ms: int) -> None:
    job = model(order())
    memory = Memory(job)
    memory.save_takes_ms = takes_ms
    send(memory, job)
    is_sent = takes_ms < LIFE_MS - TIME_FOR_THE_POST_MS
    one = of(memory, job)
    assert (len(memory.portraits.created), one.state) == (is_sent, S.GENERATING if is_sent else S.QUEUED)
    if not is_sent:
        assert one.reason is not None
        assert (one.reason.code, one.billed, one.lost) == ("no_time", 0, 0)


@pytest.mark.parametrize(
    "slot",
    [
        Slot(paused=Pause(because="a holiday", by="admin", since=NOW)),
        Slot(portraits=PortraitSlot(halted_until=NOW + 1)),
        held_by(model(order(), person_id="wu")),
        held_by(model(order(attempt=1))),
        Slot(spending=Spending().with_billed(1, 1000 - 4 * PRICE + 1, "2026-01-01")),
    ],
    ids=["paused", "halted", "another's", "another attempt's", "cap"],
)
def test_what_has_changed_since_the_order_was_seen_stops_it(slot: Slot) -> None:
    job = model(order())
    memory = Memory(job, slot=slot)
    with pytest.raises(Conflict, match="no portraits may be asked for now"):
        send(memory, job, replace(ON, max_fen_in_all=1000))
    assert memory.portraits.created == []
    assert memory.held.version == 1


def test_before_the_post_leaves_the_slot_is_looked_at_again() -> None:
    """A second of waiting may end in another day, of which nothing is left."""
    job = model(order())
    at = NOW + 16 * HOUR_MS - LANDS_WITHIN_MS - 500
    spending = Spending().with_billed(1, 250, "2026-01-02")
    memory = Memory(job, slot=Slot(portraits=PortraitSlot(taken_at=at), spending=spending))
    memory.time = at
    with pytest.raises(Conflict):
        send(memory, job, replace(ON, max_fen_per_day=300))
    assert memory.time == at + SUBMIT_SPACING_MS
    assert memory.portraits.created == []


def test_the_books_are_written_first_where_code_without_a_ledger_has_run() -> None:
    training = job_in(JobState.TRAINING, "wu")
    job = model(order())
    memory = Memory(job, training, slot=Slot(holders=(training.job_id,), taken_at=NOW, spending=None))
    with pytest.raises(Conflict):
        send(memory, job, replace(ON, max_fen_in_all=250 + 4 * PRICE - 1))
    assert memory.held.keeps_books
    send(memory, job, replace(ON, max_fen_in_all=250 + 4 * PRICE))
    assert memory.held.spending is not None
    assert memory.held.spending.reserved_fen == 250 + 4 * PRICE
    assert len(memory.portraits.created) == 1


@pytest.mark.parametrize("problem", [RetryLater("busy", "…", delay_seconds=1), Trouble("refused", "…")])
def test_an_intent_that_cannot_be_written_gives_the_slot_back(problem: Trouble) -> None:
    job = model(order())
    memory = Memory(job)
    memory.troubles["save"] = problem
    with pytest.raises(type(problem)):
        send(memory, job)
    assert (memory.held.portraits.holder, memory.portraits.created) == ("", [])
    assert memory.held.spending is not None
    assert memory.held.spending.portraits is None


def test_an_intent_that_was_written_though_its_answer_is_lost_keeps_the_slot() -> None:
    job = model(order())
    memory = Memory(job)
    memory.troubles["save"] = RetryLater("busy", "…", delay_seconds=1)

    def write_all_the_same(after: Job) -> None:
        memory.rows[job.job_id] = replace(after, version=2)

    memory.before_save = write_all_the_same
    with pytest.raises(RetryLater):
        send(memory, job)
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"


def test_a_task_is_owned_although_the_row_has_changed_meanwhile() -> None:
    job = model(order())
    memory = Memory(job)

    def change(after: Job) -> None:
        if after.portraits[0].state is S.GENERATING and memory[job].version < 4:
            memory.rows[job.job_id] = replace(
                memory[job], version=memory[job].version + 1, model_released_at=1
            )

    memory.before_save = change
    send(memory, job)
    assert (of(memory, job).task_id, memory[job].model_released_at) == ("task-new", 1)


def test_a_task_is_not_owned_by_an_order_that_has_moved_on() -> None:
    job = model(order())
    memory = Memory(job)
    saves: list[Job] = []

    def change(after: Job) -> None:
        saves.append(after)
        if after.portraits[0].state is S.GENERATING:
            moved = replace(memory[job].portraits[0], attempt=2)
            memory.rows[job.job_id] = replace(
                memory[job], version=memory[job].version + 1, portraits=(moved,)
            )

    memory.before_save = change
    with pytest.raises(Conflict):
        send(memory, job)
    assert len(saves) == 2
    assert of(memory, job).task_id == ""


def test_a_row_that_changes_each_time_is_given_up_after_some_tries() -> None:
    job = model(order())
    memory = Memory(job)
    tries: list[int] = []

    def change(after: Job) -> None:
        if after.portraits[0].state is S.GENERATING:
            tries.append(memory[job].version)
            memory.rows[job.job_id] = replace(memory[job], version=memory[job].version + 1)

    memory.before_save = change
    with pytest.raises(Conflict):
        send(memory, job)
    assert len(tries) == TRIES


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (OutcomeUnknown("http_504", "…", delay_seconds=1, api=Api.PORTRAITS), S.SUBMITTING),
        (Permanent("InvalidParameter", "…", kind=Kind.UNKNOWN, api=Api.PORTRAITS), S.QUEUED),
    ],
    ids=["unknown", "refused"],
)
def test_another_order_that_comes_during_the_post_does_not_hide_what_became_of_it(
    answer: Trouble, state: OrderState
) -> None:
    job = model(order())
    memory = Memory(job)
    memory.portraits.answer = answer
    changed: list[str] = []

    def change(row: Job) -> None:
        if memory.portraits.created and not changed:
            changed.append(row.job_id)
            with_more = with_wanted(memory[job], [FOUR], NOW)
            memory.rows[job.job_id] = replace(with_more, version=memory[job].version + 1)

    memory.before_save = change
    send(memory, job)
    one, another = memory[job].portraits
    assert one.reason is not None
    assert (one.state, one.reason.code, another.number) == (state, answer.code, 2)
    assert changed


# -- templates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://pictures.example/a.jpg", "https://pictures.example/a.jpg"),
        ("templates/a.jpg", "https://photos.oss.example/templates/a.jpg?signature=s"),
    ],
)
def test_a_template_in_the_bucket_is_signed_and_its_url_is_kept_nowhere(
    template: str, url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    job = model(order(wanted=Wanted(TEMPLATE_STYLE, 1, template)))
    memory = Memory(job)
    send(memory, job)
    assert memory.portraits.created == [(MODEL, Wanted(TEMPLATE_STYLE, 1, template), url)]
    assert "signature=s" not in f"{memory.rows} {memory.held} {caplog.text} {capfd.readouterr()}"


# -- the person ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spare", [0, 1])
def test_the_cap_of_a_person_counts_trainings_and_portraits_and_only_theirs(spare: int) -> None:
    earlier = model(revision=1, usage=1, price_fen=250, portrait_fen=36)
    job = model(order(), revision=2, usage=1, price_fen=250)
    others = model(person_id="wu", usage=9, price_fen=250, portrait_fen=900)
    memory = Memory(earlier, job, others)
    send(memory, job, replace(ON, max_fen_per_person=536 + 4 * PRICE - spare))
    one = of(memory, job)
    assert len(memory.portraits.created) == 1 - spare
    if spare:
        assert one.retry is not None
        assert (one.state, one.retry.cause.code, one.retry.cause.kind) == (
            S.QUEUED,
            "person_cap",
            Kind.PERSON,
        )
        assert (memory.held.version, memory.held.portraits.holder) == (1, "")


@pytest.mark.parametrize("is_theirs", [True, False])
def test_a_training_of_theirs_on_its_way_counts_against_their_cap(is_theirs: bool) -> None:
    job = model(order())
    training = model(revision=2) if is_theirs else model(person_id="wu")
    spending = Spending().with_reserved(training.job_id, Reserved(at=NOW, fen=250))
    memory = Memory(job, slot=Slot(spending=spending))
    send(memory, job, replace(ON, max_fen_per_person=250 + 4 * PRICE - 1))
    assert len(memory.portraits.created) == (0 if is_theirs else 1)


def test_nothing_of_a_person_without_consent_is_asked_for_and_others_go_on() -> None:
    job, other = model(order(asked_at=NOW - 9)), model(order(S.GENERATING), person_id="wu")
    memory = Memory(job, other)
    send(memory, job, replace(ON, consent_required=True))
    one = of(memory, job)
    assert memory.portraits.created == []
    assert one.retry is not None
    assert (one.state, one.retry.cause.code) == (S.QUEUED, "waits_for_consent")
    assert memory.held.portraits.holder == ""
