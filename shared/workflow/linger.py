"""Stays for a training that is about to end, so that the slot does not idle until the next tick."""

from __future__ import annotations

from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.lingering import Plan, plan
from shared.domain.slot import DOCUMENTED_DURATION
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import training
from shared.workflow.ports import World

TIME_FOR_WHAT_FOLLOWS = 45_000
"""Milliseconds that a run keeps for delivering the job and submitting the next."""
BEFORE_THE_TICK = 1_500
"""Milliseconds. A run that is still there when the next tick is due would keep it from starting."""


def stay(world: World, seen: Observed, next_tick: int) -> bool:
    """Stay for the training that is worth it most, if any is; returns whether something has changed.

    Raises nothing: a run that cannot stay leaves, and the next tick sees the same world.
    """
    wanted = _whom_to_stay_for(world, seen, next_tick)
    if wanted is None:
        return False
    job, first = wanted
    now = world.clock.now()
    try:
        world.control.save_lingering(seen.lingering, seen.lingering.begun(job.job_id, now, first.leave_in))
        log("lingering", job=job.job_id, seconds=first.leave_in / 1000)
        return _watch(world, seen, job, first, now + first.leave_in)
    except Conflict as conflict:
        log("overtaken", action="Linger", message=conflict.message)
    except Trouble as trouble:
        warn("linger_failed", job=job.job_id, code=trouble.code, message=trouble.message)
    return False


def _whom_to_stay_for(world: World, seen: Observed, next_tick: int) -> tuple[Job, Plan] | None:
    now = world.clock.now()
    # A stay that reaches further than a tick was written by a clock that runs ahead.
    if now < seen.lingering.until <= now + 2 * world.rules.linger:
        return None
    plans = [
        (job, found)
        for job in seen.running
        if job.state is JobState.TRAINING
        and (found := _plan(world, seen, job, _horizon(world, seen, job, next_tick)))
    ]
    return min(plans, key=lambda pair: pair[1].look_in, default=None)


def _horizon(world: World, seen: Observed, job: Job, next_tick: int) -> int:
    """How long a run may stay for ``job`` at most."""
    until = min(next_tick - BEFORE_THE_TICK, world.dead_at - TIME_FOR_WHAT_FOLLOWS)
    return min(until - world.clock.now(), seen.lingering.left(job.job_id, world.rules.linger))


def _plan(world: World, seen: Observed, job: Job, horizon: int) -> Plan | None:
    durations = seen.slot.durations or (DOCUMENTED_DURATION,)
    return plan(durations, world.clock.now() - job.submitted_at, horizon)


def _watch(world: World, seen: Observed, job: Job, following: Plan | None, leaves_at: int) -> bool:
    """Look again and again until the job has moved on or it is time to leave."""
    while following is not None and world.clock.now() + following.look_in <= leaves_at:
        world.clock.sleep(following.look_in)
        after = training.poll(world, job)
        if after.state is not job.state:
            return True
        job = after
        following = _plan(world, seen, job, leaves_at - world.clock.now())
    return False
