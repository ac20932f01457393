"""Unpacks a zip: every photo in it becomes an upload of the same person, everything else is refused by name.

Called by :mod:`shared.workflow.recording` for a zip. The files are stored in a folder that is called
like the zip, under the person, and their own upload events bring them the way of every photo. The set stays
open until the zip is done.

A zip takes as many runs as it needs. A run goes through the files in their order and writes down how far it
has got, also when it has to stop early; the next one goes on behind that, so no file is read again, whatever
was found in it. What a run that died has stored, the next one finds in the folder. A run that got no further,
died or met trouble has used up one of ``MAX_TRIES``; any other is past at least one file more. So a zip ends
within ``MAX_ENTRIES + MAX_TRIES`` runs (510), the last of which may only say that it is given up.

What one run costs at most: reading and storing ``BYTES_A_RUN`` in ``ENTRIES_A_RUN`` files. The dearest step
is the CRC-64 of what is stored, where oss2 has no C part of crcmod and makes it in Python: 10 MB in a second
of a core (17 were measured on a fast one, and 360 or more for inflating). That is 7 s of a core for all bytes
and 2 s for 100 files (20 ms each, for two requests or three): 26 s on the 0.35 of a core that a function has,
besides waiting for OSS. A tick of two minutes has its greater part left for everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.domain.archives import (
    MAX_ARCHIVE_BYTES,
    Decision,
    decide_entries,
    is_too_much,
    printable,
    unpacked_key,
)
from shared.domain.job import Job
from shared.domain.object_keys import Upload
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, failed_again
from shared.errors import Conflict, NotFound, RetryLater, Trouble
from shared.logs import log
from shared.workflow.archive_reading import Archive, TooLargeArchive, UnreadableArchive
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

TIME_FOR_AN_ENTRY_MS = 15_000
BYTES_A_RUN = 64 * 1024 * 1024
"""At least ``MAX_SOURCE_BYTES``: the next file always fits into a run of its own."""

ENTRIES_A_RUN = 100
MAX_TRIES = 10
PAGE = 1000
MAX_PAGES = 10
"""Pages of the zip's folder that are read. What lies behind, among others' objects, is stored once more."""


@dataclass
class _Run:
    """What a run has done: files taken out, refused ones, and what it has read for it."""

    taken_out: int = 0
    refused: list[Photo] = field(default_factory=list)
    read_entries: int = 0
    read_bytes: int = 0

    @property
    def has_got_further(self) -> bool:
        """Whether a file has been read or found stored. A refusal by the directory is no progress."""
        return bool(self.taken_out or self.read_entries)

    def may_read(self, world: World, size_bytes: int) -> bool:
        """Whether the run takes on another file."""
        is_within = self.read_entries < ENTRIES_A_RUN and self.read_bytes + size_bytes <= BYTES_A_RUN
        return is_within and world.has_time_for(TIME_FOR_AN_ENTRY_MS)


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
        ended, refused = _unpack(world, upload, photo)
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
    if retry.is_hopeless(passed_at=world.health.passed_at(cause.api)):
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


def _unpack(world: World, upload: Upload, photo: Photo) -> tuple[Photo, list[Photo]]:
    """Store photos of the zip as uploads; returns the records of the zip and of what this run has refused.

    The zip is still ``UNPACKING`` when the run has stopped before its end.
    """
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
    folder = unpacked_key(upload.person_id, upload.name, "")
    decisions = decide_entries(archive.entries, folder=folder, archive_bytes=photo.size)
    there = _already_there(world, folder, photo) if photo.tries > 1 else {}
    run, verdict = _Run(), Verdict.UNPACKED
    for decision in decisions[photo.taken_out + photo.refused :]:
        is_there = decision.verdict is None and there.get(decision.key) == decision.entry.size
        if decision.verdict is None and not is_there:
            if not run.may_read(world, decision.entry.size):
                verdict = Verdict.UNPACKING
                break
            decision = _store(world, archive, decision, run)
        if decision.verdict is None:
            run.taken_out += 1
        else:
            run.refused.append(_refused(upload, photo, decision, decision.verdict))
    taken_out, refused = photo.taken_out + run.taken_out, photo.refused + len(run.refused)
    ended = replace(
        photo,
        verdict=verdict,
        detail=f"{taken_out} taken out, {refused} refused",
        taken_out=taken_out,
        refused=refused,
        tries=photo.tries - 1 if run.has_got_further else photo.tries,
        retry=None,
    )
    return ended, run.refused


def _store(world: World, archive: Archive, decision: Decision, run: _Run) -> Decision:
    """Read an entry and store it as an upload; returns the decision after the reading."""
    run.read_entries += 1
    run.read_bytes += decision.entry.size
    try:
        content = archive.read(decision.entry)
    except UnreadableArchive as problem:
        return replace(decision, verdict=Verdict.BROKEN_ENTRY, detail=str(problem))
    world.bucket.write(decision.key, content)
    return decision


def _already_there(world: World, folder: str, photo: Photo) -> dict[str, int]:
    """Return the keys that earlier runs have stored from this very zip, with sizes in bytes."""
    found: dict[str, int] = {}
    following = ""
    for _ in range(MAX_PAGES):
        listed, following = world.bucket.list_page(folder, following, PAGE)
        found |= {one.key: one.stored.size for one in listed if one.stored.modified_at >= photo.uploaded_at}
        if not following:
            break
    return found


def _refused(upload: Upload, photo: Photo, decision: Decision, verdict: Verdict) -> Photo:
    """Log and return the record of a refused file."""
    log(
        "entry_refused",
        key=upload.key,
        entry=printable(decision.entry.name),
        verdict=verdict.value,
        detail=decision.detail,
    )
    return Photo(
        name=f"{photo.name}/{decision.label}",
        etag=photo.etag,
        size=decision.entry.size,
        verdict=verdict,
        detail=decision.detail,
        archive=photo.name,
        uploaded_at=photo.uploaded_at,
        recorded_at=photo.recorded_at,
    )
