"""Asks the bucket what is stored under an upload's key now, with what no event or listing tells.

That is the CRC-64 of the content, and the mark of the zip that a file was taken out of. Called by
:mod:`shared.workflow.recording` and :mod:`shared.workflow.recording_found`. An object that the bucket does
not describe counts as its event or the listing describes it, so that a bad hour loses no photo. Where it
would open a set that is paid for anew although its bytes may have been trained on, only the CRC-64 can tell;
then it is asked about again for an hour, by its event and by the sweep.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job
from shared.domain.object_keys import Upload
from shared.domain.photos import Stored
from shared.errors import RetryLater, Trouble, unforeseen
from shared.logs import warn
from shared.workflow.ports import World
from shared.workflow.recognizing import Found

WAITS_FOR_CHECKSUM_MS = 3_600_000


def described(world: World, upload: Upload, hint: Stored | None, newest: Job | None) -> Stored | None:
    """Return the object as the bucket describes it; of one that it refuses to describe, what ``hint`` tells.

    That is not what an old event says of an upload that has been replaced since. A link stays as the listing
    shows it: alone it has its target's ETag, and no listing would know it.

    Raises:
        Trouble: nothing tells, or it is to be asked about again.
    """
    if hint is not None and hint.is_link:
        return hint
    try:
        return world.bucket.stored(upload.key)
    except Trouble as problem:
        trouble: Trouble = problem
    except Exception as surprise:
        warn("unforeseen", key=upload.key, error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    world.health.failed(trouble.cause)
    recorded = newest.photo_set.photo(upload.name) if newest is not None else None
    if hint is None or (recorded is not None and recorded.outdates(hint)):
        raise trouble
    if isinstance(trouble, RetryLater) and may_be_paid_again(world, Found(upload, hint), newest):
        raise trouble
    warn("upload_not_described", key=upload.key, code=trouble.code, message=trouble.message)
    return hint


def with_checksum(world: World, found: Found, newest: Job | None) -> Found:
    """Return what a listing shows with what it does not tell; the listed content counts.

    Raises:
        Trouble: it is to be asked about again.
    """
    upload, stored = found
    seen = described(world, upload, stored, newest)
    if seen is None or seen.etag != stored.etag:
        return found
    return Found(upload, replace(stored, crc64=seen.crc64, taken_from=seen.taken_from))


def may_be_paid_again(world: World, found: Found, newest: Job | None) -> bool:
    """Whether a young upload would open a set although its CRC-64 may show that its bytes are on record."""
    upload, stored = found
    if newest is None or newest.takes_photos or newest.photo_set.knows(upload.name, stored):
        return False
    if world.clock.now() >= stored.modified_at + WAITS_FOR_CHECKSUM_MS:
        return False
    photos = newest.photo_set.photos
    return newest.photo_set.has_history or any(one.crc64 and one.size == stored.size for one in photos)
