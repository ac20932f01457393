"""The next steps for portraits: the observed state in, steps out, each with the moment at which it is due.

Level-triggered, as :mod:`shared.domain.decide`: a step that is taken twice, or on a state that has moved on,
fails at its conditional write. :class:`shared.workflow.portrait_run.PortraitRun` observes and takes them.
Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from shared.domain.caps import what_holds_portraits
from shared.domain.job import Job
from shared.domain.portrait_work import PortraitsSeen, is_overdue, is_used, next_order
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.rules import Rules
from shared.domain.slot import Slot

LOOK_SPACING_MS = 2_000
"""DashScope takes 20 looks at tasks a second from an account ("Asynchronous tasks")."""
SHOWN_WITHIN_MS = 120_000
"""So long after nobody can send an attempt's POST any more, it has arrived and the list shows its task."""


class Kind(IntEnum):
    """What a step does; those that free the slot, or fill it, come first."""

    RELEASE = 1
    POLL = 2
    RESOLVE = 3
    DROP = 4
    SUBMIT = 5
    STORE = 6
    RECORD = 7


class Step(NamedTuple):
    """A step: when it is due, and of which job and order (None: of the slot, or of the job's result)."""

    kind: Kind
    due_at: int
    job: Job | None = None
    order: PortraitOrder | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is the same for a step that is decided on again while nothing has changed."""
        job_id = self.job.job_id if self.job is not None else ""
        if self.order is None:
            return self.kind, job_id
        return self.kind, job_id, self.order.number, self.order.state, self.order.attempt


def steps(seen: PortraitsSeen, slot: Slot, rules: Rules) -> list[Step]:
    """Return what is to be done, those first that come first at one moment."""
    return sorted(_steps(seen, slot, rules), key=lambda step: (step.kind, step.due_at))


def _steps(seen: PortraitsSeen, slot: Slot, rules: Rules) -> Iterator[Step]:
    now = seen.now
    may_be_used = (
        not is_overdue(seen.slot, now) if seen.is_holder_unread else is_used(seen.slot, seen.holder, now)
    )
    if seen.slot.holder and not may_be_used:
        yield Step(Kind.RELEASE, now)
    for job in seen.jobs:
        if job.result_due_at:
            yield Step(Kind.RECORD, job.result_due_at, job)
        for order in job.portraits:
            yield from _of_order(job, order, now)
    yield from _submit(seen, slot, rules)


def _of_order(job: Job, order: PortraitOrder, now: int) -> Iterator[Step]:
    due_at = now if order.is_due(now) or order.retry is None else order.retry.next_try_at
    if order.state is OrderState.GENERATING:
        yield Step(Kind.POLL, due_at, job, order)
    elif order.state is OrderState.STORING:
        yield Step(Kind.STORE, due_at, job, order)
    elif order.state is OrderState.SUBMITTING:
        yield Step(Kind.RESOLVE, max(due_at, order.attempt_expires_at + SHOWN_WITHIN_MS), job, order)
    elif order.state is OrderState.QUEUED and job.model_released_at:
        yield Step(Kind.DROP, now, job, order)


def _submit(seen: PortraitsSeen, slot: Slot, rules: Rules) -> Iterator[Step]:
    if slot.paused is not None or not rules.portraits_allowed:
        return
    found = next_order(seen)
    if found is None:
        if seen.slot.is_halted(seen.now):
            # Then is the time to look again.
            yield Step(Kind.SUBMIT, seen.slot.halted_until)
        return
    job, order = found
    if not job.model_released_at and what_holds_portraits(order, slot, rules, seen.now) is None:
        yield Step(Kind.SUBMIT, seen.now, job, order)
