"""The life of one asynchronous task, as the service's page on such tasks tells it, without any storage.

Source: "Asynchronous task management". PENDING tasks wait for the account's one running task to end; a task
that has ended is forgotten a day later, with its results.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.pictures.inspection import Problem

PENDING = "PENDING"
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
UNKNOWN = "UNKNOWN"
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(frozen=True, kw_only=True)
class Task:
    """One portrait task; times are seconds since the epoch.

    Attributes:
        sequence: Position in the order of submission.
        task_id: A UUID.
        request_id: Of the request that submitted it.
        model: ``facechain-generation``.
        subject: Whom the portraits show: a trained resource, or the user's photos by their URLs.
        style: What they look like.
        width: Of each image, in pixels.
        height: Of each image, in pixels.
        images: How many are wanted.
        failed_images: How many of them fail although the task succeeds.
        failure: Why the task, or why the failed images of it, fail; None when all succeeds.
        status: One of the constants of this module.
        submitted: When it was submitted.
        since: When it got its status.
        scheduled: When it began to run.
        ended: When it became terminal.
        run_seconds: From start to end.
        reads: How often its status has been shown.
        hurried: When enough reads had been made to move it on.
    """

    sequence: int
    task_id: str
    request_id: str
    model: str
    subject: str
    style: str
    width: int
    height: int
    images: int
    failed_images: int = 0
    failure: Problem | None = None
    status: str = PENDING
    submitted: float
    since: float
    scheduled: float | None = None
    ended: float | None = None
    run_seconds: float
    reads: int = 0
    hurried: float | None = None

    @property
    def succeeded_images(self) -> int:
        """How many images there are to be had."""
        return self.images - self.failed_images if self.status == SUCCEEDED else 0


def is_kept(task: Task, now: float, behaviour: Behaviour) -> bool:
    """Return whether the service still knows ``task``."""
    return task.ended is None or now < task.ended + behaviour.task_kept_seconds


def next_event(tasks: Collection[Task], since: float, behaviour: Behaviour) -> tuple[float, Task] | None:
    """Return the earliest move among the unfinished ``tasks`` and its time; None when the clock causes none.

    ``since`` is the time of the move before it: a task that has waited for another's end starts then.
    """
    running = [task for task in tasks if task.status == RUNNING]
    free = behaviour.concurrent_tasks - len(running)
    waiting = [task for task in tasks if task.status == PENDING] if free > 0 else []
    moves = [(at, task) for task in running if (at := _due(task, behaviour)) is not None]
    moves += [(max(at, since), task) for task in waiting if (at := _due(task, behaviour)) is not None]
    return min(moves, key=lambda move: (move[0], move[1].sequence), default=None)


def moved(task: Task, at: float) -> Task:
    """Return ``task`` a status further."""
    if task.status == PENDING:
        return replace(_entered(task, RUNNING, at), scheduled=at)
    failed = task.failure is not None and not task.failed_images
    return replace(_entered(task, FAILED if failed else SUCCEEDED, at), ended=at)


def canceled(task: Task, at: float) -> Task:
    """Return ``task`` canceled."""
    return replace(_entered(task, CANCELED, at), ended=at)


def seen(task: Task, at: float, behaviour: Behaviour) -> Task:
    """Return ``task`` after its status has been asked for once more."""
    if behaviour.progression != "reads" or task.status in TERMINAL:
        return task
    reads = task.reads + 1
    return replace(task, reads=reads, hurried=at if reads > behaviour.reads_per_status else task.hurried)


def _due(task: Task, behaviour: Behaviour) -> float | None:
    if behaviour.progression == "immediate":
        return task.since
    if behaviour.progression == "reads":
        return task.hurried
    return task.since + (behaviour.task_pending_seconds if task.status == PENDING else task.run_seconds)


def _entered(task: Task, status: str, at: float) -> Task:
    # The read that moves a task on is the first that is shown the new status.
    return replace(task, status=status, since=at, reads=int(task.hurried is not None), hurried=None)
