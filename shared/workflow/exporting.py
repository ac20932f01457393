"""Makes a copy of everything that is held about a person: one zip in the bucket, written over many runs.

The theory. Photos of a person may be gigabytes. ``status`` answers with 32 MB at most, within seconds, and
cannot read snapshots; a run of the timer has seconds to spare and half a gigabyte of memory. So ``status``
writes a request down, runs write the zip, and ``status`` hands it out.

1. Begin. What an earlier export has left is removed. The rows are read page by page and the objects listed:
   the plan. It is kept with all that is known so far in an object beside the zip, the progress.
2. Write. One file after the other goes into a multipart upload: a document is made when its turn comes, an
   object is read in pieces, each only as it was listed (by its ETag). One that was replaced or deleted since
   is left out, and the manifest says so, as it does of what OSS refuses for good. A run stops when its time
   is up: what it has written is put down in the progress, and the next goes on behind it. A run that dies has
   written parts that are sent again, with the same numbers.
3. Complete. The directory is the end of the zip; the object is made of its parts.
4. Remove. A day later the zip goes, with all versions where the bucket keeps them. The bucket's lifecycle
   removes it too, should no run come.

Two runs at once do no harm: an object is made only of parts that are as they were put down, by their ETags,
else the export begins anew. Nobody is exported who is being erased: that is asked at the beginning of each
pass. A run that did not know of the erasure yet is dead before that is done, and what it wrote is removed
(:mod:`shared.workflow.erasing_stores`). Called by :mod:`shared.workflow.requests`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from shared.domain.exports import (
    BEGINNINGS_ALLOWED,
    EXPORT_KEPT_MS,
    GIVEN_UP_MS,
    Export,
    Progress,
    export_from,
    progress_from,
)
from shared.domain.object_keys import person_key, person_of
from shared.domain.requests import Request
from shared.domain.zip_writing import directory_of
from shared.errors import Conflict, NotFound, RetryLater, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.erasing_stores import remove_exports
from shared.workflow.export_contents import find_holdings, is_held, plan
from shared.workflow.export_writing import TIME_FOR_A_PIECE_MS, write_files
from shared.workflow.forgotten import BEING_ERASED, tombstone_of
from shared.workflow.ports import World
from shared.workflow.removal import Removal
from shared.workflow.zip_upload import ZipUpload

TIME_FOR_A_PASS_MS = 60_000
MAX_PROGRESS_BYTES = 64 * 1024 * 1024
SOON_MS = 20_000
LONGEST_PAUSE_MS = 3_600_000
TRIES = 6
"""After so many passes in a row that one object has ended it is left out."""
NOT_AS_PUT_DOWN = ("NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall")
"""OSS, "CompleteMultipartUpload": the upload is not the one that the progress is about, or not any more."""
REMOVED, NOTHING_HELD, FAILED = "export_removed", "nothing_held", "export_failed"


@dataclass
class _Work:
    """An export in the hands of a run: the request as it is stored, and how far it has come."""

    world: World
    request: Request
    export: Export

    @property
    def person_id(self) -> str:
        """Whose it is."""
        return person_of(self.request.subject)

    @property
    def key(self) -> str:
        """The partition of the person, by which the objects are called."""
        return person_key(self.person_id)

    def note(self, due_at: int, **changes: Any) -> int:
        """Write down how far it has come; returns ``due_at``, when it goes on."""
        self.export = replace(self.export, **changes)
        noted = replace(self.request, record=self.export.as_json(), due_at=due_at)
        self.request = self.world.requests.note_progress(noted)
        return due_at

    def end(self, outcome: str) -> int:
        """Remove whatever there is, and say what became of it; returns when it goes on, 0: it does not."""
        world = self.world
        removal = Removal(world.clock.now())
        remove_exports(world, self.key, removal.began, removal)
        if removal.is_cut_short:
            return world.clock.now()
        if removal.refused:
            ((_, code), *_) = removal.refused
            raise RetryLater(code, "the zip of an export is not deleted", delay_seconds=60)
        done = replace(self.request, record=self.export.as_json(), due_at=0)
        world.requests.settle(done, outcome, world.clock.now())
        log("request_settled", request=done.request_id, kind=done.kind, outcome=outcome)
        return 0


def carry_on(world: World, request: Request) -> int:
    """Carry an export on; returns when it is to be carried on next, 0: nothing is left to be done.

    Raises nothing: the trouble of an export keeps no other request waiting.
    """
    work = _Work(world.for_at_most(TIME_FOR_A_PASS_MS), request, export_from(request.record))
    try:
        return _carried_on(work)
    except Conflict as conflict:
        log("overtaken", action="Export", request=request.request_id, message=conflict.message)
        return world.clock.now() + 1
    except Trouble as problem:
        trouble = problem
    except Exception as surprise:
        warn("unforeseen", action="Export", error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    return _held_up(work, trouble)


def _held_up(work: _Work, trouble: Trouble) -> int:
    world, request = work.world, work.request
    cause = world.health.failed(trouble.cause)
    warn("export_held_up", request=request.request_id, code=cause.code)
    held_up = export_from(request.record).held_up + 1
    due_at = world.clock.now() + _pause_ms(held_up)
    try:
        return work.note(due_at, code=cause.code, held_up=held_up)
    except Trouble as other:
        warn("export_not_noted", request=request.request_id, code=other.code)
        return due_at


def _pause_ms(tries: int) -> int:
    """How long to wait after so many passes in a row that have met trouble: each time twice as long."""
    return min(SOON_MS << min(tries - 1, 10), LONGEST_PAUSE_MS)


def _carried_on(work: _Work) -> int:
    world, export = work.world, work.export
    now = world.clock.now()
    if export.ready_at:
        # A clock that ran ahead has written a moment that has not come.
        is_over = not 0 <= now - export.ready_at < EXPORT_KEPT_MS
        return work.end(REMOVED) if is_over else export.ends_at
    if now - work.request.asked_at >= GIVEN_UP_MS or export.begun > BEGINNINGS_ALLOWED:
        return work.end(f"{FAILED}: {export.code}")
    if _is_going(world, work.person_id):
        return work.end(BEING_ERASED)
    if not export.token:
        return _begin(work)
    try:
        stored = world.bucket.read(export.progress_key(work.key), MAX_PROGRESS_BYTES)
    except NotFound:
        return _begin_anew(work, "progress_gone")
    try:
        return _write_on(work, progress_from(stored))
    except Trouble as trouble:
        if trouble.code not in NOT_AS_PUT_DOWN:
            raise
        # An earlier run may have made the object, and died before it could say so.
        return (
            _ready(work) if world.bucket.stored(export.zip_key(work.key)) else _begin_anew(work, trouble.code)
        )


def _is_going(world: World, person_id: str) -> bool:
    """Whether the person is being erased."""
    tombstone = tombstone_of(world, person_id)
    newest = world.jobs.revisions_of(person_key(person_id), limit=1)
    is_marked = bool(newest) and newest[0].erasing_since > 0
    return is_marked or (tombstone is not None and not tombstone.is_done)


def _begin(work: _Work) -> int:
    world = work.world
    removal = Removal(world.clock.now())
    remove_exports(world, work.key, removal.began, removal)
    if removal.is_cut_short:
        return world.clock.now()
    holdings, items = plan(world, find_holdings(world, work.person_id))
    if not is_held(world, holdings, items):
        return work.end(NOTHING_HELD)
    export = replace(work.export, token=world.token(), begun_at=removal.began, begun=work.export.begun + 1)
    zip_key = export.zip_key(work.key)
    upload_id = world.bucket.begin_upload(zip_key, "application/zip")
    progress = Progress(holdings=holdings, items=items)
    world.bucket.write(export.progress_key(work.key), progress.as_json().encode("utf-8"))
    log("export_begun", request=work.request.request_id, by=work.request.asked_by, files=len(items))
    work.export = export
    return work.note(world.clock.now(), upload_id=upload_id, files=len(items), done=0, bytes=0, held_up=0)


def _begin_anew(work: _Work, code: str) -> int:
    warn("export_begins_anew", request=work.request.request_id, code=code)
    return work.note(work.world.clock.now(), token="", upload_id="", code=code)


def _write_on(work: _Work, progress: Progress) -> int:
    """Write until the time is up or the zip is whole."""
    world, export = work.world, work.export
    zipped = ZipUpload(world.bucket, export.zip_key(work.key), export.upload_id, progress)
    before = (progress.next, progress.at)
    progress, trouble = write_files(world, zipped, progress, gives_up=export.held_up >= TRIES - 1)
    if progress.is_written and world.has_time_for(TIME_FOR_A_PIECE_MS):
        for part in directory_of((item.member for item in progress.is_in_zip), zipped.bytes):
            zipped.write(part)
        zipped.complete()
        return _ready(work)
    progress = zipped.put_down(progress)
    world.bucket.write(export.progress_key(work.key), progress.as_json().encode("utf-8"))
    now, held_up, code = world.clock.now(), 0, ""
    if trouble is not None:
        held_up = 1 if before != (progress.next, progress.at) else export.held_up + 1
        code = world.health.failed(trouble.cause).code
        warn("export_held_up", request=work.request.request_id, code=code)
    due_at = now + _pause_ms(held_up) if trouble is not None else now
    return work.note(due_at, done=progress.next, bytes=progress.bytes, code=code, held_up=held_up)


def _ready(work: _Work) -> int:
    """Say that the zip is there; the progress is not needed any more."""
    world, export = work.world, work.export
    stored = world.bucket.stored(export.zip_key(work.key))
    if stored is None:
        raise Conflict("the zip was made, and another run has removed it")
    now = world.clock.now()
    due_at = work.note(
        now + EXPORT_KEPT_MS, ready_at=now, done=export.files, bytes=stored.size, code="", held_up=0
    )
    log("export_ready", request=work.request.request_id, bytes=stored.size, files=export.files)
    try:
        world.bucket.delete(export.progress_key(work.key))
    except Trouble as trouble:
        # It goes with the zip.
        warn("progress_not_deleted", code=trouble.code)
    return due_at
