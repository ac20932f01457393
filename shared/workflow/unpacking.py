"""Unpacks a zip: every photo in it becomes an upload of the same person, everything else is refused by name.

Called by :mod:`shared.workflow.recording` for a zip. The files are stored in a folder that is called
like the zip, under the person, and their own upload events bring them the way of every photo. The set stays
open until the zip is done. A run that dies leaves the rest to the next run: the zip's record says since when
and how often it has been tried.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.archives import (
    MAX_ARCHIVE_BYTES,
    Entry,
    is_too_much,
    printable,
    unpacked_key,
    verdict_from_entry,
)
from shared.domain.job import Job
from shared.domain.object_keys import Upload
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.photos import Photo, Verdict
from shared.errors import Conflict, NotFound, RetryLater
from shared.logs import log
from shared.workflow.archive_reading import Archive, TooLargeArchive, UnreadableArchive
from shared.workflow.ports import World
from shared.workflow.recording import (
    Recorded,
    log_recorded,
    new_photo,
    observations,
    open_set,
    outcome_without_change,
    save,
)

TIME_FOR_AN_ENTRY_MS = 15_000
MAX_TRIES = 10
PAGE = 1000


class OutOfTime(RetryLater):
    """Too little of the invocation is left for the rest of the zip."""


def unpack_upload(world: World, upload: Upload, newest: Job | None) -> Recorded:
    """Unpack the zip under ``upload.key``, or continue where a run that is dead by now has stopped.

    Args:
        world: the services.
        upload: the zip.
        newest: the person's newest job as read before, None without one.

    Raises:
        RetryLater: not everything could be unpacked this time.
    """
    begun = _begin(world, upload, newest)
    photo = begun.job.photo_set.photo(upload.name) if begun.job and not begun.outcome else None
    if begun.job is None or photo is None:
        return begun
    if not photo.is_pending:
        return log_recorded(begun.job, upload)
    try:
        done, refused = _unpack(world, upload, photo)
    except NotFound as gone:
        raise RetryLater(
            "archive_changed", "the zip was replaced while it was unpacked", delay_seconds=1
        ) from gone
    except OutOfTime:
        # The next run need not wait, and a zip that is merely large has not failed a try.
        left = replace(photo, recorded_at=0, tries=max(1, photo.tries - 1))
        _end(world, upload, photo, left, [])
        raise
    return _end(world, upload, photo, done, refused)


def _begin(world: World, upload: Upload, newest: Job | None) -> Recorded:
    """Record that the zip is being unpacked; an outcome says why this run does not unpack it."""
    for latest, stored in observations(world, upload, newest):
        outcome = outcome_without_change(latest, upload, stored)
        if outcome or stored is None:
            return Recorded(latest, outcome)
        now = world.clock.now()
        before = open_set(world, latest, upload.person_id)
        earlier = before.photo_set.photo(upload.name)
        continues = earlier is not None and earlier.is_pending and earlier.etag == stored.etag
        if earlier is not None and continues and now < earlier.recorded_at + UNPACKING_TAKES_MS:
            return Recorded(latest, "being_unpacked")
        tries = earlier.tries + 1 if earlier is not None and continues else 1
        photo = new_photo(before, upload, stored, now, _first_verdict(stored.size, tries))
        photo_set = before.photo_set.with_photo(replace(photo, tries=tries), now)
        try:
            return Recorded(save(world, latest, before.collecting(photo_set, world.rules, now)), "")
        except Conflict:
            continue
    raise AssertionError("unreachable: the observations end with an error")


def _end(world: World, upload: Upload, begun: Photo, ended: Photo, refused: list[Photo]) -> Recorded:
    """Put ``ended`` in the place of ``begun``, unless another run has continued with the zip meanwhile."""
    # The job is read again: the zip's photos have been recorded meanwhile.
    for latest, stored in observations(world, upload, world.jobs.latest(upload.person_id)):
        outcome = outcome_without_change(latest, upload, stored)
        if outcome or stored is None:
            return Recorded(latest, outcome)
        still = latest.photo_set.photo(upload.name) if latest is not None and latest.state.is_open else None
        if latest is None or still != begun or stored.etag != begun.etag:
            return Recorded(latest, "overtaken")
        now = world.clock.now()
        photo_set = latest.photo_set.with_unpacked(ended, refused, now)
        try:
            return log_recorded(save(world, latest, latest.collecting(photo_set, world.rules, now)), upload)
        except Conflict:
            continue
    raise AssertionError("unreachable: the observations end with an error")


def _first_verdict(size_bytes: int, tries: int) -> Verdict:
    if size_bytes == 0:
        return Verdict.EMPTY
    if size_bytes > MAX_ARCHIVE_BYTES:
        return Verdict.ARCHIVE_TOO_LARGE
    return Verdict.UNPACKING if tries <= MAX_TRIES else Verdict.ARCHIVE_FAILED


def _unpack(world: World, upload: Upload, photo: Photo) -> tuple[Photo, list[Photo]]:
    """Store every photo of the zip as an upload; returns the records of the zip and of refused entries."""
    try:
        archive = Archive(
            lambda start, count: world.bucket.read_range(upload.key, start, count, etag=photo.etag),
            photo.size,
        )
    except UnreadableArchive as problem:
        return replace(photo, verdict=Verdict.NOT_AN_ARCHIVE, detail=str(problem)), []
    except TooLargeArchive:
        return replace(photo, verdict=Verdict.ARCHIVE_TOO_LARGE), []
    if is_too_much(archive.entries):
        return replace(photo, verdict=Verdict.ARCHIVE_TOO_LARGE), []
    there = _already_there(world, upload, photo) if photo.tries > 1 else {}
    taken: set[str] = set()
    refused: list[Photo] = []
    for entry in archive.entries:
        key = unpacked_key(upload.person_id, upload.name, entry.name)
        verdict = Verdict.UNSAFE_NAME if key in taken else verdict_from_entry(entry, key)
        detail = "the name stands in the zip twice" if key in taken else ""
        if verdict is None and there.get(key) != entry.size:
            verdict, detail = _store(world, archive, entry, key)
        if verdict is None:
            taken.add(key)
        else:
            is_named_again = key in taken or any(one.name == f"{photo.name}/{entry.name}" for one in refused)
            refused.append(_refused(photo, entry, verdict, detail, is_named_again))
            log(
                "entry_refused",
                key=upload.key,
                entry=printable(entry.name),
                verdict=verdict.value,
                detail=detail,
            )
    detail = f"{len(taken)} taken out, {len(refused)} refused"
    return replace(photo, verdict=Verdict.UNPACKED, detail=detail), refused


def _store(world: World, archive: Archive, entry: Entry, key: str) -> tuple[Verdict | None, str]:
    if not world.has_time_for(TIME_FOR_AN_ENTRY_MS):
        raise OutOfTime(
            "no_time", "too little of the invocation is left for the rest of the zip", delay_seconds=1
        )
    try:
        content = archive.read(entry)
    except UnreadableArchive as problem:
        return Verdict.BROKEN_ENTRY, str(problem)
    world.bucket.write(key, content)
    return None, ""


def _already_there(world: World, upload: Upload, photo: Photo) -> dict[str, int]:
    """Return the keys that earlier runs have stored from this very zip, with sizes in bytes."""
    folder = unpacked_key(upload.person_id, upload.name, "")
    listed, _ = world.bucket.list_page(folder, "", PAGE)
    return {one.key: one.stored.size for one in listed if one.stored.modified_at >= photo.uploaded_at}


def _refused(photo: Photo, entry: Entry, verdict: Verdict, detail: str, is_named_again: bool) -> Photo:
    name = f"{photo.name}/{printable(entry.name)}"
    return Photo(
        name=f"{name} ({entry.index})" if is_named_again else name,
        etag=photo.etag,
        size=entry.size,
        verdict=verdict,
        detail=detail,
        archive=photo.name,
        uploaded_at=photo.uploaded_at,
        recorded_at=photo.recorded_at,
    )
