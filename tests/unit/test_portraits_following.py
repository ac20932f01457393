"""Tasks that are followed: what is billed, when it is over, and who gives the slot back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.portrait_work import OVERDUE_MS, RUN_LASTS_MS
from shared.domain.portraits import OrderState
from shared.domain.reason import Reason
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, RetryLater, Trouble
from shared.workflow.portrait_following import (
    FORGOTTEN_MS,
    NEW_ID_MS,
    TRIES_BEFORE_THE_LIST,
    follow,
    release,
)
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    HOUR_MS,
    ON,
    OVER_MS,
    PRICE,
    SILENT,
    TASK,
    going,
    held_by,
    made,
    model,
    of,
    order,
    run_in,
)
from tests.unit.support import NOW, trouble

S = OrderState


# -- a task ----------------------------------------------------------------------------------------------


def followed(task: PortraitTask | Trouble, *, after_ms: int = 0, **changes: Any) -> tuple[Memory, Job, bool]:
    """An order whose task is as told, and whether a look at it was news."""
    job = model(order(S.GENERATING, **changes))
    memory = Memory(job, slot=held_by(job))
    memory.portraits.known[TASK] = task
    memory.time = NOW + after_ms
    return memory, job, follow(memory.world(ON), memory[job], memory[job].portraits[0])


def test_a_task_that_goes_on_is_no_news_and_writes_nothing() -> None:
    memory, job, is_news = followed(going())
    assert not is_news
    assert (memory[job].version, memory.held.version) == (1, 1)


def test_a_look_that_works_again_ends_the_trouble() -> None:
    memory, job, is_news = followed(going(), retry=trouble())
    assert (is_news, of(memory, job).retry, of(memory, job).state) == (True, None, S.GENERATING)


@pytest.mark.parametrize(("billed", "urls"), [(4, ()), (3, ("https://a", None, "https://b", "https://c"))])
def test_what_was_made_is_counted_by_what_dashscope_bills_and_frees_the_slot(
    billed: int, urls: tuple[str | None, ...]
) -> None:
    memory, job, is_news = followed(made(*urls, billed=billed))
    assert is_news
    assert (of(memory, job).state, of(memory, job).billed) == (S.STORING, billed)
    assert memory[job].portrait_fen == billed * PRICE
    assert (memory.held.portraits.holder, memory.held.portraits.tasks) == ("", (TASK,))
    assert memory.held.spending is not None
    assert (memory.held.spending.pictures, memory.held.spending.fen) == (billed, billed * PRICE)


@pytest.mark.parametrize(
    ("code", "is_worth_another"),
    [
        ("InternalError", True),
        ("InternalError.Timeout", True),
        ("InvalidURL", True),
        ("InvalidParameter", False),
        ("InvalidFile.NoHuman", False),
        ("SomethingNew", False),
        ("", False),
    ],
)
def test_only_dashscopes_own_faults_are_worth_another_task(code: str, is_worth_another: bool) -> None:
    memory, job, is_news = followed(going(status="FAILED", code=code, message="no"))
    one = of(memory, job)
    assert is_news
    assert (one.state, one.failures, one.billed) == (S.QUEUED if is_worth_another else S.FAILED, 1, 0)
    assert one.reason is not None
    assert one.reason == Reason(code or "portraits_failed", "no")
    assert (memory.held.portraits.holder, memory.held.portraits.tasks) == ("", (TASK,))
    assert memory.held.spending is not None
    assert (memory.held.spending.fen, memory.held.spending.portraits) == (0, None)


def test_a_second_failure_ends_the_order() -> None:
    memory, job, _ = followed(going(status="FAILED", code="InternalError"), failures=1)
    assert (of(memory, job).state, of(memory, job).billed) == (S.FAILED, 0)


@pytest.mark.parametrize("code", ["", "InternalError"])
def test_a_task_that_somebody_has_cancelled_is_not_asked_for_again(code: str) -> None:
    memory, job, _ = followed(going(status="CANCELED", code=code))
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.billed, one.reason.code) == (S.FAILED, 0, code or "canceled_at_dashscope")
    assert "gave no reason" in one.reason.message


def test_pictures_that_are_billed_and_not_shown_yet_are_waited_for() -> None:
    memory, job, _ = followed(PortraitTask(task_id=TASK, status="SUCCEEDED", billed=4))
    assert (of(memory, job).state, of(memory, job).billed) == (S.STORING, 4)


@pytest.mark.parametrize("urls", [(), (None, None)])
def test_a_success_without_a_picture_is_a_failure(urls: tuple[None, ...]) -> None:
    task = PortraitTask(task_id=TASK, status="SUCCEEDED", urls=urls)
    memory, job, _ = followed(task)
    assert (of(memory, job).state, of(memory, job).billed) == (S.FAILED, 0)


@pytest.mark.parametrize(
    ("status", "after_ms", "code"),
    [
        ("UNKNOWN", NEW_ID_MS, ""),
        ("UNKNOWN", NEW_ID_MS + 1, "task_unknown"),
        ("RUNNING", OVERDUE_MS, ""),
        ("RUNNING", OVERDUE_MS + 1, "portraits_overdue"),
        ("SOMETHING", NEW_ID_MS + 1, ""),
    ],
)
def test_a_task_that_nobody_can_tell_of_any_more_counts_as_billed(
    status: str, after_ms: int, code: str
) -> None:
    memory, job, is_news = followed(going(status=status), after_ms=after_ms)
    one = of(memory, job)
    assert is_news is bool(code)
    if code:
        assert one.reason is not None
        assert (one.state, one.billed, one.reason.code) == (S.FAILED, 4, code)
        assert memory.held.spending is not None
        assert memory.held.spending.fen == 4 * PRICE
        assert OVERDUE_MS == 4 * HOUR_MS, "the reason says four hours"
    else:
        assert one.state is S.GENERATING


def test_a_look_that_fails_is_made_again_after_a_pause() -> None:
    job = model(order(S.GENERATING))
    memory = Memory(job, slot=held_by(job))
    memory.portraits.known[TASK] = SILENT
    run_in(memory)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.retry.next_try_at > NOW) == (S.GENERATING, True)
    assert memory.held.portraits.holder


def in_trouble(tries: int, *, after_ms: int = HOUR_MS, **listed: Any) -> tuple[Memory, Job]:
    """An order whose task does not answer, after so many tries; the list shows it as told, or not at all."""
    job = model(order(S.GENERATING, retry=replace(trouble(), tries=tries)))
    memory = Memory(job, slot=held_by(job))
    memory.portraits.known[TASK] = SILENT
    memory.portraits.listed = [going("task-8"), *([going(**listed)] if listed else [])]
    memory.time = NOW + after_ms
    return memory, job


def test_a_task_whose_own_answer_fails_each_time_is_followed_by_the_list() -> None:
    memory, job = in_trouble(TRIES_BEFORE_THE_LIST, status="SUCCEEDED")
    assert follow(memory.world(ON), memory[job], memory[job].portraits[0])
    one = of(memory, job)
    assert (one.state, one.billed, one.retry) == (S.STORING, 4, None)
    assert memory.held.portraits.holder == ""
    (window,) = memory.portraits.windows
    assert window[0] < one.submitted_at < one.attempt_expires_at < window[1]


def test_a_task_that_the_list_shows_going_keeps_the_slot() -> None:
    memory, job = in_trouble(TRIES_BEFORE_THE_LIST, status="RUNNING")
    follow(memory.world(ON), memory[job], memory[job].portraits[0])
    assert of(memory, job).state is S.GENERATING
    assert memory.held.portraits.holder


def test_a_task_that_failed_as_the_list_says_ends_the_order() -> None:
    memory, job = in_trouble(TRIES_BEFORE_THE_LIST, status="FAILED", code="InvalidFile.NoHuman", message="no")
    follow(memory.world(ON), memory[job], memory[job].portraits[0])
    assert (of(memory, job).state, of(memory, job).billed) == (S.FAILED, 0)


def test_the_list_is_not_asked_before_the_task_has_been_for_some_times() -> None:
    memory, job = in_trouble(TRIES_BEFORE_THE_LIST - 1, status="SUCCEEDED")
    with pytest.raises(RetryLater, match=SILENT.message):
        follow(memory.world(ON), memory[job], memory[job].portraits[0])
    assert memory.portraits.windows == []


def test_a_task_that_the_list_does_not_show_either_is_asked_for_again_until_a_day_is_over() -> None:
    memory, job = in_trouble(TRIES_BEFORE_THE_LIST, after_ms=FORGOTTEN_MS)
    with pytest.raises(RetryLater) as told:
        follow(memory.world(ON), memory[job], memory[job].portraits[0])
    assert (told.value.code, told.value.delay_seconds) == ("task_not_listed", 60)
    memory.time += 1
    assert follow(memory.world(ON), memory[job], memory[job].portraits[0])
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.billed, one.reason.code) == (S.FAILED, 4, "task_unknown")


def test_what_nobody_has_foreseen_of_a_look_leads_to_the_list_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = model(order(S.GENERATING))
    memory = Memory(job, slot=held_by(job))
    memory.portraits.listed = [going(status="SUCCEEDED")]

    def fail(task_id: str) -> None:
        raise ValueError(task_id)

    monkeypatch.setattr(memory.portraits, "task", fail)
    for _ in range(TRIES_BEFORE_THE_LIST):
        run_in(memory)
        one = of(memory, job)
        assert one.state is S.GENERATING
        assert one.retry is not None
        memory.time = one.retry.next_try_at
    run_in(memory)
    assert (of(memory, job).state, memory.held.portraits.holder) == (S.STORING, "")


@pytest.mark.parametrize("state", [S.SUBMITTING, S.GENERATING])
@pytest.mark.parametrize("deaths", [DEATHS_ALLOWED, DEATHS_ALLOWED + 1])
def test_an_order_that_kills_runs_gives_up_the_slot_that_is_everybodys(
    state: OrderState, deaths: int
) -> None:
    job = model(order(state, attempt_expires_at=NOW))
    memory = Memory(job, slot=held_by(job))
    memory.time = NOW + OVER_MS
    piece = f"{job.job_id} Portrait{'Resolve' if state is S.SUBMITTING else 'Poll'} 1"
    memory.well_being = replace(memory.well_being, deaths={piece: deaths}, died_at=NOW)
    run_in(memory)
    one = of(memory, job)
    if deaths == DEATHS_ALLOWED:
        assert (one.state, one.retry, bool(memory.held.portraits.holder)) == (state, None, True)
        return
    assert one.reason is not None
    assert (one.state, one.reason.code, one.billed) == (S.FAILED, "function_died", 4)
    assert memory.held.portraits.holder == ""


# -- giving the slot back --------------------------------------------------------------------------------


def test_a_slot_that_nobody_holds_or_that_is_in_use_is_left_alone() -> None:
    job = model(order(S.GENERATING))
    for slot in (Slot(), held_by(job)):
        memory = Memory(job, slot=slot)
        assert not release(memory.world(ON))
        assert memory.held.version == 1


def test_a_holder_whose_row_is_gone_counts_as_made() -> None:
    job = model(order(S.GENERATING))
    memory = Memory(slot=held_by(job))
    assert release(memory.world(ON))
    assert memory.held.portraits.holder == ""
    assert memory.held.spending is not None
    assert (memory.held.spending.pictures, memory.held.spending.portraits) == (4, None)


def test_a_holder_whose_row_cannot_be_read_keeps_it() -> None:
    job = model(order(S.STORING))
    memory = Memory(job, slot=held_by(model(order(S.GENERATING))))
    memory.unread[job.job_id] = Unread(job.job_id, "unreadable", "…")
    assert not release(memory.world(ON))
    assert memory.held.portraits.holder


def test_a_holder_whose_row_no_code_can_read_keeps_it_until_its_task_is_over() -> None:
    held = model(order(S.GENERATING))
    waiting = model(order(), person_id="wu")
    memory = Memory(held, waiting, slot=held_by(held))
    memory.unread[held.job_id] = Unread(held.job_id, "unreadable", "…")
    memory.time = NOW + OVERDUE_MS
    run_in(memory)
    assert (memory.held.portraits.holder != "", memory.portraits.created) == (True, [])
    memory.time += 1
    run_in(memory)
    assert len(memory.portraits.created) == 1
    assert memory.held.spending is not None
    assert memory.held.spending.pictures == 4, "what nobody can tell counts as made"


def test_a_holder_that_tablestore_does_not_show_keeps_it() -> None:
    held = model(order(S.GENERATING))
    memory = Memory(held, slot=held_by(held))
    memory.unread[held.job_id] = Unread(held.job_id, "OTSTimeout", "…", Kind.PASSING)
    memory.time = NOW + 9 * OVERDUE_MS
    assert not release(memory.world(ON))


@pytest.mark.parametrize("later_ms", [RUN_LASTS_MS, RUN_LASTS_MS + 1])
def test_a_slot_is_not_kept_for_an_order_that_nobody_carries_on(later_ms: int) -> None:
    job = model(order())
    memory = Memory(job, slot=held_by(job))
    memory.time = NOW + later_ms
    assert release(memory.world(Rules())) is (later_ms > RUN_LASTS_MS)
    assert memory.held.spending is not None
    assert memory.held.spending.fen == 0


def test_a_slot_that_another_run_has_changed_is_left_to_the_next_step() -> None:
    job = model(order(S.GENERATING))
    memory = Memory(job, slot=held_by(job))
    memory.portraits.known[TASK] = made()
    changed: list[Slot] = []

    def change_once(after: Slot) -> None:
        if not changed:
            changed.append(after)
            memory.held = replace(memory.held, version=memory.held.version + 1)

    memory.before_save_slot = change_once
    with pytest.raises(Conflict):
        follow(memory.world(ON), memory[job], memory[job].portraits[0])
    assert of(memory, job).state is S.STORING
    assert release(memory.world(ON))
    assert memory.held.spending is not None
    assert memory.held.spending.pictures == 4
