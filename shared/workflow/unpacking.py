"""Unpacks a zip: every photo in it becomes an upload of the same person, everything else is refused by name.

Called by :mod:`shared.workflow.recording` for a zip. The files are stored in a folder that is called
like the zip, under the person, and their own upload events bring them the way of every photo. The set stays
open until the zip is done.

A zip takes as many runs as it needs. A run goes through the files in their order
(:mod:`shared.workflow.taking_out`), and how far it has got is written down here, also when it has to stop
early; the next one goes on behind that, so no file is read again, whatever was found in it. What a run that
died has stored, the next one finds in the folder. A run that got no further, died or met trouble has used up
one of ``MAX_TRIES``; any other is past at least one file more. So a zip ends within
``MAX_ENTRIES + MAX_TRIES`` runs (510), the last of which may only say that it is given up.

A zip that replaces one of its name is begun from its start. What becomes of the first one's files is the
matter of :mod:`shared.domain.taken_out`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.archives import MAX_ARCHIVE_BYTES
from shared.domain.job import Job
from shared.domain.object_keys import Upload
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, failed_again
from shared.errors import Conflict, NotFound, RetryLater, Trouble
from shared.workflow.forgotten import ERASED, check_not_going, is_erased
from shared.workflow.opening import open_set
from shared.workflow.ports import World
from shared.workflow.recognizing import Found, recognize
from shared.workflow.recording import (
    GONE,
    Recorded,
    RunIsUp,
    log_recorded,
    new_photo,
    observations,
    on_record,
)
from shared.workflow.saving import save
from shared.workflow.taking_out import take_out

MAX_TRIES = 10


def unpack_upload(world: World, upload: Upload, newest: Job | None, hint: Stored | None = None) -> Recorded:
    """Unpack the zip under ``upload.key``, or continue where an earlier run has stopped or died.

    Args:
        world: the services.
        upload: the zip.
        newest: the person's newest job as read before, None without one.
        hint: what the event says of the zip, in case that the bucket tells nothing about it.

    Raises:
        RetryLater: not everything could be unpacked this time.
    """
    begun = _begin(world, upload, newest, hint)
    photo = begun.job.photo_set.photo(upload.name) if begun.job and not begun.outcome else None
    if begun.job is None or photo is None:
        return begun
    if not photo.is_pending:
        return log_recorded(begun.job, upload)
    piece = f"{begun.job.person_key} zip {photo.etag}"
    if world.health.is_given_up(piece):
        detail = f"function_died: {DEATHS_ALLOWED} runs and more died while they unpacked it"
        given_up = replace(photo, verdict=Verdict.ARCHIVE_FAILED, detail=detail, retry=None)
        return _end(world, upload, photo, given_up, [])
    rests_until = world.health.left_alone_until(piece)
    if rests_until:
        retry = failed_again(photo.retry, FUNCTION_DIED, world.clock.now())
        return _end(world, upload, photo, replace(photo, retry=replace(retry, next_try_at=rests_until)), [])
    world.health.take_in_hand(piece)
    try:
        ended, refused = take_out(world, upload, photo)
    except NotFound as gone:
        raise RetryLater(
            "archive_changed", "the zip was replaced while it was unpacked", delay_seconds=1
        ) from gone
    except Trouble as trouble:
        _end(world, upload, photo, _held_up(world, photo, trouble), [])
        raise
    recorded = _end(world, upload, photo, ended, refused)
    if ended.is_pending:
        raise RunIsUp("zip_unfinished", f"{ended.detail} so far; the next run goes on", delay_seconds=1)
    return recorded


def _begin(world: World, upload: Upload, newest: Job | None, hint: Stored | None) -> Recorded:
    """Record that the zip is being unpacked; an outcome says why this run does not unpack it."""
    check_not_going(newest)
    for latest, stored in observations(world, upload, newest, hint):
        if stored is None:
            return Recorded(latest, GONE)
        found = Found(upload, stored)
        (what,) = recognize(world, latest, [found])
        now = world.clock.now()
        try:
            if known := on_record(world, latest, found, what):
                return known
            before = open_set(world, latest, upload)
        except Conflict:
            continue
        if is_erased(before, stored.modified_at):
            return Recorded(latest, ERASED)
        earlier = before.photo_set.photo(upload.name)
        photo = new_photo(before, upload, stored, now, Verdict.UNPACKING)
        if earlier is not None and earlier.is_pending and earlier.etag == stored.etag:
            if now < earlier.recorded_at + UNPACKING_TAKES_MS:
                return Recorded(latest, "being_unpacked")
            if not world.may_try(earlier.retry, now):
                return Recorded(latest, "held_up")
            photo = replace(
                photo,
                detail=earlier.detail,
                tries=earlier.tries,
                taken_out=earlier.taken_out,
                refused=earlier.refused,
                retry=earlier.retry,
            )
        photo = replace(photo, tries=photo.tries + 1)
        photo = replace(photo, verdict=Verdict.LINK if stored.is_link else _first_verdict(photo))
        photo_set = before.photo_set.with_photo(photo, now)
        try:
            return Recorded(save(world, latest, before.collecting(photo_set, world.rules, now)), "")
        except Conflict:
            continue
    raise AssertionError("unreachable: the observations end with an error")


def _end(world: World, upload: Upload, begun: Photo, ended: Photo, refused: list[Photo]) -> Recorded:
    """Put ``ended`` in the place of ``begun``, unless another run has continued with the zip meanwhile."""
    # The job is read again: the zip's photos have been recorded meanwhile.
    for latest, stored in observations(world, upload, world.jobs.latest(upload.person_id)):
        if stored is None:
            return Recorded(latest, GONE)
        still = latest.photo_set.photo(upload.name) if latest is not None and latest.state.is_open else None
        if latest is None or still != begun or stored.etag != begun.etag:
            return Recorded(latest, "overtaken")
        now = world.clock.now()
        # Refusals of an earlier zip under this name go, those of earlier runs with this very zip stay.
        photos = latest.photo_set.photos if begun.refused else ()
        refused_before = [one for one in photos if one.archive == begun.name]
        if ended.is_pending and ended.retry is None:
            # The next run need not wait, and the set's turn comes after those of sets that are due already.
            ended = replace(ended, recorded_at=now - UNPACKING_TAKES_MS)
        photo_set = latest.photo_set.with_unpacked(ended, [*refused_before, *refused], now)
        try:
            return log_recorded(save(world, latest, latest.collecting(photo_set, world.rules, now)), upload)
        except Conflict:
            continue
    raise AssertionError("unreachable: the observations end with an error")


def _held_up(world: World, photo: Photo, trouble: Trouble) -> Photo:
    """Return the zip with the trouble of a try: a bad hour of the bucket's does not use up its tries."""
    cause = world.health.failed(trouble.cause, photo.retry)
    retry = failed_again(photo.retry, cause, world.clock.now())
    if world.health.is_hopeless(retry, cause.api):
        return replace(
            photo, verdict=Verdict.ARCHIVE_FAILED, detail=f"{cause.code}: {cause.message}", retry=None
        )
    return replace(photo, tries=photo.tries - 1, retry=retry)


def _first_verdict(archive: Photo) -> Verdict:
    if archive.size == 0:
        return Verdict.EMPTY
    if archive.size > MAX_ARCHIVE_BYTES:
        return Verdict.ARCHIVE_TOO_LARGE
    return Verdict.UNPACKING if archive.tries <= MAX_TRIES else Verdict.ARCHIVE_FAILED
