"""Finds uploads whose event never came: reads the bucket on from where the last run stopped.

Bounded to one page a run; the cursor is kept in the control table and starts anew at the end.
"""

from __future__ import annotations

from itertools import groupby

from shared.domain.job import Job
from shared.domain.object_keys import PEOPLE_PREFIX, Kind, Upload, parse_upload
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.photo_set import look_through, take_in_listed
from shared.workflow.ports import Listed, World

PAGE = 200
TIME_FOR_A_PERSON = 20_000
EVENTS_TAKE = 60_000
"""Uploads younger than this (milliseconds) are left to their event, which is most likely on its way."""


def sweep(world: World) -> int:
    """Look at one page of uploads; returns how many people had something unrecorded."""
    cursor = world.control.sweep_cursor()
    listed, following = world.bucket.list_page(PEOPLE_PREFIX, cursor, PAGE)
    uploads = [(entry, parse_upload(entry.key)) for entry in listed]
    found = 0
    for person_id, group in groupby(
        ((entry, upload) for entry, upload in uploads if isinstance(upload, Upload)),
        key=lambda pair: pair[1].person_id,
    ):
        if not world.has_time_for(TIME_FOR_A_PERSON):
            return found
        uploaded, latest = list(group), world.jobs.latest(person_id)
        if _is_unrecorded(uploaded, latest, world.clock.now() - EVENTS_TAKE):
            log("sweep_found", person=person_id)
            found += 1
            try:
                take_in_listed(world, person_id, [entry for entry, _ in uploaded], latest)
                look_through(world, person_id)
            except Conflict:
                log("set_changed_meanwhile", person=person_id)
            except Trouble as trouble:
                warn("sweep_failed", person=person_id, code=trouble.code, message=trouble.message)
    if following != cursor:
        world.control.save_sweep_cursor(cursor, following)
    return found


def _is_unrecorded(uploaded: list[tuple[Listed, Upload]], latest: Job | None, before: int) -> bool:
    """Whether the newest job misses a photo that was uploaded ``before``."""
    return any(
        upload.kind is Kind.PHOTO
        and entry.stored.modified_at < before
        and (latest is None or not (latest.is_full or latest.knows(upload.name, entry.stored.etag)))
        for entry, upload in uploaded
    )
