"""How fine-tunes and portrait tasks move from one state to the next: when they are read, by time, or at once.

A control of :class:`aliyun_local.control.controls.Controls`; it changes the behaviour of the local DashScope.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aliyun_local.control.errors import ControlError
from aliyun_local.dashscope.account.behaviour import Behaviour

MAX_SECONDS = 86_400.0
MAX_READS = 1_000
_DURATIONS = ("pending_seconds", "training_seconds", "task_pending_seconds", "task_seconds")


class Transitions:
    """The state transitions of the account; a change takes effect with the next read."""

    def __init__(self, behaviour: Callable[[], Behaviour], default: Callable[[], Behaviour]) -> None:
        """Change the object that ``behaviour`` returns; ``default`` returns one with the initial values."""
        self._behaviour = behaviour
        self._default = default

    def immediate(self) -> None:
        """Finish everything that is started as soon as it is read."""
        self._behaviour().progression = "immediate"

    def after_reads(self, reads: int = 1) -> None:
        """Leave each state after it has been read ``reads`` times."""
        if not 1 <= reads <= MAX_READS:
            raise ControlError(f"reads is {reads}; it must be from 1 to {MAX_READS}")
        behaviour = self._behaviour()
        behaviour.reads_per_status = reads
        behaviour.progression = "reads"

    def after_seconds(self, seconds: float, *, pending_seconds: float = 0.0) -> None:
        """Finish everything after ``seconds`` on the cloud's clock, and start it ``pending_seconds`` late.

        Trainings that have begun keep their duration. A portrait task of more than ``task_limit_seconds``
        fails.
        """
        for name, value in (("seconds", seconds), ("pending_seconds", pending_seconds)):
            if not 0 <= value <= MAX_SECONDS:
                raise ControlError(f"{name} is {value:g}; it must be from 0 to {MAX_SECONDS:g}")
        behaviour = self._behaviour()
        behaviour.pending_seconds = behaviour.task_pending_seconds = pending_seconds
        behaviour.training_seconds = behaviour.task_seconds = seconds
        behaviour.progression = "time"

    def reset(self) -> None:
        """Restore the initial transitions."""
        behaviour, initial = self._behaviour(), self._default()
        for name in ("progression", "reads_per_status", *_DURATIONS):
            setattr(behaviour, name, getattr(initial, name))

    def as_json(self) -> dict[str, Any]:
        """Return the transitions as the HTTP API shows them."""
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
