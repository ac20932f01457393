"""The account's portrait tasks: submitted, moved on by the clock, read, forgotten after a day.

As with fine-tunes, nothing runs in the background: each call first makes every move that is due. Called by
``http/inference_responses`` (submit), ``http/task_responses`` and ``http/download_responses``.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from sqlite3 import Connection

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import task_ledger, tasks
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.downloads import RESULT_FOLDER, missing
from aliyun_local.dashscope.account.rate_limiter import RateLimiter
from aliyun_local.dashscope.account.task_ledger import TABLE, TaskFilter
from aliyun_local.dashscope.account.tasks import Task
from aliyun_local.dashscope.account.work import PENDING, seen
from aliyun_local.dashscope.errors import Problem, ServiceError
from aliyun_local.dashscope.pictures import portraits, stand_ins
from aliyun_local.dashscope.pictures.portraits import PortraitOrder
from aliyun_local.database import Database


class PortraitStudio:
    """The portrait tasks of the account."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        behaviour: Behaviour,
        download: Callable[[str], bytes],
        is_trained: Callable[[str], bool],
        photos_of: Callable[[str], Sequence[bytes]],
        generator: random.Random,
    ) -> None:
        """Keep tasks in ``database``.

        Args:
            database: Where the tasks are kept.
            clock: The time.
            behaviour: Limits and switches.
            download: Returns the image at a URL; raises a ServiceError when the download fails.
            is_trained: Whether a resource is the output of a fine-tune that succeeded.
            photos_of: Returns the photos that a resource was trained on, as far as they are kept.
            generator: Makes the ids.
        """
        self._database = database
        self._clock = clock
        self._behaviour = behaviour
        self._download = download
        self._is_trained = is_trained
        self._photos_of = photos_of
        self._random = generator
        self._submits = RateLimiter(clock)
        self._queries = RateLimiter(clock)
        self._failures: list[tuple[Problem, int | None]] = []

    # --- the operations of the service --------------------------------------------------------------------

    def submit(
        self, *, model: str, order: PortraitOrder, request_id: str, api_key_id: str = "100001"
    ) -> Task:
        """Submit a task; it is durable when this returns.

        The pictures of the order are downloaded and judged here. A problem with them makes the task fail at
        its end, as in the service.

        Raises:
            ServiceError: a limit, an unknown model, a wrong parameter or a resource that is not trained.
        """
        self._submits.take(self._behaviour.generations_per_second)
        if model != portraits.GENERATION_MODEL:
            raise errors.error_of("ModelNotFound")
        portraits.check(order)
        if order.is_trained and not self._is_trained(order.resource_ids[0]):
            raise errors.resource_access_denied()
        size, problem = self._judge(order)
        problem, failed_images, run_seconds = self._outcome(order, problem)
        with self._advanced() as (connection, now):
            while True:
                task = Task(
                    task_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
                    request_id=request_id,
                    api_key_id=api_key_id,
                    model=model,
                    subject=order.subject,
                    style=order.style,
                    width=size[0],
                    height=size[1],
                    images=order.images,
                    failed_images=failed_images,
                    failure=problem,
                    submitted_at=now,
                    entered_at=now,
                    run_seconds=run_seconds,
                )
                stored = TABLE.insert(connection, task)
                if stored is not None:
                    return stored

    def task(self, task_id: str) -> Task | None:
        """Return a task as it is now; None if the service does not know it, or no longer does.

        Raises:
            ServiceError: too many queries.
        """
        self._queries.take(self._behaviour.task_queries_per_second)
        with self._advanced() as (connection, now):
            task = TABLE.find(connection, task_id)
            if task is None or not tasks.is_kept(task, now, self._behaviour):
                return None
            return self._shown(connection, task, now)

    def page(self, wanted: TaskFilter, *, page_no: int, page_size: int) -> tuple[int, list[Task]]:
        """Return how many tasks fit the filters and one page of them, newest first; pages count from 1.

        Raises:
            ServiceError: too many queries.
        """
        self._queries.take(self._behaviour.task_queries_per_second)
        with self._advanced() as (connection, now):
            listed_until = now - self._behaviour.task_list_lag_seconds
            total, found = task_ledger.page(
                connection,
                replace(wanted, submitted_until=min(wanted.submitted_until, listed_until)),
                offset=(page_no - 1) * page_size,
                limit=page_size,
                ended_after=now - self._behaviour.task_kept_seconds,
            )
            return total, [self._shown(connection, task, now) for task in found]

    def cancel(self, task_id: str) -> None:
        """Cancel a task that waits.

        Raises:
            ServiceError: it is not PENDING, or not known.
        """
        with self._advanced() as (connection, now):
            task = TABLE.find(connection, task_id)
            if task is None or task.status != PENDING:
                raise errors.cannot_be_canceled()
            TABLE.save(connection, tasks.canceled(task, now))

    def result_path(self, task: Task, number: int) -> str:
        """Return the place of one of the images of ``task``; they count from 1."""
        return f"{RESULT_FOLDER}{task.task_id}/{number}.jpg"

    def image(self, task_id: str, name: str) -> bytes:
        """Return the image of that name of a task that succeeded, the same bytes each time.

        It shows a photo of the person whom the resource was trained on; a drawing where no photo is kept
        that can be decoded, and in the style that needs no training. A fine-tune that is deleted takes its
        photos along, so that drawings take the place of its pictures.

        Raises:
            DownloadError: the task or the image is unknown, or no longer kept.
        """
        with self._advanced() as (connection, now):
            task = TABLE.find(connection, task_id)
        number = name.removesuffix(".jpg")
        if (
            task is None
            or not tasks.is_kept(task, now, self._behaviour)
            or number not in map(str, range(1, task.succeeded_images + 1))
        ):
            raise missing()
        photos = () if task.style == portraits.TRAIN_FREE_STYLE else self._photos_of(task.subject)
        wanted = (task.style, task.width, task.height, int(number))
        return stand_ins.stand_in(photos, *wanted) or portraits.draw(task.subject, *wanted)

    # --- for tests and bills ------------------------------------------------------------------------------

    def fail_next(self, code: str, message: str, *, images: int | None = None, times: int = 1) -> None:
        """Let the next ``times`` tasks that are submitted fail.

        With ``images`` only so many images of a task fail, and the task succeeds. Failures that no task has
        taken up are forgotten when the account is closed.
        """
        self._failures += [(Problem(code=code, message=message), images)] * times

    def ledger(self) -> list[Task]:
        """Return every task ever submitted, oldest first, as it is now."""
        with self._advanced() as (connection, _):
            return TABLE.all(connection)

    # --- inside -------------------------------------------------------------------------------------------

    def _judge(self, order: PortraitOrder) -> tuple[tuple[int, int], Problem | None]:
        """Return the size of the portraits, and the problem with the pictures of ``order``."""
        size = portraits.SIZES.get(order.size, portraits.SIZES[portraits.DEFAULT_SIZE])
        if not order.urls:
            return size, None
        try:
            template, *photos = [self._download(url) for url in order.urls]
        except ServiceError as error:
            return size, error.problem
        judged = portraits.template_size(template)
        if isinstance(judged, Problem):
            return size, judged
        return judged, None if order.is_trained else portraits.user_photos_problem(photos)

    def _outcome(self, order: PortraitOrder, problem: Problem | None) -> tuple[Problem | None, int, float]:
        """Return the failure of a task with this ``problem``, how many images it is of, and its duration."""
        limits, failed_images = self._behaviour, 0
        if problem is None and self._failures:
            problem, images = self._failures.pop(0)
            failed_images = min(images or 0, order.images)
        is_cut_off = limits.progression == "time" and limits.task_seconds > limits.task_limit_seconds
        if not is_cut_off:
            return problem, failed_images, limits.task_seconds
        if problem is None or failed_images:
            problem = errors.task_timed_out().problem
        return problem, 0, limits.task_limit_seconds

    def _shown(self, connection: Connection, task: Task, now: float) -> Task:
        """Record that the status of ``task`` is shown, and return the task after the moves this causes."""
        after = seen(task, now, self._behaviour)
        if after == task:
            return task
        TABLE.save(connection, after)
        self._advance(connection, now)
        return TABLE.find(connection, task.task_id) or after

    @contextmanager
    def _advanced(self) -> Iterator[tuple[Connection, float]]:
        """Give a transaction in which all moves are made that are due, and the time that it counts as now."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            yield connection, now

    def _advance(self, connection: Connection, now: float) -> None:
        """Make all moves that are due by ``now``, earliest first."""
        at = task_ledger.last_ended_at(connection)
        while True:
            event = tasks.next_event(task_ledger.active(connection), at, self._behaviour)
            if event is None or event[0] > now:
                return
            at, task = event
            TABLE.save(connection, tasks.moved(task, at))
