"""A world in memory that notes when its task of portraits was looked at."""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.portraits import OrderState
from shared.domain.slot import Slot
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    HOUR_MS,
    going,
    held_by,
    made,
    model,
    order,
    picture,
)
from tests.unit.support import NOW

S = OrderState


class Looked(Memory):
    """A world that notes when its task was looked at, and what has become of it by then.

    Attributes:
        ends_at: when the task has made its pictures.
        looks: when it was looked at.
        step_takes_ms: how long a look takes.
    """

    def __init__(self, *jobs: Job, slot: Slot | None = None, ends_at: int = NOW + 10 * HOUR_MS) -> None:
        super().__init__(*jobs, slot=slot)
        self.looks: list[int] = []
        self.step_takes_ms = 0
        self.ends_at = ends_at
        task = made()
        self.portraits.pictures = {url: picture() for url in task.urls if url is not None}

        def look(task_id: str) -> PortraitTask:
            self.looks.append(self.time)
            self.time += self.step_takes_ms
            return task if self.time >= self.ends_at else going()

        self.portraits.task = look  # type: ignore[method-assign]  # in the place of an answer at once


def followed(**changes: int) -> tuple[Looked, Job]:
    """A task that goes on."""
    job = model(order(S.GENERATING))
    return Looked(job, slot=held_by(job), **changes), job
