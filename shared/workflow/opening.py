"""Finds the set that a new upload belongs to: the open one of its person, or the next.

Called by :mod:`shared.workflow.recording` and ``unpacking``. Before a person's first set, and before the
first upload in another spelling of the name, what was trained earlier is taken over. Without that it would be
paid for again.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job
from shared.domain.met_folders import having_met
from shared.domain.object_keys import Upload
from shared.errors import Conflict, RetryLater, Trouble, unforeseen
from shared.logs import warn
from shared.workflow.ports import World


class SetCrowded(RetryLater):
    """The set has as many unchecked photos as its row can hold."""


def open_set(world: World, latest: Job | None, upload: Upload) -> Job:
    """Return the job that a new upload belongs to: the open one, or the next; it has met the upload's folder.

    Raises:
        SetCrowded: the set has no room.
        BeingErased: an erasure of the person goes on.
        Conflict: the person's row has been written; look again.
    """
    person_id, now = upload.person_id, world.clock.now()
    if latest is None:
        # Imported here: a person comes for the first time only once.
        from shared.workflow.forgotten import first_set
        from shared.workflow.restoring import restore

        opened = having_met(first_set(world, person_id, now), upload.folder)
        try:
            restored = restore(world, person_id, met=(upload.folder,), starts_after=opened.starts_after)
        except Conflict:
            raise
        except Exception as problem:
            # The photos are recorded all the same; before anything is paid for the bucket is asked again.
            trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
            world.health.failed(trouble.cause)
            return replace(opened, is_proved_new=False)
        if restored is not None:
            raise Conflict("the person's row was made anew from an earlier result")
        return _with_consent(world, opened, upload.folder)
    if not latest.has_met(upload.folder):
        # Imported here: it is seldom that a person's name comes in another spelling.
        from shared.workflow.restoring import take_over

        take_over(world, latest, upload.folder)
    if not latest.takes_photos:
        return having_met(latest.next_revision(world.rules, now), upload.folder)
    if latest.photo_set.is_crowded:
        raise SetCrowded(
            "set_crowded", "too many photos of this person wait for their check", delay_seconds=60
        )
    return having_met(latest, upload.folder)


def _with_consent(world: World, job: Job, folder: str) -> Job:
    """Return a person's first job with their consent, where that is asked for and can be read now."""
    if not world.rules.consent_required:
        return job
    from shared.workflow.consenting import opened_with_consent

    try:
        return opened_with_consent(world, job, folder)
    except Trouble as trouble:
        # Whatever is about to leave asks by itself, and the sweep finds what the row does not know.
        world.health.failed(trouble.cause)
        warn("consent_not_read", job=job.job_id, code=trouble.code, message=trouble.message)
        return job
