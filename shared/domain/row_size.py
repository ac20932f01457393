"""The size of a set's photos as they are stored, so that a job's row stays small whatever is uploaded."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.photos import Photo

MAX_BYTES_OF_PHOTOS = 80_000
MAX_DETAIL = 200
"""Characters of a photo's detail that are kept."""

_FIELDS_TAKE = 330
"""Bytes of a photo's other fields and of all their names, more or less."""


def bytes_of(photos: Iterable[Photo]) -> int:
    """Return about how many bytes ``photos`` take in a row; names and details are what differs."""
    return sum(_FIELDS_TAKE + len(_text_of(photo).encode("utf-8", "surrogatepass")) for photo in photos)


def _text_of(photo: Photo) -> str:
    return f"{photo.name}{photo.archive}{photo.detail}{photo.retry.cause.message if photo.retry else ''}"
