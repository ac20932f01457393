"""Whether a set's photos fit into a row, and which of them leave when they do not.

A row stays small, however many files lie in a person's folder: a look reads and writes it as a whole. A photo
that leaves is remembered elsewhere (:mod:`shared.domain.upload_memory`), and the log has its verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.photos import Photo, Verdict
from shared.domain.row_size import LARGEST_PHOTO_BYTES, MAX_PHOTOS_BYTES, MAX_RECORDED, bytes_at_most

MAX_CARRIED = 20
"""So many usable photos are kept for the next revision, and in a full row."""


def fits(photos: Sequence[Photo]) -> bool:
    """Whether ``photos`` fit into a row."""
    return len(photos) <= MAX_RECORDED and bytes_at_most(photos) <= MAX_PHOTOS_BYTES


def is_crowded(photos: Sequence[Photo]) -> bool:
    """Whether another photo, of whatever name, may find no room though all have left that may leave."""
    # These are too many bytes long before they are too many photos.
    if bytes_at_most(photos) <= MAX_PHOTOS_BYTES - LARGEST_PHOTO_BYTES:
        return False
    may_leave = frozenset(_may_leave(photos))
    # These are too many bytes long before they are too many photos.
    staying = [photo for photo in photos if photo not in may_leave]
    return bytes_at_most(staying) > MAX_PHOTOS_BYTES - LARGEST_PHOTO_BYTES


def leaving(photos: Sequence[Photo]) -> list[Photo]:
    """Return the photos that leave the row, so that the others fit."""
    surplus, bytes_too_many = len(photos) - MAX_RECORDED, bytes_at_most(photos) - MAX_PHOTOS_BYTES
    gone: list[Photo] = []
    for photo in _may_leave(photos):
        if surplus <= 0 and bytes_too_many <= 0:
            break
        gone.append(photo)
        surplus -= 1
        # Of the brackets of a list by itself, one stands for the comma that goes too.
        bytes_too_many -= bytes_at_most([photo]) - 1
    return gone


def newest_first(photo: Photo) -> tuple[bool, int, str]:
    """Return the place of ``photo`` among those to be trained on, as a sort key.

    New photos come before carried ones, which have been trained on, however old they are.
    """
    return not photo.is_new, -photo.uploaded_at, photo.name


def _may_leave(photos: Sequence[Photo]) -> list[Photo]:
    """Return the photos that a set can do without: refused ones, then those that would be trained on last.

    Never one that waits for its verdict: nobody would come back to it.
    """
    refused = [photo for photo in photos if not photo.may_be_used and not photo.is_pending]
    usable = sorted((photo for photo in photos if photo.verdict is Verdict.USABLE), key=newest_first)
    return [*refused, *reversed(usable[MAX_CARRIED:])]
