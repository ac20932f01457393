"""Finds uploads whose event never came: reads the bucket on from where the last run stopped.

Called at the end of a tick. Bounded to a few pages a run, with a rest between runs; the theory is in
:mod:`shared.domain.sweeping`, and the progress in the control table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from shared.domain.job import Job
from shared.domain.object_keys import PEOPLE_PREFIX, Kind, Upload, parse_upload
from shared.domain.sweeping import SweepProgress
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.closing import look_through, record_listed
from shared.workflow.ports import Listed, World

PAGE = 1000
PAGES_A_RUN = 5
TIME_FOR_A_PERSON_MS = 20_000
EVENTS_TAKE_MS = 60_000
"""Younger uploads are left to their event, which is most likely on its way."""


def sweep(world: World, before: SweepProgress) -> int:
    """Read on from ``before``; returns how many people had something unrecorded.

    Raises:
        Conflict: another run has read the same pages.
    """
    found, after = 0, before
    for _ in range(PAGES_A_RUN):
        listed, following = world.bucket.list_page(PEOPLE_PREFIX, after.cursor, PAGE)
        clean = True
        for person_id, uploaded in _people(
            listed, after, world.clock.now() - EVENTS_TAKE_MS, world.rules.ready_marker
        ):
            if not world.has_time_for(TIME_FOR_A_PERSON_MS):
                # The next run reads the page again and finds the recorded uploads recorded.
                _save(world, before, after)
                return found
            latest = world.jobs.latest(person_id)
            if _is_unrecorded(uploaded, latest):
                found += 1
                clean = _record_missing(world, person_id, uploaded, latest) and clean
        after = after.past(following, clean=clean, now=world.clock.now())
        if not following:
            break
    _save(world, before, after.resting(world.clock.now() + world.rules.sweep_rest_ms))
    return found


def _people(
    listed: list[Listed], progress: SweepProgress, before: int, marker: str
) -> Iterator[tuple[str, list[tuple[Listed, Upload]]]]:
    """Yield the people on a page with their uploads from ``before`` that may be unrecorded."""
    uploads = (
        (entry, upload)
        for entry in listed
        if entry.stored.modified_at < before
        and progress.may_miss(entry.stored.modified_at)
        and isinstance(upload := parse_upload(entry.key, marker), Upload)
        and upload.kind is not Kind.MARKER
    )
    for person_id, group in groupby(uploads, key=lambda pair: pair[1].person_id):
        yield person_id, list(group)


def _is_unrecorded(uploaded: list[tuple[Listed, Upload]], latest: Job | None) -> bool:
    """Whether the newest job misses one of the photos."""
    return latest is None or any(
        not (latest.photo_set.is_full or latest.knows(upload.name, entry.stored.etag))
        for entry, upload in uploaded
    )


def _record_missing(
    world: World, person_id: str, uploaded: list[tuple[Listed, Upload]], latest: Job | None
) -> bool:
    """Record the person's missing uploads; returns whether it went without trouble."""
    log("sweep_found", person=person_id)
    try:
        latest = record_listed(world, person_id, [entry for entry, _ in uploaded], latest)
        look_through(world, person_id, latest)
    except Conflict:
        log("set_changed_meanwhile", person=person_id)
        return False
    except Trouble as trouble:
        warn("sweep_failed", person=person_id, code=trouble.code, message=trouble.message)
        return False
    return True


def _save(world: World, before: SweepProgress, after: SweepProgress) -> None:
    if after != before:
        world.control.save_sweep(before, after)
