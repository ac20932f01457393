"""How many bytes a job's photos take in its row, and how many they may: a row stays under 100 KB.

Tablestore bills by 4 KB, and every look at a person reads and writes a whole row. Names and details come from
outside: :class:`shared.domain.photo_set.PhotoSet` holds what it records against this, and
:mod:`shared.clients.job_rows` stores it in this form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields, replace
from functools import lru_cache
from typing import Any

from shared.domain.photos import Photo, Verdict
from shared.domain.retry_json import retry_to_json

MAX_RECORDED = 300
"""Photos that a row shows; of ordinary ones that are all usable it has room for 260."""
MAX_ROW_BYTES = 100_000
MAX_PHOTOS_BYTES = 80_000
"""The photos' part of a row. The rest, of a job's own, is some hundreds of bytes for each attempt."""
MAX_DETAIL_CHARACTERS = 200
MAX_DETAIL_BYTES = 300
"""Details and messages are stored cut: to 200 characters, and to fewer of those that take several bytes."""
HASH_TO_COME = len(',"dhash":"0123456789abcdef"')
"""What the difference hash of a usable photo adds to its record, if the choice needs one."""
BYTES_TO_COME = 700
"""What a photo's last word may add to its record: a snapshot's key, its trouble, and words for it."""
LARGEST_PHOTO_BYTES = 3_200
"""A pending photo with the longest name that OSS allows, of characters that JSON writes as two bytes."""

_WITHOUT_A_DEFAULT = {field.name for field in fields(Photo) if field.default is MISSING}


def photos_as_json(photos: Iterable[Photo]) -> str:
    """Return photos in the form in which a row stores them: without what is empty, and with details cut."""
    return as_json([_stored(photo) for photo in photos])


def bytes_of(photos: Iterable[Photo]) -> int:
    """Return how many bytes ``photos`` take in a row."""
    return _bytes(photos_as_json(photos))


def bytes_at_most(photos: Sequence[Photo]) -> int:
    """Return how many bytes ``photos`` take in a row at most, once the last word on each has been said."""
    brackets_and_commas = max(2, len(photos) + 1)
    return brackets_and_commas + sum(map(_bytes_of_one_at_most, photos))


@lru_cache(maxsize=4 * MAX_RECORDED)
def _bytes_of_one_at_most(photo: Photo) -> int:
    """Return the same of one photo beside others; a set is measured as a whole for each photo that comes."""
    bare = replace(photo, detail="", retry=None) if photo.is_pending else photo
    lacks_hash = photo.verdict is Verdict.USABLE and not photo.dhash
    return _bytes(as_json(_stored(bare))) + BYTES_TO_COME * photo.is_pending + HASH_TO_COME * lacks_hash


def _stored(photo: Photo) -> dict[str, Any]:
    retry = None
    if photo.retry is not None and (retry := retry_to_json(photo.retry)):
        retry["cause"]["message"] = _cut(retry["cause"]["message"])
    values = {
        **vars(photo),
        "verdict": photo.verdict.value,
        "detail": _cut(photo.detail),
        "retry": retry,
    }
    unknown: dict[str, Any] = json.loads(values.pop("unknown") or "{}")
    return unknown | {name: value for name, value in values.items() if value or name in _WITHOUT_A_DEFAULT}


def _cut(text: str) -> str:
    if len(text) <= MAX_DETAIL_CHARACTERS // 8:
        return text
    text = text[:MAX_DETAIL_CHARACTERS]
    while _bytes(as_json(text)) > MAX_DETAIL_BYTES:
        text = text[: len(text) * 9 // 10]
    return text


def as_json(value: object) -> str:
    """Return ``value`` as a row stores it, without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
