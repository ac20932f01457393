"""A portrait task and the moves it can make: pure, without storage, clock or wire.

Source: "Asynchronous task management". PENDING tasks wait for the account's one running task to end; a task
that has ended is forgotten a day later, with its results. Used by ``portrait_studio``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.work import (
    CANCELED,
    FAILED,
    PENDING,
    RUNNING,
    SUCCEEDED,
    Work,
    entered,
)

UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Task(Work):
    """One portrait task; times are seconds since the epoch.

    ``failure`` is also the reason of the failed images of a task that succeeds.

    Attributes:
        task_id: A UUID.
        request_id: Of the request that submitted it.
        api_key_id: Of the API key that it was submitted with.
        model: ``facechain-generation``.
        subject: The person in the portraits: a trained resource, or the user's photos by their URLs.
        style: The portraits' style.
        width: Of each image, in pixels.
        height: Of each image, in pixels.
        images: How many are wanted.
        failed_images: How many of them fail although the task succeeds.
        submitted_at: When it was submitted.
        scheduled_at: When it began to run.
    """

    task_id: str
    request_id: str
    api_key_id: str = "100001"
    model: str
    subject: str
    style: str
    width: int
    height: int
    images: int
    failed_images: int = 0
    submitted_at: float
    scheduled_at: float | None = None

    @property
    def succeeded_images(self) -> int:
        """How many images can be downloaded."""
        return self.images - self.failed_images if self.status == SUCCEEDED else 0


def is_kept(task: Task, now: float, behaviour: Behaviour) -> bool:
    """Return whether the service still knows ``task``."""
    return task.ended_at is None or now < task.ended_at + behaviour.task_kept_seconds


def next_event(
    tasks: Collection[Task], previous_at: float, behaviour: Behaviour
) -> tuple[float, Task] | None:
    """Return the earliest move among the unfinished ``tasks`` and its time; None when the clock causes none.

    A task that has waited for another's end starts at that move, ``previous_at``.
    """
    running = [task for task in tasks if task.status == RUNNING]
    free = behaviour.concurrent_tasks - len(running)
    waiting = [task for task in tasks if task.status == PENDING] if free > 0 else []
    moves = [(at, task) for task in running if (at := _due_at(task, behaviour)) is not None]
    moves += [
        (max(at, previous_at), task) for task in waiting if (at := _due_at(task, behaviour)) is not None
    ]
    return min(moves, key=lambda move: (move[0], move[1].sequence), default=None)


def moved(task: Task, at: float) -> Task:
    """Return ``task`` a status further."""
    if task.status == PENDING:
        return replace(entered(task, RUNNING, at), scheduled_at=at)
    fails = task.failure is not None and not task.failed_images
    return entered(task, FAILED if fails else SUCCEEDED, at)


def canceled(task: Task, at: float) -> Task:
    """Return ``task`` canceled."""
    return entered(task, CANCELED, at)


def _due_at(task: Task, behaviour: Behaviour) -> float | None:
    if behaviour.progression == "immediate":
        return task.entered_at
    if behaviour.progression == "reads":
        return task.hurried_at
    return task.entered_at + (behaviour.task_pending_seconds if task.status == PENDING else task.run_seconds)
