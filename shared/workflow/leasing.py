"""Has one run record the photos of a person that come together, so that not all of them write against it.

The theory. Ten photos that are sent at once are ten events, and all of their runs write the person's row:
each save but one is lost and made again. So a run whose save was lost takes a lease of the set, in the same
write as its own photo. Whoever reads the row while the lease lasts leaves its photo to that run: the upload
lies in the folder by then. The run records what the folder shows, and gives the lease back with the last of
it. Then it lists the folder once more, since a photo may have been left to it after the listing before.

A run that dies takes nothing with it: when its lease has run out, a tick looks through the folder, and the
set does not close before. Called by :mod:`shared.workflow.recording`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job
from shared.domain.job_record import LEASE_MS
from shared.domain.object_keys import Upload
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log
from shared.workflow.closing import TIME_FOR_A_LOOK_MS, unrecorded_photos
from shared.workflow.ports import World
from shared.workflow.recording import Recorded, log_recorded
from shared.workflow.recording_found import SAVED_TOGETHER, record_found
from shared.workflow.saving import save

MAX_ROUNDS = 10
"""Photos that keep coming are left to their own runs at last."""


def record_with_lease(world: World, latest: Job | None, after: Job, upload: Upload) -> Recorded:
    """Save ``after``, which has the photo of ``upload``, with a lease, and record what came beside it.

    Raises:
        Conflict: another run has written the person's row again.
    """
    is_open = after.state is JobState.COLLECTING
    saved = save(world, latest, _leased(world, after) if is_open else after)
    recorded = log_recorded(saved, upload)
    if not is_open:
        return recorded
    try:
        return replace(recorded, job=_record_others(world.for_at_most(TIME_FOR_A_LOOK_MS), saved))
    except Trouble as trouble:
        # What is left is found by the tick that looks when the lease has run out.
        world.health.failed(trouble.cause)
        log("lease_runs_out", job=saved.job_id, code=trouble.code, message=trouble.message)
        return recorded


def _record_others(world: World, job: Job) -> Job:
    """Record what the folder shows until nothing is left; the lease goes back with the last of it.

    After that the folder is listed once more. What has come since is recorded like any photo, against others.
    """
    for _ in range(MAX_ROUNDS):
        try:
            news = unrecorded_photos(world, job)
            if not news and not job.leased_until:
                break
            is_last = len(news) <= SAVED_TOGETHER
            before = job.with_lease(0, world.rules, world.clock.now()) if is_last else _leased(world, job)
            after, _ = record_found(world, news[:SAVED_TOGETHER], before)
            job = world.jobs.save(job, before) if after is None or after is before else after
        except Conflict:
            newest = world.jobs.latest(job.person_id)
            is_ours = newest is not None and newest.leased_until == job.leased_until
            if newest is None or (newest.is_leased(world.clock.now()) and not is_ours):
                # Another run lists the folder after this one.
                return newest or job
            job = newest
    return job


def _leased(world: World, job: Job) -> Job:
    now = world.clock.now()
    return job.with_lease(now + LEASE_MS, world.rules, now)
