"""Cancels a fine-tune at DashScope, since an administrator wants it or since it has trained for too long.

A job ends by what DashScope says at last and not by what was asked: a fine-tune that ends before it is
cancelled has ended like any other. Called by :mod:`shared.workflow.training` with DashScope's latest word.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.administration import why_canceled
from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, Reason
from shared.domain.retry_state import Cause
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.saving import LONGEST_BETWEEN_QUESTIONS_MS

CANCEL_AGAIN_MS = 60_000
"""So long after a cancel DashScope is asked again, if it still says that the fine-tune goes on."""


def cancel(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Ask DashScope to cancel what an administrator wants cancelled, and again while it goes on."""
    now = world.clock.now()
    noted = job
    if fine_tune.status != job.fine_tune_status:
        noted = job.still_training(fine_tune, now)
    if job.cancel_sent_at and now < job.cancel_sent_at + CANCEL_AGAIN_MS:
        # Also after a refusal: whoever stays for the end of a training asks about it every few seconds.
        return noted
    refusal = _refusal(world, fine_tune)
    if refusal:
        message = (
            f"An administrator has cancelled the training, and DashScope does not cancel it ({refusal})."
        )
        cause = Cause("cancel_failed", message, Kind.PASSING, Api.TRAINING)
        return replace(noted.held_up(cause, now, until=now + CANCEL_AGAIN_MS), cancel_sent_at=now)
    log("cancel_sent", job=job.job_id, fine_tune=fine_tune.fine_tune_id)
    return replace(noted.cleared(world.rules, now), cancel_sent_at=now)


def give_up(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Give a stuck fine-tune up once DashScope does so too: else it would run beside the next.

    While it is not cancelled and is said to run, it uses the slot: the job waits, says so, and asks again. A
    cancel that is refused because the fine-tune has just ended shows as that end when it is asked about next.
    """
    now = world.clock.now()
    refusal = _refusal(world, fine_tune)
    if refusal:
        message = f"The training is overdue, and DashScope does not cancel it ({refusal})."
        cause = Cause("cancel_failed", message, Kind.PASSING, Api.TRAINING)
        return job.held_up(cause, now, until=now + LONGEST_BETWEEN_QUESTIONS_MS)
    return job.ended(JobState.FAILED, overdue(world), now, fine_tune)


def overdue(world: World) -> Reason:
    """Return why a training is given up that takes too long."""
    hours = world.rules.training_deadline_ms / 3600_000
    return Reason("training_overdue", f"The training did not end within {hours:g} hours; train again.")


def wanted(job: Job, fine_tune: FineTune) -> Reason:
    """Say of a job that an administrator wanted cancelled what it has cost, with the tries before."""
    return why_canceled(job.usage + fine_tune.usage)


def _refusal(world: World, fine_tune: FineTune) -> str:
    """Ask DashScope to cancel; returns the code of its refusal, or ""."""
    try:
        world.dashscope.cancel_fine_tune(fine_tune.fine_tune_id)
    except Trouble as trouble:
        warn("cancel_failed", fine_tune=fine_tune.fine_tune_id, code=trouble.code)
        return trouble.code
    return ""
