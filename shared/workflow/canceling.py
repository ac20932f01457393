"""Cancels a fine-tune at DashScope: it is wanted, consent is withdrawn, or it has trained for too long.

A job ends by what DashScope says at last and not by what was asked: a fine-tune that ends before it is
cancelled has ended like any other. Called by :mod:`shared.workflow.training` with DashScope's latest word.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.administration import why_canceled
from shared.domain.consenting import WITHDRAWN_REASON, was_withdrawn
from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, Reason
from shared.domain.retry_state import Cause
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

CANCEL_AGAIN_MS = 60_000
"""So long after a cancel DashScope is asked again, if it still says that the fine-tune goes on."""
CANCELING_LASTS_MS = 1_800_000
"""So long a fine-tune that is overdue may take to be cancelled."""


def cancel(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Ask DashScope to cancel what is to be cancelled, and again while it goes on."""
    now = world.clock.now()
    noted = job
    if fine_tune.status != job.fine_tune_status:
        noted = job.still_training(fine_tune, now)
    if job.cancel_sent_at and now < job.cancel_sent_at + CANCEL_AGAIN_MS:
        # Also after a refusal: whoever stays for the end of a training asks about it every few seconds.
        return noted
    refusal = _refusal(world, fine_tune)
    if refusal:
        message = f"The training is to be cancelled, and DashScope does not cancel it ({refusal})."
        cause = Cause("cancel_failed", message, Kind.PASSING, Api.TRAINING)
        return replace(noted.held_up(cause, now, until=now + CANCEL_AGAIN_MS), cancel_sent_at=now)
    log("cancel_sent", job=job.job_id, fine_tune=fine_tune.fine_tune_id)
    return replace(noted.cleared(world.rules, now), cancel_sent_at=now)


def give_up(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Have a stuck fine-tune cancelled, and give it up once DashScope has done so.

    Until then it uses the slot, and nobody can tell what it costs: the next would run beside it. DashScope
    documents no bound for ``CANCELING``, so that a cancel that is agreed to and never done has an end here.
    """
    now = world.clock.now()
    is_agreed = bool(job.cancel_sent_at) and job.trouble is None
    if not is_agreed:
        return cancel(job, fine_tune, world)
    if now <= job.cancel_sent_at + CANCELING_LASTS_MS:
        return job if fine_tune.status == job.fine_tune_status else job.still_training(fine_tune, now)
    warn("cancel_unfinished", job=job.job_id, fine_tune=fine_tune.fine_tune_id, state=fine_tune.status)
    return job.ended(JobState.FAILED, overdue(world), now, fine_tune)


def overdue(world: World) -> Reason:
    """Return why a training is given up that takes too long."""
    hours = world.rules.training_deadline_ms / 3600_000
    return Reason("training_overdue", f"The training did not end within {hours:g} hours; train again.")


def wanted(job: Job, fine_tune: FineTune) -> Reason:
    """Say why a job ends whose cancellation was wanted, and what it has cost, with the tries before."""
    if was_withdrawn(job):
        return WITHDRAWN_REASON
    return why_canceled(job.usage + fine_tune.usage)


def _refusal(world: World, fine_tune: FineTune) -> str:
    """Ask DashScope to cancel; returns the code of its refusal, or ""."""
    try:
        world.dashscope.cancel_fine_tune(fine_tune.fine_tune_id)
    except Trouble as trouble:
        warn("cancel_failed", fine_tune=fine_tune.fine_tune_id, code=trouble.code)
        return trouble.code
    return ""
