"""Finds the set that a new upload belongs to: the open one of its person, or the next.

Called by :mod:`shared.workflow.recording` and ``unpacking``. Before a person's first set, and before the
first upload in another spelling of the name, what was trained earlier is taken over. Without that it would be
paid for again.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job, open_job
from shared.domain.job_record import having_met
from shared.domain.object_keys import Upload
from shared.errors import Conflict, RetryLater, Trouble, unforeseen
from shared.workflow.ports import World


class SetCrowded(RetryLater):
    """The set has as many unchecked photos as its row can hold."""


def open_set(world: World, latest: Job | None, upload: Upload) -> Job:
    """Return the job that a new upload belongs to: the open one, or the next; it has met the upload's folder.

    Raises:
        SetCrowded: the set has no room.
        Conflict: the person's row has been written; look again.
    """
    person_id, now = upload.person_id, world.clock.now()
    if latest is None:
        # Imported here: a person comes for the first time only once.
        from shared.workflow.restoring import restore

        try:
            restored = restore(world, person_id, met=(upload.folder,))
        except Conflict:
            raise
        except Exception as problem:
            # The photos are recorded all the same; before anything is paid for the bucket is asked again.
            trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
            world.health.failed(trouble.cause)
            return having_met(replace(open_job(person_id, 1, now), is_proved_new=False), upload.folder)
        if restored is not None:
            raise Conflict("the person's row was made anew from an earlier result")
        return having_met(open_job(person_id, 1, now), upload.folder)
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
