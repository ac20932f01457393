"""Saves a job, and before it what its row has no room for; or notes on it what holds it up.

Called by :mod:`shared.workflow.recording`, ``closing``, ``unpacking`` and ``actions``. A photo that leaves
the row (for the next revision's, or because the row is full) is remembered elsewhere first. Remembering may
be repeated, so a run that dies in between does no harm; the save of the row is the one write that counts.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job
from shared.domain.lanes import RUNNING_LANE
from shared.domain.retry_state import Cause
from shared.domain.upload_memory import entries_of
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.tracing import current
from shared.workflow.ports import World

LONGEST_BETWEEN_QUESTIONS_MS = 120_000
"""However often DashScope has not told about a job: the slot is not idle for longer."""


def save(world: World, latest: Job | None, after: Job) -> Job:
    """Save ``after`` on top of ``latest``, or as the person's next revision; raises Conflict."""
    is_same = latest is not None and latest.revision == after.revision
    dropped = after.photo_set.dropped
    if dropped:
        entries = {name: entry for photo in dropped for name, entry in entries_of(photo).items()}
        world.seen.remember(after.person_key, entries, world.clock.now())
        after = replace(after, photo_set=replace(after.photo_set, dropped=()))
    if is_same and after.state.is_terminal:
        # Imported here: few photos come late. They are to go later than what came in time.
        from shared.domain.retention import scheduled

        after = scheduled(after, world.rules)
    if not is_same and not after.traceparent:
        after = replace(after, traceparent=current())
    return world.jobs.save(latest if is_same else None, after)


def hold_up_briefly(world: World, job: Job, cause: Cause) -> Job:
    """Note a trouble of a job that may hold the slot: soon it is asked about again, for the slot's sake."""
    now = world.clock.now()
    held = job.held_up(cause, now)
    latest = now + LONGEST_BETWEEN_QUESTIONS_MS
    if held.retry and held.retry.next_try_at > latest:
        held = job.held_up(cause, now, until=latest)
    return world.jobs.save(job, held)


def hold_up(world: World, job: Job, trouble: Trouble) -> Job:
    """Note on ``job`` that its present step has failed; returns it as it is stored, or as it was.

    Raises nothing: when the note cannot be written either, the deployment's health tells of it, and the next
    run meets the same trouble again.
    """
    cause = world.health.failed(trouble.cause, job.retry)
    try:
        if job.lane == RUNNING_LANE:
            return hold_up_briefly(world, job, cause)
        return world.jobs.save(job, job.held_up(cause, world.clock.now()))
    except Conflict:
        log("overtaken", action="HoldUp", job=job.job_id)
    except Trouble as other:
        warn("trouble_not_noted", job=job.job_id, code=other.code, message=other.message)
        why, now = other.cause, world.clock.now()
        world.health.note(lambda health: health.with_unwritten(job.job_id, why, now))
    return job
