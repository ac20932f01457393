"""Finds out whether an upload brings bytes that are on record: under its own name, or under another one.

Called by :mod:`shared.workflow.recording` and ``unpacking`` for each upload, and by ``closing`` and ``sweep``
for all that a listing shows. The newest row is asked first, and the memory of uploads only where the row
cannot tell.

The theory. Bytes that have been trained on are not paid for again, whatever they are called and however they
were sent. Their ETag tells, or their CRC-64 and size where it does not: an upload in parts has an ETag of its
own (:func:`shared.domain.photos.has_content_of`). Under one name the latest content counts, so that a picture
that was changed and changed back is news. Under another name the bytes are a copy while their first name
still has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.domain.copies import original_of
from shared.domain.job import Job
from shared.domain.object_keys import Kind, Upload
from shared.domain.photos import Stored
from shared.domain.upload_memory import as_resent, contents_of, is_remembered, original_in
from shared.logs import log
from shared.workflow.forgotten import is_erased
from shared.workflow.ports import World


class Found(NamedTuple):
    """An upload, and the object as a listing, an event or the bucket itself describes it."""

    upload: Upload
    stored: Stored


class Recognized(NamedTuple):
    """What is known of an upload's content; with none of the three it is news.

    ``is_known``: it is on record as it is. ``is_resent``: it is on record, and has been sent again in another
    way. ``original``: the photo under another name that has the same bytes, although the open set has none.
    """

    is_known: bool = False
    is_resent: bool = False
    original: str = ""


NEWS = Recognized()


def unrecorded(world: World, found: Sequence[Found], latest: Job | None) -> list[Found]:
    """Return those of ``found``, of one person, that neither the newest job nor the memory beside it has.

    What may have been sent again in another way is among them: a listing tells no CRC-64.
    """
    if latest is None:
        return list(found)
    found = [one for one in found if not is_erased(latest, one.stored.modified_at)]
    known = [latest.photo_set.knows(one.upload.name, one.stored) for one in found]
    unsure = [one.upload.name for one, knows in zip(found, known, strict=True) if knows is None]
    memory = world.seen.etags(latest.person_key, unsure) if unsure else {}
    return [
        one
        for one, knows in zip(found, known, strict=True)
        if not (is_remembered(memory.get(one.upload.name), one.stored) if knows is None else knows)
    ]


def recognize(world: World, latest: Job | None, found: Sequence[Found]) -> list[Recognized]:
    """Say of each of ``found``, of one person, what is known of its content.

    One look into the memory for all of them, and another one when it names an original: few uploads are
    copies.
    """
    if latest is None:
        return [NEWS] * len(found)
    known = [latest.photo_set.knows(one.upload.name, one.stored) for one in found]
    memory: dict[str, str] = {}
    if latest.photo_set.has_history:
        # A zip that is being unpacked stands in the row, and is asked about at each of its runs.
        unsure = [
            one
            for one, knows in zip(found, known, strict=True)
            if knows is None or (not knows and one.upload.kind is Kind.PHOTO)
        ]
        words = {word for one in unsure for word in _words(one)}
        memory = world.seen.etags(latest.person_key, words) if words else {}
        originals = {original.name for one in unsure if (original := original_in(memory, one.stored))}
        if left := originals - words:
            memory |= world.seen.etags(latest.person_key, left)
    return [_recognized(latest, one, knows, memory) for one, knows in zip(found, known, strict=True)]


def take_resent(world: World, latest: Job, found: Found) -> Job:
    """Note the other ETag of an upload that was sent again; returns the job, changed if its row has it."""
    upload, stored = found
    log("upload_sent_again", person=upload.person_id, photo=upload.name)
    if latest.photo_set.photo(upload.name) is None:
        world.seen.remember(latest.person_key, as_resent(upload.name, stored), world.clock.now())
        return latest
    changed = latest.photo_set.with_resent(upload.name, stored)
    return latest.with_photo_set(changed, world.rules, world.clock.now())


def _words(found: Found) -> list[str]:
    """The entries of the memory that tell of an upload; what a link leads to is nobody's content."""
    return [found.upload.name, *([] if found.stored.is_link else contents_of(found.stored))]


def _recognized(latest: Job, found: Found, knows: bool | None, memory: dict[str, str]) -> Recognized:
    upload, stored = found
    recorded = latest.photo_set.photo(upload.name)
    if knows is None:
        knows = is_remembered(memory.get(upload.name), stored)
    if knows:
        is_resent = recorded is not None and recorded.etag != stored.etag
        return Recognized(is_known=not is_resent, is_resent=is_resent)
    original = original_in(memory, stored) if memory and not stored.is_link else None
    if original and original.name == upload.name:
        is_latest = recorded is None and memory.get(upload.name) == original.etag
        return Recognized(is_resent=is_latest)
    if stored.is_link or upload.kind is not Kind.PHOTO:
        return NEWS
    if original and latest.photo_set.photo(original.name) is None:
        has_it_still = memory.get(original.name) == original.etag
        return Recognized(original=original.name if has_it_still else "")
    shown = None if latest.takes_photos else original_of(latest.photo_set.photos, upload.name, stored)
    return Recognized(original=shown.name if shown else "")
