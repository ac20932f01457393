"""Takes a zip in: every photo in it becomes an upload of the same person, everything else is refused by name.

What is taken out lies in a folder called like the zip, under the person, and its own upload event brings it
the way of every photo. The set stays open until the zip is done, and a run that dies leaves it to the next.
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
from shared.domain.job import UNPACKING_TAKES, Job
from shared.domain.object_keys import Upload
from shared.domain.photos import Photo, Stored, Verdict
from shared.errors import NotFound, RetryLater
from shared.logs import log
from shared.workflow.archive_reading import Archive, TooLargeArchive, UnreadableArchive
from shared.workflow.intake import TakenIn, as_photo, open_set, record, recorded
from shared.workflow.ports import World

TIME_FOR_AN_ENTRY = 15_000
MAX_TRIES = 10
PAGE = 1000


class OutOfTime(RetryLater):
    """Too little of the invocation is left for the rest of the zip."""


def take_in_archive(world: World, upload: Upload) -> TakenIn:
    """Unpack the zip under ``upload.key``, or go on where a run that is dead by now has stopped.

    Raises:
        RetryLater: not everything could be taken out this time.
    """

    def begin(latest: Job | None, stored: Stored) -> Job | TakenIn:
        now = world.clock.now()
        before = open_set(world, latest, upload.person_id)
        earlier = before.photo(upload.name)
        goes_on = earlier is not None and earlier.is_pending and earlier.etag == stored.etag
        if earlier is not None and goes_on and now < earlier.recorded_at + UNPACKING_TAKES:
            return TakenIn(latest, "being_unpacked")
        tries = earlier.tries + 1 if earlier is not None and goes_on else 1
        photo = as_photo(before, upload, stored, now, _first_verdict(stored, tries))
        return before.with_photo(replace(photo, tries=tries), world.rules, now)

    begun = record(world, upload, begin)
    if isinstance(begun, TakenIn):
        return begun
    photo = begun.photo(upload.name)
    if photo is None or not photo.is_pending:
        return recorded(begun, upload)
    try:
        done, refused = _unpack(world, upload, photo)
    except NotFound as gone:
        raise RetryLater("archive_changed", "the zip was replaced while it was unpacked", delay=1) from gone
    except OutOfTime:
        # The next run need not wait, and a zip that is merely large has not failed a try.
        left = replace(photo, recorded_at=0, tries=max(1, photo.tries - 1))
        _settle(world, upload, photo, left, [])
        raise
    return _settle(world, upload, photo, done, refused)


def _settle(world: World, upload: Upload, begun: Photo, ended: Photo, refused: list[Photo]) -> TakenIn:
    """Put ``ended`` in the place of ``begun``, unless another run has gone on with the zip meanwhile."""

    def change(latest: Job | None, stored: Stored) -> Job | TakenIn:
        still = latest.photo(upload.name) if latest is not None and latest.state.is_open else None
        if latest is None or still != begun or stored.etag != begun.etag:
            return TakenIn(latest, "overtaken")
        return latest.with_unpacked(ended, refused, world.rules, world.clock.now())

    saved = record(world, upload, change)
    return saved if isinstance(saved, TakenIn) else recorded(saved, upload)


def _first_verdict(stored: Stored, tries: int) -> Verdict:
    if stored.size == 0:
        return Verdict.EMPTY
    if stored.size > MAX_ARCHIVE_BYTES:
        return Verdict.ARCHIVE_TOO_LARGE
    return Verdict.UNPACKING if tries <= MAX_TRIES else Verdict.ARCHIVE_FAILED


def _unpack(world: World, upload: Upload, photo: Photo) -> tuple[Photo, list[Photo]]:
    """Store every photo of the zip as an upload; returns the zip's record and those of what was refused."""
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
    if not world.has_time_for(TIME_FOR_AN_ENTRY):
        raise OutOfTime("no_time", "too little of the invocation is left for the rest of the zip", delay=1)
    try:
        content = archive.read(entry)
    except UnreadableArchive as problem:
        return Verdict.BROKEN_ENTRY, str(problem)
    world.bucket.write(key, content)
    return None, ""


def _already_there(world: World, upload: Upload, photo: Photo) -> dict[str, int]:
    """What earlier runs have taken out of this very zip, with sizes in bytes."""
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
