"""Attempts without an answer: which task is taken for ours, and what counts as paid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.portrait_decide import SHOWN_WITHIN_MS
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_tasks import DASHSCOPES_CLOCK_DIFFERS_MS, PortraitTask, unknown_in_window
from shared.domain.portraits import OrderState
from shared.domain.slot import Slot
from shared.domain.spending import LANDS_WITHIN_MS
from shared.errors import RetryLater
from shared.workflow.portrait_submitting import LISTED_MS, NOT_TOLD, TRIES_BEFORE_UNCLEAR, resolve
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    HOUR_MS,
    ON,
    OVER_MS,
    PRICE,
    SILENT,
    going,
    held_by,
    model,
    of,
    order,
    run_in,
)
from tests.unit.support import MINUTE_MS, NOW, trouble

S = OrderState


OURS = going("task-0", key="our-key", made_at=NOW - HOUR_MS)
"""A task that is known to be ours."""


def unknown(task_id: str = "task-9", **changes: Any) -> PortraitTask:
    """A task of our key that nobody knows."""
    return going(task_id, **{"key": "our-key", **changes})


def lost(
    *listed: PortraitTask, total: int = 4, tasks: tuple[str, ...] = ("task-0",), **changes: Any
) -> tuple[Memory, Job]:
    """An attempt without an answer, in a world whose list shows these tasks."""
    job = model(order(S.SUBMITTING, attempt_expires_at=NOW, **changes))
    memory = Memory(job, slot=held_by(job, slot=Slot(portraits=PortraitSlot(tasks=tasks))))
    memory.time = NOW + OVER_MS
    memory.portraits.listed = list(listed)
    memory.portraits.listed_before = [*listed, OURS]
    for task in listed:
        memory.portraits.known[task.task_id] = going(task.task_id, total=total)
    return memory, job


def resolved(memory: Memory, job: Job) -> None:
    resolve(memory.world(ON), memory[job], memory[job].portraits[0])


# -- adoption --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [4, 0], ids=["as many", "does not say"])
@pytest.mark.parametrize(
    "made_at",
    [NOW, None, NOW - DASHSCOPES_CLOCK_DIFFERS_MS, NOW + LANDS_WITHIN_MS + DASHSCOPES_CLOCK_DIFFERS_MS],
)
def test_the_only_task_that_nobody_knows_is_taken_for_ours(total: int, made_at: int | None) -> None:
    memory, job = lost(unknown(made_at=made_at), total=total)
    resolved(memory, job)
    one = of(memory, job)
    assert (one.state, one.task_id, one.billed, one.lost) == (S.GENERATING, "task-9", 0, 0)
    assert memory.held.portraits.holder, "the slot is its own while the task goes on"


@pytest.mark.parametrize(
    ("listed", "total", "billed"),
    [
        ([], 4, 0),
        ([unknown()], 3, 4),
        ([unknown("task-8"), unknown()], 4, 4),
        ([unknown("task-8", key=""), unknown()], 4, 4),
        ([unknown(made_at=NOW - DASHSCOPES_CLOCK_DIFFERS_MS - 1)], 4, 0),
        ([unknown(made_at=NOW + LANDS_WITHIN_MS + DASHSCOPES_CLOCK_DIFFERS_MS + 1)], 4, 0),
        ([unknown(key="another")], 4, 0),
        ([unknown(key="")], 4, 4),
    ],
    ids=["none", "other pictures", "two", "perhaps two", "too early", "too late", "another key", "no key"],
)
def test_without_a_single_one_the_order_is_asked_for_once_more(
    listed: list[PortraitTask], total: int, billed: int
) -> None:
    memory, job = lost(*listed, total=total)
    resolved(memory, job)
    one = of(memory, job)
    assert (one.state, one.task_id, one.lost, one.billed) == (S.QUEUED, "", 1, billed)
    assert one.reason is not None
    assert one.reason.code == ("portraits_unclear" if billed else "portraits_lost")
    again = replace(one, state=S.SUBMITTING, attempt=2)
    memory.rows[job.job_id] = replace(memory[job], portraits=(again,))
    resolved(memory, job)
    assert (of(memory, job).state, of(memory, job).billed) == (S.FAILED, 2 * billed)


def test_tasks_that_are_known_as_ours_are_not_taken_once_more() -> None:
    memory, job = lost(unknown("task-8"), tasks=("task-0", "task-8"))
    resolved(memory, job)
    assert (of(memory, job).state, of(memory, job).billed) == (S.QUEUED, 0)
    memory, job = lost(unknown("task-8"), unknown(), tasks=("task-0", "task-8"))
    resolved(memory, job)
    assert of(memory, job).task_id == "task-9"


def test_tasks_of_other_programs_hide_our_own_from_nobody() -> None:
    memory, job = lost(unknown(), unknown("task-7", key="another"), unknown("task-8", key="a third"))
    resolved(memory, job)
    assert of(memory, job).task_id == "task-9"


@pytest.mark.parametrize("before", [[], [replace(OURS, task_id="theirs")], [replace(OURS, key="")]])
def test_where_no_task_of_ours_tells_our_key_none_is_taken(before: list[PortraitTask]) -> None:
    memory, job = lost(unknown())
    memory.portraits.listed_before = before
    resolved(memory, job)
    assert (of(memory, job).state, of(memory, job).billed) == (S.QUEUED, 4)


def test_the_key_of_an_earlier_time_is_ours_as_well() -> None:
    memory, job = lost(unknown(key="earlier"), tasks=("task-0", "task-00"))
    memory.portraits.listed_before = [OURS, replace(OURS, task_id="task-00", key="earlier")]
    resolved(memory, job)
    assert of(memory, job).task_id == "task-9"


def test_without_an_unknown_task_nobodys_key_is_asked_for() -> None:
    memory, job = lost()
    memory.portraits.listed_before = SILENT
    resolved(memory, job)
    assert of(memory, job).lost == 1
    memory, job = lost(unknown())
    memory.portraits.listed_before = SILENT
    with pytest.raises(RetryLater):
        resolved(memory, job)
    assert of(memory, job).state is S.SUBMITTING


def test_the_list_is_asked_for_all_that_clocks_may_have_shifted_into_the_window() -> None:
    memory, job = lost()
    resolved(memory, job)
    ((since, until),) = memory.portraits.windows
    assert since <= NOW - DASHSCOPES_CLOCK_DIFFERS_MS
    assert until >= NOW + LANDS_WITHIN_MS + DASHSCOPES_CLOCK_DIFFERS_MS


def test_a_task_of_the_list_without_a_time_is_in_every_window() -> None:
    tasks = [going("a"), going("b", made_at=5), going("c", made_at=NOW)]
    assert [one.task_id for one in unknown_in_window(tasks, {"c"}, NOW, NOW)] == ["a"]


@pytest.mark.parametrize("early_ms", [1, 0])
def test_no_task_is_taken_before_the_window_is_over(early_ms: int) -> None:
    memory, job = lost(unknown())
    memory.time = NOW + SHOWN_WITHIN_MS - early_ms
    run_in(memory)
    assert (of(memory, job).state is S.GENERATING) is (early_ms == 0)
    assert len(memory.portraits.windows) == (0 if early_ms else 2)
    assert SHOWN_WITHIN_MS > LANDS_WITHIN_MS + DASHSCOPES_CLOCK_DIFFERS_MS


def test_a_list_that_cannot_be_read_decides_nothing() -> None:
    memory, job = lost()
    memory.portraits.listed = SILENT
    run_in(memory)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.lost, one.retry.cause.code) == (S.SUBMITTING, 0, "InternalError")
    assert memory.portraits.created == []
    assert memory.held.portraits.holder == f"{job.job_id}/1.1"


def test_a_lost_attempt_gives_the_slot_back_and_the_order_is_sent_once_more_and_no_more() -> None:
    memory, job = lost(unknown("task-8"), unknown())
    memory.portraits.answer = "task-new"
    memory.portraits.known["task-new"] = going("task-new")
    run_in(memory)
    assert len(memory.portraits.created) == 1
    assert memory.held.spending is not None
    assert (memory.held.spending.fen, memory.held.spending.reserved_fen) == (4 * PRICE, 4 * PRICE)
    assert memory[job].portrait_fen == 4 * PRICE


def test_what_cannot_be_listed_for_a_day_counts_as_paid_and_is_asked_for_once_more() -> None:
    """Afterwards DashScope may have forgotten the task: an empty list proves nothing."""
    memory, job = lost()
    memory.portraits.listed = SILENT
    memory.time = NOW + LISTED_MS - MINUTE_MS
    with pytest.raises(RetryLater):
        resolved(memory, job)
    memory.portraits.listed = []
    memory.time = NOW + LISTED_MS + 1
    asked = len(memory.portraits.windows)
    resolved(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.lost, one.billed, one.reason.code) == (S.QUEUED, 1, 4, "portraits_unclear")
    assert len(memory.portraits.windows) == asked


def test_an_order_that_is_lost_twice_does_not_say_that_it_is_asked_for_again() -> None:
    memory, job = lost(lost=1)
    resolved(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.billed, one.reason.code) == (S.FAILED, 0, "portraits_lost_twice")
    assert "once more" not in one.reason.message


def test_a_listed_task_that_dashscope_does_not_describe_is_not_taken_for_ours_after_some_tries() -> None:
    memory, job = lost(unknown())
    memory.portraits.known["task-9"] = SILENT
    for number in range(1, TRIES_BEFORE_UNCLEAR + 1):
        run_in(memory)
        one = of(memory, job)
        assert one.retry is not None
        assert (one.state, one.retry.cause.code, one.retry.tries) == (S.SUBMITTING, NOT_TOLD, number)
        memory.time = one.retry.next_try_at
    resolved(memory, job)
    one = of(memory, job)
    assert (one.state, one.lost, one.billed) == (S.QUEUED, 1, 4)


def test_the_tries_to_read_the_list_are_none_to_have_a_task_described() -> None:
    memory, job = lost(unknown(), retry=replace(trouble(next_try_at=NOW), tries=9))
    memory.portraits.known["task-9"] = SILENT
    with pytest.raises(RetryLater, match=NOT_TOLD):
        resolved(memory, job)
