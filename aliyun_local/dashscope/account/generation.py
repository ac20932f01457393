"""The account's portrait tasks: submitted, moved on by the clock, asked for, forgotten after a day.

As with fine-tunes, nothing runs in the background: whoever looks makes everything happen that was due.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from sqlite3 import Connection

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import task_ledger, tasks
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.downloads import RESULT_FOLDER, missing
from aliyun_local.dashscope.account.limits import RateLimiter
from aliyun_local.dashscope.account.tasks import Task
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.pictures import portraits
from aliyun_local.dashscope.pictures.inspection import Problem
from aliyun_local.dashscope.pictures.portraits import PortraitOrder
from aliyun_local.database import Database


class PortraitStudio:
    """Everything about portraits that the account can ask for."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        behaviour: Behaviour,
        download: Callable[[str], bytes],
        is_trained: Callable[[str], bool],
        generator: random.Random,
    ) -> None:
        """Keep tasks in ``database``.

        Args:
            database: Where the tasks are kept.
            clock: What time it is.
            behaviour: Limits and switches.
            download: Returns the image at a URL; raises a ServiceError when it cannot be had.
            is_trained: Whether a resource is the output of a fine-tune that succeeded.
            generator: Makes the ids.
        """
        self._database = database
        self._clock = clock
        self._behaviour = behaviour
        self._download = download
        self._is_trained = is_trained
        self._random = generator
        self._submits = RateLimiter(clock)
        self._queries = RateLimiter(clock)
        self._failures: list[tuple[Problem, int | None]] = []

    # --- the calls of the service -------------------------------------------------------------------------

    def submit(self, *, model: str, order: PortraitOrder, request_id: str) -> Task:
        """Submit a task; it is durable when this returns.

        The pictures of the order are looked at here, and what is wrong with them makes the task fail at its
        end: that is how the service tells it.

        Raises:
            ServiceError: a limit, an unknown model, a wrong parameter or a resource that is not trained.
        """
        self._submits.take(self._behaviour.generations_per_second)
        if model != portraits.GENERATION_MODEL:
            raise errors.model_not_found()
        portraits.check(order)
        if order.is_trained and not self._is_trained(order.resource_ids[0]):
            raise errors.resource_access_denied()
        (width, height), problem = self._looked_at(order)
        failed_images = 0
        if problem is None and self._failures:
            problem, images = self._failures.pop(0)
            failed_images = min(images or 0, order.images)
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            while True:
                stored = task_ledger.insert(
                    connection,
                    Task(
                        sequence=0,
                        task_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
                        request_id=request_id,
                        model=model,
                        subject=order.subject,
                        style=order.style,
                        width=width,
                        height=height,
                        images=order.images,
                        failed_images=failed_images,
                        failure=problem,
                        submitted=now,
                        since=now,
                        run_seconds=self._behaviour.task_seconds,
                    ),
                )
                if stored is not None:
                    return stored

    def task(self, task_id: str) -> Task | None:
        """Return a task as it is now; None if the service does not know it, or does not any more.

        Raises:
            ServiceError: too many queries.
        """
        self._queries.take(self._behaviour.task_queries_per_second)
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            task = task_ledger.find(connection, task_id)
            if task is None or not tasks.is_kept(task, now, self._behaviour):
                return None
            return self._looked(connection, task, now)

    def page(
        self,
        *,
        page_no: int,
        page_size: int,
        submitted_from: float,
        submitted_until: float,
        model: str | None,
        status: str | None,
    ) -> tuple[int, list[Task]]:
        """Return how many tasks fit the filters and one page of them, newest first; pages count from 1.

        Raises:
            ServiceError: too many queries.
        """
        self._queries.take(self._behaviour.task_queries_per_second)
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            total, found = task_ledger.page(
                connection,
                offset=(page_no - 1) * page_size,
                limit=page_size,
                ended_after=now - self._behaviour.task_kept_seconds,
                submitted_from=submitted_from,
                submitted_until=submitted_until,
                model=model,
                status=status,
            )
            return total, [self._looked(connection, task, now) for task in found]

    def cancel(self, task_id: str) -> None:
        """Cancel a task that waits.

        Raises:
            ServiceError: it is not PENDING, or not known.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            task = task_ledger.find(connection, task_id)
            if task is None or task.status != tasks.PENDING:
                raise errors.cannot_be_canceled()
            task_ledger.save(connection, tasks.canceled(task, now))

    def result_path(self, task: Task, number: int) -> str:
        """Return the place of one of the images of ``task``; they count from 1."""
        return f"{RESULT_FOLDER}{task.task_id}/{number}.jpg"

    def image(self, task_id: str, name: str) -> bytes:
        """Return the image of that name of a task that succeeded.

        Raises:
            DownloadError: there is none, or not any more.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            self._advance(connection, now)
            task = task_ledger.find(connection, task_id)
        number = name.removesuffix(".jpg")
        if (
            task is None
            or not tasks.is_kept(task, now, self._behaviour)
            or number not in map(str, range(1, task.succeeded_images + 1))
        ):
            raise missing()
        return portraits.draw(task.subject, task.style, task.width, task.height, int(number))

    # --- for tests and bills ------------------------------------------------------------------------------

    def fail_next(self, code: str, message: str, *, images: int | None = None, times: int = 1) -> None:
        """Let the next ``times`` tasks that are submitted fail.

        With ``images`` only so many images of a task fail, and the task succeeds. Forgotten when the
        account is closed, as far as no task has taken it up.
        """
        self._failures += [(Problem(code=code, message=message), images)] * times

    def ledger(self) -> list[Task]:
        """Return every task ever submitted, oldest first, as it is now."""
        with self._database.transaction() as connection:
            self._advance(connection, self._clock.now())
            return task_ledger.entries(connection)

    # --- inside -------------------------------------------------------------------------------------------

    def _looked_at(self, order: PortraitOrder) -> tuple[tuple[int, int], Problem | None]:
        """Return the size of the portraits, and what is wrong with the pictures of ``order``."""
        size = portraits.SIZES.get(order.size, portraits.SIZES[portraits.DEFAULT_SIZE])
        if not order.urls:
            return size, None
        try:
            template, *photos = [self._download(url) for url in order.urls]
        except ServiceError as error:
            return size, Problem(code=error.code, message=error.message)
        judged = portraits.template_size(template)
        if isinstance(judged, Problem):
            return size, judged
        return judged, None if order.is_trained else portraits.user_photos_problem(photos)

    def _looked(self, connection: Connection, task: Task, now: float) -> Task:
        """Note that the status of ``task`` is shown, and return the task after what that sets off."""
        after = tasks.seen(task, now, self._behaviour)
        if after == task:
            return task
        task_ledger.save(connection, after)
        self._advance(connection, now)
        return task_ledger.find(connection, task.task_id) or after

    def _advance(self, connection: Connection, now: float) -> None:
        """Make all moves that are due by ``now``, earliest first."""
        at = task_ledger.last_end(connection)
        while True:
            event = tasks.next_event(task_ledger.active(connection), at, self._behaviour)
            if event is None or event[0] > now:
                return
            at, task = event
            task_ledger.save(connection, tasks.moved(task, at))
