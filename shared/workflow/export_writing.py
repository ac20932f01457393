"""Writes the files of an export into its zip, for as long as a run has time. Called by ``exporting``.

What is read is read as a whole before a byte of it is written, since a zip has no way back: a document, or a
piece of an object. So a trouble of reading leaves the zip as it was, and one of writing leaves nothing of
this run.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

from shared.domain.exports import Item, Progress
from shared.domain.zip_writing import foot_of, head_of
from shared.errors import REPLACED, NotFound, Permanent, Trouble
from shared.logs import warn
from shared.workflow.export_documents import document_of
from shared.workflow.ports import World
from shared.workflow.zip_upload import ZipUpload

TIME_FOR_A_PIECE_MS = 20_000
READ_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 3 * READ_BYTES
"""More than any photo that can be used: each has one checksum."""


def write_files(
    world: World, zipped: ZipUpload, progress: Progress, *, gives_up: bool
) -> tuple[Progress, Trouble | None]:
    """Write files until all are, the time is up, or one cannot be read now; returns also why it cannot.

    What is refused for good is left out. ``gives_up``: so is the first object if it cannot be read now.

    Raises:
        Trouble: a part is refused.
    """
    first = (progress.next, progress.at)
    while not progress.is_written and world.has_time_for(TIME_FOR_A_PIECE_MS):
        item, now = progress.items[progress.next], world.clock.now()
        try:
            chunks = [] if item.left_out else _read(world, progress, item)
        except Trouble as trouble:
            is_stuck = gives_up and bool(item.etag) and first == (progress.next, progress.at)
            if not is_stuck and not _is_its_own(trouble):
                return progress, trouble
            warn("not_exported", place=item.place, code=trouble.code)
            item, chunks = replace(item, left_out=trouble.code), []
        if item.left_out:
            # What is written of it, if anything, is in the zip and in no directory.
            progress = replace(progress.with_item(item), next=progress.next + 1, at=0)
        else:
            progress = _written(zipped, progress, item, chunks, now)
    return progress, None


def _is_its_own(trouble: Trouble) -> bool:
    """Whether a trouble is for good, and of this one object."""
    return isinstance(trouble, Permanent) and not trouble.kind.is_of_all


def _read(world: World, progress: Progress, item: Item) -> list[bytes]:
    """Return a document, or the next piece of an object as it was listed."""
    if not item.etag:
        return [document_of(world, progress, item)]
    at, chunks = progress.at, list[bytes]()
    end = min(at + PIECE_BYTES, item.size)
    while at < end:
        wanted = min(READ_BYTES, end - at)
        chunk = world.bucket.read_range(item.source, at, wanted, etag=item.etag)
        if len(chunk) != wanted:
            raise NotFound(REPLACED, "the object is shorter than it was listed")
        chunks.append(chunk)
        at += wanted
    return chunks


def _written(zipped: ZipUpload, progress: Progress, item: Item, chunks: list[bytes], now: int) -> Progress:
    length = sum(map(len, chunks))
    if not item.etag:
        item = replace(item, size=length, modified_at=now)
    if progress.at == 0:
        item = replace(item, begins_at=zipped.bytes, crc=0, sha256=(), read_at=now)
        zipped.write(head_of(item.member))
    crc, digest = item.crc, hashlib.sha256()
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        digest.update(chunk)
        zipped.write(chunk)
    item = replace(item, crc=crc, sha256=(*item.sha256, digest.hexdigest()))
    if progress.at + length < item.size:
        return replace(progress.with_item(item), at=progress.at + length)
    zipped.write(foot_of(item.member))
    return replace(progress.with_item(item), next=progress.next + 1, at=0)
