"""What moves fine-tunes and portrait tasks from one state to the next: looks, time, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aliyun_local.control.errors import ControlError
from aliyun_local.dashscope.account.behaviour import Behaviour

MAX_SECONDS = 86_400.0
MAX_READS = 1_000
_DURATIONS = ("pending_seconds", "training_seconds", "task_pending_seconds", "task_seconds")


class Transitions:
    """The account's way of making states follow one another; holds from the next look on."""

    def __init__(self, behaviour: Callable[[], Behaviour], default: Callable[[], Behaviour]) -> None:
        """Change what ``behaviour`` returns; ``default`` makes what it was at first."""
        self._behaviour = behaviour
        self._default = default

    def immediate(self) -> None:
        """Whatever is started is finished when it is looked at."""
        self._behaviour().progression = "immediate"

    def after_reads(self, reads: int = 1) -> None:
        """Each state is shown ``reads`` times and then left."""
        if not 1 <= reads <= MAX_READS:
            raise ControlError(f"reads is {reads}; it must be from 1 to {MAX_READS}")
        behaviour = self._behaviour()
        behaviour.reads_per_status = reads
        behaviour.progression = "reads"

    def after_seconds(self, seconds: float, *, pending: float = 0.0) -> None:
        """What runs takes ``seconds`` on the cloud's clock, after ``pending`` seconds of waiting to start.

        Trainings that have begun keep the time that they were given.
        """
        for name, value in (("seconds", seconds), ("pending", pending)):
            if not 0 <= value <= MAX_SECONDS:
                raise ControlError(f"{name} is {value:g}; it must be from 0 to {MAX_SECONDS:g}")
        behaviour = self._behaviour()
        behaviour.pending_seconds = behaviour.task_pending_seconds = pending
        behaviour.training_seconds = behaviour.task_seconds = seconds
        behaviour.progression = "time"

    def reset(self) -> None:
        """Go back to how it was at first."""
        behaviour, first = self._behaviour(), self._default()
        for name in ("progression", "reads_per_status", *_DURATIONS):
            setattr(behaviour, name, getattr(first, name))

    def as_json(self) -> dict[str, Any]:
        """Return what the HTTP API shows of it."""
        behaviour = self._behaviour()
        if behaviour.progression == "reads":
            return {"progression": "reads", "reads": behaviour.reads_per_status}
        if behaviour.progression == "immediate":
            return {"progression": "immediate"}
        return {
            "progression": "seconds",
            "seconds": behaviour.training_seconds,
            "pending": behaviour.pending_seconds,
        }
