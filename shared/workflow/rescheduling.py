"""Computes anew when something of the jobs that have ended is to go, after a change of the settings.

That moment stands in the row, computed with the settings of the run that delivered the job. So after a change
of one of them all jobs that have ended are gone through once, a page a tick. That begins when no instance
with the old settings can be at work any more; what such a one has delivered is gone through as well. So does
the first version that removes anything: before it no row had such a moment.

Called by :mod:`shared.workflow.reconciling`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.retention import kept_by, scheduled
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.retiming import OLD_INSTANCES_LIVE_MS, settings_id

PAGE = 100
TIME_FOR_A_PAGE_MS = 30_000


def reschedule(world: World, health: Health) -> None:
    """Go on with the jobs that have ended, if the settings have changed.

    Raises:
        Trouble: the tables cannot be read.
    """
    wanted = kept_by(world.rules)
    is_seen = health.settings_id == settings_id(world.rules)
    if not is_seen or world.clock.now() < health.settings_seen_at + OLD_INSTANCES_LIVE_MS:
        return
    if not world.has_time_for(TIME_FOR_A_PAGE_MS):
        return
    settings, _, after = health.kept_up_to.partition("|")
    ids, following = world.jobs.ended(after if settings == wanted else "", PAGE)
    changed = sum(_save_anew(world, job) for job in world.jobs.find_each(ids).values()) if ids else 0
    if following:
        world.health.note(lambda health: replace(health, kept_up_to=f"{wanted}|{following}"))
    else:
        world.health.note(lambda health: replace(health, kept_by=wanted, kept_up_to=""))
    if changed:
        log("ended_jobs_rescheduled", jobs=changed)


def _save_anew(world: World, job: object) -> bool:
    if not isinstance(job, Job):
        return False
    after = scheduled(job, world.rules)
    if after == job:
        return False
    try:
        world.jobs.save(job, after)
    except Conflict:
        log("overtaken", action="Reschedule", job=job.job_id)
    except Trouble as trouble:
        warn("not_rescheduled", job=job.job_id, code=trouble.code, message=trouble.message)
    else:
        return True
    return False
