"""Copies in a photo set: photos with the same bytes under several names, of which one is used.

:class:`shared.domain.photo_set.PhotoSet` calls it. Copies share no number that one could look them up by: two
are alike by their ETags or by their CRC-64 and size (:func:`shared.domain.photos.has_content_of`). A set has
some hundred photos at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.domain.photos import Photo, Stored, Verdict, has_content_of

NOT_ITS_FAULT = (Verdict.UNREADABLE, Verdict.NOT_JUDGED)
"""Verdicts that say nothing about the picture: a copy of it may do."""


def original_of(photos: Iterable[Photo], name: str, content: Photo | Stored) -> Photo | None:
    """Return the one of ``photos`` that has the same content under another name, and that can be used."""
    for photo in photos:
        can_be_used = photo.may_be_used or photo.is_left_over
        if photo.name != name and can_be_used and has_content_of(photo, content):
            return photo
    return None


def as_duplicate(photo: Photo, original: str) -> Photo:
    """Return ``photo`` with the verdict that the photo called ``original`` has the same content."""
    return replace(photo, verdict=Verdict.DUPLICATE, detail=original, retry=None)


def with_copies_of(gone: Iterable[Photo], photos: Sequence[Photo]) -> tuple[Photo, ...]:
    """Let a copy take the place of each picture that is ``gone``, unless the set can use it all the same.

    Where that has been trained on, so has the copy: it is no new photo.
    """
    used = [photo for photo in photos if photo.may_be_used]
    wanted = [
        photo
        for photo in gone
        if (photo.may_be_used or photo.verdict in NOT_ITS_FAULT) and not _is_among(photo, used)
    ]
    after: list[Photo] = []
    for photo in photos:
        original = next((one for one in wanted if has_content_of(one, photo)), None)
        if original is None or photo.verdict is not Verdict.DUPLICATE:
            after.append(photo)
            continue
        wanted = [other for other in wanted if not has_content_of(other, photo)]
        since = photo.from_revision or original.from_revision
        after.append(replace(photo, verdict=Verdict.UNPREPARED, detail="", from_revision=since))
    return tuple(after)


def without_copies_of(gone: Iterable[Photo], photos: Iterable[Photo]) -> tuple[Photo, ...]:
    """Return ``photos`` without the duplicates of what is ``gone``: one of them may be used now."""
    used = [photo for photo in gone if photo.may_be_used]
    return tuple(
        photo for photo in photos if photo.verdict is not Verdict.DUPLICATE or not _is_among(photo, used)
    )


def _is_among(photo: Photo, others: Iterable[Photo]) -> bool:
    return any(has_content_of(photo, other) for other in others)
