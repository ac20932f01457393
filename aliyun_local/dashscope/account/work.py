"""The common part of fine-tunes and portrait tasks: work that takes time, without storage, clock or wire.

Work enters one status after another and keeps the time of each. The account's switch ``progression`` is the
cause that moves it on: the clock ("time"), the number of times that its status was shown ("reads"), or the
next call alone ("immediate"). ``fine_tunes`` and ``tasks`` add the moves of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.records import Record
from aliyun_local.dashscope.errors import Problem

PENDING = "PENDING"
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(frozen=True, kw_only=True)
class Work(Record):
    """Work that takes time; times are seconds since the epoch.

    Attributes:
        status: One of the constants of this module, or of the module of its kind.
        entered_at: When it entered its status.
        ended_at: When it became terminal.
        run_seconds: From start to end.
        failure: Why it fails at its end; None when it succeeds.
        reads: How often its status has been shown.
        hurried_at: When its status had been shown often enough to move it on.
    """

    status: str = PENDING
    entered_at: float
    ended_at: float | None = None
    run_seconds: float
    failure: Problem | None = None
    reads: int = 0
    hurried_at: float | None = None


W = TypeVar("W", bound=Work)


def entered(work: W, status: str, at: float) -> W:
    """Return ``work`` with another status from ``at`` on."""
    # The read that moves work on is the first that is shown the new status.
    return replace(
        work,
        status=status,
        entered_at=at,
        ended_at=at if status in TERMINAL else None,
        reads=int(work.hurried_at is not None),
        hurried_at=None,
    )


def seen(work: W, at: float, behaviour: Behaviour) -> W:
    """Return ``work`` after its status has been shown once more."""
    if behaviour.progression != "reads" or work.status in TERMINAL:
        return work
    reads = work.reads + 1
    return replace(
        work, reads=reads, hurried_at=at if reads > behaviour.reads_per_status else work.hurried_at
    )
