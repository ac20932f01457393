"""Photos that were taken out of a zip, and which of them have lost it.

The theory. A zip under a person is what it holds now. Whoever replaces it by another of the same name means
the photos of the second, and whoever deletes it before the set closes means none. What was taken out of the
first still lies in the bucket, in a folder called like the zip, beside what people may have put there by
hand; and nothing under ``people/`` is ever deleted by us. So each file carries as metadata the mark of the
zip that it was taken out of, and a photo of a zip with another mark is left out. What has no mark was
uploaded by hand and stays. The mark is the object's own: a run may die anywhere, and a run that unpacks the
first zip may store files of it after the second has come. What could not be asked for its mark when it was
recorded is asked later.

:mod:`shared.workflow.leaving_out` asks the bucket, in each look before a set closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.domain.object_keys import ARCHIVE_SUFFIX
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict

MARK_CHARACTERS = 12

_NOT_OF_A_MARK = re.compile("[^0-9a-z-]")
"""Metadata takes letters, digits and hyphens, and may turn letters small (OSS, error 0011-00000005)."""


def mark_of(etag: str) -> str:
    """Return the mark of the zip with this ETag: its beginning, which tells two zips of a name apart."""
    return _NOT_OF_A_MARK.sub("", etag.lower())[:MARK_CHARACTERS]


def left_by_their_zip(photo_set: PhotoSet, etags: Mapping[str, str]) -> list[Photo]:
    """Return the photos whose zip has gone, and those that may be of another zip than is there now.

    Args:
        photo_set: an open set.
        etags: of all objects in the person's folder, by name.

    Photos of an earlier revision stay when their zip is deleted, as it was there when their set closed. While
    a zip is still to be unpacked, its folder may be on its way from one to the other: that is not looked at.
    """
    return [
        photo
        for photo in photo_set.photos
        if photo.taken_from and photo.verdict is not Verdict.LEFT_OUT and _has_lost(photo, photo_set, etags)
    ]


def has_its_zip(name: str, mark: str, etags: Mapping[str, str]) -> bool:
    """Whether the zip of this mark is there, of which the upload ``name`` was taken out."""
    return any(mark_of(etags[zip_name]) == mark for zip_name in zips_around(name) if zip_name in etags)


def zips_around(name: str) -> Iterator[str]:
    """Yield the names of the zips that the upload ``name`` may have been taken out of, by its folders."""
    folders = name.split("/")[:-1]
    for number, folder in enumerate(folders, 1):
        if folder.lower().endswith(ARCHIVE_SUFFIX):
            yield "/".join(folders[:number])


def _has_lost(photo: Photo, photo_set: PhotoSet, etags: Mapping[str, str]) -> bool:
    there = [name for name in zips_around(photo.name) if name in etags]
    if not there:
        return photo.is_new
    if has_its_zip(photo.name, photo.taken_from, etags):
        return False
    recorded = [photo_set.photo(name) for name in there]
    return not any(one is not None and (one.is_pending or one.etag != etags[one.name]) for one in recorded)
