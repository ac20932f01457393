"""Follows a task of portraits to its end, and gives the slot back; called by ``portrait_run``."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.failed_trainings import is_worth_another_training
from shared.domain.job import Job, Reason
from shared.domain.money import DAY_MS
from shared.domain.portrait_tasks import (
    CANCELED,
    ENDED,
    SUCCEEDED,
    UNKNOWN,
    PortraitTask,
    window_of,
)
from shared.domain.portrait_work import (
    OVERDUE_MS,
    are_at_dashscope,
    is_overdue,
    is_used,
    order_of,
    released,
    with_order,
)
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.retry_state import FUNCTION_DIED
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import RetryLater, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

NEW_ID_MS = 60_000
"""So long DashScope may not know a task that it has just made."""
FORGOTTEN_MS = DAY_MS + 3_600_000
"""DashScope, "Asynchronous tasks": a task is known for a day after its end."""
TRIES_BEFORE_THE_LIST = 3


def follow(world: World, job: Job, order: PortraitOrder) -> bool:
    """Ask how the order's task is doing; returns whether that is news.

    Raises:
        Trouble: DashScope does not tell, and may yet.
    """
    task = _task(world, order)
    now = world.clock.now()
    after = _after(order, task, now)
    if after is None:
        return _cleared(world, job, order)
    saved = world.jobs.save(job, with_order(job, after, now))
    log(
        "portraits_made" if after.state is OrderState.STORING else "portraits_not_made",
        job=saved.job_id,
        order=order.number,
        state=after.state.value,
        billed=after.billed - order.billed,
        code=after.reason.code if after.reason else "",
    )
    release(world)
    return True


def give_up(world: World, job: Job, order: PortraitOrder) -> None:
    """End an order of which nobody can ask any more what became of it, and give its slot back.

    Raises:
        Conflict: another run was first.
    """
    why = Reason(
        FUNCTION_DIED.code, "Runs died while they asked about the portraits; they may have been paid."
    )
    warn("portraits_given_up", job=job.job_id, order=order.number, code=why.code)
    world.jobs.save(job, with_order(job, order.given_up(why, world.clock.now()), world.clock.now()))
    release(world)


def _task(world: World, order: PortraitOrder) -> PortraitTask:
    """Return the order's task: by its own answer, or, when that fails each time, as the list shows it.

    What has been asked for longer ago than DashScope keeps anything is known no more.
    """
    portraits = world.dashscope.portraits
    try:
        return portraits.task(order.task_id)
    except Exception:
        # Also what nobody has foreseen: the slot is everybody's.
        if world.clock.now() - order.submitted_at > FORGOTTEN_MS:
            return PortraitTask(task_id=order.task_id, status=UNKNOWN)
        if order.retry is None or order.retry.tries < TRIES_BEFORE_THE_LIST:
            raise
    found = next((task for task in portraits.tasks(*window_of(order)) if task.task_id == order.task_id), None)
    if found is None:
        message = "DashScope does not tell how the task is doing, and does not list it"
        raise RetryLater("task_not_listed", message, delay_seconds=60, api=Api.PORTRAITS)
    # The list does not say how many pictures there are: the price counts as spent until they are fetched.
    is_done = found.status == SUCCEEDED
    return replace(found, urls=("",), billed=order.wanted.pictures) if is_done else found


def _cleared(world: World, job: Job, order: PortraitOrder) -> bool:
    if order.retry is None:
        return False
    world.jobs.save(job, with_order(job, order.cleared(), world.clock.now()))
    return True


def _after(order: PortraitOrder, task: PortraitTask, now: int) -> PortraitOrder | None:
    """Return the order as its task makes it; None while it goes on."""
    if task.status == SUCCEEDED and (task.billed or any(url is not None for url in task.urls)):
        return order.made(task.billed)
    if task.status in ENDED:
        words = task.message or "DashScope gave no reason; ask for other portraits, or train again."
        code = task.code or ("canceled_at_dashscope" if task.status == CANCELED else "portraits_failed")
        worth = task.status != CANCELED and is_worth_another_training(task.code)
        return order.failed(Reason(code, words), now, is_worth_another=worth)
    age = now - order.submitted_at
    if task.status == UNKNOWN and age > NEW_ID_MS:
        why = Reason("task_unknown", "DashScope no longer knows the task; it may have been paid.")
        return order.given_up(why, now)
    if age > OVERDUE_MS:
        why = Reason("portraits_overdue", "DashScope has not made the portraits in four hours.")
        return order.given_up(why, now)
    return None


def are_going(world: World, job: Job) -> bool:
    """Whether portraits are being made of a person who is being erased; gives their slot back if not."""
    release(world)
    return are_at_dashscope(job)


def release(world: World) -> bool:
    """Take the slot back from a holder that has no use for it, and settle its price; returns whether it had.

    Raises:
        Conflict: another run has changed the slot.
        Trouble: the rows cannot be read.
    """
    slot = world.control.slot()
    attempt = slot.portraits.attempt
    if attempt is None:
        return False
    held = world.jobs.find_each([attempt.job_id])[attempt.job_id]
    now = world.clock.now()
    if isinstance(held, Unread):
        # What it has made is over by now, and counts as made.
        if held.kind is not Kind.OBJECT or not is_overdue(slot.portraits, now):
            return False
        held = None
    elif is_used(slot.portraits, held, now):
        return False
    order = order_of(held, attempt.number) if held is not None else None
    try:
        world.control.save_slot(slot, released(slot, order))
    except Trouble as trouble:
        warn("slot_not_released", code=trouble.code, message=trouble.message)
        raise
    return True
