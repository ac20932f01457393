"""One run over the files of a zip: each photo is stored as an upload, everything else is refused by name.

Called by :mod:`shared.workflow.unpacking`, which records what the run has done.

What one run costs at most: reading and storing ``BYTES_A_RUN`` in ``ENTRIES_A_RUN`` files. The dearest step
is the CRC-64 of what is stored, where oss2 has no C part of crcmod and makes it in Python: 10 MB in a second
of a core (17 were measured on a fast one, and 360 or more for inflating). That is 7 s of a core for all bytes
and 2 s for 100 files (20 ms each, for two requests or three): 26 s on the 0.35 of a core that a function has,
besides waiting for OSS. A tick of two minutes has its greater part left for everybody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.domain.archives import ALONGSIDE, Decision, decide_entries, is_too_much, unpacked_key
from shared.domain.object_keys import Upload
from shared.domain.photos import Photo, Verdict
from shared.domain.taken_out import mark_of
from shared.domain.zip_folders import folders_of_several
from shared.domain.zip_names import printable
from shared.logs import log
from shared.workflow.archive_reading import Archive, BrokenEntry, UnusableArchive
from shared.workflow.ports import World

TIME_FOR_AN_ENTRY_MS = 15_000
BYTES_A_RUN = 64 * 1024 * 1024
"""At least ``MAX_SOURCE_BYTES``: the next file always fits into a run of its own."""

ENTRIES_A_RUN = 100
TOLD_OF_EACH = 10
"""Of what lies beside the photos so many are recorded by name, of each verdict; the zip's detail has all."""
FOLDERS_TOLD = 5
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


def take_out(world: World, upload: Upload, photo: Photo) -> tuple[Photo, list[Photo]]:
    """Store photos of the zip as uploads; returns the records of the zip and of what this run has refused.

    The zip is still ``UNPACKING`` when the run has stopped before its end.

    Raises:
        Trouble: the zip could not be read, or a photo not be stored; NotFound when it was replaced.
    """
    try:
        archive = Archive(
            lambda start, count: world.bucket.read_range(upload.key, start, count, etag=photo.etag),
            photo.size,
        )
    except UnusableArchive as problem:
        return replace(photo, verdict=problem.verdict, detail=problem.detail), []
    folder = unpacked_key(upload.person_id, upload.name, "")
    decisions = decide_entries(archive.entries, folder=folder, archive_bytes=photo.size)
    if is_too_much(decisions):
        return replace(photo, verdict=Verdict.ARCHIVE_TOO_LARGE), []
    photos = [one.entry.name for one in decisions if one.verdict is None]
    if folders := folders_of_several(photos, upload.person_id):
        told = ", ".join(printable(name) for name in folders[:FOLDERS_TOLD])
        more = ", …" if len(folders) > FOLDERS_TOLD else ""
        return replace(photo, verdict=Verdict.SEVERAL_FOLDERS, detail=told + more), []
    return _go_through(world, upload, photo, archive, decisions)


def _go_through(
    world: World, upload: Upload, photo: Photo, archive: Archive, decisions: Sequence[Decision]
) -> tuple[Photo, list[Photo]]:
    folder = unpacked_key(upload.person_id, upload.name, "")
    there = _already_there(world, folder, photo) if photo.tries > 1 else {}
    run, verdict = _Run(), Verdict.UNPACKED
    wanted = [one for one in decisions if one.verdict not in ALONGSIDE]
    for decision in wanted[photo.taken_out + photo.refused :]:
        is_there = decision.verdict is None and there.get(decision.key) == decision.entry.size
        if decision.verdict is None and not is_there:
            if not run.may_read(world, decision.entry.size):
                verdict = Verdict.UNPACKING
                break
            decision = _store(world, archive, decision, run, mark_of(photo.etag))
        if decision.verdict is None:
            run.taken_out += 1
        else:
            run.refused.append(_refused(upload, photo, decision, decision.verdict))
    taken_out, refused = photo.taken_out + run.taken_out, photo.refused + len(run.refused)
    beside = [one for one in decisions if one.verdict in ALONGSIDE]
    others = f", {len(beside)} other files" if beside else ""
    ended = replace(
        photo,
        verdict=verdict,
        detail=f"{taken_out} taken out, {refused} refused{others}",
        taken_out=taken_out,
        refused=refused,
        tries=photo.tries - 1 if run.has_got_further else photo.tries,
        retry=None,
    )
    if verdict is Verdict.UNPACKED:
        run.refused += _told_of(upload, photo, beside)
    return ended, run.refused


def _store(world: World, archive: Archive, decision: Decision, run: _Run, mark: str) -> Decision:
    """Read an entry and store it as an upload; returns the decision after the reading."""
    run.read_entries += 1
    run.read_bytes += decision.entry.size
    try:
        content = archive.read(decision.entry)
    except BrokenEntry as problem:
        return replace(decision, verdict=Verdict.BROKEN_ENTRY, detail=str(problem))
    world.bucket.write(decision.key, content, taken_from=mark)
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


def _told_of(upload: Upload, photo: Photo, beside: Sequence[Decision]) -> list[Photo]:
    """Return the records of some files that lie beside the photos."""
    told: Counter[Verdict] = Counter()
    records = []
    for decision in beside:
        verdict = decision.verdict
        if verdict is not None and told[verdict] < TOLD_OF_EACH:
            told[verdict] += 1
            records.append(_refused(upload, photo, decision, verdict))
    return records


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
