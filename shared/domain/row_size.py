"""How many bytes a job's photos take in its row, and how many they may: a row stays under 100 KB.

Tablestore bills by 4 KB, and every look at a person reads and writes a whole row. Names and details come from
outside: :class:`shared.domain.photo_set.PhotoSet` holds what it records against this, and
:mod:`shared.clients.job_rows` stores it in this form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from shared.domain.photos import Photo
from shared.domain.retry_json import retry_to_json

MAX_ROW_BYTES = 100_000
MAX_PHOTOS_BYTES = 80_000
"""The photos' part of a row. The rest, of a job's own, is some hundreds of bytes for each attempt."""
MAX_DETAIL_CHARACTERS = 200


def photos_as_json(photos: Iterable[Photo]) -> str:
    """Return photos in the form in which a row stores them: without what is empty, and with details cut."""
    return json.dumps([_stored(photo) for photo in photos], ensure_ascii=False, separators=(",", ":"))


def bytes_of(photos: Iterable[Photo]) -> int:
    """Return how many bytes ``photos`` take in a row."""
    return len(photos_as_json(photos).encode("utf-8", "replace"))


def _stored(photo: Photo) -> dict[str, Any]:
    values = {
        **vars(photo),
        "verdict": photo.verdict.value,
        "detail": photo.detail[:MAX_DETAIL_CHARACTERS],
        "retry": retry_to_json(photo.retry),
    }
    always = ("name", "etag", "size", "verdict")
    return {name: value for name, value in values.items() if value or name in always}
